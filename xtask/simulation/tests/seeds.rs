//! Worlds by their seeds, and one mishap at a time.

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
    for step in STEPS {
        for mishap in ["crash before", "crash after", "error", "delay"] {
            let cell = format!("{mishap} · {step}");
            assert!(tally.of(&cell) > 0, "{cell} never happened");
        }
    }
}

/// Every transaction that takes an order or its money on, but for those that only families and later looks need.
const STEPS: [&str; 17] = [
    "open_order",
    "begin_placement",
    "confirm_placement",
    "return_order",
    "refuse_order",
    "park_placement",
    "park_orphans",
    "close_unsent",
    "close_order",
    "learn",
    "wish_cancel",
    "answer_cancel",
    "ask_refill",
    "answer_refill",
    "top_up",
    "resolve_placed",
    "resolve_not_placed",
];
