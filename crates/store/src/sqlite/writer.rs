//! One thread writes, or one task where nothing may happen beside the runtime. It takes what is queued, runs every job in a
//! savepoint of its own, commits once, then answers all: a hundred orders cost one fsync.
//!
//! A job is answered after the commit that holds it, or not at all. If COMMIT fails, nobody knows what is in the file, so
//! nobody is told anything: `on_fatal` is called, the worker ends, and callers wait until the process does.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
use rusqlite::Connection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::open::{Work, beside};
use crate::api::Result;
use crate::error::StoreError;
use crate::metrics::StoreMetrics;

/// The handle of the worker. Dropping it lets the worker finish what is queued.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    /// Places of the queue that refusable jobs may take.
    places: Arc<Semaphore>,
    foreign_commits: Arc<AtomicU64>,
    has_written: Arc<AtomicBool>,
    worker: Worker,
}

/// Whoever runs the jobs.
#[derive(Debug)]
enum Worker {
    Thread(std::thread::JoinHandle<()>),
    Task(tokio::task::JoinHandle<()>),
}

/// What a job may do when the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It is refused with [`StoreError::Busy`].
    Refusable,
    /// It has room that refusable jobs cannot take, and waits if that is full too.
    Reserved,
}

/// The bounds of a writer.
pub(super) struct Limits {
    /// Refusable jobs that may wait.
    pub(super) queue: usize,
    /// Other jobs that may wait besides.
    pub(super) reserved: usize,
    /// Jobs that may share a commit.
    pub(super) batch: usize,
    /// Where jobs are run.
    pub(super) work: Work,
}

/// Sees what is committed. It is told before whoever asked for it is answered.
pub(super) trait Witness: Send {
    /// Another process has committed since the last transaction of this one.
    fn others_committed(&mut self);
    /// A group of jobs has run in a transaction that will be committed next.
    fn before_commit(&mut self, connection: &Connection);
    /// It is durable.
    fn committed(&mut self);
}

/// Told when a COMMIT failed.
pub(super) type OnFatal = Arc<dyn Fn(String) + Send + Sync>;

impl Writer {
    /// Starts the worker. `keepsake` lives exactly as long as it may write: the lock of the file.
    pub(super) fn start<K: Send + 'static>(
        connection: Connection,
        keepsake: K,
        limits: &Limits,
        on_fatal: OnFatal,
        metrics: StoreMetrics,
        witness: Option<Box<dyn Witness>>,
    ) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(limits.queue.saturating_add(limits.reserved).max(1));
        let foreign_commits = Arc::new(AtomicU64::new(0));
        let has_written = Arc::new(AtomicBool::new(false));
        let seen_version = data_version(&connection)?;
        let wal = connection
            .path()
            .map(|path| beside(Path::new(path), "-wal"));
        let batch = limits.batch.max(1);
        let mut task = Task {
            connection,
            wal,
            jobs,
            batch,
            seen_version,
            foreign_commits: foreign_commits.clone(),
            has_written: has_written.clone(),
            metrics,
            witness,
        };
        let worker = match limits.work {
            Work::Threads => {
                let body = move || {
                    let ended = catch_unwind(AssertUnwindSafe(|| task.run()));
                    task.end(ended, keepsake, &on_fatal);
                };
                let thread = std::thread::Builder::new().name("store-writer".to_owned());
                let thread = thread.spawn(body);
                Worker::Thread(thread.map_err(|error| StoreError::Database(error.to_string()))?)
            }
            Work::Inline => Worker::Task(tokio::spawn(async move {
                let ended = AssertUnwindSafe(task.run_inline()).catch_unwind().await;
                task.end(ended, keepsake, &on_fatal);
            })),
        };
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(limits.queue)),
            foreign_commits,
            has_written,
            worker,
        })
    }

    /// Runs a job in a transaction and answers when it is durable.
    ///
    /// If the future is dropped before the job was queued, the job does not happen; afterwards it does, unseen.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        room: Room,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        match room {
            Room::Refusable => {
                let place = self
                    .places
                    .clone()
                    .try_acquire_owned()
                    .map_err(|_| StoreError::Busy)?;
                match self.queue.try_send(job(work, reply, Some(place))) {
                    Ok(()) => {}
                    Err(TrySendError::Full(_)) => return Err(StoreError::Busy),
                    Err(TrySendError::Closed(_)) => pending().await,
                }
            }
            Room::Reserved => {
                if self.queue.send(job(work, reply, None)).await.is_err() {
                    pending().await
                }
            }
        }
        match answer.await {
            Ok(result) => result,
            Err(_) => pending().await,
        }
    }

    /// How often somebody else was found to have committed, up to the last job that was answered.
    pub(super) fn foreign_commits(&self) -> u64 {
        self.foreign_commits.load(Ordering::Acquire)
    }

    /// Whether any job that was answered has changed anything.
    pub(super) fn has_written(&self) -> bool {
        self.has_written.load(Ordering::Acquire)
    }

    /// Finishes what is queued and lets go of the file. If the future is dropped, that happens unseen.
    pub(super) async fn close(self) {
        drop(self.queue);
        // Only a panic could fail here, and that of the worker went to `on_fatal`.
        match self.worker {
            Worker::Thread(thread) => {
                _ = tokio::task::spawn_blocking(move || thread.join()).await;
            }
            Worker::Task(task) => _ = task.await,
        }
    }
}

// === jobs ===

/// Runs against the connection, or learns why it cannot.
type Job = Box<dyn FnOnce(std::result::Result<&Connection, &str>) -> Done + Send>;

/// A job that ran but was not answered yet.
struct Done {
    /// Whether what it wrote stays.
    keep: bool,
    answer: Answer,
}

/// Sends the answer; `Err` says why the whole group was undone.
type Answer = Box<dyn FnOnce(std::result::Result<(), &str>)>;

fn job<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    reply: oneshot::Sender<Result<T>>,
    place: Option<OwnedSemaphorePermit>,
) -> Job {
    Box::new(move |connection| {
        drop(place);
        let result = match connection {
            Ok(connection) => catch_unwind(AssertUnwindSafe(|| work(connection)))
                .unwrap_or_else(|_| Err(StoreError::Corrupt("a transaction panicked".to_owned()))),
            Err(why) => Err(StoreError::Database(why.to_owned())),
        };
        Done {
            keep: result.is_ok(),
            answer: Box::new(move |group| {
                let undone = |why: &str| Err(StoreError::Database(why.to_owned()));
                // Nobody listens if the caller is gone; what was done stays done.
                _ = reply.send(group.map_or_else(undone, |()| result));
            }),
        }
    })
}

// === the thread ===

struct Task {
    connection: Connection,
    /// The write-ahead log; `None` for a store without a file.
    wal: Option<PathBuf>,
    jobs: mpsc::Receiver<Job>,
    batch: usize,
    seen_version: i64,
    foreign_commits: Arc<AtomicU64>,
    has_written: Arc<AtomicBool>,
    metrics: StoreMetrics,
    witness: Option<Box<dyn Witness>>,
}

/// Why nobody can say what is in the file.
type Fatal = String;

/// How the jobs came to their end; `Err` if one of them panicked outside of its transaction.
type Ended = std::thread::Result<std::result::Result<(), Fatal>>;

impl Task {
    fn run(&mut self) -> std::result::Result<(), Fatal> {
        while let Some(first) = self.jobs.blocking_recv() {
            self.commit_with(first)?;
        }
        Ok(())
    }

    async fn run_inline(&mut self) -> std::result::Result<(), Fatal> {
        while let Some(first) = self.jobs.recv().await {
            self.commit_with(first)?;
        }
        Ok(())
    }

    /// A job, and what else is queued.
    fn commit_with(&mut self, first: Job) -> std::result::Result<(), Fatal> {
        let mut group = vec![first];
        while group.len() < self.batch
            && let Ok(job) = self.jobs.try_recv()
        {
            group.push(job);
        }
        self.commit(group)
    }

    fn end<K>(self, ended: Ended, keepsake: K, on_fatal: &OnFatal) {
        match ended.unwrap_or_else(|_| Err("the writer panicked".to_owned())) {
            Ok(()) => {
                // In this order: closing the connection may still write.
                drop(self);
                drop(keepsake);
            }
            Err(why) => {
                // Nothing may touch the file any more, not even a closing connection; the lock stays until the process
                // ends.
                std::mem::forget((self, keepsake));
                on_fatal(why);
            }
        }
    }

    fn commit(&mut self, group: Vec<Job>) -> std::result::Result<(), Fatal> {
        let started = Instant::now();
        let size = u32::try_from(group.len()).unwrap_or(u32::MAX);
        if let Err(error) = self.begin() {
            let why = error.to_string();
            tracing::error!(error = why, jobs = size, "no transaction could be begun");
            group
                .into_iter()
                .for_each(|job| (job(Err(&why)).answer)(Ok(())));
            return Ok(());
        }
        let (answers, undone) = self.run_group(group);
        match &undone {
            None => self
                .keep()
                .map_err(|error| format!("COMMIT failed: {error}"))?,
            Some(why) => self
                .roll_back()
                .map_err(|error| format!("ROLLBACK after `{why}` failed: {error}"))?,
        }
        self.metrics
            .commit_seconds
            .observe(started.elapsed().as_secs_f64());
        self.metrics.batch_size.observe(f64::from(size));
        self.show_wal();
        for answer in answers {
            answer(undone.as_deref().map_or(Ok(()), Err));
        }
        Ok(())
    }

    /// Commits what the group did.
    fn keep(&mut self) -> rusqlite::Result<()> {
        if let Some(witness) = &mut self.witness {
            witness.before_commit(&self.connection);
        }
        self.execute("COMMIT")?;
        if let Some(witness) = &mut self.witness {
            witness.committed();
        }
        if self.connection.total_changes() > 0 {
            self.has_written.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// A log that cannot be looked at shows as it was.
    fn show_wal(&self) {
        let size = self.wal.as_ref().and_then(|wal| wal.metadata().ok());
        if let Some(file) = size {
            let bytes = i64::try_from(file.len()).unwrap_or(i64::MAX);
            self.metrics.wal_bytes.set(bytes);
        }
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        let version = data_version(&self.connection)?;
        if version != self.seen_version {
            self.seen_version = version;
            self.foreign_commits.fetch_add(1, Ordering::Release);
            if let Some(witness) = &mut self.witness {
                witness.others_committed();
            }
        }
        Ok(())
    }

    /// Runs every job; also says why the group cannot be committed, if it cannot.
    fn run_group(&self, group: Vec<Job>) -> (Vec<Answer>, Option<String>) {
        let mut undone: Option<String> = None;
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            let (done, ended) = match &undone {
                None => self.run_one(job),
                Some(why) => (job(Err(why)), Ok(())),
            };
            answers.push(done.answer);
            // SQLite gives up a whole transaction when the disk is full or fails: then there is no savepoint to end.
            if let Err(error) = ended {
                tracing::error!(%error, "a group of transactions is undone");
                undone = Some(error.to_string());
            }
        }
        (answers, undone)
    }

    fn run_one(&self, job: Job) -> (Done, rusqlite::Result<()>) {
        if let Err(error) = self.execute("SAVEPOINT job") {
            return (job(Err(&error.to_string())), Err(error));
        }
        let done = job(Ok(&self.connection));
        let ended = match done.keep {
            true => self.execute("RELEASE job"),
            false => self
                .execute("ROLLBACK TO job")
                .and_then(|()| self.execute("RELEASE job")),
        };
        (done, ended)
    }

    fn roll_back(&self) -> rusqlite::Result<()> {
        if self.connection.is_autocommit() {
            Ok(())
        } else {
            self.execute("ROLLBACK")
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}

/// Changes whenever another connection has committed.
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

#[cfg(test)]
mod tests;
