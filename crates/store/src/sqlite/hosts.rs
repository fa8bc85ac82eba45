//! Where each panel's orders are.

use std::collections::HashMap;

use panelgate_domain::ids::PanelName;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::api::Result;

/// A panel is at this host from now on.
pub(super) fn set(
    connection: &Connection,
    panel: &PanelName,
    host: &str,
    at: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO panel_hosts (panel, host, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (panel) DO UPDATE SET host = excluded.host, at = excluded.at WHERE host <> excluded.host",
        )?
        .execute(params![panel.as_str(), host, at.0])?;
    Ok(())
}

/// The hosts of all panels that ever served.
pub(super) fn all(connection: &Connection) -> Result<HashMap<PanelName, String>> {
    let mut query = connection.prepare_cached("SELECT panel, host FROM panel_hosts")?;
    let rows = query.query_map([], |row| {
        Ok((PanelName::new(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
