//! What syncs leave behind: baselines, the history of offers, and lists that are not believed.

use std::collections::HashMap;

use panelgate_domain::ids::{Currency, OfferId, PanelName};
use panelgate_domain::rate::Rate;
use panelgate_domain::sync::{Baseline, Baselines, Change, ChangeKind, Distrust};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::offers::{self, Written};
use super::values;
use crate::api::Result;
use crate::model::{HISTORY_OF_AN_OFFER, HistoryLine, Suspect, Synced};

/// Keeps a sync, unless the stored list is newer: then nothing of it is kept.
pub(super) fn keep(connection: &Connection, sync: &Synced, list: Option<&Written>) -> Result<()> {
    if let Some(list) = list
        && !offers::save(connection, list, sync.at)?
    {
        return Ok(());
    }
    forget_suspect(connection, &sync.panel)?;
    let mut save = connection.prepare_cached(
        "INSERT INTO baselines (panel, offer, rate, currency, basis, type_word, name, category, min, max, refill, cancel, at, gone)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT (panel, offer) DO UPDATE SET
             rate = excluded.rate, currency = excluded.currency, basis = excluded.basis, type_word = excluded.type_word,
             name = excluded.name, category = excluded.category, min = excluded.min, max = excluded.max,
             refill = excluded.refill, cancel = excluded.cancel, at = excluded.at, gone = excluded.gone",
    )?;
    for (offer, baseline) in &sync.baselines {
        save.execute(params![
            sync.panel.as_str(),
            offer.as_str(),
            baseline.rate.decimal().to_string(),
            baseline.currency.as_str(),
            baseline.basis.decimal().to_string(),
            baseline.type_word,
            baseline.name,
            baseline.category,
            within(baseline.min),
            within(baseline.max),
            baseline.refill,
            baseline.cancel,
            baseline.at.0,
            baseline.gone.map(|at| at.0),
        ])?;
    }
    append(connection, sync)
}

/// What happened to offers. Of each only the newest lines stay.
fn append(connection: &Connection, sync: &Synced) -> Result<()> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM offer_history WHERE panel = ?1 AND offer = ?2 AND id <= (
             SELECT id FROM offer_history WHERE panel = ?1 AND offer = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
    )?;
    let mut append = connection.prepare_cached(
        "INSERT INTO offer_history (panel, offer, kind, rate, currency, text, actor, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for change in &sync.changes {
        append.execute(params![
            sync.panel.as_str(),
            change.offer.as_str(),
            change.kind.word(),
            change.rate.decimal().to_string(),
            change.currency.as_str(),
            change.text,
            sync.actor,
            sync.at.0,
        ])?;
        forget.execute(params![
            sync.panel.as_str(),
            change.offer.as_str(),
            within(HISTORY_OF_AN_OFFER)
        ])?;
    }
    Ok(())
}

/// Of all panels.
pub(super) fn baselines(connection: &Connection) -> Result<HashMap<PanelName, Baselines>> {
    let mut query = connection.prepare_cached("SELECT * FROM baselines ORDER BY panel")?;
    let mut rows = query.query([])?;
    let mut found: HashMap<PanelName, Baselines> = HashMap::new();
    while let Some(row) = rows.next()? {
        let panel = PanelName::new(row.get::<_, String>("panel")?);
        let offer = OfferId::new(row.get::<_, String>("offer")?);
        found
            .entry(panel)
            .or_default()
            .insert(offer, baseline(row)?);
    }
    Ok(found)
}

fn baseline(row: &Row<'_>) -> rusqlite::Result<Baseline> {
    Ok(Baseline {
        rate: values::read(row, "rate", Rate::parse)?,
        currency: Currency::new(row.get::<_, String>("currency")?),
        basis: values::read(row, "basis", Rate::parse)?,
        type_word: row.get("type_word")?,
        name: row.get("name")?,
        category: row.get("category")?,
        min: row.get::<_, i64>("min")?.unsigned_abs(),
        max: row.get::<_, i64>("max")?.unsigned_abs(),
        refill: row.get("refill")?,
        cancel: row.get("cancel")?,
        at: Timestamp(row.get("at")?),
        gone: row.get::<_, Option<i64>>("gone")?.map(Timestamp),
    })
}

/// The last changes of an offer, newest first.
pub(super) fn history(
    connection: &Connection,
    panel: &PanelName,
    offer: &OfferId,
    limit: u64,
) -> Result<Vec<HistoryLine>> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM offer_history WHERE panel = ?1 AND offer = ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = query.query_map(
        params![panel.as_str(), offer.as_str(), within(limit)],
        |row| {
            Ok(HistoryLine {
                change: Change {
                    offer: offer.clone(),
                    kind: values::read(row, "kind", ChangeKind::parse)?,
                    rate: values::read(row, "rate", Rate::parse)?,
                    currency: Currency::new(row.get::<_, String>("currency")?),
                    text: row.get("text")?,
                },
                actor: row.get("actor")?,
                at: Timestamp(row.get("at")?),
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps the last list of a panel that is not believed.
pub(super) fn suspect(
    connection: &Connection,
    list: &Written,
    reason: Distrust,
    at: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO suspect_lists (panel, currency, entries, unreadable, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (panel) DO UPDATE SET currency = excluded.currency, entries = excluded.entries,
                 unreadable = excluded.unreadable, reason = excluded.reason, at = excluded.at",
        )?
        .execute(params![
            list.panel.as_str(),
            list.currency.as_str(),
            list.entries,
            list.unreadable,
            reason.word(),
            at.0
        ])?;
    Ok(())
}

fn forget_suspect(connection: &Connection, panel: &PanelName) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM suspect_lists WHERE panel = ?1")?
        .execute([panel.as_str()])?;
    Ok(())
}

/// Lists that are not believed, of all panels.
pub(super) fn suspects(connection: &Connection) -> Result<Vec<Suspect>> {
    let mut query = connection.prepare_cached("SELECT * FROM suspect_lists ORDER BY panel")?;
    let rows = query.query_map([], |row| {
        Ok(Suspect {
            list: offers::list(row)?,
            reason: values::read(row, "reason", Distrust::parse)?,
            at: Timestamp(row.get("at")?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Quantities are compared, never counted with: one beyond 2⁶³ is cut there.
fn within(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}
