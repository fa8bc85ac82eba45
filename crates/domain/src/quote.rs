//! Quotes: what an order costs a customer, and how that comes about.

use rust_decimal::Decimal;

use crate::catalogue::{Route, Service};
use crate::exchange::Exchange;
use crate::markup::{About, Buyer, Markup, OnLoss, Rule, Terms};
use crate::money::Money;
use crate::rate::{Charging, Rate};
use crate::spec::Quantity;

/// A published rate and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Pricing<'a> {
    /// What we charge per 1000 (or per package).
    pub rate: Rate,
    /// The cost it is based on, in our currency.
    pub cost: Decimal,
    /// The terms that were applied.
    pub terms: &'a Terms,
    /// The rule they come from; `None` for the default.
    pub rule: Option<&'a str>,
}

/// The price of one order, frozen with the revision of the rules that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The rate it is charged by: the published one, or less for many units.
    pub rate: Rate,
    /// What the customer pays.
    pub price: Money,
    /// The revision of markup, services and exchange rates.
    pub revision: u64,
}

/// The rate of a service for a buyer; `None` without an exchange rate or if a number leaves its bounds, also at the
/// service's largest order: such a service is not sold.
#[must_use]
pub fn pricing<'a>(
    service: &Service,
    markup: &'a Markup,
    buyer: Buyer<'_>,
    exchange: &Exchange,
) -> Option<Pricing<'a>> {
    let cost = basis_cost(service, exchange)?;
    priced(
        service,
        cost,
        markup.terms_for(buyer, service.subject(), cost),
    )
}

fn priced<'a>(
    service: &Service,
    cost: Decimal,
    (terms, rule): (&'a Terms, Option<&'a Rule>),
) -> Option<Pricing<'a>> {
    let rate = terms.rate(cost)?;
    rate.price(service.service_type.charging(), service.max)?;
    Some(Pricing {
        rate,
        cost,
        terms,
        rule: rule.map(|rule| rule.name.as_str()),
    })
}

/// What different buyers pay for one service.
#[derive(Clone, Debug)]
pub struct Prices<'a, 's> {
    service: &'s Service,
    exchange: &'s Exchange,
    cost: Decimal,
    about: About<'a>,
}

impl<'a, 's> Prices<'a, 's> {
    /// `None` without an exchange rate: then nobody is sold anything.
    #[must_use]
    pub fn of(service: &'s Service, markup: &'a Markup, exchange: &'s Exchange) -> Option<Self> {
        let cost = basis_cost(service, exchange)?;
        Some(Self {
            service,
            exchange,
            cost,
            about: markup.about(service.subject(), cost),
        })
    }

    /// As [`sold`].
    #[must_use]
    pub fn sold_to(&self, buyer: Buyer<'_>) -> Option<Pricing<'a>> {
        let pricing = priced(self.service, self.cost, self.about.terms_for(buyer))?;
        pricing.if_sold(self.service, self.exchange)
    }
}

/// The rate that a service is sold at to a buyer; `None` if it is not sold to them, for whatever reason.
#[must_use]
pub fn sold<'a>(
    service: &Service,
    markup: &'a Markup,
    buyer: Buyer<'_>,
    exchange: &Exchange,
) -> Option<Pricing<'a>> {
    pricing(service, markup, buyer, exchange)?.if_sold(service, exchange)
}

/// What the price of a service is made from, per 1000 or per package, in our currency; `None` without an exchange rate.
#[must_use]
pub fn basis_cost(service: &Service, exchange: &Exchange) -> Option<Decimal> {
    let (cost, currency) = service.basis().priced_from();
    exchange.to_ours(cost.decimal(), currency)
}

impl Pricing<'_> {
    fn if_sold(self, service: &Service, exchange: &Exchange) -> Option<Self> {
        let is_sold = self.is_sold() && is_covered(service, &self, exchange);
        is_sold.then_some(self)
    }

    /// Whether anything is sold at this rate: not at a loss that nobody accepted.
    #[must_use]
    pub fn is_sold(&self) -> bool {
        self.terms.may_sell_at(self.rate, self.cost)
    }

    /// The rate that an order of so many units is charged by: the published one or less. `None` if it leaves 28 digits.
    #[must_use]
    pub fn rate_for(&self, charging: Charging, units: u64) -> Option<Rate> {
        match charging {
            Charging::PerThousand => self.terms.rate_for(self.cost, units),
            Charging::Flat => Some(self.rate),
        }
    }
}

/// Whether a service whose cost waits for approval can still be sold at its old price: some route's cost is covered. A
/// service none of whose costs waits is left to the guard at sending.
#[must_use]
pub fn is_covered(service: &Service, pricing: &Pricing<'_>, exchange: &Exchange) -> bool {
    is_covered_at(pricing.rate, service, pricing.terms, exchange)
}

/// The rate that an order of so many units is charged by: that of its tier, or the published one while a cost waits for approval
/// that the discount would not cover. No panel would get such an order. `None` if it leaves 28 digits.
#[must_use]
pub fn rate_of_order(
    service: &Service,
    pricing: &Pricing<'_>,
    exchange: &Exchange,
    units: u64,
) -> Option<Rate> {
    let rate = pricing.rate_for(service.service_type.charging(), units)?;
    let is_covered = is_covered_at(rate, service, pricing.terms, exchange);
    Some(if is_covered { rate } else { pricing.rate })
}

fn is_covered_at(rate: Rate, service: &Service, terms: &Terms, exchange: &Exchange) -> bool {
    if service.routes.iter().all(|route| route.held.is_none()) {
        return true;
    }
    let charging = service.service_type.charging();
    let quantity = A_THOUSAND.min(service.max);
    let covered = |route: &Route| {
        let price = rate.price(charging, quantity)?;
        let cost = cost_in_ours(route, exchange);
        Some(guard(price, cost, charging, quantity, terms))
    };
    let mut verdicts = service.routes.iter().map(covered);
    verdicts.any(|verdict| matches!(verdict, Some(Guard::Covered | Guard::AcceptedLoss)))
}

/// Rates are per so many.
const A_THOUSAND: u64 = 1_000;

/// What an order costs us on a route, in the panel's currency, rounded up.
#[must_use]
pub fn cost(route: &Route, charging: Charging, quantity: Quantity) -> Option<Money> {
    route.cost.price(charging, quantity.total())
}

/// What the loss guard says of a route at the moment of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The price covers the cost and the least margin.
    Covered,
    /// It does not, and the rule takes the order anyway.
    AcceptedLoss,
    /// It does not: not by this route.
    RefusedLoss,
}

/// What a route costs per 1000 (or per package) in our currency; `None` without an exchange rate.
#[must_use]
pub fn cost_in_ours(route: &Route, exchange: &Exchange) -> Option<Decimal> {
    exchange.to_ours(route.cost.decimal(), &route.currency)
}

/// Compares the price of an order of so many units with what 1000 of them (or a package) cost now, in our currency.
#[must_use]
pub fn guard(
    price: Money,
    cost: Option<Decimal>,
    charging: Charging,
    units: u64,
    terms: &Terms,
) -> Guard {
    match cost {
        Some(cost) if !terms.is_loss(price, cost, charging, units) => Guard::Covered,
        _ if terms.on_loss == OnLoss::Accept => Guard::AcceptedLoss,
        _ => Guard::RefusedLoss,
    }
}

#[cfg(test)]
mod tests;
