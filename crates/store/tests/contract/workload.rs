//! A seeded workload of random steps, right and wrong ones, against a ledger so naive that it fits on a page.

use std::collections::BTreeMap;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, PlacementId};
use panelgate_domain::money::Money;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, StatusWord};

use super::world::fact;
use super::{World, decision, said};

/// What the ledger should say, in micros.
#[derive(Debug, Default)]
struct Naive {
    available: i64,
    held: i64,
    cost: i64,
    orders: BTreeMap<OrderId, Known>,
    /// How often an end changed later.
    changed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    price: i64,
    kept: i64,
    state: State,
    /// A fact closed it.
    by_fact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Sending(PlacementId),
    Unconfirmed(PlacementId),
    Placed,
    Closed,
}

/// A xorshift generator: the same seed, the same history.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn micros(&mut self, bound: i64) -> i64 {
        i64::try_from(self.below(bound.unsigned_abs() + 1)).expect("below bound")
    }
}

pub(crate) async fn a_naive_ledger_agrees(world: World) {
    for seed in [0x9e37_79b9_7f4a_7c15, 0x1234_5678_9abc_def1] {
        run(&world, Dice(seed), seed).await;
    }
}

async fn run(world: &World, mut dice: Dice, seed: u64) {
    let before = world.store.account(world.ann).await.expect("read");
    let mut naive = Naive {
        available: before.available.micros(),
        held: before.held.micros(),
        ..Naive::default()
    };
    naive.cost = world
        .store
        .panel_accounts()
        .await
        .expect("read")
        .first()
        .map_or(0, |alpha| alpha.cost.micros());
    for step in 0..STEPS {
        let orders: Vec<OrderId> = naive.orders.keys().copied().collect();
        match (dice.below(4), orders.is_empty()) {
            (0, _) | (_, true) => open(world, &mut naive, &mut dice, step, seed).await,
            _ => {
                let pick = usize::try_from(dice.below(orders.len() as u64)).expect("small");
                touch(world, &mut naive, &mut dice, orders[pick]).await;
            }
        }
        let known = world.store.known_account(world.ann);
        let account = world.store.account(world.ann).await.expect("read");
        assert!(
            known.is_none_or(|known| known == account),
            "seed {seed:x}, step {step}: {known:?} is not {account:?}"
        );
        let found = (account.available.micros(), account.held.micros());
        assert_eq!(
            found,
            (naive.available, naive.held),
            "seed {seed:x}, step {step}"
        );
    }
    let alpha = world
        .store
        .panel_accounts()
        .await
        .expect("read")
        .pop()
        .expect("alpha");
    assert_eq!(
        (alpha.prepaid.micros(), alpha.cost.micros()),
        (-naive.cost, naive.cost)
    );
    assert_eq!(world.store.verify().await.expect("verified"), []);
    assert!(
        naive.changed >= 5,
        "seed {seed:x}: {} changed",
        naive.changed
    );
    let open = world
        .store
        .list_orders(Default::default())
        .await
        .expect("read");
    for order in open
        .iter()
        .filter(|order| naive.orders.contains_key(&order.id))
    {
        let known = naive.orders[&order.id];
        assert_eq!(
            order.taken.map(Money::micros),
            (known.state == State::Closed).then_some(known.kept)
        );
    }
}

async fn open(world: &World, naive: &mut Naive, dice: &mut Dice, step: u64, seed: u64) {
    if dice.below(3) == 0 {
        let amount = 1 + dice.micros(30_000_000);
        let mut booking = world.booking(world.ann, "1", &format!("{seed:x}/{step}"));
        booking.amount = Money::from_micros(amount);
        world.store.top_up(booking).await.expect("booked");
        naive.available += amount;
    }
    let price = dice.micros(20_000_000);
    let mut new = world.new_order("1");
    new.quote.price = Money::from_micros(price);
    match world.store.open_order(new, None).await {
        Ok(panelgate_store::model::Opened::New(order, None)) => {
            naive.available -= price;
            naive.held += price;
            naive.orders.insert(
                order.id,
                Known {
                    price,
                    kept: 0,
                    state: State::Open,
                    by_fact: false,
                },
            );
        }
        Err(panelgate_store::StoreError::NotEnoughFunds) => assert!(price > naive.available),
        other => panic!("{other:?}"),
    }
    assert!(naive.available >= 0);
}

/// One step on one order; one in three does not fit its state and must change nothing.
async fn touch(world: &World, naive: &mut Naive, dice: &mut Dice, id: OrderId) {
    let mut known = naive.orders[&id];
    let (store, whole) = (&world.store, known.price);
    match (known.state, dice.below(6)) {
        (State::Open, 0..4) => {
            let placement = store
                .begin_placement(id, world.new_placement("alpha"))
                .await
                .expect("begun");
            known.state = State::Sending(placement);
        }
        (State::Open, _) => {
            store.close_unsent(decision(id)).await.expect("closed");
            naive.close(&mut known, whole);
        }
        (State::Sending(placement), 0) => {
            store
                .return_order(placement, said("not_sent", 3))
                .await
                .expect("returned");
            known.state = State::Open;
        }
        (State::Sending(placement), 1) => {
            store
                .park_placement(placement, said("unknown", 3))
                .await
                .expect("parked");
            known.state = State::Unconfirmed(placement);
        }
        (State::Sending(placement) | State::Unconfirmed(placement), 2) => {
            store
                .refuse_order(placement, Refusal::BadLink, said("refused_order", 3))
                .await
                .expect("closed");
            naive.close(&mut known, whole);
        }
        (State::Sending(placement) | State::Unconfirmed(placement), _) => {
            let upstream_id = id.to_string();
            store
                .confirm_placement(placement, upstream_id.as_str().into(), said("accepted", 3))
                .await
                .expect("placed");
            known.state = State::Placed;
            naive.cost += 6_000_000;
        }
        (State::Placed, 0) => {
            let refund = dice.micros(known.price);
            store
                .settle_by_hand(decision(id), Money::from_micros(refund))
                .await
                .expect("settled");
            naive.close(&mut known, refund);
        }
        (State::Placed, 1) => {
            let remains = dice.below(100);
            let ending = fact(StatusWord::Partial, Some(remains.cast_signed()), 9);
            world.close(id, ending).await.expect("closed");
            let refund = naive_share(known.price, remains);
            naive.close(&mut known, refund);
            known.by_fact = true;
        }
        (State::Placed, 2) => {
            world
                .close(id, fact(StatusWord::Completed, None, 9))
                .await
                .expect("closed");
            naive.close(&mut known, 0);
            known.by_fact = true;
        }
        (State::Placed, _) => {
            let charge = Some(Money::from_micros(6_000_000));
            world
                .learn(
                    id,
                    Fact {
                        charge,
                        ..fact(StatusWord::InProgress, None, 8)
                    },
                )
                .await;
        }
        (State::Closed, 0..2) => {
            let refund = dice.micros(known.kept);
            store
                .settle_by_hand(decision(id), Money::from_micros(refund))
                .await
                .expect("refunded");
            naive.available += refund;
            known.kept -= refund;
        }
        (State::Closed, 2..4) => {
            let remains = dice.below(101);
            let left = known.price - naive_share(known.price, remains);
            let told = fact(StatusWord::Partial, Some(remains.cast_signed()), 90);
            let basis = world.order(id).await.basis();
            let Verdict::Settle(settlement) = basis.settle(&told) else {
                panic!("{told:?} ends nothing")
            };
            let paid = store.settle_later(id, told, settlement).await;
            assert_eq!(paid.is_ok(), known.by_fact && left < known.kept, "{paid:?}");
            if paid.is_ok() {
                naive.available += known.kept - left;
                known.kept = left;
                naive.changed += 1;
            }
        }
        (State::Closed, _) => {
            store
                .close_unsent(decision(id))
                .await
                .expect_err("it is closed");
            store
                .begin_placement(id, world.new_placement("alpha"))
                .await
                .expect_err("it is closed");
            world
                .close(id, fact(StatusWord::Canceled, None, 9))
                .await
                .expect_err("it is closed");
            store
                .resolve_not_placed(decision(id))
                .await
                .expect_err("it is closed");
        }
    }
    naive.orders.insert(id, known);
}

/// What goes back of a price when so many of 100 remain.
fn naive_share(price: i64, remains: u64) -> i64 {
    price * remains.cast_signed() / 100
}

impl Naive {
    fn close(&mut self, known: &mut Known, released: i64) {
        self.held -= known.price;
        self.available += released;
        known.kept = known.price - released;
        known.state = State::Closed;
    }
}

/// Enough for every kind of step to happen often.
const STEPS: u64 = 1_200;
