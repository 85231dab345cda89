//! `SubscribeSessions`: a task for each subscription looks what there is to do whenever it is woken, and says so if
//! that is something new.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::{
    domain::{error::Result, origin::Origin},
    exchange::service::{Streamed, applied},
    headquarters::{
        Headquarters,
        grpc::unreadable,
        operations::sessions::{self, Wanted},
    },
    proto::exchange::{
        OfferedPackage, OfferedSession, SubscribeSessionsRequest, SubscribeSessionsResponse,
    },
    runtime::task::Task,
    server::status::{Domain, status_of},
    wire,
};

/// How often a database hears that headquarters is there, and headquarters looks what another process of it has done.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// States that wait for a slow reader. There is no need for more than the last one.
const STATES: usize = 1;

type Answers = mpsc::Sender<Result<SubscribeSessionsResponse, Status>>;

pub(super) async fn subscribe(
    headquarters: &Arc<Headquarters>,
    request: SubscribeSessionsRequest,
) -> Result<Streamed<SubscribeSessionsResponse>> {
    let origin = wire::origin(request.origin).map_err(unreadable)?;
    let applied = applied(&request.applied)?;
    // Before the first look, so that nothing is missed between the two.
    let news = headquarters.signals.news_for(origin.database_id);
    sessions::subscribe(headquarters, origin, applied).await?;
    let (answers, receiver) = mpsc::channel(STATES);
    let tasks = headquarters.jobs.tasks.clone();
    let (served, closing) = (Arc::clone(headquarters), tasks.closing_token());
    tasks.spawn(Task::Subscription, async move {
        let serving = serve(&served, origin, news, &answers);
        let ended = tokio::select! {
            ended = serving => ended,
            () = closing.cancelled() => Ok(()),
            () = answers.closed() => Ok(()),
        };
        if let Err(error) = sessions::leave(&served, origin).await {
            tracing::debug!(%error, "a database that has gone counts as connected for a while");
        }
        if let Err(error) = ended {
            // Whoever has gone does not need it.
            let _ = answers.try_send(Err(status_of(Domain::Headquarters, &error)));
        }
    });
    Ok(ReceiverStream::new(receiver).boxed())
}

async fn serve(
    headquarters: &Headquarters,
    origin: Origin,
    mut news: watch::Receiver<()>,
    answers: &Answers,
) -> Result<()> {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.tick().await;
    let mut told = None;
    loop {
        news.mark_unchanged();
        let wanted = sessions::wanted(headquarters, origin).await?;
        if told.as_ref() != Some(&wanted) {
            if answers.send(Ok(message(&wanted))).await.is_err() {
                return Ok(());
            }
            told = Some(wanted);
        }
        tokio::select! {
            _ = news.changed() => {}
            _ = heartbeat.tick() => {
                sessions::stay_connected(headquarters, origin).await?;
                // Says the same again, as a sign of life.
                told = None;
            }
        }
    }
}

fn message(wanted: &Wanted) -> SubscribeSessionsResponse {
    let sessions = wanted.sessions.iter().map(|(session, packages)| OfferedSession {
        id: session.id.0,
        job: session.job.code().to_owned(),
        from_version: session.from,
        to_version: session.to,
        full: session.full,
        packages: packages
            .iter()
            .map(|package| OfferedPackage {
                chunks: package.chunks,
                rows: package.rows,
                bytes: package.bytes,
            })
            .collect(),
    });
    SubscribeSessionsResponse {
        sessions: sessions.collect(),
        upload_continuously: wanted.upload_continuously,
        upload_session: wanted.upload.map_or(0, |session| session.0),
        concluded_counter: wanted.concluded.0,
        channel_configuration: wanted.version.channel_configuration,
        global_configuration: wanted.version.global_configuration,
    }
}
