//! Ids of services that customers know.

use std::collections::HashMap;
use std::path::Path;

use panelgate_domain::ids::{OfferId, PanelName, ServiceId};
pub(super) use panelgate_store::model::MovingService as Service;

use super::findings::Findings;
use super::sheet::{Cells, Columns, Rows, each_row, foreign_id, id, panel};
use crate::config::Config;

const COLUMNS: Columns = Columns {
    needed: &["id", "panel", "offer"],
    // For people: services are called what their panels, overrides and the operator call them.
    optional: &["name"],
};

#[derive(Default)]
struct Seen {
    ids: HashMap<ServiceId, usize>,
    offers: HashMap<(PanelName, OfferId), usize>,
}

pub(super) fn read(
    file: Option<&Path>,
    config: &Config,
    found: &mut Findings,
) -> anyhow::Result<Rows<Service>> {
    let mut seen = Seen::default();
    each_row(file, &COLUMNS, found, |cells| {
        service(cells, config, &mut seen)
    })
}

fn service(cells: &mut Cells<'_>, config: &Config, seen: &mut Seen) -> Option<Service> {
    let id = cells.read("id", id).map(ServiceId);
    let panel = cells.read("panel", |text| Ok(panel(config, text)?.name.clone()));
    let offer = cells.read("offer", |text| foreign_id(text).map(OfferId::from));
    let (id, panel, offer) = (id?, panel?, offer?);
    if config.definitions.hand_made.iter().any(|one| one.id == id) {
        cells.wrong(
            "id",
            format!("service {id} is made by hand in services.toml"),
        );
        return None;
    }
    cells.once("id", id, &mut seen.ids)?;
    cells.once("offer", (panel.clone(), offer.clone()), &mut seen.offers)?;
    Some(Service { id, panel, offer })
}
