//! A story for a store, step by step: what customers, panels and operators do, and what has to be known to do it again.

use std::collections::BTreeMap;

use panelgate_domain::ids::{CustomerId, OrderId, PlacementId, RefillId};
use panelgate_domain::status::StatusWord;
use rand::Rng;
use rand::rngs::StdRng;

/// One step. Orders are known by their number in the story.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// The books are kept in a currency from now on.
    Currency,
    /// A customer of the story, from 0, is taken in.
    Customer(usize),
    /// Orders get numbers a little before one with which the mark beside the store moves.
    Number,
    /// A customer of the story, from 0, gets money.
    TopUp(usize),
    /// The panel gets money.
    Deposit,
    /// A customer orders, and the order waits.
    Open(usize, usize),
    /// A customer orders, and the order is sent at once.
    Send(usize, usize),
    /// A waiting order is sent.
    Begin(usize),
    /// Its panel accepts it.
    Confirm(usize),
    /// It comes back: the panel has no time.
    Return(usize),
    /// Nobody knows what became of it.
    Park(usize),
    /// An operator finds it at the panel.
    Found(usize),
    /// The panel refuses it.
    Refuse(usize),
    /// It is seen at its panel.
    Learn(usize),
    /// It ends there, with so many left.
    Close(usize, StatusWord, i64),
    /// Its customer cancels it before it was sent.
    Unsent(usize),
    /// Its customer wants it canceled.
    Wish(usize),
    /// The panel was asked.
    Asked(usize),
    /// Its customer wants it refilled.
    Refill(usize),
    /// The panel knows of the refill.
    Refilling(usize),
    /// The refill has ended.
    Refilled(usize),
    /// A later look gives its customer more.
    Later(usize, i64),
    /// An operator gives some of it back.
    Refund(usize),
    /// Several at the same moment, of which each is independent of the others: one commit.
    Together(Vec<Deed>),
    /// Another process writes the log back into the file.
    Checkpoint,
    /// The process ends in good order, and starts.
    Restart,
}

/// What the store has given to the orders of a story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) orders: BTreeMap<usize, OrderId>,
    pub(crate) placements: BTreeMap<usize, PlacementId>,
    pub(crate) refills: BTreeMap<usize, RefillId>,
}

/// Who is in every story: the ids are those that a new store gives.
pub(crate) const CUSTOMERS: [(CustomerId, &str); 2] =
    [(CustomerId(1), "ann"), (CustomerId(2), "bob")];

/// What one order goes through, in order: every way from a hold to its end.
fn lives(order: usize) -> [Vec<Deed>; 6] {
    use Deed::{
        Asked, Begin, Close, Confirm, Found, Later, Learn, Open, Park, Refill, Refilled, Refilling,
        Refund, Refuse, Return, Send, Unsent, Wish,
    };
    let (ann, bob) = (0, 1);
    [
        // Ordered, placed, partial, and refilled.
        vec![
            Open(order, ann),
            Begin(order),
            Confirm(order),
            Learn(order),
            Close(order, StatusWord::Partial, 33),
            Refill(order),
            Refilling(order),
            Refilled(order),
        ],
        // Lost on its way, wanted canceled, found, and canceled.
        vec![
            Send(order, bob),
            Park(order),
            Wish(order),
            Found(order),
            Asked(order),
            Close(order, StatusWord::Canceled, 100),
        ],
        // Came back, and canceled before it left again.
        vec![Send(order, ann), Return(order), Unsent(order)],
        vec![Send(order, bob), Refuse(order)],
        // Completed; then its panel changes its mind, and an operator is kind.
        vec![
            Send(order, ann),
            Confirm(order),
            Close(order, StatusWord::Completed, 0),
            Later(order, 40),
            Refund(order),
        ],
        // Came back, and left for good.
        vec![
            Send(order, bob),
            Return(order),
            Begin(order),
            Confirm(order),
            Close(order, StatusWord::Completed, 0),
        ],
    ]
}

/// What comes first in every story.
pub(crate) const BEGINNING: [Deed; 7] = [
    Deed::Currency,
    Deed::Customer(0),
    Deed::Customer(1),
    Deed::Number,
    Deed::TopUp(0),
    Deed::TopUp(1),
    Deed::Deposit,
];

/// One order from its hold to a refund, with what its customer may want of it.
pub(crate) fn short() -> Vec<Deed> {
    let mut script = BEGINNING.to_vec();
    script.extend([
        Deed::Open(0, 0),
        Deed::Begin(0),
        Deed::Confirm(0),
        Deed::Wish(0),
        Deed::Asked(0),
        Deed::Close(0, StatusWord::Partial, 33),
        Deed::Refill(0),
        Deed::Refilling(0),
        Deed::Refund(0),
        Deed::Restart,
        Deed::TopUp(1),
    ]);
    script
}

/// So many orders, of which several live at the same time, with money, checkpoints and restarts in between.
pub(crate) fn long(orders: usize, dice: &mut StdRng) -> Vec<Deed> {
    let mut script = BEGINNING.to_vec();
    let mut living: Vec<std::vec::IntoIter<Deed>> = Vec::new();
    let mut next = 0;
    while next < orders || !living.is_empty() {
        if next < orders && living.len() < TOGETHER {
            let ways = lives(next);
            let way = dice.random_range(0..ways.len());
            living.push(ways[way].clone().into_iter());
            next += 1;
        }
        match dice.random_range(0..20) {
            0 => script.push(Deed::TopUp(dice.random_range(0..CUSTOMERS.len()))),
            1 => script.push(Deed::Deposit),
            2 if dice.random() => script.push(Deed::Checkpoint),
            2 => script.push(Deed::Restart),
            3..9 => script.push(Deed::Together(
                living.iter_mut().filter_map(Iterator::next).collect(),
            )),
            _ => {
                let one = dice.random_range(0..living.len());
                script.extend(living[one].next());
            }
        }
        living.retain(|life| !life.as_slice().is_empty());
    }
    script
}

/// Orders that live at the same time.
const TOGETHER: usize = 4;
