//! What went wrong while orders were in which state, and how often: a cell that is empty is a case that nobody tried.

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

/// One line per step, one column per mishap, in Markdown.
pub(crate) fn of(tally: &Tally) -> String {
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
        let table = of(&tally);
        assert_eq!(table.lines().count(), STEPS.len() + 2);
        assert!(
            table.contains("| placed | `learn` | 0 | 0 | 7 | 0 |"),
            "{table}"
        );
    }
}
