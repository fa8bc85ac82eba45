//! What we sell: services, their routes to offers, and how both come about from the operator's definitions.
//!
//! Costs (from panels), mapping (services → offers) and prices (markup) are three layers; this is the middle one.

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::exchange::Exchange;
use crate::ids::{Currency, OfferId, PanelName, ServiceId};
use crate::markup::{Glob, Subject};
use crate::offer::{Offer, OfferList, SkipReason, Skipped};
use crate::overrides::{Note, Override, Overrides, Says, Target};
use crate::rate::Rate;
use crate::routing::{Avoid, Strategy};
use crate::service_type::ServiceType;
use crate::spec::Limits;

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

/// A whole list, or the part of it that the globs name.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Whose list.
    pub panel: PanelName,
    /// Categories; empty means all.
    pub category: Vec<Glob>,
    /// Names; empty means all.
    pub name: Vec<Glob>,
    /// Types; empty means all.
    pub types: Vec<ServiceType>,
}

/// A service made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandMade {
    /// Its id, chosen by the operator.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// What is said besides.
    pub says: Says,
    /// How an order's first route is chosen.
    pub strategy: Strategy,
    /// Which of its panels are avoided, if it is not [`Definitions::avoid`] that says so.
    pub avoid: Option<Avoid>,
    /// Its routes, as they are written.
    pub routes: Vec<WantedRoute>,
}

/// A route that the operator wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRoute {
    /// The panel.
    pub panel: PanelName,
    /// The offer there.
    pub offer: OfferId,
    /// Its share of the orders, if the service is weighted.
    pub weight: u32,
}

/// What the operator wants to sell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// Whole lists.
    pub imports: Vec<Import>,
    /// One by one.
    pub hand_made: Vec<HandMade>,
    /// What is said of imports in place of the panels' words.
    pub overrides: Vec<Override>,
    /// Which panels are avoided.
    pub avoid: Avoid,
}

/// The first id that an import gets; those below are the operator's own.
pub const FIRST_IMPORTED_ID: ServiceId = ServiceId(1_001);

/// Where an imported service comes from; its id belongs to this for ever.
pub type ImportKey = (PanelName, OfferId);

/// Everything that is sold at one moment, and everything that is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    services: BTreeMap<ServiceId, Service>,
    skipped: Vec<Skipped>,
    pub(crate) notes: Vec<Note>,
}

impl Import {
    /// Whether this import wants an offer of its panel.
    #[must_use]
    pub fn wants(&self, offer: &Offer) -> bool {
        let any = |globs: &[Glob], text: &str| {
            globs.is_empty() || globs.iter().any(|glob| glob.matches(text))
        };
        let kind = ServiceType::parse(&offer.type_word);
        any(&self.category, &offer.category)
            && any(&self.name, &offer.name)
            && (self.types.is_empty() || kind.is_some_and(|kind| self.types.contains(&kind)))
    }
}

impl Definitions {
    /// The offers that imports want and that can be sold: the ones that need an id.
    #[must_use]
    pub fn keys_to_import(&self, lists: &[OfferList]) -> Vec<ImportKey> {
        let mut keys: Vec<ImportKey> = Vec::new();
        for list in lists {
            let imports: Vec<&Import> = self
                .imports
                .iter()
                .filter(|import| import.panel == list.panel)
                .collect();
            let wanted = list
                .offers
                .iter()
                .filter(|offer| imports.iter().any(|import| import.wants(offer)));
            let sellable = wanted.filter(|offer| offer.sellable_type().is_ok());
            keys.extend(sellable.map(|offer| (list.panel.clone(), offer.id.clone())));
        }
        keys
    }
}

impl Definitions {
    /// Our services that are made from an offer, sold just now or not.
    #[must_use]
    pub fn services_of(
        &self,
        panel: &PanelName,
        offer: &OfferId,
        ids: &HashMap<ImportKey, ServiceId>,
    ) -> Vec<ServiceId> {
        let reaches = |made: &&HandMade| {
            let mut routes = made.routes.iter();
            routes.any(|route| route.panel == *panel && route.offer == *offer)
        };
        let by_hand = self.hand_made.iter().filter(reaches).map(|made| made.id);
        let imported = ids.get(&(panel.clone(), offer.clone())).copied();
        by_hand.chain(imported).collect()
    }

    /// The same with everything for sale that an override has taken off: what could be sold if the operator wanted.
    #[must_use]
    pub fn all_for_sale(&self) -> Self {
        let mut all = self.clone();
        for one in &mut all.overrides {
            one.sell = true;
        }
        all
    }

    /// The other way round: the offers that a service is made from, sold just now or not.
    #[must_use]
    pub fn offers_of(
        &self,
        service: ServiceId,
        ids: &HashMap<ImportKey, ServiceId>,
    ) -> Vec<ImportKey> {
        let made = self.hand_made.iter().filter(|made| made.id == service);
        let wanted = made.flat_map(|made| &made.routes);
        let by_hand = wanted.map(|route| (route.panel.clone(), route.offer.clone()));
        let imported = ids.iter().filter(|(_, id)| **id == service);
        by_hand
            .chain(imported.map(|(key, _)| key.clone()))
            .collect()
    }
}

impl Catalogue {
    /// Builds what is sold from definitions, the panels' lists and the ids that imports were given.
    #[must_use]
    pub fn build(
        definitions: &Definitions,
        lists: &[OfferList],
        ids: &HashMap<ImportKey, ServiceId>,
        exchange: &Exchange,
    ) -> Self {
        let mut catalogue = Self::default();
        let mut overrides = Overrides::new(&definitions.overrides);
        for list in lists {
            catalogue.skipped.extend(list.unreadable.iter().cloned());
            catalogue.import(definitions, &mut overrides, list, ids, exchange);
        }
        catalogue.notes.extend(overrides.unused());
        let offers = index(lists);
        for made in &definitions.hand_made {
            let outcome = hand_made_service(made, &offers, exchange, &mut catalogue.notes);
            match outcome.map(|service| avoiding(service, made.avoid.unwrap_or(definitions.avoid)))
            {
                Ok(service) => _ = catalogue.services.insert(made.id, service),
                Err(reason) => catalogue.skipped.push(Skipped {
                    panel: made
                        .routes
                        .first()
                        .map_or_else(|| PanelName::from(""), |route| route.panel.clone()),
                    offer: format!("service {}", made.id),
                    name: made.name.clone(),
                    reason,
                }),
            }
        }
        catalogue
    }

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

    /// Makes prices from these costs instead of the panels' own, which wait for approval.
    #[must_use]
    pub fn holding(mut self, held: &HashMap<ImportKey, Basis>, exchange: &Exchange) -> Self {
        if held.is_empty() {
            return self;
        }
        for service in self.services.values_mut() {
            for route in &mut service.routes {
                let key = (route.panel.clone(), route.offer.clone());
                route.held = held.get(&key).cloned();
            }
            service.basis = basis(service, exchange);
        }
        self
    }

    fn import(
        &mut self,
        definitions: &Definitions,
        overrides: &mut Overrides<'_>,
        list: &OfferList,
        ids: &HashMap<ImportKey, ServiceId>,
        exchange: &Exchange,
    ) {
        let imports: Vec<&Import> = definitions
            .imports
            .iter()
            .filter(|import| import.panel == list.panel)
            .collect();
        for offer in list
            .offers
            .iter()
            .filter(|offer| imports.iter().any(|import| import.wants(offer)))
        {
            let outcome = offer
                .sellable_type()
                .and_then(|kind| convertible(list, kind, exchange));
            let key = (list.panel.clone(), offer.id.clone());
            let outcome = match (outcome, ids.get(&key)) {
                (Ok(kind), Some(id)) => {
                    let mut service = imported_service(*id, list, offer, kind);
                    let applied = overrides.apply(&mut service, &key, &mut self.notes);
                    applied.map(|()| avoiding(service, definitions.avoid))
                }
                (Ok(_), None) => continue, // Not given an id yet: the sync that does so builds again.
                (Err(reason), _) => Err(reason),
            };
            match outcome {
                Ok(service) => _ = self.services.insert(service.id, service),
                Err(reason) => self.skipped.push(Skipped {
                    panel: list.panel.clone(),
                    offer: offer.id.to_string(),
                    name: offer.name.clone(),
                    reason,
                }),
            }
        }
    }
}

impl Service {
    /// What an order of it is checked against.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits {
            service_type: self.service_type,
            min: self.min,
            max: self.max,
            dripfeed: self.dripfeed,
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

type OfferIndex<'a> = HashMap<(&'a PanelName, &'a OfferId), (&'a OfferList, &'a Offer)>;

fn index(lists: &[OfferList]) -> OfferIndex<'_> {
    let pairs = lists
        .iter()
        .flat_map(|list| list.offers.iter().map(move |offer| (list, offer)));
    pairs
        .map(|(list, offer)| ((&list.panel, &offer.id), (list, offer)))
        .collect()
}

fn convertible(
    list: &OfferList,
    kind: ServiceType,
    exchange: &Exchange,
) -> Result<ServiceType, SkipReason> {
    match exchange.rate_of(&list.currency) {
        Some(_) => Ok(kind),
        None => Err(SkipReason::NoExchangeRate(list.currency.clone())),
    }
}

fn imported_service(id: ServiceId, list: &OfferList, offer: &Offer, kind: ServiceType) -> Service {
    Service {
        id,
        name: one_line(&offer.name),
        category: one_line(&offer.category),
        service_type: kind,
        min: offer.min.max(1),
        max: offer.max,
        refill: offer.refill,
        cancel: offer.cancel,
        dripfeed: kind.can_drip() && offer.dripfeed.unwrap_or(true),
        description: None,
        strategy: Strategy::Priority,
        avoid: Avoid::default(),
        routes: vec![route(list, offer)],
        basis: 0,
    }
}

fn avoiding(mut service: Service, avoid: Avoid) -> Service {
    service.avoid = avoid;
    service
}

fn hand_made_service(
    made: &HandMade,
    offers: &OfferIndex<'_>,
    exchange: &Exchange,
    notes: &mut Vec<Note>,
) -> Result<Service, SkipReason> {
    let mut service: Option<Service> = None;
    let mut reason = SkipReason::NoOffer;
    for wanted in &made.routes {
        let Some((list, offer)) = offers.get(&(&wanted.panel, &wanted.offer)) else {
            continue;
        };
        match offer
            .sellable_type()
            .and_then(|kind| convertible(list, kind, exchange))
        {
            Err(why) => reason = why,
            Ok(kind) => {
                let mut next = imported_service(made.id, list, offer, kind);
                next.routes[0].weight = wanted.weight;
                service = Some(match service {
                    None => next,
                    Some(service) => joined(service, next)?,
                });
            }
        }
    }
    let mut service = service.ok_or(reason)?;
    service.name.clone_from(&made.name);
    service.category.clone_from(&made.category);
    service.strategy = made.strategy;
    service.basis = basis(&service, exchange);
    made.says
        .apply(&mut service, &Target::Service(made.id), notes)?;
    Ok(service)
}

/// By priority the first route; where any route may be the first one, the dearest. Of equal ones the first.
fn basis(service: &Service, exchange: &Exchange) -> usize {
    if service.strategy == Strategy::Priority {
        return 0;
    }
    let costs = service.routes.iter().enumerate().rev();
    let costs = costs.map(|(index, route)| {
        let (rate, currency) = route.priced_from();
        let cost = exchange.to_ours(rate.decimal(), currency);
        (index, cost.unwrap_or(Decimal::MAX))
    });
    costs
        .max_by_key(|(_, cost)| *cost)
        .map_or(0, |(index, _)| index)
}

/// The intersection of what two routes can do.
fn joined(mut service: Service, next: Service) -> Result<Service, SkipReason> {
    if service.service_type != next.service_type {
        return Err(SkipReason::MixedTypes);
    }
    service.min = service.min.max(next.min);
    service.max = service.max.min(next.max);
    service.refill &= next.refill;
    service.cancel &= next.cancel;
    service.dripfeed &= next.dripfeed;
    service.routes.extend(next.routes);
    if service.min > service.max {
        Err(SkipReason::MinAboveMax)
    } else {
        Ok(service)
    }
}

fn route(list: &OfferList, offer: &Offer) -> Route {
    Route {
        panel: list.panel.clone(),
        offer: offer.id.clone(),
        cost: offer.rate,
        currency: list.currency.clone(),
        weight: 1,
        held: None,
    }
}

/// Names of real lists hold line breaks; tables and old clients do not expect them.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
