//! The writer against a table that knows no orders.

use std::sync::mpsc as blocking;

use super::*;

const LIMITS: Limits = Limits {
    queue: 4,
    reserved: 4,
    batch: 64,
    work: Work::Threads,
};

struct Bench {
    writer: Arc<Writer>,
    metrics: StoreMetrics,
    fatal: blocking::Receiver<String>,
}

fn bench(limits: &Limits, prepare: impl FnOnce(&mut Connection)) -> Bench {
    let mut connection = Connection::open_in_memory().expect("memory");
    connection
        .execute_batch("CREATE TABLE t (n INTEGER NOT NULL) STRICT")
        .expect("table");
    prepare(&mut connection);
    let (tell, fatal) = blocking::channel();
    let on_fatal: OnFatal = Arc::new(move |why| tell.send(why).expect("the test listens"));
    let metrics = StoreMetrics::unregistered();
    let writer =
        Writer::start(connection, (), limits, on_fatal, metrics.clone(), None).expect("started");
    Bench {
        writer: Arc::new(writer),
        metrics,
        fatal,
    }
}

fn insert(n: i64) -> impl FnOnce(&Connection) -> Result<()> + Send + 'static {
    move |connection| {
        Ok(connection
            .execute("INSERT INTO t VALUES (?1)", [n])
            .map(drop)?)
    }
}

async fn rows(writer: &Writer) -> Vec<i64> {
    let all = |connection: &Connection| -> Result<Vec<i64>> {
        let mut statement = connection.prepare("SELECT n FROM t ORDER BY n")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    writer.run(Room::Reserved, all).await.expect("read")
}

/// Keeps the thread busy until the sender is dropped; answers when it is.
async fn occupied(writer: &Arc<Writer>) -> blocking::Sender<()> {
    let (release, released) = blocking::channel::<()>();
    let (tell, begun) = oneshot::channel();
    let writer = writer.clone();
    tokio::spawn(async move {
        let wait = move |_: &Connection| {
            tell.send(()).expect("the test listens");
            _ = released.recv();
            Ok(())
        };
        writer.run(Room::Reserved, wait).await
    });
    begun.await.expect("begun");
    release
}

/// Polls once.
async fn is_pending<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())
    })
    .await
}

#[tokio::test]
async fn jobs_share_a_commit_and_fail_alone() {
    let bench = bench(
        &Limits {
            queue: 64,
            ..LIMITS
        },
        |_| (),
    );
    let release = occupied(&bench.writer).await;
    let mut jobs = Vec::new();
    for n in 0..30 {
        let writer = bench.writer.clone();
        let work = move |connection: &Connection| {
            insert(n)(connection)?;
            match n % 3 {
                0 => Err(StoreError::NotEnoughFunds),
                1 => panic!("a job may panic"),
                _ => Ok(()),
            }
        };
        let mut job = Box::pin(async move { writer.run(Room::Refusable, work).await });
        assert!(is_pending(&mut job).await, "queued");
        jobs.push(job);
    }
    drop(release);
    for (n, job) in (0_i64..).zip(jobs) {
        match (n % 3, job.await) {
            (0, Err(StoreError::NotEnoughFunds))
            | (1, Err(StoreError::Corrupt(_)))
            | (2, Ok(())) => {}
            (_, other) => panic!("job {n}: {other:?}"),
        }
    }
    assert_eq!(
        bench.metrics.batch_size.get_sample_count(),
        2,
        "the first alone, then all thirty"
    );
    let kept: Vec<i64> = (0..30).filter(|n| n % 3 == 2).collect();
    assert_eq!(rows(&bench.writer).await, kept);
}

#[tokio::test]
async fn a_full_queue_refuses_only_what_may_be_refused() {
    let bench = bench(&LIMITS, |_| ());
    let release = occupied(&bench.writer).await;
    let mut queued: Vec<_> = (0..4)
        .map(|n| Box::pin(bench.writer.run(Room::Refusable, insert(n))))
        .collect();
    for job in &mut queued {
        assert!(is_pending(job).await);
    }
    let refused = bench.writer.run(Room::Refusable, insert(99)).await;
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    // Four have reserved room, the fifth waits; none is refused.
    let mut others: Vec<_> = (4..9)
        .map(|n| Box::pin(bench.writer.run(Room::Reserved, insert(n))))
        .collect();
    for job in &mut others {
        assert!(is_pending(job).await);
    }
    drop(release);
    for job in queued {
        job.await.expect("done");
    }
    for job in others {
        job.await.expect("done");
    }
    assert_eq!(rows(&bench.writer).await, (0..9).collect::<Vec<_>>());
    bench
        .writer
        .run(Room::Refusable, insert(9))
        .await
        .expect("there is room again");
}

#[tokio::test]
async fn a_failing_commit_answers_nothing() {
    let bench = bench(&LIMITS, |connection| {
        connection.commit_hook(Some(|| true)).expect("hooked")
    });
    let mut first = Box::pin(bench.writer.run(Room::Refusable, insert(1)));
    assert!(is_pending(&mut first).await);
    let why = tokio::task::spawn_blocking(move || bench.fatal.recv())
        .await
        .expect("joined")
        .expect("told");
    assert!(why.starts_with("COMMIT failed"), "{why}");
    // The thread has let go of everything by now: an answer would be there.
    assert!(is_pending(&mut first).await);
    let mut later = Box::pin(bench.writer.run(Room::Reserved, insert(2)));
    assert!(is_pending(&mut later).await);
}

#[tokio::test]
async fn a_lost_transaction_undoes_its_whole_group_and_says_so() {
    let bench = bench(&LIMITS, |_| ());
    let release = occupied(&bench.writer).await;
    let mut before = Box::pin(bench.writer.run(Room::Refusable, insert(1)));
    assert!(is_pending(&mut before).await);
    // What SQLite does by itself when the disk is full.
    let lose = |connection: &Connection| Ok(connection.execute_batch("ROLLBACK")?);
    let mut losing = Box::pin(bench.writer.run(Room::Refusable, lose));
    assert!(is_pending(&mut losing).await);
    let mut after = Box::pin(bench.writer.run(Room::Refusable, insert(2)));
    assert!(is_pending(&mut after).await);
    drop(release);
    for job in [before.await, losing.await, after.await] {
        assert!(matches!(job, Err(StoreError::Database(_))), "{job:?}");
    }
    assert_eq!(rows(&bench.writer).await, Vec::<i64>::new());
}
