//! What gets no new orders because an operator says so.

use panelgate_domain::ids::PanelName;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::api::Result;

/// Stops or starts new orders at a panel, or everywhere.
pub(super) fn set(
    connection: &Connection,
    panel: Option<&PanelName>,
    paused: bool,
    at: Timestamp,
) -> Result<()> {
    let name = panel.map_or("", PanelName::as_str);
    if paused {
        connection.execute(
            "INSERT INTO pauses (panel, at) VALUES (?1, ?2) ON CONFLICT (panel) DO NOTHING",
            params![name, at.0],
        )?;
    } else {
        connection.execute("DELETE FROM pauses WHERE panel = ?1", [name])?;
    }
    Ok(())
}

/// What is paused.
pub(super) fn all(connection: &Connection) -> Result<Vec<Option<PanelName>>> {
    let mut query = connection.prepare_cached("SELECT panel FROM pauses ORDER BY panel")?;
    let names = query.query_map([], |row| row.get::<_, String>(0))?;
    let names = names.map(|name| {
        name.map(|name| {
            Some(name)
                .filter(|name| !name.is_empty())
                .map(PanelName::new)
        })
    });
    Ok(names.collect::<rusqlite::Result<_>>()?)
}
