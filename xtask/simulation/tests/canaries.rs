//! Every known bug is found by its worlds, within so many seeds.

use panelgate_domain::canary::Canary;
use panelgate_simulation::run_with;

const SEEDS: u64 = 500;

#[test]
fn every_canary_is_found() {
    let mut missed = Vec::new();
    for canary in Canary::ALL {
        let found = (0..SEEDS).find_map(|seed| {
            let outcome = run_with(seed, false, Some(canary));
            Some((seed, outcome.wrongs.into_iter().next()?))
        });
        match found {
            Some((seed, wrong)) => eprintln!("{canary:?}: seed {seed}: {wrong}"),
            None => missed.push(canary),
        }
    }
    assert_eq!(missed, [], "not found within {SEEDS} seeds");
}
