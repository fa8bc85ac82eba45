//! Orders that spawn others, for the cases of [`super::families`] and [`super::family_ends`].

use panelgate_domain::family::{Share, Size};
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OrderId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::quote::Quote;
use panelgate_domain::rate::Rate;
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_store::StoreError;
use panelgate_store::model::{Adopted, NewOrder, NewPlacement, Opened};

use super::world::{at, fact};
use super::{World, money, said};

/// A subscription to `posts` posts of 50 to 100.
pub(crate) fn subscription(world: &World, posts: u64, rate: &str) -> NewOrder {
    let sent = [
        (Field::Username, "ann"),
        (Field::Min, "50"),
        (Field::Max, "100"),
        (Field::Posts, &posts.to_string()),
        (Field::Delay, "0"),
    ];
    family(world, ServiceType::Subscriptions, &sent, rate)
}

/// A drip-feed of `runs` runs of 100.
pub(crate) fn drip_feed(world: &World, runs: u64, rate: &str) -> NewOrder {
    let sent = [
        (Field::Link, "https://example.com/p/1"),
        (Field::Quantity, "100"),
        (Field::Runs, &runs.to_string()),
        (Field::Interval, "10"),
    ];
    family(world, ServiceType::Default, &sent, rate)
}

fn family(
    world: &World,
    service_type: ServiceType,
    sent: &[(Field, &str)],
    rate: &str,
) -> NewOrder {
    let limits = Limits {
        service_type,
        min: 1,
        max: 1_000_000,
        dripfeed: true,
        subscribing: Subscribing::default(),
    };
    let sent = sent
        .iter()
        .map(|(field, text)| (*field, (*text).to_owned()));
    let spec = OrderSpec::read(&limits, &sent.collect()).expect("valid");
    let rate = Rate::parse(rate).expect("a rate");
    let total = spec.quantity().total();
    let price = rate.price(service_type.charging(), total).expect("a price");
    NewOrder {
        service_type,
        spec,
        quote: Quote {
            rate,
            price,
            revision: 3,
        },
        ..world.new_order("1")
    }
}

impl World {
    /// A placed parent. Its offer costs 5.00 EUR for 1000, and it all costs 1.50.
    pub(crate) async fn parent(&self, new: NewOrder, share: Share, upstream_id: &str) -> OrderId {
        let placement = NewPlacement {
            cost: money("1.5"),
            rate: Rate::parse("5").expect("a rate"),
            share: Some(share),
            ..self.new_placement("alpha")
        };
        let opened = self.store.open_order(new, Some(placement)).await;
        let Ok(Opened::New(order, Some(placement))) = opened else {
            panic!("{opened:?}")
        };
        self.store
            .confirm_placement(placement, upstream_id.into(), said("accepted", 4))
            .await
            .expect("placed");
        order.id
    }

    pub(crate) async fn adopt(&self, parent: OrderId, ids: &[&str]) -> Result<Adopted, StoreError> {
        let ids: Vec<UpstreamId> = ids.iter().map(|id| UpstreamId::from(*id)).collect();
        self.store.adopt(parent, ids, at(5)).await
    }

    /// The new ones among these.
    pub(crate) async fn spawned(&self, parent: OrderId, ids: &[&str]) -> Vec<OrderId> {
        let adopted = self.adopt(parent, ids).await.expect("adopted");
        adopted.children.iter().map(|child| child.id).collect()
    }

    pub(crate) async fn size(&self, child: OrderId, quantity: u64) -> Order {
        let size = Size {
            quantity,
            doubt: None,
        };
        let sized = self.store.size_child(child, size, at(6)).await;
        sized.expect("sized")
    }

    /// Of this size, and delivered.
    pub(crate) async fn delivered(&self, child: OrderId, quantity: u64) -> Order {
        self.size(child, quantity).await;
        let done = fact(StatusWord::Completed, Some(0), 9);
        self.close(child, done).await.expect("closed")
    }

    pub(crate) async fn end(
        &self,
        parent: OrderId,
        word: StatusWord,
        posts: u64,
    ) -> Result<(Order, Money), StoreError> {
        let fact = Fact {
            runs: Some(posts),
            ..fact(word, None, 20)
        };
        self.store.close_parent(parent, fact).await
    }

    /// How often the operator was told of orders that are no children.
    pub(crate) async fn strangers(&self, parent: OrderId) -> usize {
        let events = self.store.story(parent).await.expect("read").events;
        events.iter().filter(|e| e.kind == "no_child").count()
    }
}
