//! A fact in 48 bytes: what a panel left out is a bit.

use panelgate_domain::money::Money;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;

/// A fact.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedFact {
    charge: Money,
    start_count: i64,
    remains: i64,
    runs: u64,
    at: Timestamp,
    word: StatusWord,
    given: u8,
}

impl PackedFact {
    pub(super) fn new(fact: Fact) -> Self {
        let bit = |given: bool, bit: u8| if given { bit } else { 0 };
        Self {
            charge: fact.charge.unwrap_or_default(),
            start_count: fact.start_count.unwrap_or_default(),
            remains: fact.remains.unwrap_or_default(),
            runs: fact.runs.unwrap_or_default(),
            at: fact.at,
            word: fact.word,
            given: bit(fact.charge.is_some(), CHARGE)
                | bit(fact.start_count.is_some(), START_COUNT)
                | bit(fact.remains.is_some(), REMAINS)
                | bit(fact.runs.is_some(), RUNS),
        }
    }

    pub(super) fn fact(self) -> Fact {
        let has = |bit: u8| self.given & bit != 0;
        Fact {
            word: self.word,
            charge: has(CHARGE).then_some(self.charge),
            start_count: has(START_COUNT).then_some(self.start_count),
            remains: has(REMAINS).then_some(self.remains),
            runs: has(RUNS).then_some(self.runs),
            at: self.at,
        }
    }
}

const CHARGE: u8 = 1;
const START_COUNT: u8 = 2;
const REMAINS: u8 = 4;
const RUNS: u8 = 8;
