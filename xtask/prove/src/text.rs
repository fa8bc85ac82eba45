//! The report as people read it: Markdown.

use std::fmt::Write as _;

use panelgate_tally::Tally;

use crate::report::Proof;
use crate::table;

/// What all runs came to: how much of each proof, every violation, and what went wrong where.
pub(crate) fn of(tally: &Tally) -> String {
    let mut text = String::from("# What was proved\n\n");
    text.push_str("Written by `cargo xtask prove`; the sum of all runs of a report, which `--resume` goes on with.\n\n");
    text.push_str("| what | how often |\n| --- | ---: |");
    for proof in [Proof::Seeds, Proof::Power, Proof::Kills] {
        let counted = proof.counted();
        _ = write!(text, "\n| {counted} | {} |", tally.of(counted));
    }
    for (what, times) in tally.counts().filter(|(what, _)| is_a_sum(what)) {
        _ = write!(text, "\n| {what} | {times} |");
    }
    _ = write!(text, "\n| **violations** | **{}** |\n", tally.violations());
    for violation in tally.texts() {
        _ = write!(text, "\n- {violation}");
    }
    _ = write!(
        text,
        "\n## What went wrong while orders were in which state\n\n{}\n",
        table::of(tally)
    );
    text
}

/// Sums of a whole proof; the rest is in the tables.
fn is_a_sum(what: &str) -> bool {
    const SUMS: [&str; 5] = [
        "attempts",
        "events",
        "boundaries",
        "inputs · ",
        "processor milliseconds · ",
    ];
    SUMS.iter().any(|sum| what.starts_with(sum)) || what.starts_with("orders · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_much_was_done_and_what_was_wrong() {
        let mut tally = Tally::default();
        tally.count("seeds", 3);
        tally.count("inputs · form", 70);
        tally.violation("seed 2: lost");
        let text = of(&tally);
        for line in [
            "| seeds | 3 |",
            "| kills | 0 |",
            "| inputs · form | 70 |",
            "| **violations** | **1** |",
            "- seed 2: lost",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
