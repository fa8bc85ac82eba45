//! What a proof counts while it runs: how often each thing happened, and what it found wrong.
//!
//! Every proof answers a [`Tally`]; tallies of many runs add up to one report. A tally knows nothing of what is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most violations that are kept by their text; all of them are counted.
pub const MAX_KEPT: usize = 100;

/// Counts by name, and violations. Adding two is associative, and it does not matter which comes first, but for the order of
/// the texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    counts: BTreeMap<String, u64>,
    violations: u64,
    texts: Vec<String>,
}

impl Tally {
    /// `what` happened `times` more.
    pub fn count(&mut self, what: impl Into<String>, times: u64) {
        *self.counts.entry(what.into()).or_default() += times;
    }

    /// Something that may never happen did. The text says how to see it again: the seed, the number, the place.
    pub fn violation(&mut self, text: impl Into<String>) {
        self.violations += 1;
        if self.texts.len() < MAX_KEPT {
            self.texts.push(text.into());
        }
    }

    /// Adds what another run counted.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.counts {
            self.count(what.clone(), *times);
        }
        self.violations += other.violations;
        let room = MAX_KEPT.saturating_sub(self.texts.len());
        self.texts.extend(other.texts.iter().take(room).cloned());
    }

    /// How often `what` happened.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// All counts, by name.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(what, times)| (what.as_str(), *times))
    }

    /// How many violations there were.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// The first [`MAX_KEPT`] violations.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_add_up_and_survive_a_file() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.count("seeds", 2);
        other.count("seeds", 3);
        other.count("crashes", 1);
        for n in 0..=MAX_KEPT {
            other.violation(format!("seed {n}"));
        }
        one.add(&other);
        assert_eq!((one.of("seeds"), one.of("crashes"), one.of("x")), (5, 1, 0));
        assert_eq!(one.violations(), MAX_KEPT as u64 + 1);
        assert_eq!(one.texts().len(), MAX_KEPT);
        let text = serde_json::to_string(&one).expect("it is JSON");
        assert_eq!(serde_json::from_str::<Tally>(&text).expect("it reads"), one);
    }
}
