use super::*;

fn order(state: OrderState, fact: Option<Fact>) -> Order {
    Order {
        id: OrderId(1),
        version: 1,
        customer: CustomerId(1),
        service: ServiceId(1),
        service_type: ServiceType::Default,
        state,
        ended: None,
        price: Money::from_micros(1_000_000),
        rate: Rate::parse("10").expect("a rate"),
        quantity: Quantity {
            per_run: 100,
            runs: 1,
        },
        revision: 1,
        panel: None,
        upstream_id: None,
        fact,
        doubt: None,
        taken: None,
        refill: true,
        cancel: true,
        cancel_wish: CancelWish::None,
        flag: None,
        share: None,
        origin: None,
        created: Timestamp(0),
        closed: None,
    }
}

#[test]
fn nothing_leaves_closed_and_nothing_is_sent_twice() {
    for state in OrderState::ALL {
        assert!(!OrderState::Closed.may_become(*state));
    }
    assert!(!OrderState::Unconfirmed.may_become(OrderState::Sending));
    assert!(!OrderState::Unconfirmed.may_become(OrderState::Open));
    assert!(!OrderState::Placed.may_become(OrderState::Open));
}

#[test]
fn a_final_word_shows_only_once_the_order_is_closed() {
    let fact = Fact {
        word: StatusWord::Canceled,
        remains: Some(0),
        ..Fact::accepted(Timestamp(0))
    };
    let mut order = order(OrderState::Placed, Some(fact));
    assert_eq!(order.word(), StatusWord::InProgress);
    order.state = OrderState::Closed;
    order.ended = Some(Final::Canceled);
    order.taken = Some(Money::ZERO);
    let view = order.view(&Currency::from("USD"));
    assert_eq!(
        (view.status, view.remains, view.charge),
        (StatusWord::Canceled, 100, Money::ZERO)
    );
}

#[test]
fn a_subscription_shows_its_own_words() {
    let fact = |word| {
        Some(Fact {
            word,
            runs: Some(2),
            ..Fact::accepted(Timestamp(0))
        })
    };
    let word = |state, fact, ended| {
        let subscription = Order {
            service_type: ServiceType::Subscriptions,
            ended,
            ..order(state, fact)
        };
        subscription.word()
    };
    use OrderState::{Closed, Open, Placed};
    use StatusWord::{Active, Canceled, Completed, Expired, Paused};
    assert_eq!(word(Open, None, None), Active);
    assert_eq!(
        word(Placed, Some(Fact::accepted(Timestamp(0))), None),
        Active
    );
    assert_eq!(word(Placed, fact(Paused), None), Paused);
    assert_eq!(word(Placed, fact(Expired), None), Active);
    // As it is kept when a panel says that it failed.
    assert_eq!(word(Placed, fact(StatusWord::InProgress), None), Active);
    let completed = Some(Final::Completed);
    assert_eq!(word(Closed, fact(Expired), completed), Expired);
    assert_eq!(word(Closed, fact(Completed), completed), Completed);
    assert_eq!(
        word(Closed, fact(Canceled), Some(Final::Canceled)),
        Canceled
    );
    let single = order(Placed, fact(Paused));
    assert_eq!(single.posts(), None);
}

#[test]
fn a_drip_feed_shows_what_its_runs_have_left() {
    let runs = |state, word, remains| {
        let fact = Fact {
            word,
            remains,
            runs: Some(1),
            ..Fact::accepted(Timestamp(0))
        };
        let drip = Order {
            quantity: Quantity {
                per_run: 25,
                runs: 4,
            },
            ended: Some(Final::Partial),
            ..order(state, Some(fact))
        };
        drip.view(&Currency::from("USD")).remains
    };
    use OrderState::{Closed, Placed};
    assert_eq!(runs(Placed, StatusWord::InProgress, None), 75);
    assert_eq!(runs(Placed, StatusWord::InProgress, Some(60)), 60);
    assert_eq!(runs(Closed, StatusWord::Partial, None), 75);
    assert_eq!(runs(Closed, StatusWord::Partial, Some(70)), 70);
    // The panel's word was Canceled, and what it said remains was no part of that.
    assert_eq!(runs(Closed, StatusWord::Canceled, Some(0)), 75);
}

#[test]
fn before_a_panel_speaks_everything_remains() {
    for state in [
        OrderState::Open,
        OrderState::Sending,
        OrderState::Unconfirmed,
    ] {
        let view = order(state, None).view(&Currency::from("USD"));
        assert_eq!(
            (view.status, view.remains, view.start_count),
            (StatusWord::Pending, 100, 0)
        );
    }
}

#[test]
fn the_legal_steps_are_the_arrows_of_the_drawing_and_no_others() {
    use OrderState::{Closed, Open, Placed, Sending, Unconfirmed};
    let arrows = [
        (Open, Sending),
        (Open, Closed),
        (Sending, Open),
        (Sending, Placed),
        (Sending, Unconfirmed),
        (Sending, Closed),
        (Unconfirmed, Placed),
        (Unconfirmed, Closed),
        (Placed, Closed),
    ];
    for from in OrderState::ALL.iter().copied() {
        for next in OrderState::ALL.iter().copied() {
            let legal = arrows.contains(&(from, next));
            assert_eq!(from.may_become(next), legal, "{from} to {next}");
        }
    }
}

fn child(share: Share, is_sized: bool) -> Order {
    let parent = OrderId(9);
    Order {
        share: Some(share),
        origin: Some(Origin { parent, is_sized }),
        ..order(OrderState::Placed, None)
    }
}

fn subscription(fact: Option<Fact>) -> Order {
    Order {
        service_type: ServiceType::Subscriptions,
        ..order(OrderState::Placed, fact)
    }
}

#[test]
fn the_money_of_an_order_ends_by_what_it_is_to_its_family() {
    assert_eq!(order(OrderState::Placed, None).kind(), Kind::Single);
    assert_eq!(subscription(None).kind(), Kind::Subscription);
    // A parent has a share as well, once it is placed: that of its children.
    let parent = Order {
        share: Some(Share::EqualPost),
        ..subscription(None)
    };
    assert_eq!(parent.kind(), Kind::Subscription);
    for is_sized in [false, true] {
        let share = Share::Post;
        assert_eq!(
            child(share, is_sized).basis().kind,
            Kind::Child { share, is_sized }
        );
    }
}

#[test]
fn a_child_is_unseen_until_something_is_heard_of_itself() {
    let at = |at| Fact::accepted(Timestamp(at));
    let says = |fact| {
        let mut child = child(Share::Post, false);
        (child.created, child.fact) = (Timestamp(5), fact);
        child.is_unseen()
    };
    assert!(says(None) && says(Some(at(5))));
    assert!(!says(Some(at(6))));
    let begun = Fact {
        word: StatusWord::InProgress,
        ..at(5)
    };
    assert!(!says(Some(begun)));
    assert!(!child(Share::Post, true).is_unseen());
    assert!(!order(OrderState::Placed, None).is_unseen());
    let closed = Order {
        state: OrderState::Closed,
        ..child(Share::Post, false)
    };
    assert!(!closed.is_unseen());
}

#[test]
fn only_subscriptions_count_posts() {
    let seen = |runs| Fact {
        runs,
        ..Fact::accepted(Timestamp(0))
    };
    assert_eq!(subscription(None).posts(), Some(0));
    assert_eq!(subscription(Some(seen(Some(2)))).posts(), Some(2));
    let drip = order(OrderState::Placed, Some(seen(Some(2))));
    assert_eq!(drip.posts(), None);
}

#[test]
fn a_placed_order_shows_what_its_panel_says() {
    let shown = |word, remains| {
        let fact = Fact {
            word,
            remains,
            start_count: Some(7),
            runs: Some(1),
            ..Fact::accepted(Timestamp(0))
        };
        let view = order(OrderState::Placed, Some(fact)).view(&Currency::from("USD"));
        assert_eq!(view.start_count, 7);
        assert_eq!(view.charge, Money::from_micros(1_000_000));
        (view.status, view.remains)
    };
    use StatusWord::{InProgress, Pending, Processing};
    assert_eq!(shown(Pending, None), (Pending, 100));
    assert_eq!(shown(Processing, Some(60)), (Processing, 60));
    // More than was ordered, and less than nothing.
    assert_eq!(shown(InProgress, Some(101)), (InProgress, 100));
    assert_eq!(shown(InProgress, Some(-1)), (InProgress, 0));
}

#[test]
fn nothing_remains_of_what_is_completed_though_nobody_said_so() {
    let fact = Fact {
        word: StatusWord::Completed,
        ..Fact::accepted(Timestamp(0))
    };
    let completed = Order {
        ended: Some(Final::Completed),
        ..order(OrderState::Closed, Some(fact))
    };
    assert_eq!(completed.view(&Currency::from("USD")).remains, 0);
}
