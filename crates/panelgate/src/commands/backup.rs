//! `backup` and `restore`: a copy of the store, and a store of a copy.

use std::path::Path;

use panelgate_domain::ids::PanelName;
use panelgate_engine::{Clock, SystemClock};
use panelgate_store::sqlite::{Charges, Homes, Options, Restored, Role, SqliteStore};

use super::verify;
use crate::config::{Config, Keys, Panel};
use crate::output;

/// Copies the store, whoever uses it.
pub(crate) async fn backup(config: &Path, to: &Path) -> anyhow::Result<()> {
    let config = Config::load(config, Keys::Leave)?;
    let store = SqliteStore::open(&config.store_path, Role::Beside, Options::default())?;
    let copied = output::busy("copying the store", store.backup(to)).await;
    store.close().await;
    copied?;
    output::say(&format!("{} is a backup", to.display()))?;
    Ok(())
}

/// Makes a store of a copy, and says what is left to do.
pub(crate) async fn restore(config: &Path, from: &Path) -> anyhow::Result<()> {
    let config = Config::load(config, Keys::Leave)?;
    let Some(first) = config.panels.first() else {
        anyhow::bail!(
            "there is no panel in the configuration: nobody could ask what became of orders"
        );
    };
    let by_hand = config.definitions.hand_made.iter();
    let homes = Homes {
        services: by_hand
            .filter_map(|service| Some((service.id, service.routes.first()?.panel.clone())))
            .collect(),
        otherwise: first.name.clone(),
        charges: config.panels.iter().map(charges).collect(),
    };
    let (from, to, now) = (
        from.to_owned(),
        config.store_path.clone(),
        SystemClock.now(),
    );
    let restoring = move || SqliteStore::restore(&from, &to, &homes, now);
    let restoring = tokio::task::spawn_blocking(restoring);
    let restored = output::busy("making a store of the copy", restoring).await??;
    say(&restored)?;
    check(&config).await
}

fn charges(panel: &Panel) -> (PanelName, Charges) {
    let charges = Charges {
        currency: panel.currency.clone(),
        posts: panel.posts,
    };
    (panel.name.clone(), charges)
}

fn say(restored: &Restored) -> anyhow::Result<()> {
    let Restored {
        unconfirmed,
        next_order,
        before,
    } = restored;
    if let Some(before) = before {
        output::say(&format!("what was there is {}", before.display()))?;
    }
    output::say(&format!(
        "{unconfirmed} orders may have been sent since the backup: `panelgate orders list --state unconfirmed`"
    ))?;
    output::say(&format!("the next order is {next_order}"))?;
    output::say(
        "top-ups, customers, keys and revocations after the backup are not in it; `panelgate resume` lets new orders leave",
    )?;
    Ok(())
}

/// The books of the backup, as they are now.
async fn check(config: &Config) -> anyhow::Result<()> {
    let store = SqliteStore::open(&config.store_path, Role::Beside, Options::default())?;
    let violations = verify::look(&store).await;
    store.close().await;
    match violations?.len() {
        0 => Ok(output::say("all invariants hold")?),
        many => anyhow::bail!("{many} violations: `panelgate verify` names them"),
    }
}
