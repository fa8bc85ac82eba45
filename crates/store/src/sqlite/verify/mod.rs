//! Checks the invariants marked (s) in `money.md` on one snapshot, without the code that writes: the books are read row by
//! row and added up here, in 128 bits, so that not even a forged sum can overflow unseen.

mod archive;
mod books;
mod families;
mod moved;
mod orders;

use panelgate_domain::ids::OrderId;
use rusqlite::Connection;

use crate::api::Result;
use crate::model::Violation;

/// Everything that is wrong, at most [`MOST`] of it.
pub(super) fn verify(connection: &Connection) -> Result<Vec<Violation>> {
    let mut found = Findings::default();
    books::transfers_balance(connection, &mut found)?;
    books::balances_chain(connection, &mut found)?;
    books::holds_were_covered(connection, &mut found)?;
    orders::holds_are_resolved_once(connection, &mut found)?;
    orders::held_is_what_live_orders_hold(connection, &mut found)?;
    orders::live_orders_are_counted(connection, &mut found)?;
    families::families_share_one_hold(connection, &mut found)?;
    orders::upstream_ids_are_unique(connection, &mut found)?;
    archive::nothing_is_nobodys(connection, &mut found)?;
    archive::stubs_agree_with_the_books(connection, &mut found)?;
    Ok(found.violations)
}

/// Whether there is nothing wrong with the money of an order.
pub(super) fn is_sound(connection: &Connection, order: OrderId) -> Result<bool> {
    let mut found = Findings::default();
    orders::hold_is_resolved_once(connection, order, &mut found)?;
    Ok(found.violations.is_empty())
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings {
    violations: Vec<Violation>,
}

impl Findings {
    fn add(&mut self, invariant: u8, text: String) {
        if self.violations.len() < MOST {
            self.violations.push(Violation { invariant, text });
        }
    }

    /// Adds the text unless the invariant holds.
    fn check(&mut self, invariant: u8, holds: bool, text: impl FnOnce() -> String) {
        if !holds {
            self.add(invariant, text());
        }
    }
}

/// An amount that may be beyond what the books can hold, in micros, written as money.
fn written(micros: i128) -> String {
    match i64::try_from(micros) {
        Ok(micros) => panelgate_domain::money::Money::from_micros(micros).to_string(),
        Err(_) => format!("{micros} micros"),
    }
}

/// Books that are wrong in more places are wrong enough.
const MOST: usize = 1_000;
