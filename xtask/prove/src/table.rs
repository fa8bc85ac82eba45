//! What went wrong while orders were in which state, and how often: a cell that is empty is a case that nobody tried.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use panelgate_tally::Tally;

/// The steps of an order's life, by the state that each begins in.
const STEPS: [(&str, &str); 17] = [
    ("none", "open_order"),
    ("open", "begin_placement"),
    ("open", "close_unsent"),
    ("sending", "confirm_placement"),
    ("sending", "return_order"),
    ("sending", "refuse_order"),
    ("sending", "park_placement"),
    ("sending", "park_orphans"),
    ("unconfirmed", "resolve_placed"),
    ("unconfirmed", "resolve_not_placed"),
    ("placed", "learn"),
    ("placed", "wish_cancel"),
    ("placed", "answer_cancel"),
    ("placed", "close_order"),
    ("closed", "ask_refill"),
    ("closed", "answer_refill"),
    ("closed", "settle_later"),
];

const MISHAPS: [&str; 4] = ["crash before", "crash after", "error", "delay"];

/// What panels are asked, and the state in which an order waits for the answer.
const ACTIONS: [(&str, &str); 6] = [
    ("Add", "sending"),
    ("Status", "placed"),
    ("Cancel", "placed"),
    ("Refill", "closed"),
    ("Services", "none"),
    ("Balance", "none"),
];

/// Two tables in Markdown: what happened to the gateway, by the step it happened at, and what panels did, by what they were asked.
pub(crate) fn of(tally: &Tally) -> String {
    format!("{}\n\n{}", of_steps(tally), of_panels(tally))
}

/// One line per fault that a panel ever had.
fn of_panels(tally: &Tally) -> String {
    let mut table = String::from("| what the panel did |");
    for (action, state) in ACTIONS {
        _ = write!(table, " {action} ({state}) |");
    }
    table.push_str("\n| --- |");
    table.push_str(&" ---: |".repeat(ACTIONS.len()));
    let faults: BTreeSet<_> = tally
        .counts()
        .filter_map(|(what, _)| what.split_once(" · "))
        .filter(|(fault, place)| {
            *fault != "requests" && ACTIONS.iter().any(|(action, _)| action == place)
        })
        .map(|(fault, _)| fault)
        .collect();
    for fault in faults {
        _ = write!(table, "\n| {fault} |");
        for (action, _) in ACTIONS {
            _ = write!(table, " {} |", tally.of(&format!("{fault} · {action}")));
        }
    }
    table
}

/// One line per step, one column per mishap.
fn of_steps(tally: &Tally) -> String {
    let mut table = String::from("| state | step |");
    for mishap in MISHAPS {
        _ = write!(table, " {mishap} |");
    }
    table.push_str("\n| --- | --- |");
    table.push_str(&" ---: |".repeat(MISHAPS.len()));
    for (state, step) in STEPS {
        _ = write!(table, "\n| {state} | `{step}` |");
        for mishap in MISHAPS {
            _ = write!(table, " {} |", tally.of(&format!("{mishap} · {step}")));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_line_and_every_mishap_a_column() {
        let mut tally = Tally::default();
        tally.count("error · learn", 7);
        let table = of_steps(&tally);
        assert_eq!(table.lines().count(), STEPS.len() + 2);
        assert!(
            table.contains("| placed | `learn` | 0 | 0 | 7 | 0 |"),
            "{table}"
        );
    }

    #[test]
    fn every_fault_that_a_panel_had_has_a_line() {
        let mut tally = Tally::default();
        tally.count("Gzip · Status", 3);
        tally.count("requests · Status", 9);
        tally.count("error · learn", 7);
        let table = of_panels(&tally);
        assert_eq!(table.lines().count(), 3);
        assert!(
            table.ends_with("\n| Gzip | 0 | 3 | 0 | 0 | 0 | 0 |"),
            "{table}"
        );
    }
}
