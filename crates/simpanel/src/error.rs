//! Why a panel does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use panelgate_wire::answer::AnswerError;

/// Why a panel does not start, or does not change its list.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// Somebody else listens there, or nobody may.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be read, or written.
    #[error("cannot open {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The list is no answer to `services`.
    #[error("the catalogue is no list of services")]
    Catalogue(#[source] AnswerError),
}
