//! Worlds by their seeds, and one mishap at a time.

use panelgate_simulation::cells::{STEPS, faults, mishaps};
use panelgate_simulation::{run, seeds, singles};

#[test]
fn five_hundred_worlds_come_to_rest() {
    let tally = seeds(0, 500);
    assert_eq!(tally.texts(), [] as [&str; 0]);
    assert_eq!(tally.of("seeds"), 500);
    // Trouble that never comes proves nothing.
    for what in [
        "crash after · open_order",
        "error · confirm_placement",
        "AcceptThenTimeout · Add",
        "orders · archived",
    ] {
        assert!(tally.of(what) > 0, "{what}");
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    // In 1430 two wishes to cancel were told their outcomes in the order of a hash map.
    for seed in [3, 1430] {
        is_the_same_world(seed);
    }
}

fn is_the_same_world(seed: u64) {
    let (one, other) = (run(seed, true), run(seed, true));
    let differs = one.lines.iter().zip(&other.lines).position(|(a, b)| a != b);
    if let Some(place) = differs {
        let before = &one.lines[place.saturating_sub(5)..=place];
        panic!("event {place}: {before:?} {:?}", other.lines[place]);
    }
    assert_eq!(one.hash, other.hash);
}

#[test]
fn no_single_mishap_does_harm_wherever_it_happens() {
    let tally = singles();
    assert_eq!(tally.texts(), [] as [&str; 0]);
    for (_, step) in STEPS {
        for mishap in mishaps() {
            let cell = format!("{mishap} · {step}");
            assert!(tally.of(&cell) > 0, "{cell} never happened");
        }
    }
    for (fault, actions) in faults() {
        for action in actions {
            let cell = format!("{fault} · {action}");
            assert!(tally.of(&cell) > 0, "{cell} never happened");
        }
    }
}
