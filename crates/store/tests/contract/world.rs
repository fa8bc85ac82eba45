//! A store with one customer, and the few things that every case does.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use panelgate_domain::field::Field;
use panelgate_domain::ids::{Currency, CustomerId, OrderId, PanelName, PlacementId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_store::model::{
    Answer, Booking, Decision, Learned, NewCustomer, NewOrder, NewPlacement, Opened,
};
use panelgate_store::{Store, StoreError};

/// An empty store in US dollars, but for the customer `ann` without money.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ann: CustomerId,
    /// Whatever the store needs to exist.
    _keep: Box<dyn Any + Send + Sync>,
}

/// A moment, in seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(1_800_000_000_000 + seconds * 1_000)
}

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

/// A panel's answer.
pub(crate) fn said(outcome: &str, seconds: i64) -> Answer {
    Answer {
        outcome: outcome.to_owned(),
        raw: format!("raw {outcome}"),
        at: at(seconds),
    }
}

pub(crate) fn decision(order: OrderId) -> Decision {
    Decision {
        order,
        actor: "operator".to_owned(),
        reason: "looked".to_owned(),
        at: at(500),
    }
}

impl World {
    pub(crate) async fn new(store: Arc<dyn Store>, keep: impl Any + Send + Sync) -> Self {
        store.fix_currency(&"USD".into()).await.expect("fixed");
        let ann = add_customer(&*store, "ann").await;
        Self {
            store,
            ann,
            _keep: Box::new(keep),
        }
    }

    /// With 100.00 for ann.
    pub(crate) async fn funded(self) -> Self {
        self.top_up(self.ann, "100", "funds").await;
        self
    }

    pub(crate) async fn customer(&self, name: &str) -> CustomerId {
        add_customer(&*self.store, name).await
    }

    pub(crate) async fn top_up(&self, customer: CustomerId, amount: &str, reference: &str) {
        self.store
            .top_up(self.booking(customer, amount, reference))
            .await
            .expect("booked");
    }

    pub(crate) fn booking(&self, customer: CustomerId, amount: &str, reference: &str) -> Booking {
        Booking {
            customer,
            amount: money(amount),
            reference: reference.to_owned(),
            note: Some("a note".to_owned()),
            actor: "operator".to_owned(),
            at: at(0),
        }
    }

    /// 100 likes for ann.
    pub(crate) fn new_order(&self, price: &str) -> NewOrder {
        NewOrder {
            customer: self.ann,
            service: ServiceId(7),
            service_type: ServiceType::Default,
            spec: spec("https://example.com/p/1", 100),
            quote: Quote {
                rate: Rate::parse("0.00011999999999999999").expect("a rate"),
                price: money(price),
                revision: 3,
            },
            refill: true,
            cancel: false,
            idempotency_key: None,
            options: panelgate_domain::customer::Options::default(),
            open_max: 1_000,
            at: at(1),
        }
    }

    /// For 6.00 in EUR.
    pub(crate) fn new_placement(&self, panel: &str) -> NewPlacement {
        NewPlacement {
            panel: panel.into(),
            offer: "77".into(),
            cost: money("6"),
            rate: Rate::parse("6").expect("a rate"),
            share: None,
            currency: "EUR".into(),
            at: at(2),
        }
    }

    pub(crate) async fn open(&self, price: &str) -> OrderId {
        match self
            .store
            .open_order(self.new_order(price), None)
            .await
            .expect("opened")
        {
            Opened::New(order, None) => order.id,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn sending(&self, price: &str) -> (OrderId, PlacementId) {
        let placement = Some(self.new_placement("alpha"));
        match self
            .store
            .open_order(self.new_order(price), placement)
            .await
            .expect("opened")
        {
            Opened::New(order, Some(placement)) => (order.id, placement),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn unconfirmed(&self, price: &str) -> (OrderId, PlacementId) {
        let (order, placement) = self.sending(price).await;
        self.store
            .park_placement(placement, said("unknown", 3))
            .await
            .expect("parked");
        (order, placement)
    }

    pub(crate) async fn placed(&self, price: &str, upstream_id: &str) -> OrderId {
        let (order, placement) = self.sending(price).await;
        let placed =
            self.store
                .confirm_placement(placement, upstream_id.into(), said("accepted", 4));
        placed.await.expect("placed");
        order
    }

    /// Closes a placed order by a fact and the formula.
    pub(crate) async fn close(&self, order: OrderId, fact: Fact) -> Result<Order, StoreError> {
        let basis = self.order(order).await.basis();
        let Verdict::Settle(settlement) = basis.settle(&fact) else {
            panic!("{fact:?} ends nothing")
        };
        self.store
            .close_order(order, fact, settlement, fact.at)
            .await
    }

    pub(crate) async fn learn(&self, order: OrderId, fact: Fact) -> Vec<Order> {
        self.store
            .learn(vec![Learned {
                order,
                fact,
                flag: None,
                doubt: None,
            }])
            .await
            .expect("learned")
    }

    pub(crate) async fn order(&self, id: OrderId) -> Order {
        self.store
            .orders(vec![id])
            .await
            .expect("read")
            .pop()
            .expect("there")
    }

    /// Ann's available and held, and panel alpha's prepaid and cost; and that the books hold.
    #[track_caller]
    pub(crate) fn expect<'a>(&'a self, books: [&'a str; 4]) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let account = self.store.account(self.ann).await.expect("read");
            let alpha = self.store.panel_accounts().await.expect("read");
            let alpha = alpha
                .iter()
                .find(|account| account.panel == PanelName::from("alpha"));
            let (prepaid, cost) = alpha.map_or((Money::ZERO, Money::ZERO), |a| (a.prepaid, a.cost));
            let found = [account.available, account.held, prepaid, cost];
            assert_eq!(
                found,
                books.map(money),
                "available, held, prepaid, cost at {caller}"
            );
            let violations = self.store.verify().await.expect("verified");
            assert_eq!(violations, [], "at {caller}");
        }
    }
}

/// So many likes for a link.
pub(crate) fn spec(link: &str, quantity: u64) -> OrderSpec {
    let limits = Limits {
        service_type: ServiceType::Default,
        min: 1,
        max: 1_000_000,
        dripfeed: true,
        subscribing: Subscribing::default(),
    };
    let sent: BTreeMap<Field, String> = [
        (Field::Link, link.to_owned()),
        (Field::Quantity, quantity.to_string()),
    ]
    .into();
    OrderSpec::read(&limits, &sent).expect("valid")
}

/// A fact with a word and what remains.
pub(crate) fn fact(word: StatusWord, remains: Option<i64>, seconds: i64) -> Fact {
    Fact {
        word,
        remains,
        ..Fact::accepted(at(seconds))
    }
}

/// A fact with a charge.
pub(crate) fn charged(word: StatusWord, charge: &str, seconds: i64) -> Fact {
    Fact {
        charge: Some(money(charge)),
        ..fact(word, None, seconds)
    }
}

pub(crate) fn euro() -> Currency {
    "EUR".into()
}

async fn add_customer(store: &dyn Store, name: &str) -> CustomerId {
    let new = NewCustomer {
        name: name.to_owned(),
        group: None,
        credit_limit: Money::ZERO,
        at: at(0),
    };
    store.add_customer(new).await.expect("added").id
}
