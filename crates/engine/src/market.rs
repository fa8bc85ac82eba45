//! The market: everything that prices an order, as one immutable snapshot that is swapped whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use panelgate_domain::catalogue::{Catalogue, Definitions, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::markup::{Buyer, Markup, OnLoss, Terms};
use panelgate_domain::quote::{self, Pricing};
use panelgate_domain::reply::{Listing, PriceList};

/// The operator's side of the market: what to sell, and at what price.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Grows with every change; kept with each order.
    pub revision: u64,
    /// What we earn.
    pub markup: Markup,
    /// What we sell.
    pub definitions: Definitions,
    /// What other currencies are worth.
    pub exchange: Exchange,
}

/// Rules and costs put together.
pub struct Market {
    /// The operator's side.
    pub rules: Arc<Rules>,
    /// What is sold.
    pub catalogue: Catalogue,
    lists: DashMap<PriceClass, Arc<PriceList>>,
}

/// Customers that see the same prices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PriceClass {
    group: Option<String>,
    /// Given only if some rule names the customer.
    customer: Option<String>,
}

impl Market {
    pub(crate) fn new(rules: Arc<Rules>, catalogue: Catalogue) -> Self {
        Self {
            rules,
            catalogue,
            lists: DashMap::new(),
        }
    }

    /// What a customer pays for a service, and why; `None` if it is not sold to them.
    #[must_use]
    pub fn pricing(&self, service: &Service, customer: &Customer) -> Option<Pricing<'_>> {
        let pricing = quote::pricing(
            service,
            &self.rules.markup,
            buyer(customer),
            &self.rules.exchange,
        )?;
        // Rules may allow a loss, but a rate of nothing is a mistake: it would give orders away.
        let sold = !pricing.rate.is_zero() || pricing.terms.on_loss == OnLoss::Accept;
        // While a cost waits for approval the old price is sold only as far as it covers the new one.
        (sold && quote::is_covered(service, &pricing, &self.rules.exchange)).then_some(pricing)
    }

    /// The terms under which a service is sold to a customer.
    pub(crate) fn terms(&self, service: &Service, customer: &Customer) -> &Terms {
        self.rules
            .markup
            .terms_for(buyer(customer), service.subject())
            .0
    }

    /// The price list a customer sees. Built once for all customers with the same prices.
    pub(crate) fn price_list(&self, customer: &Customer) -> Arc<PriceList> {
        let named = self.rules.markup.names_customer(&customer.name);
        let class = PriceClass {
            group: customer.group.clone(),
            customer: named.then(|| customer.name.clone()),
        };
        if let Some(list) = self.lists.get(&class) {
            return Arc::clone(&list);
        }
        let list = Arc::new(self.build_list(customer));
        if self.lists.len() < PRICE_CLASSES {
            self.lists.insert(class, Arc::clone(&list));
        }
        list
    }

    fn build_list(&self, customer: &Customer) -> PriceList {
        let listed = self.catalogue.services().filter_map(|service| {
            let pricing = self.pricing(service, customer)?;
            Some(Listing {
                service: service.id,
                name: service.name.clone(),
                service_type: service.service_type,
                category: service.category.clone(),
                rate: pricing.rate,
                min: service.min,
                max: service.max,
                refill: service.refill,
                cancel: service.cancel,
            })
        });
        PriceList {
            build: BUILDS.fetch_add(1, Ordering::Relaxed),
            entries: listed.collect(),
        }
    }
}

fn buyer(customer: &Customer) -> Buyer<'_> {
    Buyer {
        customer: &customer.name,
        group: customer.group.as_deref(),
    }
}

/// Numbers the lists of this process, so that rendered bytes can be kept under their number.
static BUILDS: AtomicU64 = AtomicU64::new(1);

/// Price lists kept per market; beyond that they are built per request.
const PRICE_CLASSES: usize = 1_000;
