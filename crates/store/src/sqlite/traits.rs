//! How panels speak, as it was learned from their answers.

use panelgate_domain::ids::PanelName;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::values;
use crate::api::Result;

/// A panel has a trait from now on, or has it no more. What is known already keeps its time.
pub(super) fn set(
    connection: &Connection,
    panel: &PanelName,
    learned: PanelTrait,
    on: bool,
    at: Timestamp,
) -> Result<()> {
    if on {
        connection
            .prepare_cached(
                "INSERT INTO panel_traits (panel, trait, at) VALUES (?1, ?2, ?3) ON CONFLICT (panel, trait) DO NOTHING",
            )?
            .execute(params![panel.as_str(), learned.word(), at.0])?;
    } else {
        connection
            .prepare_cached("DELETE FROM panel_traits WHERE panel = ?1 AND trait = ?2")?
            .execute([panel.as_str(), learned.word()])?;
    }
    Ok(())
}

/// Of all panels.
pub(super) fn all(connection: &Connection) -> Result<Vec<(PanelName, PanelTrait)>> {
    let mut query =
        connection.prepare_cached("SELECT panel, trait FROM panel_traits ORDER BY panel, trait")?;
    let rows = query.query_map([], |row| {
        Ok((
            PanelName::new(row.get::<_, String>("panel")?),
            values::read(row, "trait", PanelTrait::parse)?,
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
