//! What went wrong while orders were in which state, and how often: a cell that holds 0 is a case that nobody tried, and one that
//! holds a dash cannot happen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use panelgate_simulation::cells::{REQUESTS, STEPS, faults, mishaps};
use panelgate_tally::Tally;

/// Two tables in Markdown: what happened to the gateway, by the step it happened at, and what panels did, by what they were asked.
pub(crate) fn of(tally: &Tally) -> String {
    format!("{}\n\n{}", of_steps(tally), of_panels(tally))
}

fn of_steps(tally: &Tally) -> String {
    let mut table = String::from("| state | step |");
    for mishap in mishaps() {
        _ = write!(table, " {mishap} |");
    }
    _ = write!(
        table,
        "\n| --- | --- |{}",
        " ---: |".repeat(mishaps().count())
    );
    for (state, step) in STEPS {
        _ = write!(table, "\n| {state} | `{step}` |");
        for mishap in mishaps() {
            _ = write!(table, " {} |", tally.of(&format!("{mishap} · {step}")));
        }
    }
    table
}

fn of_panels(tally: &Tally) -> String {
    let mut table = String::from("| what the panel did |");
    for (request, state) in REQUESTS {
        _ = write!(table, " {request} ({state}) |");
    }
    _ = write!(table, "\n| --- |{}", " ---: |".repeat(REQUESTS.len()));
    let all: BTreeMap<_, _> = faults().collect();
    for (fault, possible) in all {
        _ = write!(table, "\n| {fault} |");
        for (request, _) in REQUESTS {
            if possible.iter().any(|action| action == request) {
                _ = write!(table, " {} |", tally.of(&format!("{fault} · {request}")));
            } else {
                table.push_str(" – |");
            }
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
    fn every_fault_has_a_line_that_says_what_cannot_happen() {
        let mut tally = Tally::default();
        tally.count("ErrorAndId · Add", 3);
        let table = of_panels(&tally);
        assert_eq!(table.lines().count(), faults().count() + 2);
        let line = "\n| ErrorAndId | 3 | – | – | – | – | – |\n";
        assert!(table.contains(line), "{table}");
    }
}
