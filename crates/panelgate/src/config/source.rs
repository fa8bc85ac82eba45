//! The three files, as they were read.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::mask;

/// Which of the three files something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileId {
    /// `panelgate.toml`: where we run.
    Main,
    /// `markup.toml`: what we earn.
    Markup,
    /// `services.toml`: what we sell.
    Services,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it is, as it is shown to people.
    pub(crate) path: PathBuf,
    /// What is in it. Bytes that are not UTF-8 are replaced, so that errors can still point into it.
    pub(crate) text: String,
    /// Why there is no text, or how far it is UTF-8.
    pub(crate) trouble: Option<Trouble>,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no such file.
    Missing,
    /// It cannot be read.
    Unreadable(String),
    /// From this byte on it is not UTF-8.
    NotUtf8(usize),
}

/// All three, read at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    files: [Source; 3],
    folder: PathBuf,
    digest: [u8; 32],
}

impl Sources {
    /// Reads `main` and the two files beside it. Never fails: what cannot be read is said in the [`Source`].
    pub(crate) fn read(main: &Path) -> Self {
        Self::read_with_markup(main, None)
    }

    /// The same, with another file in the place of `markup.toml` if one is named.
    pub(crate) fn read_with_markup(main: &Path, markup: Option<&Path>) -> Self {
        let folder = match main.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let beside = |name: &str| main.parent().unwrap_or(Path::new("")).join(name);
        let paths = [
            main.to_owned(),
            markup.map_or_else(|| beside("markup.toml"), Path::to_owned),
            beside("services.toml"),
        ];
        let mut hasher = Sha256::new();
        let files = paths.map(|path| {
            let read = std::fs::read(&path);
            let bytes = read.as_deref().unwrap_or_default();
            // The length keeps text from wandering between files unseen.
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
            Source::new(path, read)
        });
        Self {
            files,
            folder,
            digest: hasher.finalize().into(),
        }
    }

    /// These, if `services.toml` had this text. The digest stays that of the files.
    pub(crate) fn with_services(mut self, text: &str) -> Self {
        let services = &mut self.files[FileId::Services as usize];
        text.clone_into(&mut services.text);
        services.trouble = None;
        self
    }

    /// One of the files.
    pub(crate) const fn file(&self, id: FileId) -> &Source {
        &self.files[id as usize]
    }

    /// Overwrites what may be a secret, so that no report can show it. The other files hold none.
    pub(crate) fn hide_secrets(&mut self) {
        let main = &mut self.files[FileId::Main as usize];
        main.text = mask::secrets(&main.text);
    }

    /// What relative paths in the files are relative to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// SHA-256 over the content of all three: it changes exactly when one of them does.
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl Source {
    fn new(path: PathBuf, read: io::Result<Vec<u8>>) -> Self {
        let (text, trouble) = match read.map(String::from_utf8) {
            Ok(Ok(text)) => (text, None),
            Ok(Err(error)) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (text, Some(Trouble::NotUtf8(valid)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (String::new(), Some(Trouble::Missing))
            }
            Err(error) => (String::new(), Some(Trouble::Unreadable(error.to_string()))),
        };
        Self {
            path,
            text,
            trouble,
        }
    }
}
