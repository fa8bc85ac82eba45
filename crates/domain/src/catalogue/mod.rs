//! What we sell: services, their routes to offers, and how both come about from the operator's definitions.
//!
//! Costs (from panels), mapping (services → offers) and prices (markup) are three layers; this is the middle one.

mod build;
mod definitions;

use std::collections::BTreeMap;

pub use self::definitions::{
    Definitions, FIRST_IMPORTED_ID, HandMade, Import, ImportKey, WantedRoute,
};
use crate::ids::{Currency, OfferId, PanelName, ServiceId};
use crate::markup::Subject;
use crate::offer::Skipped;
use crate::overrides::Note;
use crate::rate::Rate;
use crate::routing::{Avoid, Strategy};
use crate::service_type::ServiceType;
use crate::spec::{Limits, Subscribing};

/// Something we sell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Our id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Its type.
    pub service_type: ServiceType,
    /// Least quantity: the largest of its routes'.
    pub min: u64,
    /// Largest quantity: the least of its routes'.
    pub max: u64,
    /// All routes can refill.
    pub refill: bool,
    /// All routes can cancel.
    pub cancel: bool,
    /// No route refuses drip-feed.
    pub dripfeed: bool,
    /// The operator's words about it, for people.
    pub description: Option<String>,
    /// How an order's first route is chosen.
    pub strategy: Strategy,
    /// Which of its panels are avoided.
    pub avoid: Avoid,
    /// As they are written; never empty.
    pub routes: Vec<Route>,
    /// The route whose cost is the basis of our rate: the first one by priority, else the dearest, so that no choice of a
    /// route sells at a loss.
    pub basis: usize,
}

/// From a service to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The panel.
    pub panel: PanelName,
    /// The offer there.
    pub offer: OfferId,
    /// Cost per 1000 (or per package).
    pub cost: Rate,
    /// The panel's currency.
    pub currency: Currency,
    /// Its share of the orders, if the service is weighted.
    pub weight: u32,
    /// What the price is made from instead while the cost waits for approval. The loss guard always goes by the cost.
    pub held: Option<Basis>,
}

/// A cost that prices are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// Per 1000 (or per package).
    pub rate: Rate,
    /// Of that.
    pub currency: Currency,
}

/// Everything that is sold at one moment, and everything that is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    services: BTreeMap<ServiceId, Service>,
    skipped: Vec<Skipped>,
    pub(crate) notes: Vec<Note>,
}

impl Catalogue {
    /// A service.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(&id)
    }

    /// All services, by id.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &Service> {
        self.services.values()
    }

    /// What cannot be sold, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

impl Service {
    /// What an order of it is checked against.
    #[must_use]
    pub const fn limits(&self, subscribing: Subscribing) -> Limits {
        Limits {
            service_type: self.service_type,
            min: self.min,
            max: self.max,
            dripfeed: self.dripfeed,
            subscribing,
        }
    }

    /// The route whose cost is the basis of its price.
    #[must_use]
    pub fn basis(&self) -> &Route {
        self.routes
            .get(self.basis)
            .expect("a service has the route that its price is based on")
    }

    /// What markup rules see of it.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            id: self.id,
            name: &self.name,
            category: &self.category,
            service_type: self.service_type,
            panel: &self.basis().panel,
        }
    }
}

impl Route {
    /// What the price is made from.
    #[must_use]
    pub fn priced_from(&self) -> (Rate, &Currency) {
        match &self.held {
            Some(held) => (held.rate, &held.currency),
            None => (self.cost, &self.currency),
        }
    }
}

#[cfg(test)]
mod tests;
