//! The store, opened beside a server that may be running, or in its place.

use std::sync::Arc;

use panelgate_domain::ids::Currency;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreError};

use crate::config::Config;
use crate::control::client;
use crate::control::protocol::Request;
use crate::exit;
use crate::output;

/// What happens if there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is made.
    Create,
    /// It is an error: whoever asks expects something to be there.
    Refuse,
}

/// The books are kept in another currency than the configuration says.
#[derive(Debug, thiserror::Error)]
#[error(
    "the books are kept in {books}, but [money] currency is {configured}: the currency of a store is for ever"
)]
pub(crate) struct OtherCurrency {
    books: String,
    configured: Currency,
}

/// Opens the store beside whoever uses it too, does the work, and closes the store whatever came of it.
///
/// # Errors
/// Those of the work, those of the store, and [`OtherCurrency`].
pub(crate) async fn with_store<T>(
    config: &Config,
    missing: Missing,
    work: impl AsyncFnOnce(&dyn Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    with_file(config, missing, async |store| work(store).await).await
}

/// The same with all that a store in a file can do.
///
/// # Errors
/// Those of [`with_store`].
pub(crate) async fn with_file<T>(
    config: &Config,
    missing: Missing,
    work: impl AsyncFnOnce(&SqliteStore) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    open_for(config, Role::Beside, missing, work).await
}

/// The same, in the place of a server: none can run or start meanwhile.
///
/// # Errors
/// Those of [`with_store`], and [`StoreError::Locked`] if there is a server; then nothing was done.
pub(crate) async fn with_store_to_itself<T>(
    config: &Config,
    missing: Missing,
    work: impl AsyncFnOnce(&dyn Store) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let work = async |store: &SqliteStore| work(store).await;
    open_for(config, Role::Serve, missing, work).await
}

async fn open_for<T>(
    config: &Config,
    role: Role,
    missing: Missing,
    work: impl AsyncFnOnce(&SqliteStore) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let options = Options {
        create: missing == Missing::Create,
        // Nobody is ever told what became of a commit that failed, so there is nothing to wait for.
        on_fatal: Arc::new(|why| {
            output::note(&format!(
                "error: {why}; whether it is booked shows when the store works again"
            ));
            exit::now(exit::STORE_UNREACHABLE)
        }),
        ..Options::default()
    };
    let store = match SqliteStore::open(&config.store_path, role, options) {
        Err(error @ StoreError::NotFound { .. }) => {
            return Err(anyhow::Error::new(error).context(NO_STORE));
        }
        opened => opened?,
    };
    let done = match fix_currency(&store, &config.money.currency).await {
        Ok(()) => work(&store).await,
        Err(error) => Err(error),
    };
    let has_written = store.has_written();
    store.close().await;
    if role == Role::Beside && has_written {
        // A server sees it soon by itself; when the command is done, it is to be in force.
        client::tell(&config.store_path, &Request::Written {});
    }
    done
}

/// Books are kept in one currency, for ever.
pub(crate) async fn fix_currency(store: &dyn Store, currency: &Currency) -> anyhow::Result<()> {
    match store.fix_currency(currency).await {
        Err(StoreError::Exists { name, .. }) => Err(OtherCurrency {
            books: name,
            configured: currency.clone(),
        }
        .into()),
        other => Ok(other?),
    }
}

const NO_STORE: &str = "`panelgate customer add` and `panelgate serve` make the store";
