//! Whether a list as a whole is believed. A panel that sold ten thousand things yesterday has not stopped to exist.

use std::collections::HashSet;
use std::fmt;

use rust_decimal::Decimal;

use super::Policy;
use crate::ids::OfferId;
use crate::offer::OfferList;

/// Why a list is not believed; the last one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distrust {
    /// There is nothing in it.
    Empty,
    /// There are entries, and none of them can be read.
    Unreadable,
    /// It is the beginning of the last one and ends at a round number: somebody cut it into pages.
    Paged,
    /// Too little of the last one is left.
    Shrunk,
}

impl Distrust {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Empty, Self::Unreadable, Self::Paged, Self::Shrunk];

    /// One word: for metrics, the store and the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
            Self::Paged => "paged",
            Self::Shrunk => "shrunk",
        }
    }

    /// Back from the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// Whether an operator may say that it is true all the same: there has to be something to believe.
    #[must_use]
    pub const fn can_be_approved(self) -> bool {
        matches!(self, Self::Paged | Self::Shrunk)
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::Unreadable => "nothing in it can be read",
            Self::Paged => "it is the beginning of the last one and ends at a round number",
            Self::Shrunk => "too little of the last one is left in it",
        })
    }
}

/// Compares a list with the last one that was believed.
///
/// # Errors
/// Why it is not believed.
pub fn trust(last: Option<&OfferList>, list: &OfferList, policy: &Policy) -> Result<(), Distrust> {
    if list.offers.is_empty() {
        return Err(if list.unreadable.is_empty() {
            Distrust::Empty
        } else {
            Distrust::Unreadable
        });
    }
    let Some(last) = last.filter(|last| !last.offers.is_empty()) else {
        return Ok(());
    };
    if is_cut(last, list) {
        return Err(Distrust::Paged);
    }
    let there: HashSet<&OfferId> = list.offers.iter().map(|offer| &offer.id).collect();
    let kept = last.offers.iter().filter(|offer| there.contains(&offer.id));
    if too_few(kept.count(), last.offers.len(), policy.shrink_guard) {
        return Err(Distrust::Shrunk);
    }
    Ok(())
}

fn too_few(kept: usize, of: usize, percent: Decimal) -> bool {
    let kept = Decimal::from(kept).checked_mul(Decimal::ONE_HUNDRED);
    let least = Decimal::from(of).checked_mul(percent);
    match (kept, least) {
        (Some(kept), Some(least)) => kept < least,
        _ => true,
    }
}

/// Panels that cut their lists do it at 100, 500 or 1000 entries, whatever can be read of them, and always at the end.
fn is_cut(last: &OfferList, list: &OfferList) -> bool {
    let entries = list.offers.len().saturating_add(list.unreadable.len());
    let round = entries.checked_rem(ROUND) == Some(0);
    let mut pairs = list.offers.iter().zip(&last.offers);
    round
        && list.offers.len() < last.offers.len()
        && pairs.all(|(offer, known)| offer.id == known.id)
}

/// Pages end at a multiple of this.
const ROUND: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offer::{SkipReason, Skipped};
    use crate::sync::change::tests::{list, offer};

    fn of(ids: impl IntoIterator<Item = usize>) -> OfferList {
        list(ids.into_iter().map(|id| offer(&id.to_string(), "1")))
    }

    #[track_caller]
    fn check(last: &OfferList, list: &OfferList, expected: Result<(), Distrust>) {
        assert_eq!(trust(Some(last), list, &Policy::default()), expected);
    }

    #[test]
    fn lists_that_tell_too_little_are_not_believed() {
        let last = of(1..=250);
        check(&last, &of([]), Err(Distrust::Empty));
        check(&last, &of(1..=124), Err(Distrust::Shrunk));
        check(&last, &of(1..=125), Ok(()));
        check(&last, &of(1..=249), Ok(()));
        // As long as the last one, and another panel's.
        check(&last, &of(1_001..=1_250), Err(Distrust::Shrunk));
        check(&of([]), &of([1]), Ok(()));
        assert_eq!(trust(None, &of([1]), &Policy::default()), Ok(()));
    }

    #[test]
    fn a_first_page_is_not_a_list() {
        check(&of(1..=150), &of(1..=100), Err(Distrust::Paged));
        check(&of(1..=150), &of(51..=150), Ok(()));
        check(&of(1..=100), &of(1..=100), Ok(()));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_not_empty() {
        let mut unreadable = of([]);
        unreadable.unreadable.push(Skipped {
            panel: "alpha".into(),
            offer: "#1".into(),
            name: String::new(),
            reason: SkipReason::Unreadable("rate"),
        });
        check(&of(1..=3), &unreadable, Err(Distrust::Unreadable));
    }

    #[test]
    fn words_are_read_back() {
        for reason in Distrust::ALL {
            assert_eq!(Distrust::parse(reason.word()), Some(reason));
        }
    }
}
