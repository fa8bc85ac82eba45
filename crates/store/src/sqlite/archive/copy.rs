//! All that hangs on an order, row by row: to be compared, copied, and removed.

use panelgate_domain::ids::OrderId;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::stubs::NewStub;
use crate::api::Result;
use crate::error::StoreError;

/// An order and all of its family, with everything that an archive keeps of them. Two are equal if nothing has happened in between.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whole {
    /// The parent, or the order itself.
    pub(super) root: OrderId,
    /// The root first, then its children.
    pub(super) members: Vec<OrderId>,
    /// Of each of [`TABLES`].
    pub(super) rows: Rows,
    /// What will be left.
    pub(super) stubs: Vec<NewStub>,
}

/// The tables of an archive, with the column that says whose a row is. Transfers and refills stay in the store.
pub(super) const TABLES: [(&str, &str); 3] = [
    ("orders", "id"),
    ("placements", "order_id"),
    ("order_events", "order_id"),
];

/// The rows of each table.
pub(super) type Rows = [Vec<Vec<Value>>; TABLES.len()];

/// The columns of each table.
pub(super) type Columns = [Vec<String>; TABLES.len()];

/// As they are in the store.
pub(super) fn read(connection: &Connection, members: &[OrderId]) -> Result<Rows> {
    read_columns(connection, members, |_| "*".to_owned())
}

/// As they are in an archive, where columns may stand otherwise.
pub(super) fn read_archived(
    connection: &Connection,
    members: &[OrderId],
    columns: &Columns,
) -> Result<Rows> {
    read_columns(connection, members, |table| columns[table].join(", "))
}

fn read_columns(
    connection: &Connection,
    members: &[OrderId],
    columns: impl Fn(usize) -> String,
) -> Result<Rows> {
    let mut all = Rows::default();
    for (at, ((table, owner), found)) in TABLES.iter().zip(&mut all).enumerate() {
        let columns = columns(at);
        let sql = format!("SELECT {columns} FROM {table} WHERE {owner} = ?1 ORDER BY id");
        let mut query = connection.prepare_cached(&sql)?;
        let width = query.column_count();
        for member in members {
            let mut rows = query.query([member.0])?;
            while let Some(row) = rows.next()? {
                let values = (0..width).map(|at| row.get(at));
                found.push(values.collect::<rusqlite::Result<_>>()?);
            }
        }
    }
    Ok(all)
}

/// Takes them out of the store; triggers see to it that each has left a stub.
pub(super) fn remove(connection: &Connection, whole: &Whole) -> Result<()> {
    // Children first, which refer to their parent.
    for member in whole.members.iter().rev() {
        // A customer's name for an order is forgotten after a day, and what they did not hear after minutes.
        for table in ["idempotency_keys", "unheard", "placements", "order_events"] {
            let sql = format!("DELETE FROM {table} WHERE order_id = ?1");
            connection.prepare_cached(&sql)?.execute([member.0])?;
        }
        let removed = connection
            .prepare_cached("DELETE FROM orders WHERE id = ?1 AND state = 'closed'")?
            .execute([member.0])?;
        if removed != 1 {
            return Err(StoreError::Corrupt(format!(
                "order {member} was not there to be removed"
            )));
        }
    }
    Ok(())
}
