//! Past orders under other rules: what they would have earned, beside what they did.
//!
//! An order is priced again on the cost it was priced on. That is today's cost where the rules in force make of it the rate
//! that the order was sold at. Where they do not, the cost has moved since, and what its placement cost tells it, to within
//! the 10⁻⁶ to which that was rounded up; if the rules in force still make the order's rate of such a cost and the other rules
//! have the same terms for it, its price stays as it was. So the rules in force give what was really earned, to the last digit.
//!
//! A price changes what is kept of an order in proportion, rounded up as the rest of a refund is. Costs do not change, but for
//! orders that the loss guard would have refused: they earn and cost nothing.

use std::collections::HashMap;

use panelgate_domain::catalogue::{Catalogue, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{Currency, CustomerId, ServiceId};
use panelgate_domain::markup::{Buyer, Markup, Terms};
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::quote::{self, Guard};
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::CustomerRow;
use panelgate_store::reports::{PastOrder, Spent};
use panelgate_store::{Store, StoreError};
use rust_decimal::Decimal;
use tokio::sync::mpsc;

/// Two sets of rules, and what both of them price.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What is sold now.
    pub catalogue: &'a Catalogue,
    /// What other currencies are worth.
    pub exchange: &'a Exchange,
    /// The rules in force.
    pub live: &'a Markup,
    /// The rules that are tried.
    pub other: &'a Markup,
}

/// Orders of one service and one customer, whose costs are in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bought {
    /// What was bought.
    pub service: ServiceId,
    /// By whom.
    pub customer: String,
    /// The currency of costs; ours for orders that never were at a panel.
    pub currency: Currency,
}

/// What orders earned, or would have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// In our currency, closed orders only.
    pub revenue: Money,
    /// In the currency of costs.
    pub cost: Money,
}

/// What became of the same orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many.
    pub orders: u64,
    /// Of these, how many the loss guard would have refused.
    pub lost: u64,
    /// Of these, how many cannot be priced again, for their service is gone or their price leaves the bounds of money. They
    /// count as they were on both sides.
    pub unpriced: u64,
    /// What the latter really earned.
    pub unpriced_revenue: Money,
    /// What all of them really earned.
    pub was: Earned,
    /// What they would have earned.
    pub would_be: Earned,
}

/// Prices again every order opened at or after `since`; by service, customer and currency, ascending.
///
/// # Errors
/// Those of the store, and [`StoreError::BadAmount`] for sums beyond the bounds of money.
pub async fn simulate(
    store: &dyn Store,
    rules: Compared<'_>,
    since: Timestamp,
) -> Result<Vec<(Bought, Outcome)>, StoreError> {
    let mut simulation = Simulation {
        rules,
        customers: classified(store.customers().await?, rules),
        terms: HashMap::new(),
        outcomes: HashMap::new(),
    };
    let (sender, mut batches) = mpsc::channel(BATCHES);
    let price_all = async {
        while let Some(batch) = batches.recv().await {
            for order in &batch {
                simulation.count(order)?;
            }
        }
        // With an error above, dropping the receiver ends the reading.
        drop(batches);
        Ok::<_, StoreError>(())
    };
    tokio::try_join!(store.past_orders(since, sender), price_all)?;
    Ok(simulation.end())
}

/// Batches that are read but not yet priced.
const BATCHES: usize = 4;

struct Simulation<'a> {
    rules: Compared<'a>,
    customers: HashMap<CustomerId, (Customer, usize)>,
    terms: HashMap<TermsKey, (&'a Terms, &'a Terms)>,
    outcomes: HashMap<(ServiceId, CustomerId, Currency), Outcome>,
}

/// What the choice of terms depends on: a service, the class of a customer, a cost.
type TermsKey = (ServiceId, usize, Decimal);

/// Customers with the number of their class: no rule can tell apart those of one class.
fn classified(
    customers: Vec<CustomerRow>,
    rules: Compared<'_>,
) -> HashMap<CustomerId, (Customer, usize)> {
    let mut classes = HashMap::new();
    let customers = customers.into_iter().map(|row| row.customer);
    let classified = customers.map(|customer| {
        let named = |markup: &Markup| markup.names_customer(&customer.name);
        let name = (named(rules.live) || named(rules.other)).then_some(customer.id);
        let next = classes.len();
        let class = *classes
            .entry((customer.group.clone(), name))
            .or_insert(next);
        (customer.id, (customer, class))
    });
    classified.collect()
}

/// Terms remembered; beyond that all are forgotten. To match rules takes longer than all the rest.
const TERMS: usize = 100_000;

/// An order under the other rules.
enum Again {
    /// The loss guard refuses it.
    Lost,
    /// It has this price.
    At(Money),
}

impl<'a> Simulation<'a> {
    fn count(&mut self, order: &PastOrder) -> Result<(), StoreError> {
        let cost = |spent: &Spent| spent.charged;
        let was = Earned {
            revenue: order.taken,
            cost: order.spent.as_ref().map_or(Money::ZERO, cost),
        };
        let again = self.again(order);
        let would_be = match again {
            Some(Again::Lost) => Some(Earned::default()),
            Some(Again::At(price)) => kept(order, price).map(|revenue| Earned { revenue, ..was }),
            None => None,
        };
        let ours = self.rules.exchange.ours();
        let currency = order.spent.as_ref().map_or(ours, |spent| &spent.currency);
        let key = (order.service, order.customer, currency.clone());
        let outcome = self.outcomes.entry(key).or_default();
        outcome.orders += 1;
        outcome.lost += u64::from(matches!(again, Some(Again::Lost)));
        outcome.was.add(was)?;
        outcome.would_be.add(would_be.unwrap_or(was))?;
        if would_be.is_none() {
            outcome.unpriced += 1;
            outcome.unpriced_revenue = sum(outcome.unpriced_revenue, was.revenue)?;
        }
        Ok(())
    }

    /// `None` if it cannot be priced again.
    fn again(&mut self, order: &PastOrder) -> Option<Again> {
        let service = self.rules.catalogue.service(order.service)?;
        let exchange = self.rules.exchange;
        let today = quote::basis_cost(service, exchange)?;
        let (live, other) = self.terms(service, order.customer, today)?;
        if rate(live, today, order.discounted_by) == Some(order.rate) {
            let price = price(other, today, order)?;
            return Some(self.guarded(order, price, live, other));
        }
        let Some(spent) = &order.spent else {
            // It never was at a panel, so it earned nothing, and would not have under any rules.
            return Some(Again::At(order.price));
        };
        let most = per_thousand(order, spent.quoted, &spent.currency, exchange)?;
        let least = least_per_thousand(order, spent, exchange)?;
        let (live, other) = self.terms(service, order.customer, most)?;
        let explained = rate(live, least, order.discounted_by) <= Some(order.rate)
            && Some(order.rate) <= rate(live, most, order.discounted_by);
        let price = if explained && live == other {
            order.price
        } else {
            price(other, most, order)?
        };
        Some(self.guarded(order, price, live, other))
    }

    /// Under the terms and at the price at which it was sent, an order was not refused, whatever currencies are worth today.
    /// Otherwise the guard is asked about the least that it can have cost before its cost was rounded up.
    fn guarded(&self, order: &PastOrder, price: Money, live: &Terms, other: &Terms) -> Again {
        let as_it_was = live == other && price == order.price;
        match &order.spent {
            Some(spent) if !as_it_was => {
                let least = least_per_thousand(order, spent, self.rules.exchange);
                match quote::guard(price, least, order.charging, order.quantity, other) {
                    Guard::RefusedLoss => Again::Lost,
                    Guard::Covered | Guard::AcceptedLoss => Again::At(price),
                }
            }
            _ => Again::At(price),
        }
    }

    /// The terms of the rules in force and of the others; `None` if nobody knows the customer.
    fn terms(
        &mut self,
        service: &Service,
        customer: CustomerId,
        cost: Decimal,
    ) -> Option<(&'a Terms, &'a Terms)> {
        let (customer, class) = self.customers.get(&customer)?;
        let key = (service.id, *class, cost);
        if let Some(known) = self.terms.get(&key) {
            return Some(*known);
        }
        let buyer = customer.buyer();
        let Compared { live, other, .. } = self.rules;
        let found = (
            terms(live, service, buyer, cost),
            terms(other, service, buyer, cost),
        );
        if self.terms.len() >= TERMS {
            self.terms.clear();
        }
        self.terms.insert(key, found);
        Some(found)
    }

    fn end(self) -> Vec<(Bought, Outcome)> {
        let outcomes = self.outcomes.into_iter();
        let named = outcomes.map(|((service, customer, currency), outcome)| {
            let name = self.customers.get(&customer);
            let bought = Bought {
                service,
                customer: name.map_or_else(|| customer.to_string(), |(one, _)| one.name.clone()),
                currency,
            };
            (bought, outcome)
        });
        let mut all: Vec<_> = named.collect();
        all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        all
    }
}

/// What a set of rules says of a service for a buyer at a cost.
fn terms<'a>(markup: &'a Markup, service: &Service, buyer: Buyer<'_>, cost: Decimal) -> &'a Terms {
    markup.terms_for(buyer, service.subject(), cost).0
}

/// The rate of so many under these terms.
fn rate(terms: &Terms, cost: Decimal, quantity: u64) -> Option<Rate> {
    terms.rate_for(cost, quantity)
}

/// The price of an order under these terms.
fn price(terms: &Terms, cost: Decimal, order: &PastOrder) -> Option<Money> {
    rate(terms, cost, order.discounted_by)?.price(order.charging, order.quantity)
}

/// What 1000 (or a package) cost in our currency if the whole order cost so much.
fn per_thousand(
    order: &PastOrder,
    cost: Money,
    currency: &Currency,
    exchange: &Exchange,
) -> Option<Decimal> {
    let cost = exchange.to_ours(cost.to_decimal(), currency)?;
    match order.charging {
        Charging::Flat => Some(cost),
        Charging::PerThousand => cost
            .checked_mul(Decimal::ONE_THOUSAND)?
            .checked_div(order.quantity.into()),
    }
}

/// The same for the least that is rounded up to what it was quoted at.
fn least_per_thousand(order: &PastOrder, spent: &Spent, exchange: &Exchange) -> Option<Decimal> {
    let least = spent.quoted.checked_sub(Money::from_micros(1))?;
    per_thousand(order, least.max(Money::ZERO), &spent.currency, exchange)
}

/// What is kept of an order at another price: the same part of it.
fn kept(order: &PastOrder, price: Money) -> Option<Money> {
    if price == order.price {
        return Some(order.taken);
    }
    let micros = |money: Money| u64::try_from(money.micros()).ok();
    price.share(micros(order.taken)?, micros(order.price)?, Rounding::Up)
}

impl Earned {
    fn add(&mut self, more: Self) -> Result<(), StoreError> {
        self.revenue = sum(self.revenue, more.revenue)?;
        self.cost = sum(self.cost, more.cost)?;
        Ok(())
    }
}

fn sum(one: Money, other: Money) -> Result<Money, StoreError> {
    let sum = one.checked_add(other);
    sum.ok_or_else(|| StoreError::BadAmount(format!("{one} and {other} are too much to add")))
}
