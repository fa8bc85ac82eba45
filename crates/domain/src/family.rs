//! Orders that spawn others: a subscription spawns one for each post, a drip-feed one for each run.
//!
//! The spawned ones are its children. Only a parent has a hold; what children cost is taken from it.
//!
//! Source: `money.md`, "Price of an order"; decision 0012.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::ids::OrderId;
use crate::ledger::words;
use crate::rate::Rate;
use crate::spec::PerPost;
use crate::status::{Heard, Report, StatusWord};

/// What a child is to the money of its family. It follows from how the panel charges, so a parent has it from its placement
/// on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// A post of a subscription whose panel charges each post when it is made: it costs what its quantity costs.
    Post,
    /// A post of a subscription whose panel charges all posts at once: it costs what the largest post costs.
    EqualPost,
    /// A run of a drip-feed: its parent pays for all runs.
    Run,
}

words! { Share { Post = "post", EqualPost = "equal_post", Run = "run" } }

/// Where a child comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The order that spawned it.
    pub parent: OrderId,
    /// Its quantity is known; until then it is the largest that it can have.
    pub is_sized: bool,
}

/// How the money of an order comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By its own end. Drip-feeds too: their runs cost nothing.
    Single,
    /// By the ends of its children.
    Subscription,
    /// By its own end, out of its parent's hold.
    Child {
        /// What it is to its family.
        share: Share,
        /// See [`Origin::is_sized`].
        is_sized: bool,
    },
}

/// How large a child is, as found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Units; within what its parent allows for a post.
    pub quantity: u64,
    /// For the operator, if the panel did not simply say so.
    pub doubt: Option<&'static str>,
}

/// Finds out how large a post is: the first `remains` while it has not started, else the panel's charge by the rate of its offer.
/// `None` while the report gives neither; another one may.
#[must_use]
pub fn size(report: &Report, per_post: PerPost, rate: Option<Rate>) -> Option<Size> {
    let Heard::Word(word) = report.heard else {
        return None;
    };
    let has_not_started = matches!(word, StatusWord::Pending | StatusWord::Processing);
    let remains = report
        .remains
        .and_then(|remains| u64::try_from(remains).ok());
    if let Some(remains) = remains.filter(|remains| has_not_started && *remains > 0) {
        let quantity = per_post.clamp(remains);
        let doubt = (quantity != remains).then_some(OUT_OF_BOUNDS);
        return Some(Size { quantity, doubt });
    }
    // After other ends a panel shows what it kept, which says nothing about the quantity.
    let charged_in_full = matches!(word, StatusWord::InProgress | StatusWord::Completed);
    let charge = report.charge.filter(|charge| charge.is_positive())?;
    let rate = rate.filter(|rate| charged_in_full && !rate.is_zero())?;
    let units = charge.to_decimal().checked_mul(Decimal::ONE_THOUSAND)?;
    let units = units.checked_div(rate.decimal())?;
    let units = units.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Some(Size {
        quantity: per_post.clamp(u64::try_from(units).unwrap_or(u64::MAX)),
        doubt: Some(BY_CHARGE),
    })
}

const OUT_OF_BOUNDS: &str =
    "the panel ordered a quantity for a post that is outside of what the subscription allows";
const BY_CHARGE: &str =
    "the quantity of this post was never told; it was made from the panel's charge";

/// Why a family's hold cannot be resolved though its parent has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Children live: the parent ends with the last of them.
    #[error("{0} of its orders have not ended")]
    ChildrenLive(u64),
    /// The panel counts more posts than it has named orders.
    #[error("the panel counts {posts} posts and names {children} orders")]
    ChildrenMissing {
        /// What the panel counts.
        posts: u64,
        /// What we know.
        children: u64,
    },
}

/// Whether what is left of the hold of a subscription that has ended may go back.
///
/// # Errors
/// What stands in the way.
pub const fn check_resolved(
    posts: Option<u64>,
    children: u64,
    live: u64,
) -> Result<(), Unresolved> {
    match posts {
        _ if live > 0 => Err(Unresolved::ChildrenLive(live)),
        Some(posts) if posts > children => Err(Unresolved::ChildrenMissing { posts, children }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;

    fn report(word: &str, remains: Option<i64>, charge: Option<&str>) -> Report {
        Report {
            heard: Heard::parse(word),
            charge: charge.map(|charge| Money::parse(charge).expect("money")),
            start_count: None,
            remains,
            runs: None,
            children: Vec::new(),
        }
    }

    #[track_caller]
    fn check(
        word: &str,
        remains: Option<i64>,
        charge: Option<&str>,
        expected: Option<(u64, bool)>,
    ) {
        let per_post = PerPost { min: 50, max: 100 };
        let size = size(&report(word, remains, charge), per_post, Rate::parse("2.5"));
        let found = size.map(|size| (size.quantity, size.doubt.is_some()));
        assert_eq!(found, expected, "{word} {remains:?} {charge:?}");
    }

    #[test]
    fn what_remains_before_the_start_is_the_quantity() {
        check("Pending", Some(70), Some("9"), Some((70, false)));
        check("Processing", Some(100), None, Some((100, false)));
        check("Pending", Some(120), None, Some((100, true)));
        check("Pending", Some(7), None, Some((50, true)));
        check("Pending", Some(0), None, None);
        check("Pending", Some(-3), None, None);
        check("whatever", Some(70), None, None);
    }

    #[test]
    fn what_the_panel_charges_is_the_next_best() {
        check("In progress", Some(30), Some("0.2"), Some((80, true)));
        check("Completed", Some(0), Some("0.19999"), Some((80, true)));
        check("Completed", Some(0), Some("10"), Some((100, true)));
        check("Completed", Some(0), Some("0"), None);
        check("Completed", Some(0), None, None);
        check("Pending", None, Some("0.2"), None);
        check("Partial", Some(10), Some("0.2"), None);
        check("Canceled", Some(10), Some("0.2"), None);
        let free = size(
            &report("Completed", None, Some("1")),
            PerPost { min: 1, max: 2 },
            None,
        );
        assert_eq!(free, None);
    }

    #[test]
    fn a_hold_is_resolved_with_the_last_child_and_not_before_all_are_known() {
        assert_eq!(check_resolved(Some(2), 2, 0), Ok(()));
        assert_eq!(check_resolved(None, 0, 0), Ok(()));
        assert_eq!(check_resolved(Some(1), 3, 0), Ok(()));
        assert_eq!(
            check_resolved(Some(9), 2, 1),
            Err(Unresolved::ChildrenLive(1))
        );
        let missing = Unresolved::ChildrenMissing {
            posts: 3,
            children: 2,
        };
        assert_eq!(check_resolved(Some(3), 2, 0), Err(missing));
    }
}
