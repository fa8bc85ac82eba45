//! Every call that a story makes fails once.

use panelgate_powerloss::{Call, WAYS, Way, faults};
use panelgate_tally::Tally;

#[test]
fn a_call_that_fails_once_is_told_and_loses_nothing() {
    let mut found = Tally::default();
    for way in WAYS.iter().filter(|way| !way.forever) {
        found.add(&faults(*way, 0, 1));
    }
    expect_none(&found);
}

#[test]
fn a_disk_that_fails_for_good_loses_nothing() {
    let mut found = Tally::default();
    for way in WAYS.iter().filter(|way| way.forever) {
        found.add(&faults(*way, 0, 5));
    }
    expect_none(&found);
}

#[test]
fn a_disk_that_only_says_that_it_wrote_is_found_out() {
    let pretends = Way {
        name: "pretends",
        of: &[Call::Write],
        code: |_| 0,
        forever: false,
    };
    assert!(faults(pretends, 100, 10).violations() > 5);
}

#[track_caller]
fn expect_none(found: &Tally) {
    for (what, times) in found.counts() {
        eprintln!("{times:>8}  {what}");
    }
    assert_eq!(found.violations(), 0, "{:#?}", found.texts());
    for what in ["no start", "told", "lost", "lost, and not done"] {
        let times = found.of(&format!("faults · {what}"));
        assert!(times > 10, "{what}: {times}, the test is too gentle");
    }
}
