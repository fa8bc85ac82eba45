//! `panels …`: the upstream panels, and what was paid to them.

use std::path::Path;

use anyhow::anyhow;
use panelgate_domain::money::Money;
use panelgate_store::model::Deposit;

use super::{operate, say_booked};
use crate::cli::Panels;
use crate::clock;
use crate::config::{self, Config, Keys, Panel};
use crate::control::protocol::Request;
use crate::output::{self, Form};
use crate::store::{Missing, with_store};

/// Does what the command says.
pub(crate) async fn run(path: &Path, command: Panels) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    match command {
        Panels::List(as_json) => {
            operate::run(&config, Request::Panels {}, Form::json_if(as_json.json)).await
        }
        Panels::Pause { panel } => operate::pause_panel(&config, &panel, true).await,
        Panels::Resume { panel } => operate::pause_panel(&config, &panel, false).await,
        Panels::Adopt { panel } => adopt(&config, &panel).await,
        Panels::Deposit {
            panel,
            amount,
            reference,
        } => {
            let deposit = deposit(named(&config, &panel)?, amount, reference);
            let booked = with_store(&config, Missing::Create, async |store| {
                Ok(store.deposit(deposit).await?)
            });
            say_booked(booked.await?)
        }
    }
}

/// From now on the panel's orders are on the host that the configuration names.
async fn adopt(config: &Config, panel: &str) -> anyhow::Result<()> {
    let panel = named(config, panel)?;
    let host = panel.url.host_str().unwrap_or_default();
    with_store(config, Missing::Refuse, async |store| {
        Ok(store
            .set_panel_host(&panel.name, host, clock::now())
            .await?)
    })
    .await?;
    output::say(&format!("panel `{}` is on {host}", panel.name))?;
    Ok(())
}

/// The panel of this name, or which ones there are.
pub(super) fn named<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a Panel> {
    let found = config
        .panels
        .iter()
        .find(|panel| panel.name.as_str() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = config
            .panels
            .iter()
            .map(|panel| panel.name.as_str())
            .collect();
        let hint = config::suggest(name, &names, "the configuration has none");
        anyhow!("there is no panel `{name}`: {hint}")
    })
}

fn deposit(panel: &Panel, amount: Money, reference: String) -> Deposit {
    Deposit {
        panel: panel.name.clone(),
        currency: panel.currency.clone(),
        amount,
        reference,
        at: clock::now(),
    }
}
