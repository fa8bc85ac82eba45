//! The engine's knobs; `contract.md` has their defaults.

use std::time::Duration;

use panelgate_domain::ids::Currency;
use panelgate_domain::sync::Policy;

/// How the engine behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The currency the gateway sells in.
    pub currency: Currency,
    /// Longest wait for the answer to `add`; the order goes on without the customer.
    pub add_wait: Duration,
    /// Longest wait for a token and a slot of one route.
    pub route_wait: Duration,
    /// How long an order may wait unsent before its money goes back.
    pub open_for: Duration,
    /// How many orders may wait unsent.
    pub open_max: u64,
    /// New posts of a subscription whose customer names no number; `None`: a number has to be named.
    pub max_posts: Option<u64>,
    /// Longest wait of a `status` for a panel.
    pub status_wait: Duration,
    /// A fact younger than this is answered as it is.
    pub fresh_for: Duration,
    /// Longest time between two looks at a live order.
    pub look_at_least_every: Duration,
    /// How long after its end an order is looked at for a later change.
    pub recheck_for: Duration,
    /// How much of a change in a panel's list is believed without asking.
    pub sync: Policy,
    /// Longest time between two syncs of a panel's list: when it hardly ever changes.
    pub sync_at_least_every: Duration,
    /// Shortest time between two syncs of a panel's list: when it always changes.
    pub sync_at_most_every: Duration,
    /// Time between two looks at a panel's balance.
    pub balance_every: Duration,
    /// How long an order's outcome is unknown before it is looked for, and the shortest time between two searches.
    pub evidence_after: Duration,
    /// Time between two attempts to send waiting orders.
    pub resend_every: Duration,
    /// Time between two looks for what other processes wrote.
    pub foreign_every: Duration,
}

impl Settings {
    /// The contract's defaults.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            add_wait: Duration::from_secs(8),
            route_wait: Duration::from_secs(2),
            open_for: Duration::from_secs(2 * 60 * 60),
            open_max: 10_000,
            max_posts: None,
            status_wait: Duration::from_millis(1_500),
            fresh_for: Duration::from_secs(15),
            look_at_least_every: Duration::from_secs(60 * 60),
            recheck_for: Duration::from_secs(7 * 24 * 60 * 60),
            sync: Policy::new(),
            sync_at_least_every: Duration::from_secs(6 * 60 * 60),
            sync_at_most_every: Duration::from_secs(10 * 60),
            balance_every: Duration::from_secs(30),
            evidence_after: Duration::from_secs(5 * 60),
            resend_every: Duration::from_secs(1),
            // With the look itself less than the second in which a revoked key dies.
            foreign_every: Duration::from_millis(250),
        }
    }
}
