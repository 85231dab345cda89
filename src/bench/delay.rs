//! A way to headquarters that takes time.

use std::{collections::VecDeque, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

use crate::runtime::clock::monotonic;

/// Relays connections, each direction half the delay late, until it is dropped.
pub(super) struct Delay {
    pub(super) url: String,
    relay: AbortHandle,
}

const CHUNK: usize = 64 * 1_024;
/// Chunks under way in one direction; then the sender waits.
const UNDER_WAY: usize = 1_024;

impl Delay {
    /// `server`: a URL. `delay`: of a round trip.
    pub(super) async fn before(
        server: &str,
        delay: Duration,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Self> {
        let server = server.strip_prefix("http://").context("the server has an address")?;
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
        let url = format!("http://{}", listener.local_addr()?);
        let relay = tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((caller, _)) = listener.accept().await {
                let server = server.clone();
                connections.spawn(async move { relay(caller, &server, delay / 2).await });
            }
        });
        Ok(Self { url, relay })
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(mut caller: TcpStream, server: &str, late: Duration) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    caller.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_caller, to_caller) = caller.split();
    let (from_server, to_server) = server.split();
    tokio::try_join!(pass(from_caller, to_server, late), pass(from_server, to_caller, late))?;
    Ok(())
}

/// Passes on what comes, so much later.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    late: Duration,
) -> std::io::Result<()> {
    let mut under_way = VecDeque::<(Instant, Vec<u8>)>::new();
    let mut buffer = vec![0; CHUNK];
    let mut is_open = true;
    while is_open || !under_way.is_empty() {
        let due = under_way.front().map(|(due, _)| *due);
        tokio::select! {
            read = from.read(&mut buffer), if is_open && under_way.len() < UNDER_WAY => {
                let read = read?;
                is_open = read > 0;
                under_way.push_back((monotonic() + late, buffer[..read].to_vec()));
            }
            () = sleep_until(due.unwrap_or_else(monotonic)), if due.is_some() => {
                if let Some((_, chunk)) = under_way.pop_front() {
                    to.write_all(&chunk).await?;
                }
            }
        }
    }
    to.shutdown().await
}
