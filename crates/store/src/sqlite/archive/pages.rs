//! A page of old orders: chosen, and later replaced by stubs.

use std::collections::BTreeMap;

use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::copy::{self, Whole};
use super::judge::{self, Judged};
use super::{Place, Selection, stubs, sums};
use crate::api::Result;
use crate::sqlite::values;

/// The next page. Nothing ends before it is opened, so it is walked by that.
pub(super) fn select(
    connection: &Connection,
    before: Timestamp,
    from: Option<Place>,
) -> Result<Selection> {
    let from = from.unwrap_or(Place {
        created: i64::MIN,
        order: 0,
    });
    let mut selection = Selection {
        families: Vec::new(),
        kept: BTreeMap::new(),
        next: None,
        before,
    };
    let mut query = connection.prepare_cached(
        "SELECT created, id FROM orders INDEXED BY orders_by_time
         WHERE created < ?1 AND (created, id) > (?2, ?3) AND parent IS NULL ORDER BY created, id LIMIT ?4",
    )?;
    let values = params![
        before.0,
        from.created,
        from.order,
        values::integer(LOOKED_AT)?
    ];
    let mut rows = query.query(values)?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let place = Place {
            created: row.get(0)?,
            order: row.get(1)?,
        };
        match judge::judge(connection, OrderId(place.order), before)? {
            Judged::MayGo(whole) => selection.families.push(whole),
            Judged::Kept(why, orders) => *selection.kept.entry(why).or_default() += orders,
        }
        looked_at += 1;
        if looked_at == LOOKED_AT || selection.orders() >= A_PAGE {
            selection.next = Some(place);
            break;
        }
    }
    Ok(selection)
}

/// Replaces what is still as it was selected.
pub(super) fn leave_stubs(
    connection: &Connection,
    file: &str,
    selection: &Selection,
    at: Timestamp,
) -> Result<u64> {
    let mut gone = 0;
    let mut archive = None;
    for copied in &selection.families {
        // Whatever happened to it since it was selected shows in its rows.
        let whole = match judge::judge(connection, copied.root, selection.before)? {
            Judged::MayGo(whole) if whole == *copied => whole,
            _ => continue,
        };
        let id = match archive {
            Some(id) => id,
            None => *archive.insert(note(connection, file, at)?),
        };
        for stub in &whole.stubs {
            stubs::insert(connection, stub, id)?;
            sums::add(connection, stub)?;
        }
        copy::remove(connection, &whole)?;
        count(connection, id, &whole)?;
        gone += u64::try_from(whole.members.len()).unwrap_or(0);
    }
    Ok(gone)
}

/// The archive's number.
fn note(connection: &Connection, file: &str, at: Timestamp) -> Result<i64> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO archives (file, orders, opened_until, at) VALUES (?1, 0, ?2, ?3)
         ON CONFLICT (file) DO UPDATE SET at = excluded.at RETURNING id",
    )?;
    Ok(insert.query_row(params![file, i64::MIN, at.0], |row| row.get(0))?)
}

fn count(connection: &Connection, archive: i64, whole: &Whole) -> Result<()> {
    let opened = whole.stubs.iter().map(|stub| stub.stub.created.0).max();
    connection
        .prepare_cached(
            "UPDATE archives SET orders = orders + ?2, opened_until = max(opened_until, ?3) WHERE id = ?1",
        )?
        .execute(params![
            archive,
            i64::try_from(whole.members.len()).unwrap_or(i64::MAX),
            opened
        ])?;
    Ok(())
}

/// So many orders go in one transaction, and one family more: others that write wait for no longer than that takes.
const A_PAGE: u64 = 100;

/// So many are looked at for it.
const LOOKED_AT: u64 = 2_000;
