//! Worlds side by side, as many at a time as there are cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use panelgate_tally::Tally;

/// Adds up what the worlds `0..count` come to.
pub(crate) fn all(count: u64, world: impl Fn(u64) -> Tally + Sync) -> Tally {
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
                    let counted = world(number);
                    all.lock()
                        .expect("nobody panics with it in hand")
                        .add(&counted);
                }
            });
        }
    });
    all.into_inner().expect("nobody panics with it in hand")
}
