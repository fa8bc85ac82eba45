//! One call fails: whoever asked is told so or it has not happened, and the next start finds the store as it was acknowledged.

use std::path::Path;
use std::sync::Arc;

use panelgate_tally::Tally;
use rusqlite::ffi;

use crate::cuts::{Undisturbed, block_on, goes_on, scratch};
use crate::disk::{Call, Disk, Fault};
use crate::image::Image;
use crate::ledger::Ledger;
use crate::script;
use crate::shim;
use crate::stage::{Teller, file};

/// How calls fail.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// What it is called.
    pub name: &'static str,
    /// Which calls may fail so.
    pub of: &'static [Call],
    /// The code that each of them answers.
    pub code: fn(Call) -> i32,
    /// From then on all of them, until the process ends.
    pub forever: bool,
}

/// All ways.
pub const WAYS: [Way; 7] = [
    Way {
        name: "full",
        of: WRITES,
        code: |_| ffi::SQLITE_FULL,
        forever: false,
    },
    Way {
        name: "full for good",
        of: WRITES,
        code: |_| ffi::SQLITE_FULL,
        forever: true,
    },
    Way {
        name: "input/output",
        of: ALL,
        code: input_output,
        forever: false,
    },
    Way {
        name: "input/output for good",
        of: ALL,
        code: input_output,
        forever: true,
    },
    Way {
        name: "busy",
        of: LOCKS,
        code: |_| ffi::SQLITE_BUSY,
        forever: false,
    },
    Way {
        name: "corrupt",
        of: READS,
        code: |_| ffi::SQLITE_CORRUPT,
        forever: false,
    },
    Way {
        name: "not a database",
        of: READS,
        code: |_| ffi::SQLITE_NOTADB,
        forever: false,
    },
];

const READS: &[Call] = &[Call::Read];
const WRITES: &[Call] = &[Call::Write, Call::Truncate, Call::ShmMap];
const LOCKS: &[Call] = &[Call::Lock, Call::ShmLock];
const ALL: &[Call] = &[
    Call::Open,
    Call::Delete,
    Call::Access,
    Call::Read,
    Call::Write,
    Call::Truncate,
    Call::Sync,
    Call::Size,
    Call::Lock,
    Call::ShmMap,
    Call::ShmLock,
];

fn input_output(call: Call) -> i32 {
    match call {
        Call::Open => ffi::SQLITE_CANTOPEN,
        Call::Delete => ffi::SQLITE_IOERR_DELETE,
        Call::Access => ffi::SQLITE_IOERR_ACCESS,
        Call::Read => ffi::SQLITE_IOERR_READ,
        Call::Write => ffi::SQLITE_IOERR_WRITE,
        Call::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
        Call::Sync => ffi::SQLITE_IOERR_FSYNC,
        Call::Size => ffi::SQLITE_IOERR_FSTAT,
        Call::Lock => ffi::SQLITE_IOERR_LOCK,
        Call::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
        Call::ShmLock => ffi::SQLITE_IOERR_SHMLOCK,
    }
}

/// Tells one story as often as it has calls that may fail this way, and lets every `every`th of them fail in turn, beginning with
/// the call `from`. Violations name the call.
#[must_use]
pub fn faults(way: Way, from: u64, every: u64) -> Tally {
    block_on(async {
        let told = Undisturbed::of(script::short()).await;
        let mut tally = Tally::default();
        for nth in (from..).step_by(usize::try_from(every).expect("a small number")) {
            let mut story = Story {
                told: &told,
                way,
                nth,
                tally: &mut tally,
            };
            let began = std::time::Instant::now();
            let out = story.run().await;
            if began.elapsed().as_secs() > 0 {
                eprintln!("SLOW {} {nth} {:?}", way.name, began.elapsed());
            }
            match out {
                // The story has no such call any more.
                Ok(false) => break,
                Ok(true) => tally.count(format!("faults · {}", way.name), 1),
                Err(wrong) => tally.violation(format!("{}, call {nth}: {wrong}", way.name)),
            }
        }
        tally
    })
}

struct Story<'a> {
    told: &'a Undisturbed,
    way: Way,
    nth: u64,
    tally: &'a mut Tally,
}

/// How far a process came.
enum Came {
    /// To the end of the story, or to where it cannot go on, having acknowledged so many steps.
    To(usize),
    /// Nothing can be written any more: the next step happened, or it did not.
    Lost(usize),
}

impl Story<'_> {
    /// Whether the fault struck.
    async fn run(&mut self) -> Result<bool, String> {
        let folder = scratch();
        self.told.begun.put(folder.path());
        let disk = Disk::of(folder.path());
        let Way {
            of, code, forever, ..
        } = self.way;
        disk.fail(Some(Fault {
            of: of.to_vec(),
            nth: self.nth,
            forever,
            code,
        }));
        let came = self.process(folder.path(), &disk).await?;
        let struck = disk.struck() > 0;
        disk.fail(None);
        // The next process finds the files as this one left them, and nothing of what it had open.
        let next = scratch();
        Image::of(folder.path(), 0).put(next.path());
        shim::let_go(&disk, folder.path());
        let disk = Disk::of(next.path());
        let (steps, may_be_ahead): (_, &[usize]) = match came {
            Came::To(steps) => (steps, &[0]),
            Came::Lost(steps) => (steps, &[0, 1]),
        };
        let ahead = goes_on(self.told, steps, may_be_ahead, next.path(), &disk).await?;
        if let Came::Lost(_) = came {
            let what = ["lost, and not done", "lost, and done"][ahead];
            self.tally.count(format!("faults · {what}"), 1);
        }
        Ok(struck)
    }

    /// One process: it takes every step until it cannot, trying each again that failed.
    async fn process(&mut self, folder: &Path, disk: &Arc<Disk>) -> Result<Came, String> {
        let script = &self.told.script;
        let begun = self.told.begun.acknowledged;
        let teller = Teller::new(folder, disk, script, self.told.given[begun].clone());
        let Ok(mut store) = teller.open() else {
            self.tally.count("faults · no start", 1);
            return Ok(Came::To(begun));
        };
        let (mut step, mut again) = (begun, 0);
        // What has not failed at once fails soon, if it was harmed.
        let mut further = FURTHER;
        while step < script.len() && further > 0 {
            let lost = lost(&teller);
            let (next, done) = tokio::select! {
                biased;
                taken = teller.step(store, step) => taken,
                () = lost => {
                    self.tally.count("faults · lost", 1);
                    return Ok(Came::Lost(step));
                }
            };
            let Some(next) = next else {
                self.tally.count("faults · no start", 1);
                return Ok(Came::To(step));
            };
            store = next;
            if done.is_ok() {
                (step, again) = (step + 1, 0);
                further -= u64::from(disk.struck() > 0);
                continue;
            }
            self.tally.count("faults · told", 1);
            self.undone(folder, step)?;
            again += 1;
            if again > MOST_TRIES {
                break;
            }
        }
        store.close().await;
        Ok(Came::To(step))
    }

    /// A step whose caller was told that it failed did not happen.
    fn undone(&self, folder: &Path, step: usize) -> Result<(), String> {
        let found = Ledger::of(&file(folder)).map_err(|error| error.to_string())?;
        let differs = found.differs(&self.told.states[step]);
        if differs.is_empty() {
            return Ok(());
        }
        Err(format!(
            "step {step}, {:?}, was answered with an error, and yet: {differs:?}",
            self.told.script[step]
        ))
    }
}

/// Waits until nothing can be written any more.
async fn lost(teller: &Teller<'_>) {
    while teller.lost.lock().is_none() {
        tokio::task::yield_now().await;
    }
}

/// Steps that are taken after a call has failed.
const FURTHER: u64 = 2;
/// Of one step, while all its calls fail.
const MOST_TRIES: u32 = 2;
