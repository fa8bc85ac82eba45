//! How a desk is doing, for tables and for the curious.

use std::num::NonZeroU32;

use panelgate_domain::ids::PanelName;
use panelgate_domain::money::Money;
use panelgate_domain::panel_trait::PanelTrait;
use tokio::time::Instant;

use super::Desk;
use super::class::Class;
use super::rests::Rest;
use super::usage::Usage;
use crate::lookout::Lookout;

/// How a desk is doing, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskSnapshot {
    /// Whose desk it is.
    pub panel: PanelName,
    /// Why it takes no orders; empty: it takes them.
    pub rests: Vec<Rest>,
    /// How many routes rest because the panel has switched their offer off.
    pub routes_resting: usize,
    /// How many calls wait for its limits, by class.
    pub waiting: [(Class, usize); 3],
    /// How many ids wait for a `status` call.
    pub ids_waiting: usize,
    /// How many ids are looked at, sooner or later.
    pub ids_watched: usize,
    /// How it departs from the protocol.
    pub traits: Vec<PanelTrait>,
    /// How many calls are under way.
    pub in_flight: u32,
    /// Most calls per second.
    pub requests_per_second: NonZeroU32,
    /// What it sent in the last minute.
    pub usage: Usage,
    /// How many orders have an unknown outcome.
    pub unconfirmed: u32,
    /// What is held for them, in the gateway's currency.
    pub unconfirmed_money: Money,
    /// Whether it is asked less than its settings allow, because it complained.
    pub slowed: bool,
    /// What we can spend there, as last polled, in its currency.
    pub balance: Option<Money>,
}

impl Desk {
    /// How the desk is doing now.
    #[must_use]
    pub fn snapshot(&self) -> DeskSnapshot {
        self.show_state();
        let admission = self.admission();
        let waiting = admission.waiting();
        let rests = self.panel_rests();
        let memory = self.0.rests.lock();
        DeskSnapshot {
            panel: self.panel().clone(),
            rests,
            routes_resting: memory.routes(),
            waiting: Class::ALL.map(|class| (class, waiting[class.index()])),
            ids_waiting: self.watch().read(Lookout::queued),
            traits: self.traits(),
            ids_watched: self.watch().read(Lookout::watched),
            in_flight: admission.in_flight(),
            requests_per_second: self.settings().requests_per_second,
            usage: self.0.minute.lock().usage(Instant::now()),
            unconfirmed: memory.unconfirmed(),
            unconfirmed_money: memory.stake(),
            slowed: admission.is_slowed(),
            balance: memory.balance(),
        }
    }
}

impl DeskSnapshot {
    /// The state in words: `taking`, or the names of the rests.
    #[must_use]
    pub fn state(&self) -> String {
        if self.rests.is_empty() {
            return "taking".to_owned();
        }
        let names: Vec<&str> = self.rests.iter().map(|rest| rest.name()).collect();
        names.join(", ")
    }
}
