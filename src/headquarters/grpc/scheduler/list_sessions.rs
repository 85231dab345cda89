//! `ListSessions`.

use crate::{
    domain::{
        error::{Error, Result},
        session::SessionId,
    },
    headquarters::{
        grpc::{
            page::{self, Page},
            scheduler::convert,
        },
        operations::{
            Headquarters,
            scheduler::{self, ListSessions},
        },
    },
    proto::headquarters::{ListSessionsRequest, ListSessionsResponse},
};

pub(super) async fn list(
    headquarters: &Headquarters,
    request: ListSessionsRequest,
) -> Result<ListSessionsResponse> {
    let ListSessionsRequest { job, database, open, page_size, page_token } = request;
    let size = page::size(page_size).map_err(|violation| Error::InvalidFields(vec![violation]))?;
    let filters = [job.as_str(), &database, if open { "open" } else { "" }];
    let page = Page::new("sessions", &filters, size, &page_token)?;
    let wanted = ListSessions {
        job: Some(job).filter(|code| !code.is_empty()),
        database: Some(database).filter(|name| !name.is_empty()),
        open,
        before: page.after.map(|id| SessionId(i64::from_be_bytes(id))),
        limit: page.limit(),
    };
    let mut found = scheduler::list_sessions(headquarters, wanted).await?;
    let next_page_token = page.cut(&mut found, |last| last.session.id.0.to_be_bytes());
    let sessions = found.into_iter().map(convert::session).collect();
    Ok(ListSessionsResponse { sessions, next_page_token })
}
