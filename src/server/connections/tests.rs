use futures::{FutureExt as _, poll};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::runtime::clock::monotonic;

async fn listener(most: usize, longest: Duration) -> (Listener, CancellationToken) {
    let tcp = bind("127.0.0.1:0".parse().unwrap(), "--channel-listen").await.unwrap();
    let cut = CancellationToken::new();
    (Listener::new(tcp, ConnectionLimits { most, longest }, cut.clone()), cut)
}

async fn connect(listener: &Listener) -> TcpStream {
    TcpStream::connect(listener.tcp.local_addr().unwrap()).await.unwrap()
}

#[tokio::test]
async fn more_connections_than_there_are_places_wait() {
    let (listener, _cut) = listener(1, Duration::from_mins(1)).await;
    let _clients = (connect(&listener).await, connect(&listener).await);
    let (first, _) = listener.next().await;
    let mut second = Box::pin(listener.next());
    assert!(poll!(&mut second).is_pending());
    drop(first);
    second.await;
}

#[tokio::test]
async fn a_cut_wakes_whoever_waits_and_ends_both_directions() {
    let (listener, cut) = listener(1, Duration::from_mins(1)).await;
    let mut client = connect(&listener).await;
    let (mut connection, _) = listener.next().await;
    client.write_all(b"x").await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), b'x');
    connection.write_all(b"y").await.unwrap();

    let mut byte = [0];
    let mut reading = Box::pin(connection.read(&mut byte));
    assert!(poll!(&mut reading).is_pending());
    cut.cancel();
    assert_eq!(reading.await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    assert!(connection.write_all(b"z").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_cut_soon() {
    let (listener, _cut) = listener(1, Duration::from_mins(1)).await;
    let _client = connect(&listener).await;
    let (mut connection, _) = listener.next().await;
    let accepted = monotonic();
    assert!(connection.read_u8().await.is_err());
    assert!(monotonic() - accepted < FIRST_WORD + Duration::from_secs(1));
}

#[tokio::test]
async fn who_says_nothing_is_cut_when_the_server_stops() {
    let (listener, _cut) = listener(2, Duration::from_mins(1)).await;
    let stopping = CancellationToken::new();
    let listener = listener.stopping_at(stopping.clone());
    let (_silent, mut talking) = (connect(&listener).await, connect(&listener).await);
    let (mut first, _) = listener.next().await;
    let (mut second, _) = listener.next().await;
    talking.write_all(b"x").await.unwrap();
    assert_eq!(second.read_u8().await.unwrap(), b'x');
    let mut byte = [0];
    let mut reading = Box::pin(first.read(&mut byte));
    assert!(poll!(&mut reading).is_pending());
    stopping.cancel();
    assert_eq!(reading.await.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    talking.write_all(b"y").await.unwrap();
    assert_eq!(second.read_u8().await.unwrap(), b'y', "who talks is served to the end");
}

#[tokio::test]
async fn who_talks_may_stay() {
    let (listener, _cut) = listener(1, Duration::from_mins(1)).await;
    let mut client = connect(&listener).await;
    let (mut connection, _) = listener.next().await;
    let accepted = monotonic();
    client.write_all(b"x").await.unwrap();
    assert_eq!(connection.read_u8().await.unwrap(), b'x');
    // Not before: the clock would leap while the byte is on its way.
    tokio::time::pause();
    assert!(connection.read_u8().await.is_err());
    assert!(monotonic() - accepted >= Duration::from_mins(1));
}

#[tokio::test]
async fn none_lasts_longer_than_it_may() {
    let (listener, _cut) = listener(1, Duration::ZERO).await;
    let _client = connect(&listener).await;
    let (mut connection, _) = listener.next().await;
    assert!(connection.read_u8().await.is_err());
    assert!(connection.write_all(b"z").now_or_never().unwrap().is_err());
}

#[tokio::test]
async fn what_can_t_be_listened_on_says_what_to_do() {
    let taken = bind("127.0.0.1:0".parse().unwrap(), "--channel-listen").await.unwrap();
    let nowhere = "192.0.2.1:50051".parse().unwrap();
    for (address, hint) in [(taken.local_addr().unwrap(), "in use"), (nowhere, "no address")] {
        let error = bind(address, "--channel-listen").await.unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains(hint) && text.contains("with --channel-listen"), "{text}");
    }
}
