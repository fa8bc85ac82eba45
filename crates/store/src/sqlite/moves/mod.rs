//! What moves in from another panel: the methods of [`Moves`].
//!
//! Everything is looked at first: it is new, it is here already just so, or it clashes with what is here. Only a move without a
//! clash writes, and only what is new.

mod customers;
mod keys;
mod orders;
mod plan;
mod services;

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;

use self::plan::Plan;
use super::SqliteStore;
use super::newest::Mark;
use crate::api::Result;
use crate::model::{Item, Moved, Moving};
use crate::moves::Moves;

#[async_trait]
impl Moves for SqliteStore {
    async fn plan_move(&self, moving: Arc<Moving>) -> Result<Moved> {
        self.read(move |c| Ok(Plan::new(c, &moving)?.moved)).await
    }

    async fn move_in(&self, moving: Arc<Moving>) -> Result<Moved> {
        let moved = self.write(move |c| move_in(c, &moving)).await?;
        self.tell_newest().await;
        Ok(moved)
    }
}

fn move_in(connection: &Connection, moving: &Moving) -> Result<Moved> {
    let plan = Plan::new(connection, moving)?;
    if !plan.moved.clashes.is_empty() {
        return Ok(plan.moved);
    }
    for service in plan.new_among(Item::Service, &moving.services) {
        services::write(connection, service)?;
    }
    for customer in plan.new_among(Item::Customer, &moving.customers) {
        customers::write(connection, moving, customer)?;
    }
    for key in plan.new_among(Item::Key, &moving.keys) {
        keys::write(connection, moving, key)?;
    }
    for order in plan.new_among(Item::Order, &moving.orders) {
        orders::write(connection, moving, order)?;
    }
    keep_highest(connection, moving)?;
    Ok(plan.moved)
}

/// An older copy of the store does not have these orders.
fn keep_highest(connection: &Connection, moving: &Moving) -> Result<()> {
    let known = Mark::of(connection)?;
    let highest = Mark {
        orders: plan::highest(moving),
        ..known
    };
    known.max(highest).keep(connection)
}
