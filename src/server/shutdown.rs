//! Being asked to stop. The first signal stops the unit in an orderly way; a second one says that
//! whoever sent it does not want to wait.

use std::io;

use futures::{Stream, StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

/// Two wishes that follow each other.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Finish what runs, then end.
    pub orderly: CancellationToken,
    /// End now. What was acknowledged is durable; the rest is repeated by its callers.
    pub immediate: CancellationToken,
}

/// The name of each signal that asks this process to stop: SIGTERM (service managers, Kubernetes)
/// and SIGINT (Ctrl-C). From now on they don't kill the process.
///
/// # Errors
/// The system does not let the process listen.
#[cfg(unix)]
pub fn signals() -> io::Result<impl Stream<Item = &'static str> + Send + Unpin> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    fn named(signal: Signal, name: &'static str) -> impl Stream<Item = &'static str> + Send {
        stream::unfold(signal, move |mut signal| async move {
            signal.recv().await.map(|()| (name, signal))
        })
    }
    let terminate = named(signal(SignalKind::terminate())?, "SIGTERM");
    let interrupt = named(signal(SignalKind::interrupt())?, "SIGINT");
    Ok(stream::select(terminate, interrupt).boxed())
}

/// The same where there are no such signals: Ctrl-C.
///
/// # Errors
/// The system does not let the process listen.
#[cfg(not(unix))]
pub fn signals() -> io::Result<impl Stream<Item = &'static str> + Send + Unpin> {
    let interrupts = stream::unfold((), |()| async {
        tokio::signal::ctrl_c().await.ok().map(|()| ("Ctrl-C", ()))
    });
    Ok(interrupts.boxed())
}

/// Turns `signals` into wishes, until the second one.
pub async fn listen(
    mut signals: impl Stream<Item = &'static str> + Send + Unpin,
    shutdown: Shutdown,
) {
    if let Some(signal) = signals.next().await {
        tracing::info!(signal, "stopping; once more to stop at once");
        shutdown.orderly.cancel();
    }
    if let Some(signal) = signals.next().await {
        tracing::warn!(signal, "stopping at once");
        shutdown.immediate.cancel();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::UnboundedReceiverStream;

    use super::*;

    #[tokio::test]
    async fn the_first_signal_asks_and_the_second_insists() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let shutdown = Shutdown::default();
        let mut listening =
            Box::pin(listen(UnboundedReceiverStream::new(receiver), shutdown.clone()));
        assert!(futures::poll!(&mut listening).is_pending());
        assert!(!shutdown.orderly.is_cancelled());

        sender.send("SIGTERM").unwrap();
        assert!(futures::poll!(&mut listening).is_pending());
        assert!(shutdown.orderly.is_cancelled() && !shutdown.immediate.is_cancelled());

        sender.send("SIGINT").unwrap();
        listening.await;
        assert!(shutdown.immediate.is_cancelled());
    }

    #[tokio::test]
    async fn the_process_can_listen() {
        assert!(signals().is_ok());
    }
}
