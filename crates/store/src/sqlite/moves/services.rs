//! Ids of services that customers know.

use panelgate_domain::ids::ServiceId;
use rusqlite::{Connection, OptionalExtension, params};

use super::plan::Standing;
use crate::api::Result;
use crate::model::MovingService;

pub(super) fn look(connection: &Connection, service: &MovingService) -> Result<Standing> {
    let (panel, offer) = (service.panel.as_str(), service.offer.as_str());
    let of_id: Option<(Option<String>, Option<String>)> = connection
        .prepare_cached("SELECT panel, offer FROM service_ids WHERE id = ?1")?
        .query_row([service.id.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let of_offer: Option<ServiceId> = connection
        .prepare_cached("SELECT id FROM service_ids WHERE panel = ?1 AND offer = ?2")?
        .query_row([panel, offer], |row| row.get(0).map(ServiceId))
        .optional()?;
    let id = service.id;
    Ok(match (of_id, of_offer) {
        (_, Some(known)) if known == id => Standing::Before,
        (Some((Some(panel), Some(offer))), _) => {
            Standing::Clash("id", format!("service {id} is offer {offer} of {panel}"))
        }
        (Some(_), _) => Standing::Clash("id", format!("service {id} is or was made by hand")),
        (None, Some(known)) => Standing::Clash(
            "offer",
            format!("offer {offer} of {panel} is service {known}, and that is for ever"),
        ),
        (None, None) => Standing::New,
    })
}

pub(super) fn write(connection: &Connection, service: &MovingService) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO service_ids (id, panel, offer) VALUES (?1, ?2, ?3)")?
        .execute(params![
            service.id.0,
            service.panel.as_str(),
            service.offer.as_str()
        ])?;
    Ok(())
}
