//! What is sold, built from definitions, the panels' lists and the ids that imports were given.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::{Basis, Catalogue, Definitions, HandMade, Import, ImportKey, Route, Service};
use crate::exchange::Exchange;
use crate::ids::{OfferId, PanelName, ServiceId};
use crate::offer::{Offer, OfferList, SkipReason, Skipped};
use crate::overrides::{Note, Overrides, Target};
use crate::routing::{Avoid, Strategy};
use crate::service_type::ServiceType;

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
