//! Every known bug is found by its worlds, within so many seeds.

use std::sync::Mutex;

use panelgate_domain::canary::Canary;
use panelgate_simulation::run_with;

const SEEDS: u64 = 500;

#[test]
fn every_canary_is_found() {
    // One sings on the thread that it was released on, so each core can have its own.
    let (waiting, missed) = (Mutex::new(Canary::ALL.to_vec()), Mutex::new(Vec::new()));
    let next = || waiting.lock().expect("no panic").pop();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(canary) = next() {
                    if !is_found(canary) {
                        missed.lock().expect("no panic").push(canary);
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().expect("no panic");
    assert_eq!(missed, [], "not found within {SEEDS} seeds");
}

fn is_found(canary: Canary) -> bool {
    let found = (1..=SEEDS).find_map(|seed| {
        let outcome = run_with(seed, false, Some(canary));
        Some((seed, outcome.wrongs.into_iter().next()?))
    });
    if let Some((seed, wrong)) = &found {
        eprintln!("{canary:?}: seed {seed}: {wrong}");
    }
    found.is_some()
}
