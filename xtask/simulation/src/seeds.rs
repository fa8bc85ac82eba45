//! Worlds of many seeds, as many at a time as there are cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use panelgate_tally::Tally;

use crate::run as world;

/// Of so many worlds one is run twice: it has to be the same both times.
const REPEATED: u64 = 10;

/// Runs the worlds of the seeds `from..from + count`, and counts them as `seeds`.
#[must_use]
pub fn seeds(from: u64, count: u64) -> Tally {
    let (next, all) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let seed = from + number;
                    let mut outcome = world(seed, false);
                    if number % REPEATED == 0 && world(seed, false).hash != outcome.hash {
                        let text = format!("seed {seed} is not the same world twice");
                        outcome.counted.violation(text);
                    }
                    let mut all = all.lock().expect("nobody panics with it in hand");
                    all.add(&outcome.counted);
                    all.count("seeds", 1);
                }
            });
        }
    });
    all.into_inner().expect("nobody panics with it in hand")
}
