//! The two files of `[server.tls]`, and what was read from them.

use std::path::{Path, PathBuf};

use panelgate_edge::Certificate;
use sha2::{Digest, Sha256};

/// `[server.tls]`
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// Where the certificates are.
    pub(crate) certificate_file: PathBuf,
    /// Where the key is.
    pub(crate) key_file: PathBuf,
    /// What both say; `None` if the configuration was loaded without keys.
    pub(crate) certificate: Option<Certificate>,
    digest: [u8; 32],
}

impl Tls {
    /// For these files, which are not read.
    pub(crate) const fn new(certificate_file: PathBuf, key_file: PathBuf) -> Self {
        Self {
            certificate_file,
            key_file,
            certificate: None,
            digest: [0; 32],
        }
    }

    /// Keeps what was read from both.
    pub(crate) fn take(&mut self, read: Certificate, certificates: &[u8], key: &[u8]) {
        self.certificate = Some(read);
        self.digest = digest(certificates, key);
    }

    /// SHA-256 over both files as they were when they were read.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The same as they are now; a file that cannot be read counts as empty.
    pub(crate) fn digest_now(&self) -> [u8; 32] {
        let read = |path: &Path| std::fs::read(path).unwrap_or_default();
        digest(&read(&self.certificate_file), &read(&self.key_file))
    }
}

fn digest(certificates: &[u8], key: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for bytes in [certificates, key] {
        // The length keeps text from wandering between files unseen.
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().into()
}
