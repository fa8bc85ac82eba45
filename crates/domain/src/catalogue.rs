//! What we sell: services, their routes to offers, and how both come about from the operator's definitions.
//!
//! Costs (from panels), mapping (services → offers) and prices (markup) are three layers; this is the middle one.

use std::collections::{BTreeMap, HashMap};

use crate::exchange::Exchange;
use crate::ids::{Currency, OfferId, PanelName, ServiceId};
use crate::markup::{Glob, Subject};
use crate::offer::{Offer, OfferList, SkipReason, Skipped};
use crate::rate::Rate;
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
    /// In order of priority; never empty. The first one's cost is the basis of our rate.
    pub routes: Vec<Route>,
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
    /// Its routes, in order of priority.
    pub routes: Vec<(PanelName, OfferId)>,
}

/// What the operator wants to sell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// Whole lists.
    pub imports: Vec<Import>,
    /// One by one.
    pub hand_made: Vec<HandMade>,
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
            routes.any(|(of, id)| of == panel && id == offer)
        };
        let by_hand = self.hand_made.iter().filter(reaches).map(|made| made.id);
        let imported = ids.get(&(panel.clone(), offer.clone())).copied();
        by_hand.chain(imported).collect()
    }

    /// The other way round: the offers that a service is made from, sold just now or not.
    #[must_use]
    pub fn offers_of(
        &self,
        service: ServiceId,
        ids: &HashMap<ImportKey, ServiceId>,
    ) -> Vec<ImportKey> {
        let made = self.hand_made.iter().filter(|made| made.id == service);
        let by_hand = made.flat_map(|made| made.routes.iter().cloned());
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
        for list in lists {
            catalogue.skipped.extend(list.unreadable.iter().cloned());
            catalogue.import(definitions, list, ids, exchange);
        }
        let offers = index(lists);
        for made in &definitions.hand_made {
            match hand_made_service(made, &offers, exchange) {
                Ok(service) => _ = catalogue.services.insert(made.id, service),
                Err(reason) => catalogue.skipped.push(Skipped {
                    panel: made
                        .routes
                        .first()
                        .map_or_else(|| PanelName::from(""), |(panel, _)| panel.clone()),
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
    pub fn holding(mut self, held: &HashMap<ImportKey, Basis>) -> Self {
        if held.is_empty() {
            return self;
        }
        let routes = self
            .services
            .values_mut()
            .flat_map(|service| &mut service.routes);
        for route in routes {
            route.held = held
                .get(&(route.panel.clone(), route.offer.clone()))
                .cloned();
        }
        self
    }

    fn import(
        &mut self,
        definitions: &Definitions,
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
            match (outcome, ids.get(&(list.panel.clone(), offer.id.clone()))) {
                (Ok(kind), Some(id)) => {
                    _ = self
                        .services
                        .insert(*id, imported_service(*id, list, offer, kind))
                }
                (Ok(_), None) => {} // Not given an id yet: the sync that does so builds again.
                (Err(reason), _) => self.skipped.push(Skipped {
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

    /// What markup rules see of it: the first route is the basis of its price.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            id: self.id,
            name: &self.name,
            category: &self.category,
            service_type: self.service_type,
            panel: &self.routes.first().expect("a service has a route").panel,
        }
    }
}

impl Route {
    /// What the price is made from.
    #[must_use]
    pub fn basis(&self) -> (Rate, &Currency) {
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
        routes: vec![route(list, offer)],
    }
}

fn hand_made_service(
    made: &HandMade,
    offers: &OfferIndex<'_>,
    exchange: &Exchange,
) -> Result<Service, SkipReason> {
    let mut service: Option<Service> = None;
    let mut reason = SkipReason::NoOffer;
    for (panel, offer) in &made.routes {
        let Some((list, offer)) = offers.get(&(panel, offer)) else {
            continue;
        };
        match offer
            .sellable_type()
            .and_then(|kind| convertible(list, kind, exchange))
        {
            Err(why) => reason = why,
            Ok(kind) => {
                let next = imported_service(made.id, list, offer, kind);
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
    Ok(service)
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
        held: None,
    }
}

/// Names of real lists hold line breaks; tables and old clients do not expect them.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, min: u64, max: u64, refill: bool) -> Offer {
        Offer {
            id: id.into(),
            name: format!("Followers\r\n {id}"),
            category: "Instagram".into(),
            type_word: "Default".into(),
            rate: Rate::parse("0.9").expect("a rate"),
            min,
            max,
            refill,
            cancel: true,
            dripfeed: None,
        }
    }

    fn list(panel: &str, offers: Vec<Offer>) -> OfferList {
        OfferList {
            panel: panel.into(),
            currency: "USD".into(),
            offers,
            unreadable: Vec::new(),
        }
    }

    fn exchange() -> Exchange {
        Exchange::new("USD".into(), BTreeMap::new())
    }

    fn import(panel: &str) -> Import {
        Import {
            panel: panel.into(),
            category: vec![],
            name: vec![],
            types: vec![],
        }
    }

    #[test]
    fn imports_sell_what_can_be_sold_and_name_the_rest() {
        let lists = [list(
            "alpha",
            vec![offer("1", 1, 10, true), offer("2", 1, 0, true)],
        )];
        let definitions = Definitions {
            imports: vec![import("alpha")],
            hand_made: vec![],
        };
        let keys = definitions.keys_to_import(&lists);
        assert_eq!(keys, [("alpha".into(), "1".into())]);
        let ids = HashMap::from([(keys[0].clone(), ServiceId(1001))]);
        let catalogue = Catalogue::build(&definitions, &lists, &ids, &exchange());
        let service = catalogue.service(ServiceId(1001)).expect("sold");
        assert_eq!(service.name, "Followers 1");
        assert_eq!(
            catalogue
                .skipped()
                .iter()
                .map(|s| &s.reason)
                .collect::<Vec<_>>(),
            [&SkipReason::MaxIsZero]
        );
    }

    #[test]
    fn a_hand_made_service_can_do_what_all_its_routes_can() {
        let lists = [
            list("alpha", vec![offer("1", 10, 1000, true)]),
            list("beta", vec![offer("7", 50, 5000, false)]),
        ];
        let made = HandMade {
            id: ServiceId(101),
            name: "Best followers".into(),
            category: "Mine".into(),
            routes: vec![
                ("alpha".into(), "1".into()),
                ("beta".into(), "7".into()),
                ("beta".into(), "gone".into()),
            ],
        };
        let definitions = Definitions {
            imports: vec![],
            hand_made: vec![made],
        };
        let catalogue = Catalogue::build(&definitions, &lists, &HashMap::new(), &exchange());
        let service = catalogue.service(ServiceId(101)).expect("sold");
        assert_eq!(
            (service.min, service.max, service.refill, service.cancel),
            (50, 1000, false, true)
        );
        assert_eq!(service.routes.len(), 2);
    }
}
