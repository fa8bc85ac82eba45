//! The panels' lists, and the ids of what is imported from them.

use std::collections::HashMap;

use panelgate_domain::catalogue::{FIRST_IMPORTED_ID, ImportKey};
use panelgate_domain::ids::{Currency, MAX_ID, OfferId, PanelName, ServiceId};
use panelgate_domain::offer::{Offer, OfferList, SkipReason, Skipped};
use panelgate_domain::rate::Rate;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::values;
use crate::api::Result;
use crate::error::StoreError;

/// A list in its stored form; made outside the writer, because a list can be megabytes.
pub(super) struct Written {
    pub(super) panel: PanelName,
    pub(super) currency: Currency,
    pub(super) entries: String,
    pub(super) unreadable: String,
}

/// An offer as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredOffer {
    id: OfferId,
    name: String,
    category: String,
    type_word: String,
    rate: Rate,
    min: u64,
    max: u64,
    refill: bool,
    cancel: bool,
    dripfeed: Option<bool>,
}

/// An unreadable entry as it is stored: what had no usable value is a field, or it is a duplicate.
#[derive(Serialize, Deserialize)]
struct StoredSkip {
    offer: String,
    name: String,
    unreadable: Option<String>,
}

/// Brings a list into its stored form.
pub(super) fn write(list: &OfferList) -> Result<Written> {
    let entries: Vec<StoredOffer> = list.offers.iter().map(stored_offer).collect();
    let unreadable: Vec<StoredSkip> = list.unreadable.iter().filter_map(stored_skip).collect();
    Ok(Written {
        panel: list.panel.clone(),
        currency: list.currency.clone(),
        entries: json(&entries)?,
        unreadable: json(&unreadable)?,
    })
}

/// Replaces a panel's list, unless the stored one is newer. Answers whether it did.
pub(super) fn save(connection: &Connection, list: &Written, at: Timestamp) -> Result<bool> {
    let saved = connection
        .prepare_cached(
            "INSERT INTO offer_lists (panel, currency, entries, unreadable, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (panel) DO UPDATE SET currency = excluded.currency, entries = excluded.entries,
                                               unreadable = excluded.unreadable, at = excluded.at
             WHERE excluded.at >= offer_lists.at",
        )?
        .execute(params![list.panel.as_str(), list.currency.as_str(), list.entries, list.unreadable, at.0])?;
    Ok(saved > 0)
}

/// All lists.
pub(super) fn all(connection: &Connection) -> Result<Vec<OfferList>> {
    let mut query = connection.prepare_cached("SELECT * FROM offer_lists ORDER BY panel")?;
    let lists = query.query_map([], list)?;
    Ok(lists.collect::<rusqlite::Result<_>>()?)
}

/// A list in its stored form, read back.
pub(super) fn list(row: &Row<'_>) -> rusqlite::Result<OfferList> {
    let panel = PanelName::new(row.get::<_, String>("panel")?);
    let offers: Vec<StoredOffer> =
        values::read(row, "entries", |text| serde_json::from_str(text).ok())?;
    let skips: Vec<StoredSkip> =
        values::read(row, "unreadable", |text| serde_json::from_str(text).ok())?;
    Ok(OfferList {
        currency: Currency::new(row.get::<_, String>("currency")?),
        offers: offers.into_iter().map(offer).collect(),
        unreadable: skips
            .into_iter()
            .map(|skip| skipped(&panel, skip))
            .collect(),
        panel,
    })
}

/// Gives every key without one the next id, and remembers the reserved ones so that they are never given out later.
pub(super) fn assign(
    connection: &Connection,
    keys: &[ImportKey],
    reserved: &[ServiceId],
) -> Result<HashMap<ImportKey, ServiceId>> {
    let mut reserve = connection
        .prepare_cached("INSERT INTO service_ids (id) VALUES (?1) ON CONFLICT DO NOTHING")?;
    for id in reserved.iter().filter(|id| (1..=MAX_ID).contains(&id.0)) {
        reserve.execute([id.0])?;
    }
    let mut known = assigned(connection)?;
    let mut next = known
        .values()
        .map(|id| id.0.saturating_add(1))
        .max()
        .unwrap_or(0)
        .max(FIRST_IMPORTED_ID.0)
        .max(first_after_restore(connection)?);
    for key in keys {
        if !known.contains_key(key) {
            let id = insert_from(connection, next, key)?;
            next = id.0.saturating_add(1);
            known.insert(key.clone(), id);
        }
    }
    Ok(known)
}

/// A restored store does not know which ids were given out after its backup.
fn first_after_restore(connection: &Connection) -> Result<i64> {
    let mut query = connection
        .prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'first_service'")?;
    Ok(query
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

fn insert_from(
    connection: &Connection,
    first: i64,
    (panel, offer): &ImportKey,
) -> Result<ServiceId> {
    let mut insert = connection
        .prepare_cached("INSERT INTO service_ids (id, panel, offer) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING")?;
    let mut id = first;
    while insert.execute(params![id, panel.as_str(), offer.as_str()])? == 0 {
        id = id.saturating_add(1);
    }
    Ok(ServiceId(id))
}

fn assigned(connection: &Connection) -> Result<HashMap<ImportKey, ServiceId>> {
    let mut query = connection
        .prepare_cached("SELECT id, panel, offer FROM service_ids WHERE panel IS NOT NULL")?;
    let rows = query.query_map([], |row| {
        let key = (
            PanelName::new(row.get::<_, String>("panel")?),
            OfferId::new(row.get::<_, String>("offer")?),
        );
        Ok((key, ServiceId(row.get("id")?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn stored_offer(offer: &Offer) -> StoredOffer {
    let Offer {
        id,
        name,
        category,
        type_word,
        rate,
        min,
        max,
        refill,
        cancel,
        dripfeed,
    } = offer.clone();
    StoredOffer {
        id,
        name,
        category,
        type_word,
        rate,
        min,
        max,
        refill,
        cancel,
        dripfeed,
    }
}

fn offer(stored: StoredOffer) -> Offer {
    let StoredOffer {
        id,
        name,
        category,
        type_word,
        rate,
        min,
        max,
        refill,
        cancel,
        dripfeed,
    } = stored;
    Offer {
        id,
        name,
        category,
        type_word,
        rate,
        min,
        max,
        refill,
        cancel,
        dripfeed,
    }
}

/// The other reasons are not about reading: they are found again from the offers whenever a catalogue is built.
fn stored_skip(skipped: &Skipped) -> Option<StoredSkip> {
    let unreadable = match skipped.reason {
        SkipReason::Unreadable(field) => Some(field.to_owned()),
        SkipReason::DuplicateId => None,
        _ => return None,
    };
    Some(StoredSkip {
        offer: skipped.offer.clone(),
        name: skipped.name.clone(),
        unreadable,
    })
}

fn skipped(panel: &PanelName, stored: StoredSkip) -> Skipped {
    let known = |field: String| {
        FIELDS
            .into_iter()
            .find(|known| *known == field)
            .unwrap_or("field")
    };
    let reason = stored.unreadable.map_or(SkipReason::DuplicateId, |field| {
        SkipReason::Unreadable(known(field))
    });
    Skipped {
        panel: panel.clone(),
        offer: stored.offer,
        name: stored.name,
        reason,
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::BadAmount(format!("a list cannot be written: {error}")))
}

/// The fields of an entry, in the order of the API's documentation.
const FIELDS: [&str; 9] = [
    "service", "name", "type", "category", "rate", "min", "max", "refill", "cancel",
];
