//! `verify`: do the books hold?

use std::path::Path;

use anyhow::bail;
use panelgate_store::model::Violation;
use panelgate_store::{Store, StoreError};

use crate::config::{Config, Keys};
use crate::output;
use crate::store::{Missing, with_store};

/// Checks the invariants on one snapshot of the store; every violation is a line on stdout.
pub(crate) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let violations = with_store(&config, Missing::Refuse, async |store| {
        Ok(look(store).await?)
    })
    .await?;
    for violation in &violations {
        output::say(&format!(
            "invariant {}: {}",
            violation.invariant, violation.text
        ))?;
    }
    match violations.len() {
        0 => Ok(output::say("all invariants hold")?),
        1 => bail!("1 violation"),
        many => bail!("{many} violations"),
    }
}

/// What is wrong with a store.
pub(super) async fn look(store: &dyn Store) -> Result<Vec<Violation>, StoreError> {
    output::busy("checking every order and every entry", store.verify()).await
}
