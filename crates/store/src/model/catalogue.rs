//! Panels' lists, and what became of their offers.

use panelgate_domain::ids::{OfferId, PanelName};
use panelgate_domain::offer::OfferList;
use panelgate_domain::sync::{Baseline, Change, Distrust};
use panelgate_domain::time::Timestamp;

/// What a sync that is believed brought, or an approval.
#[derive(Clone, Debug)]
pub struct Synced {
    /// Whose.
    pub panel: PanelName,
    /// Its list; `None` if it is the stored one.
    pub list: Option<OfferList>,
    /// Baselines that are new or have moved.
    pub baselines: Vec<(OfferId, Baseline)>,
    /// What happened to offers.
    pub changes: Vec<Change>,
    /// Who approved it; `None` if nobody had to.
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A list that is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The list.
    pub list: OfferList,
    /// Why.
    pub reason: Distrust,
    /// When it came.
    pub at: Timestamp,
}

/// One line of an offer's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryLine {
    /// What happened.
    pub change: Change,
    /// Who approved it.
    pub actor: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// So many lines are kept of each offer's history; the oldest go. At the shortest time between two syncs, with a change in
/// each, that is half a day; at a change a day it is more than two months.
pub const HISTORY_OF_AN_OFFER: u64 = 72;
