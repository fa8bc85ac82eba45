//! Subscriptions and drip-feeds in the story of an order: what was spawned, and what became of the one hold.

use panelgate_domain::family::{Kind, Share};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_store::model::OrderStory;

use crate::output::Listing;

/// How much was ordered, and of what that is made up.
pub(super) fn quantity(order: &Order) -> String {
    let (total, each) = (order.quantity.total(), order.quantity.per_run);
    match (order.kind(), order.quantity.runs) {
        (
            Kind::Child {
                is_sized: false, ..
            },
            _,
        ) => format!("not known yet, at most {total}"),
        (Kind::Subscription, posts) => format!("at most {total} ({each} × {posts} posts)"),
        (_, 1) => total.to_string(),
        (_, runs) => format!("{total} ({each} × {runs} runs)"),
    }
}

/// What the panel charges, of a parent as of its children.
pub(super) const fn charged(share: Share) -> &'static str {
    match share {
        Share::Post => "each post when it is made",
        Share::EqualPost => "all posts at once",
        Share::Run => "all runs at once",
    }
}

/// What an order has spawned, oldest first.
pub(super) fn children(story: &OrderStory) -> Listing {
    let rows = story.children.iter().map(|child| {
        vec![
            child.id.0.into(),
            child.upstream_id.as_ref().map(|id| id.as_str()).into(),
            child.state.word().into(),
            child.word().word().into(),
            quantity(child).into(),
            child.price.into(),
            child.taken.into(),
            child.fact.and_then(|fact| fact.charge).into(),
            child.flag.as_deref().into(),
        ]
    });
    let headings = &[
        "order",
        "upstream_id",
        "state",
        "status",
        "quantity",
        "price",
        "taken",
        "upstream_charge",
        "waits_for_operator",
    ];
    Listing::new(headings, rows)
}

/// What has become of the hold by now, in a sentence. Refunds came out of what was earned and are not in it.
pub(super) fn hold(story: &OrderStory) -> String {
    let order = &story.order.order;
    let family = story.children.iter().chain([order]);
    let taken = sum(family.filter_map(|order| order.taken));
    let released = story.transfers.iter();
    let released = released.filter(|transfer| transfer.kind == "release");
    let released = sum(released.map(|transfer| transfer.amount));
    let live = story.children.iter();
    let live = live.filter(|child| child.state != OrderState::Closed);
    let state = if order.state == OrderState::Closed {
        "nothing is held any more".to_owned()
    } else {
        format!(
            "{} is held, and {} of its orders live",
            story.held,
            live.count()
        )
    };
    format!(
        "held {}, kept {taken}, gone back {released}; {state}",
        order.price
    )
}

fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    amounts.fold(Money::ZERO, |sum, amount| {
        sum.checked_add(amount)
            .expect("parts of a hold are no more than it")
    })
}
