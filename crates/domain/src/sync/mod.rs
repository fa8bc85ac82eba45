//! Sync: what a panel's newer list means for what is sold. Costs move, prices follow, and neither mapping nor rules are touched.
//!
//! An offer is measured against its [`Baseline`]: how it was when somebody last approved it. The first sight approves itself.
//! [`trust`] says whether a whole list is believed, [`learn`] what it changes, [`view()`] how the offers are sold meanwhile, and
//! [`flag`] what waits for an operator.

pub mod baseline;
pub mod change;
pub mod flag;
pub mod trust;
pub mod view;

pub use baseline::{Baseline, Baselines};
pub use change::{Change, ChangeKind, Learned, learn};
pub use flag::Flag;
pub use trust::Distrust;
pub use view::{View, view};

use rust_decimal::Decimal;

/// How much of a change is believed without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A cost that moved further from its baseline waits for approval, in percent of the baseline.
    pub quarantine_percent: Decimal,
    /// A list that keeps less of the last one is not believed, in percent of the last.
    pub shrink_guard: Decimal,
    /// What happens to an offer whose panel calls it something else now.
    pub on_rename: OnRename,
}

/// What happens to a renamed offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRename {
    /// It keeps selling under the name that customers know.
    Keep,
    /// Its route is off until somebody approves it.
    Disable,
}

impl Policy {
    /// 20 %, half of the list, names are kept.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            quarantine_percent: Decimal::from_parts(20, 0, 0, false, 0),
            shrink_guard: Decimal::from_parts(50, 0, 0, false, 0),
            on_rename: OnRename::Keep,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
