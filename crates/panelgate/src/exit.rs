//! Exit codes: the one place where errors become numbers.

use std::io;
use std::process::ExitCode;

use panelgate_engine::{StartError, SyncError};
use panelgate_store::StoreError;

use crate::config::Diagnostics;
use crate::output;
use crate::store::OtherCurrency;

/// The running server says that the configuration is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadConfigurationAtServer(pub(crate) String);

/// It did not work.
const FAILED: u8 = 1;
/// The store cannot be reached (`EX_UNAVAILABLE`).
pub(crate) const STORE_UNREACHABLE: u8 = 69;
/// Another process holds the store (`EX_TEMPFAIL`).
const LOCKED: u8 = 75;
/// The configuration is wrong (`EX_CONFIG`).
const BAD_CONFIG: u8 = 78;

/// Says what went wrong and answers the code to end with.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if reader_went_away(error) {
        return ExitCode::SUCCESS; // `panelgate orders list | head` is no failure.
    }
    match error.downcast_ref::<Diagnostics>() {
        Some(diagnostics) => output::note(&diagnostics.render(output::colours())),
        None => output::note(&format!("error: {error:#}")),
    }
    ExitCode::from(code(error))
}

/// The store's error, also behind a start that failed.
fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    match error.downcast_ref::<StartError>() {
        Some(StartError::Store(error) | StartError::Catalogue(SyncError::Store(error))) => {
            Some(error)
        }
        _ => error.downcast_ref(),
    }
}

fn code(error: &anyhow::Error) -> u8 {
    if error.is::<Diagnostics>()
        || error.is::<OtherCurrency>()
        || error.is::<BadConfigurationAtServer>()
    {
        return BAD_CONFIG;
    }
    if let Some(
        StartError::MissingPanel { .. }
        | StartError::MovedPanel { .. }
        | StartError::Panel { .. }
        | StartError::Catalogue(SyncError::IdTaken { .. }),
    ) = error.downcast_ref()
    {
        return BAD_CONFIG;
    }
    match store_error(error) {
        Some(StoreError::Locked(_)) => LOCKED,
        Some(StoreError::OlderCopy(_)) => BAD_CONFIG,
        Some(StoreError::Database(_) | StoreError::NewerSchema { .. }) => STORE_UNREACHABLE,
        Some(StoreError::NotFound { what: "store", .. }) => STORE_UNREACHABLE,
        _ => FAILED,
    }
}

/// Ends the process here and now, for when going on could do harm.
pub(crate) fn now(code: u8) -> ! {
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary ends the process, here"
    )]
    std::process::exit(code.into())
}

fn reader_went_away(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_scripts_what_to_do() {
        let of = |error: StoreError| code(&anyhow::Error::new(error));
        assert_eq!(of(StoreError::Locked("x".into())), LOCKED);
        assert_eq!(of(StoreError::OlderCopy("x".into())), BAD_CONFIG);
        assert_eq!(of(StoreError::Database("x".into())), STORE_UNREACHABLE);
        assert_eq!(of(StoreError::NotEnoughFunds), FAILED);
        let missing = |what| StoreError::NotFound {
            what,
            name: "x".into(),
        };
        assert_eq!(of(missing("store")), STORE_UNREACHABLE);
        assert_eq!(of(missing("customer")), FAILED);
        let wrapped = anyhow::Error::new(StoreError::Locked("x".into())).context("opening");
        assert_eq!(code(&wrapped), LOCKED);
        let pipe = anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(reader_went_away(&pipe));
    }
}
