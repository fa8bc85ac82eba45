//! Power cuts at hundreds of chosen calls of SQLite's.

use panelgate_powerloss::{CUTS, cuts, lying};

#[test]
fn what_was_acknowledged_survives_every_power_cut() {
    let found = cuts(0, STORIES);
    for (what, times) in found.counts() {
        eprintln!("{times:>8}  {what}");
    }
    assert_eq!(found.violations(), 0, "{:#?}", found.texts());
    assert_eq!(found.of("power · cuts"), STORIES * CUTS as u64);
    for what in [
        "power · cuts after cuts",
        "power · found one step on",
        "power · found as acknowledged",
    ] {
        assert!(found.of(what) > STORIES, "{what}: the test is too gentle");
    }
}

#[test]
fn a_disk_that_only_says_that_it_synced_is_found_out() {
    assert!(lying(0).violations() > 5);
}

const STORIES: u64 = 6;
