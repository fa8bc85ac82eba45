use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::Frame;
use tokio::sync::mpsc;

use super::*;

/// A body whose pieces a test sends.
struct Pieces(mpsc::UnboundedReceiver<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(cx);
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

fn bodies(bodies_bytes: usize) -> Arc<Bodies> {
    let settings = Settings {
        bodies_bytes,
        ..Settings::default()
    };
    let held = IntGauge::new("held", "What bodies hold").expect("a name");
    Arc::new(Bodies::new(&settings, held))
}

/// Begins to read a body.
fn begin(
    bodies: &Arc<Bodies>,
) -> (
    mpsc::UnboundedSender<Bytes>,
    tokio::task::JoinHandle<Result<Whole, BodyError>>,
) {
    let (pieces, body) = mpsc::unbounded_channel();
    let bodies = Arc::clone(bodies);
    let reading = tokio::spawn(async move { bodies.read(Pieces(body)).await });
    (pieces, reading)
}

async fn read(bodies: &Arc<Bodies>, pieces: &[usize]) -> Result<Whole, BodyError> {
    let (sender, reading) = begin(bodies);
    for piece in pieces {
        sender.send(vec![b'x'; *piece].into()).expect("it is read");
    }
    drop(sender);
    reading.await.expect("no panic")
}

/// Waits until so much of the budget is left.
async fn left(bodies: &Bodies, bytes: usize) {
    while bodies.budget.available_permits() != bytes {
        tokio::task::yield_now().await;
    }
    assert_eq!(bodies.held.get(), gauged(MIB - bytes), "operators see it");
}

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn the_largest_body_is_read_and_one_byte_more_is_not() {
    let bodies = bodies(MIB);
    for pieces in [&[MIB][..], &[1, MIB - 1], &[MIB / 2, MIB / 4, MIB / 4]] {
        let whole = read(&bodies, pieces).await.expect("read");
        assert_eq!(whole.bytes.len(), MIB);
        assert_eq!(bodies.budget.available_permits(), FREE);
    }
    assert_eq!(bodies.budget.available_permits(), MIB);
    for pieces in [&[MIB + 1][..], &[MIB, 1]] {
        let wrong = read(&bodies, pieces).await.expect_err("too large");
        assert_eq!(wrong, BodyError::TooLarge);
    }
    assert_eq!(bodies.budget.available_permits(), MIB);
}

#[tokio::test]
async fn small_bodies_are_read_whatever_others_hold() {
    let bodies = bodies(MIB);
    let (large, reading) = begin(&bodies);
    large.send(vec![b'x'; MIB].into()).expect("it is read");
    left(&bodies, FREE).await;
    let (second, refused) = begin(&bodies);
    second.send(vec![b'x'; FREE].into()).expect("it is read");
    second.send(vec![b'x'; MIB / 2].into()).expect("it is read");
    let refused = refused
        .await
        .expect("no panic")
        .expect_err("there is no room");
    assert_eq!(refused, BodyError::NoRoom);
    for pieces in [&[1][..], &[FREE], &[FREE / 2, FREE / 2], &[1; 1_000]] {
        let whole = read(&bodies, pieces).await.expect("read");
        assert_eq!(whole.bytes.len(), pieces.iter().sum::<usize>());
    }

    // It ends, whole, and there is room when nobody holds it any more.
    drop(large);
    let whole = reading.await.expect("no panic").expect("read");
    assert_eq!(bodies.budget.available_permits(), FREE);
    drop(whole);
    read(&bodies, &[MIB]).await.expect("read");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_gives_back_what_it_had() {
    let bodies = bodies(MIB);
    let (pieces, reading) = begin(&bodies);
    pieces.send(vec![b'x'; MIB / 2].into()).expect("it is read");
    left(&bodies, MIB / 2 + FREE).await;
    let slow = reading.await.expect("no panic").expect_err("too slow");
    assert_eq!(slow, BodyError::TooSlow);
    assert_eq!(bodies.budget.available_permits(), MIB);

    let (pieces, reading) = begin(&bodies);
    pieces.send(vec![b'x'; MIB / 2].into()).expect("it is read");
    left(&bodies, MIB / 2 + FREE).await;
    reading.abort();
    left(&bodies, MIB).await;
}
