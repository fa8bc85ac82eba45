//! Worlds of many seeds.

use panelgate_tally::Tally;

use crate::{aside, run as world};

/// Of so many worlds one is run twice: it has to be the same both times.
const REPEATED: u64 = 10;

/// Runs the worlds of the seeds `from..from + count`, and counts them as `seeds`.
#[must_use]
pub fn seeds(from: u64, count: u64) -> Tally {
    aside::all(count, |number| {
        let seed = from + number;
        let mut outcome = world(seed, false);
        if number % REPEATED == 0 && world(seed, false).hash != outcome.hash {
            let text = format!("seed {seed} is not the same world twice");
            outcome.counted.violation(text);
        }
        outcome.counted.count("seeds", 1);
        outcome.counted
    })
}
