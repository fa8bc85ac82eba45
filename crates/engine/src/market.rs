//! The market: everything that prices an order, as one immutable snapshot that is swapped whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use panelgate_domain::catalogue::{Catalogue, Definitions, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::markup::{Buyer, Markup, Terms};
use panelgate_domain::quote::{self, Prices, Pricing};
use panelgate_domain::rate::Rate;
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
        let Rules {
            markup, exchange, ..
        } = self.rules.as_ref();
        quote::sold(service, markup, customer.buyer(), exchange)
    }

    /// What different buyers pay for a service.
    pub(crate) fn prices<'s>(&'s self, service: &'s Service) -> Option<Prices<'s, 's>> {
        Prices::of(service, &self.rules.markup, &self.rules.exchange)
    }

    /// The terms under which a service is sold to a customer: those that its price comes from. `None` without a price: nobody
    /// can say then whether a loss is one that was accepted.
    pub(crate) fn terms(&self, service: &Service, customer: &Customer) -> Option<&Terms> {
        let Rules {
            markup, exchange, ..
        } = self.rules.as_ref();
        let pricing = quote::pricing(service, markup, customer.buyer(), exchange);
        pricing.map(|pricing| pricing.terms)
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
        self.build_list(class)
    }

    /// Builds the lists that are in use with the market before this one, so that nobody waits for them once this one is in
    /// force.
    pub(crate) fn build_lists_of(&self, before: &Self) {
        let classes = before.lists.iter().map(|list| list.key().clone());
        let classes: Vec<PriceClass> = classes.take(BUILT_AHEAD).collect();
        let named = |class: &PriceClass| {
            let customer = class.customer.as_deref();
            customer.is_none_or(|customer| self.rules.markup.names_customer(customer))
        };
        self.build_lists(classes.into_iter().filter(named).collect());
    }

    fn build_list(&self, class: PriceClass) -> Arc<PriceList> {
        let mut built = self.build_lists(vec![class]);
        built.pop().expect("one list for one class")
    }

    /// Service by service, so that most of the rules are looked at once and not for every class.
    fn build_lists(&self, classes: Vec<PriceClass>) -> Vec<Arc<PriceList>> {
        let mut entries: Vec<Vec<Listing>> = classes.iter().map(|_| Vec::new()).collect();
        for service in self.catalogue.services() {
            let Some(prices) = self.prices(service) else {
                continue;
            };
            for (class, entries) in classes.iter().zip(&mut entries) {
                let pricing = prices.sold_to(class.buyer());
                entries.extend(pricing.map(|pricing| listing(service, pricing.rate)));
            }
        }
        let lists = classes.into_iter().zip(entries).map(|(class, entries)| {
            let list = Arc::new(PriceList {
                build: BUILDS.fetch_add(1, Ordering::Relaxed),
                entries,
            });
            if self.lists.len() < PRICE_CLASSES {
                self.lists.insert(class, Arc::clone(&list));
            }
            list
        });
        lists.collect()
    }
}

impl PriceClass {
    fn buyer(&self) -> Buyer<'_> {
        Buyer {
            customer: self.customer.as_deref().unwrap_or_default(),
            group: self.group.as_deref(),
        }
    }
}

fn listing(service: &Service, rate: Rate) -> Listing {
    Listing {
        service: service.id,
        name: service.name.clone(),
        service_type: service.service_type,
        category: service.category.clone(),
        rate,
        min: service.min,
        max: service.max,
        refill: service.refill,
        cancel: service.cancel,
    }
}

/// Numbers the lists of this process, so that rendered bytes can be kept under their number.
static BUILDS: AtomicU64 = AtomicU64::new(1);

/// Price lists kept per market; beyond that they are built per request.
const PRICE_CLASSES: usize = 1_000;
/// So many are built before a market is swapped in: more would hold up a change for seconds.
const BUILT_AHEAD: usize = 100;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use panelgate_domain::catalogue::Import;
    use panelgate_domain::ids::{CustomerId, ServiceId};
    use panelgate_domain::markup::{Condition, Rule};
    use panelgate_domain::money::Money;
    use panelgate_domain::offer::{Offer, OfferList};
    use panelgate_domain::rate::Rate;
    use rust_decimal::Decimal;

    use super::*;

    /// One service that costs 1.00, at so many percent on top, and 10 for each customer that is named.
    fn market(percent: i64, named: &[&str]) -> Market {
        let rules = named.iter().map(|name| Rule {
            name: (*name).to_owned(),
            when: Condition {
                customer: Some((*name).to_owned()),
                ..Condition::default()
            },
            terms: Terms::percent(Decimal::TEN),
        });
        let rules = Rules {
            revision: 1,
            markup: Markup {
                default: Terms::percent(percent.into()),
                rules: rules.collect(),
            },
            definitions: Definitions {
                imports: vec![Import::whole("alpha".into())],
                ..Definitions::default()
            },
            exchange: Exchange::new("USD".into(), BTreeMap::new()),
        };
        let catalogue = Catalogue::build(
            &rules.definitions,
            &[list()],
            &HashMap::from([(("alpha".into(), "1".into()), ServiceId(1_001))]),
            &rules.exchange,
        );
        Market::new(Arc::new(rules), catalogue)
    }

    fn list() -> OfferList {
        OfferList {
            panel: "alpha".into(),
            currency: "USD".into(),
            offers: vec![Offer {
                id: "1".into(),
                name: "Followers".into(),
                category: "Instagram".into(),
                type_word: "Default".into(),
                rate: Rate::parse("1").expect("a rate"),
                min: 1,
                max: 1_000,
                refill: false,
                cancel: false,
                dripfeed: None,
            }],
            unreadable: Vec::new(),
        }
    }

    fn customer(name: &str, group: Option<&str>) -> Customer {
        Customer {
            id: CustomerId(1),
            name: name.into(),
            group: group.map(str::to_owned),
            credit_limit: Money::ZERO,
            disabled: false,
            options: panelgate_domain::customer::Options::default(),
        }
    }

    /// The rate of the one service, and whether the list was there before it was asked for.
    fn seen(market: &Market, name: &str, group: Option<&str>) -> (String, bool) {
        let kept = market.lists.len();
        let list = market.price_list(&customer(name, group));
        (list.entries[0].rate.to_string(), market.lists.len() == kept)
    }

    #[test]
    fn lists_in_use_are_there_after_a_rebuild_at_the_new_prices() {
        let before = market(20, &["ann"]);
        assert_eq!(seen(&before, "ann", Some("vip")), ("1.10".into(), false));
        assert_eq!(seen(&before, "bob", Some("vip")), ("1.20".into(), false));
        assert_eq!(seen(&before, "cid", Some("vip")), ("1.20".into(), true));
        let after = market(30, &["ann"]);
        after.build_lists_of(&before);
        assert_eq!(seen(&after, "ann", Some("vip")), ("1.10".into(), true));
        assert_eq!(seen(&after, "bob", Some("vip")), ("1.30".into(), true));
        assert_eq!(seen(&after, "dan", None), ("1.30".into(), false));
    }

    #[test]
    fn a_customer_that_no_rule_names_any_more_shares_the_groups_list() {
        let before = market(20, &["ann"]);
        seen(&before, "ann", None);
        seen(&before, "bob", None);
        let after = market(20, &[]);
        after.build_lists_of(&before);
        assert_eq!(after.lists.len(), 1);
        assert_eq!(seen(&after, "ann", None), ("1.20".into(), true));
    }

    #[test]
    fn a_customer_that_a_rule_names_now_has_a_list_of_their_own() {
        let before = market(20, &[]);
        seen(&before, "ann", None);
        let after = market(20, &["ann"]);
        after.build_lists_of(&before);
        assert_eq!(seen(&after, "ann", None), ("1.10".into(), false));
        assert_eq!(seen(&after, "bob", None), ("1.20".into(), true));
    }

    #[test]
    fn a_rebuild_waits_for_no_more_lists_than_its_bound() {
        let before = market(20, &[]);
        for group in 0..BUILT_AHEAD + 1 {
            seen(&before, "ann", Some(&group.to_string()));
        }
        let after = market(20, &[]);
        after.build_lists_of(&before);
        assert_eq!(after.lists.len(), BUILT_AHEAD);
    }
}
