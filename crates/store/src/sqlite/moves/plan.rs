//! What a move would do.

use std::collections::HashSet;

use panelgate_domain::money::Money;
use rusqlite::Connection;

use super::{customers, keys, orders, services};
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{Clash, Item, Moved, Moving, MovingOrder, Tally};

/// What is to be done.
pub(super) struct Plan {
    pub(super) moved: Moved,
    new: HashSet<Item>,
}

/// How something that moves stands to what is here.
pub(super) enum Standing {
    /// There is nothing like it.
    New,
    /// It is here already, just so.
    Before,
    /// Something is in its way: which part of it cannot be, and why.
    Clash(&'static str, String),
}

impl Plan {
    /// Looks at everything.
    pub(super) fn new(connection: &Connection, moving: &Moving) -> Result<Self> {
        let mut plan = Self {
            moved: Moved::default(),
            new: HashSet::new(),
        };
        for (at, service) in moving.services.iter().enumerate() {
            let standing = services::look(connection, service)?;
            plan.note(Item::Service(at), standing, Money::ZERO, |moved| {
                &mut moved.services
            })?;
        }
        for (at, customer) in moving.customers.iter().enumerate() {
            let standing = customers::look(connection, customer)?;
            plan.note(Item::Customer(at), standing, customer.balance, |moved| {
                &mut moved.customers
            })?;
        }
        let names = moving.customers.iter().map(|one| one.name.as_str());
        let coming: HashSet<&str> = names.collect();
        for (at, key) in moving.keys.iter().enumerate() {
            let standing = match is_there(connection, &coming, &key.customer)? {
                true => keys::look(connection, key)?,
                false => nobody(&key.customer),
            };
            plan.note(Item::Key(at), standing, Money::ZERO, |moved| {
                &mut moved.keys
            })?;
        }
        let given = orders::Given::of(connection)?;
        for (at, order) in moving.orders.iter().enumerate() {
            let standing = match is_there(connection, &coming, &order.customer)? {
                true => orders::look(connection, given, order)?,
                false => nobody(&order.customer),
            };
            plan.note_order(at, order, standing)?;
        }
        plan.moved.next_order = given.last.max(highest(moving)).saturating_add(1);
        Ok(plan)
    }

    fn note_order(&mut self, at: usize, order: &MovingOrder, standing: Standing) -> Result<()> {
        let is_live = order.fact.word.final_word().is_none();
        if let (Standing::New, true, Some(home)) = (&standing, is_live, &order.home) {
            let sum = self.moved.costs.entry(home.currency.clone()).or_default();
            *sum = added(*sum, home.cost)?;
        }
        let charged = orders::charged(order);
        self.note(Item::Order(at), standing, charged, |moved| match is_live {
            true => &mut moved.live,
            false => &mut moved.closed,
        })
    }

    fn note(
        &mut self,
        what: Item,
        standing: Standing,
        money: Money,
        tally: impl Fn(&mut Moved) -> &mut Tally,
    ) -> Result<()> {
        let tally = tally(&mut self.moved);
        match standing {
            Standing::New => {
                tally.new = tally.new.saturating_add(1);
                tally.sum = added(tally.sum, money)?;
                self.new.insert(what);
            }
            Standing::Before => tally.before = tally.before.saturating_add(1),
            Standing::Clash(field, why) => self.moved.clashes.push(Clash { what, field, why }),
        }
        Ok(())
    }

    /// Those of them that are to be written.
    pub(super) fn new_among<'a, T>(
        &'a self,
        item: impl Fn(usize) -> Item + 'a,
        all: &'a [T],
    ) -> impl Iterator<Item = &'a T> {
        let numbered = all.iter().enumerate();
        numbered.filter_map(move |(at, one)| self.new.contains(&item(at)).then_some(one))
    }
}

/// The highest number of an order that moves; 0 without one.
pub(super) fn highest(moving: &Moving) -> i64 {
    let ids = moving.orders.iter().map(|order| order.id.0);
    ids.max().unwrap_or(0)
}

fn is_there(connection: &Connection, coming: &HashSet<&str>, name: &str) -> Result<bool> {
    Ok(coming.contains(name) || customers::find(connection, name)?.is_some())
}

fn nobody(name: &str) -> Standing {
    Standing::Clash("customer", format!("there is no customer `{name}`"))
}

fn added(sum: Money, more: Money) -> Result<Money> {
    sum.checked_add(more)
        .ok_or_else(|| StoreError::BadAmount("the sums do not fit into the books".to_owned()))
}
