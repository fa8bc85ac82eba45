//! All that the configuration asks of the control socket.

use std::path::{Path, PathBuf};

/// Where the socket of a store lies.
pub(crate) fn socket_path(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".sock");
    path.into()
}
