//! The control socket: how commands reach a running server, so that all calls to a panel leave through its desks.
//!
//! One JSON object in, one out, on a Unix socket beside the store that only its owner may use.

pub(crate) mod client;
pub(crate) mod diff;
pub(crate) mod protocol;
pub(crate) mod server;
pub(crate) mod status;

use std::path::{Path, PathBuf};

/// Where the socket of a store lies.
pub(crate) fn socket_path(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".sock");
    path.into()
}
