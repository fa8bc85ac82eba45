//! By how much panels' balances differ from the books, and since when.

use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::super::values;
use crate::api::Result;
use crate::error::StoreError;
use crate::model::{DRIFTS_OF_A_PANEL, Drift, Polled};

/// What the books say we have at a panel, unless an order is being sent there.
pub(super) fn standing(
    connection: &Connection,
    panel: &PanelName,
    currency: &Currency,
) -> Result<Option<Money>> {
    let sending = connection
        .prepare_cached(
            // Few are on their way, and a panel may have had millions.
            "SELECT 1 FROM orders INDEXED BY orders_by_state WHERE state = 'sending' AND panel = ?1",
        )?
        .exists([panel.as_str()])?;
    if sending {
        return Ok(None);
    }
    let booked = connection
        .prepare_cached(
            "SELECT balance FROM accounts WHERE panel = ?1 AND currency = ?2 AND kind = 'prepaid'",
        )?
        .query_row([panel.as_str(), currency.as_str()], |row| {
            values::money(row, 0)
        })
        .optional()?;
    Ok(Some(booked.unwrap_or(Money::ZERO)))
}

/// Goes on with the last one, or begins another.
pub(super) fn keep(connection: &Connection, polled: &Polled) -> Result<()> {
    let drift = polled.balance.checked_sub(polled.booked).ok_or_else(|| {
        StoreError::BadAmount(format!("a balance of {} is no balance", polled.balance))
    })?;
    let (panel, currency) = (polled.panel.as_str(), polled.currency.as_str());
    let last = connection
        .prepare_cached(
            "SELECT id, drift FROM panel_drifts WHERE panel = ?1 AND currency = ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row([panel, currency], |row| {
            Ok((row.get::<_, i64>(0)?, values::money(row, 1)?))
        })
        .optional()?;
    if let Some((id, _)) = last.filter(|(_, last)| *last == drift) {
        connection
            .prepare_cached("UPDATE panel_drifts SET until = max(until, ?2) WHERE id = ?1")?
            .execute(params![id, polled.at.0])?;
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO panel_drifts (panel, currency, drift, since, until) VALUES (?1, ?2, ?3, ?4, ?4)",
        )?
        .execute(params![panel, currency, drift.micros(), polled.at.0])?;
    connection
        .prepare_cached(
            "DELETE FROM panel_drifts WHERE id IN (
                 SELECT id FROM panel_drifts WHERE panel = ?1 AND currency = ?2
                 ORDER BY id DESC LIMIT -1 OFFSET ?3)",
        )?
        .execute(params![
            panel,
            currency,
            values::integer(DRIFTS_OF_A_PANEL)?
        ])?;
    Ok(())
}

/// Those that were seen since then.
pub(super) fn since(
    connection: &Connection,
    panel: Option<&PanelName>,
    since: Timestamp,
) -> Result<Vec<Drift>> {
    let mut query = connection.prepare_cached(
        "SELECT panel, currency, drift, since, until FROM panel_drifts
         WHERE until >= :since AND (:panel IS NULL OR panel = :panel) ORDER BY panel, currency, id",
    )?;
    let values = named_params! { ":since": since.0, ":panel": panel.map(PanelName::as_str) };
    let found = query.query_map(values, |row| {
        Ok(Drift {
            panel: PanelName::new(row.get::<_, String>("panel")?),
            currency: Currency::new(row.get::<_, String>("currency")?),
            drift: values::money(row, "drift")?,
            since: values::time(row, "since")?,
            until: values::time(row, "until")?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
