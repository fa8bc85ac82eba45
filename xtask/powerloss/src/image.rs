//! What is found after a power cut.

use std::path::Path;

/// The files of a folder, when the power comes back.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// Before which change the power was cut.
    pub(crate) change: u64,
    /// Steps that had been acknowledged by then.
    pub(crate) acknowledged: usize,
    /// Changes and sectors that were lost.
    pub(crate) lost: u64,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Image {
    /// What is found if it is not the power that is gone but the process: everything that was written.
    pub(crate) fn of(folder: &Path, acknowledged: usize) -> Self {
        let names = ["", "-wal", ".newest"].map(|end| format!("panelgate.db{end}"));
        let read = |name: String| Some((name.clone(), std::fs::read(folder.join(name)).ok()?));
        Self {
            change: 0,
            acknowledged,
            lost: 0,
            files: names.into_iter().filter_map(read).collect(),
        }
    }

    /// Puts the files into a folder that is empty.
    pub(crate) fn put(&self, folder: &Path) {
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).expect("written");
        }
    }
}
