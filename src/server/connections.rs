//! Accepting connections within limits that neither tonic nor axum has: how many there are, how
//! long one may last, and that they really end when their server does. (Both serve each connection
//! in a task that outlives the server's own; a client that never closes would hold a stopping
//! process for ever.)

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::runtime::{clock::Deadline, retry};

/// Listens on `address`, which the user gave by `flag` (`--channel-listen`).
///
/// # Errors
/// It can't, with what to do about it.
pub async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = advice(error.kind(), address, flag);
        anyhow::Error::new(error).context(format!("can't listen on {address}: {advice}"))
    })
}

fn advice(kind: io::ErrorKind, address: SocketAddr, flag: &str) -> String {
    match kind {
        io::ErrorKind::AddrInUse => format!(
            "port {} is in use, perhaps by another csu: stop it, or choose another port with {flag}",
            address.port()
        ),
        io::ErrorKind::PermissionDenied => format!(
            "this user may not listen on port {}: choose one above 1023 with {flag}",
            address.port()
        ),
        io::ErrorKind::AddrNotAvailable => format!(
            "this machine has no address {}: choose one that it has, or 0.0.0.0 for all, with {flag}",
            address.ip()
        ),
        _ => format!("choose another address with {flag}"),
    }
}

/// How long a peer may take to say its first word. Then HTTP/2's pings see to it that it is there.
const FIRST_WORD: Duration = Duration::from_secs(10);

/// What connections have to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Most connections at once. Further ones wait in the system's backlog.
    pub most: usize,
    /// How long one may last before it is cut, whatever goes on in it.
    pub longest: Duration,
}

/// A listening socket that keeps the limits.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    limits: ConnectionLimits,
    places: Arc<Semaphore>,
    stopping: CancellationToken,
    cut: CancellationToken,
}

impl Listener {
    /// Accepts from `tcp`. When `cut` is cancelled, every connection breaks.
    #[must_use]
    pub fn new(tcp: TcpListener, limits: ConnectionLimits, cut: CancellationToken) -> Self {
        let places = Arc::new(Semaphore::new(limits.most.min(Semaphore::MAX_PERMITS)));
        Self { tcp, limits, places, stopping: CancellationToken::new(), cut }
    }

    /// When `stopping` is cancelled, connections break that nothing was said on: a stopping server has nothing to
    /// finish for them.
    #[must_use]
    pub fn stopping_at(mut self, stopping: CancellationToken) -> Self {
        self.stopping = stopping;
        self
    }

    /// The next connection. Errors are logged and waited out, as they say nothing about the next
    /// one.
    pub async fn next(&self) -> (Connection, SocketAddr) {
        let mut delays = retry::ACCEPT.jittered();
        let place = loop {
            // It is never closed; if it were, nothing could be accepted.
            match Arc::clone(&self.places).acquire_owned().await {
                Ok(place) => break place,
                Err(_closed) => std::future::pending::<()>().await,
            }
        };
        let (io, peer) = loop {
            match self.tcp.accept().await {
                Ok(accepted) => break accepted,
                Err(error) if is_of_the_peer(&error) => tracing::debug!(%error, "a peer went away"),
                Err(error) => {
                    tracing::warn!(%error, "can't accept connections");
                    tokio::time::sleep(delays.next().unwrap_or(retry::ACCEPT.cap)).await;
                }
            }
        };
        // Small messages that wait for company are late. If it fails, they are, and no more.
        let _ = io.set_nodelay(true);
        let first_word = Deadline::after(self.limits.longest.min(FIRST_WORD));
        let cut = self.cut.child_token();
        let connection = Connection {
            io,
            end: Box::pin(tokio::time::sleep_until(first_word.instant())),
            silent: Some(Silent {
                stopping: Box::pin(self.stopping.clone().cancelled_owned()),
                end_after: Deadline::after(self.limits.longest),
            }),
            is_cut: Box::pin(cut.clone().cancelled_owned()),
            cut,
            _place: place,
        };
        (connection, peer)
    }

    /// All connections, for tonic.
    pub fn connections(self) -> impl Stream<Item = io::Result<Connection>> {
        stream::unfold(self, |listener| async {
            let (connection, _peer) = listener.next().await;
            Some((Ok(connection), listener))
        })
    }
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

/// A TCP connection that counts as one of its listener's and can be cut.
#[derive(Debug)]
pub struct Connection {
    io: TcpStream,
    end: Pin<Box<tokio::time::Sleep>>,
    /// Until the first word.
    silent: Option<Silent>,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
    cut: CancellationToken,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Silent {
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Where the connection's end moves to with the first word.
    end_after: Deadline,
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the server")
}

impl Connection {
    fn may_write(&self) -> io::Result<()> {
        if self.cut.is_cancelled() { Err(broken()) } else { Ok(()) }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.io.connect_info()
    }
}

impl AsyncRead for Connection {
    /// A server always waits for its peer, so that this is where it learns of the end.
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut is_over = this.is_cut.as_mut().poll(context).is_ready()
            || this.end.as_mut().poll(context).is_ready();
        if let Some(silent) = &mut this.silent {
            is_over |= silent.stopping.as_mut().poll(context).is_ready();
        }
        if is_over {
            this.cut.cancel();
            return Poll::Ready(Err(broken()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(context, buffer);
        if buffer.filled().len() > before
            && let Some(silent) = this.silent.take()
        {
            this.end.as_mut().reset(silent.end_after.instant());
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.may_write()?;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.may_write()?;
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.may_write()?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
