//! A past for commands that look back: orders in a store, as a server would have left them.

use std::collections::{BTreeMap, HashMap};

use panelgate_domain::family::{Share, Size};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{CustomerId, OrderId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::sync::Change;
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::{Answer, Booking, NewOrder, NewPlacement, Opened, Synced};
use panelgate_store::sqlite::{Options, Role, SqliteStore};

use crate::House;

/// The store of a house, and what is done to it.
pub(crate) struct Past {
    store: SqliteStore,
}

/// An order, and what became of it.
pub(crate) struct Sale {
    pub(crate) service: i64,
    /// Our rate for 1000 when it was bought.
    pub(crate) rate: &'static str,
    /// What 1000 cost then, in the panel's currency.
    pub(crate) cost: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) quantity: u64,
    /// How it ended, and what remained.
    pub(crate) end: Option<(StatusWord, i64)>,
}

/// Changes the store of a house.
pub(crate) fn happened<T>(house: &House, work: impl AsyncFnOnce(&Past) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = SqliteStore::open(&house.store(), Role::Beside, Options::default());
        let past = Past {
            store: store.expect("open"),
        };
        let done = work(&past).await;
        past.store.close().await;
        done
    })
}

pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

pub(crate) fn offer(id: &str, name: &str, rate: &str) -> Offer {
    Offer {
        id: id.into(),
        name: name.to_owned(),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: Rate::parse(rate).expect("a rate"),
        min: 10,
        max: 5_000,
        refill: true,
        cancel: false,
        dripfeed: None,
    }
}

impl Past {
    /// Does what a server's sync does: keeps a list and gives its offers ids, from 1001.
    pub(crate) async fn sync(&self, panel: &str, currency: &str, offers: Vec<Offer>) {
        let keys = offers.iter().map(|offer| (panel.into(), offer.id.clone()));
        let keys = keys.collect();
        let list = OfferList {
            panel: panel.into(),
            currency: currency.into(),
            offers,
            unreadable: Vec::new(),
        };
        self.store.save_offers(list, now()).await.expect("kept");
        let ids: HashMap<_, ServiceId> = self
            .store
            .assign_services(keys, Vec::new())
            .await
            .expect("given");
        assert!(!ids.is_empty());
    }

    /// What happened to an offer of `alpha` at a moment, as a sync or an approval keeps it.
    pub(crate) async fn offer_changed(&self, change: Change, actor: Option<&str>, at: Timestamp) {
        let sync = Synced {
            panel: "alpha".into(),
            list: None,
            baselines: Vec::new(),
            changes: vec![change],
            actor: actor.map(str::to_owned),
            at,
        };
        self.store.keep_sync(sync).await.expect("kept");
    }

    /// A customer with 1000.00.
    pub(crate) async fn funded(&self, name: &str) -> CustomerId {
        let customer = self.store.customer_named(name).await.expect("there");
        let customer = customer.customer.id;
        let booking = Booking {
            customer,
            amount: money("1000"),
            reference: format!("funds of {name}"),
            note: None,
            actor: "test".into(),
            at: now(),
        };
        self.store.top_up(booking).await.expect("booked");
        customer
    }

    /// Sells, places at panel `alpha` and ends an order.
    pub(crate) async fn sell(&self, customer: CustomerId, sale: &Sale) -> OrderId {
        let rate = |text| Rate::parse(text).expect("a rate");
        let price = |text| {
            let price = rate(text).price(Charging::PerThousand, sale.quantity);
            price.expect("it fits")
        };
        let new = NewOrder {
            customer,
            service: ServiceId(sale.service),
            service_type: ServiceType::Default,
            spec: spec(sale.quantity),
            quote: Quote {
                rate: rate(sale.rate),
                price: price(sale.rate),
                revision: 1,
            },
            refill: true,
            cancel: false,
            idempotency_key: None,
            options: panelgate_domain::customer::Options::default(),
            open_max: 100,
            at: now(),
        };
        let placement = NewPlacement {
            panel: "alpha".into(),
            offer: "7".into(),
            cost: price(sale.cost),
            rate: Rate::parse("1").expect("a rate"),
            share: None,
            currency: sale.currency.into(),
            at: now(),
        };
        let opened = self.store.open_order(new, Some(placement)).await;
        let Opened::New(order, Some(placement)) = opened.expect("opened") else {
            panic!("not opened")
        };
        let upstream_id = format!("u{}", placement.0).as_str().into();
        let answer = Answer {
            outcome: "accepted".into(),
            raw: String::new(),
            at: now(),
        };
        let placed = self.store.confirm_placement(placement, upstream_id, answer);
        let placed = placed.await.expect("placed");
        if let Some((word, remains)) = sale.end {
            let fact = Fact {
                word,
                remains: Some(remains),
                ..Fact::accepted(now())
            };
            let Verdict::Settle(settlement) = placed.basis().settle(&fact) else {
                panic!("it does not end")
            };
            let closed = self.store.close_order(order.id, fact, settlement, fact.at);
            closed.await.expect("closed");
        }
        order.id
    }

    /// Sells a subscription at these rates to a panel that charges each post, which makes orders of so many units for two posts of
    /// at most 100; and its time runs out.
    pub(crate) async fn subscribe(&self, customer: CustomerId, rate: &str, cost: &str) {
        let store = &self.store;
        let (rate, cost) = (Rate::parse(rate), Rate::parse(cost));
        let (rate, cost) = (rate.expect("a rate"), cost.expect("a rate"));
        let price = |rate: Rate| rate.price(Charging::PerThousand, 300).expect("it fits");
        let new = NewOrder {
            customer,
            service: ServiceId(1001),
            service_type: ServiceType::Subscriptions,
            spec: subscription(),
            quote: Quote {
                rate,
                price: price(rate),
                revision: 1,
            },
            refill: true,
            cancel: false,
            idempotency_key: None,
            options: panelgate_domain::customer::Options::default(),
            open_max: 100,
            at: now(),
        };
        let placement = NewPlacement {
            panel: "alpha".into(),
            offer: "7".into(),
            cost: price(cost),
            rate: cost,
            share: Some(Share::Post),
            currency: "USD".into(),
            at: now(),
        };
        let opened = store.open_order(new, Some(placement)).await;
        let Opened::New(parent, Some(placement)) = opened.expect("opened") else {
            panic!("not opened")
        };
        let answer = Answer {
            outcome: "accepted".into(),
            raw: String::new(),
            at: now(),
        };
        let of_parent = format!("s{}", parent.id);
        let upstream_id = of_parent.as_str().into();
        let placed = store.confirm_placement(placement, upstream_id, answer);
        placed.await.expect("placed");
        let posts = [1, 2].map(|post| format!("{of_parent}/{post}").as_str().into());
        let adopted = store.adopt(parent.id, posts.into(), now()).await;
        let children = adopted.expect("adopted").children;
        for (child, quantity) in children.iter().zip([30, 100]) {
            let size = Size {
                quantity,
                doubt: None,
            };
            let sized = store.size_child(child.id, size, now()).await;
            let fact = Fact {
                word: StatusWord::Completed,
                ..Fact::accepted(now())
            };
            let Verdict::Settle(settlement) = sized.expect("sized").basis().settle(&fact) else {
                panic!("it does not end")
            };
            let closed = store.close_order(child.id, fact, settlement, fact.at);
            closed.await.expect("closed");
        }
        let expired = Fact {
            word: StatusWord::Expired,
            runs: Some(2),
            ..Fact::accepted(now())
        };
        store
            .close_parent(parent.id, expired)
            .await
            .expect("closed");
    }
}

fn subscription() -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Subscriptions,
        min: 1,
        max: 1_000,
        dripfeed: false,
        subscribing: Subscribing::default(),
    };
    let sent = [
        (Field::Username, "someone"),
        (Field::Min, "10"),
        (Field::Max, "100"),
        (Field::Posts, "3"),
        (Field::Delay, "0"),
    ];
    let sent = sent.map(|(field, text)| (field, text.to_owned()));
    OrderSpec::read(&limits, &sent.into()).expect("valid")
}

fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

fn spec(quantity: u64) -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000_000,
        dripfeed: true,
        subscribing: Subscribing::default(),
    };
    let sent: BTreeMap<Field, String> = [
        (Field::Link, "https://example.com/p/1".to_owned()),
        (Field::Quantity, quantity.to_string()),
    ]
    .into();
    OrderSpec::read(&limits, &sent).expect("valid")
}
