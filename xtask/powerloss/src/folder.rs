//! A folder as the operating system sees it, and as the disk does.

use std::collections::BTreeMap;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::image::Image;

/// The files of a folder, by name.
#[derive(Default)]
pub(crate) struct Folder {
    entries: BTreeMap<String, Entry>,
    /// The file that tells how new the store is, which is not SQLite's: as it was before the last change, and is now. Its own syncs
    /// lie between two calls of SQLite's, so a cut before this call may find either.
    beside: [Option<Vec<u8>>; 2],
}

/// What a name stands for: first what is durable, then what it was changed to since, in order. `None` is no file.
struct Entry {
    files: Vec<Option<Content>>,
    /// The next sync of the file syncs the folder, too.
    syncs_folder: bool,
}

/// One file.
#[derive(Clone, Default)]
struct Content {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Folder {
    /// What is there is durable.
    pub(crate) fn read(path: &Path) -> Self {
        let mut folder = Self::default();
        for file in std::fs::read_dir(path).expect("a folder") {
            let file = file.expect("an entry");
            let name = file.file_name().to_string_lossy().into_owned();
            if IS_SQLITES.iter().any(|end| name.ends_with(end)) {
                let durable = std::fs::read(file.path()).expect("readable");
                let content = Content {
                    durable,
                    pending: Vec::new(),
                };
                folder.entries.insert(name, Entry::new(Some(content)));
            }
        }
        folder.look_beside(path);
        folder.look_beside(path);
        folder
    }

    /// Looks at what SQLite does not write.
    pub(crate) fn look_beside(&mut self, path: &Path) {
        let [_, now] = std::mem::take(&mut self.beside);
        self.beside = [now, std::fs::read(path.join(BESIDE)).ok()];
    }

    pub(crate) fn open(&mut self, name: &str, was_there: bool, syncs_folder: bool) {
        let entry = self
            .entries
            .entry(name.to_owned())
            .or_insert_with(|| Entry::new(None));
        // A file that the store made itself a moment ago is new, too: nothing has synced its folder.
        if !was_there || entry.now().is_none() {
            entry.files.push(Some(Content::default()));
        }
        entry.syncs_folder |= syncs_folder;
    }

    pub(crate) fn write(&mut self, name: &str, at: u64, bytes: &[u8]) {
        let change = Change::Write {
            at: usize::try_from(at).expect("a small file"),
            bytes: bytes.to_vec(),
        };
        self.change(name, change);
    }

    pub(crate) fn truncate(&mut self, name: &str, size: u64) {
        let size = usize::try_from(size).expect("a small file");
        self.change(name, Change::Truncate(size));
    }

    fn change(&mut self, name: &str, change: Change) {
        let entry = self.entries.get_mut(name).expect("it was opened");
        if let Some(content) = entry.now() {
            content.pending.push(change);
        }
    }

    pub(crate) fn sync(&mut self, name: &str) {
        let entry = self.entries.get_mut(name).expect("it was opened");
        if let Some(content) = entry.now() {
            content.settle();
        }
        if std::mem::take(&mut entry.syncs_folder) {
            self.sync_entries();
        }
    }

    pub(crate) fn delete(&mut self, name: &str, syncs_folder: bool) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.files.push(None);
        }
        if syncs_folder {
            self.sync_entries();
        }
    }

    fn sync_entries(&mut self) {
        for entry in self.entries.values_mut() {
            let last = entry.files.len() - 1;
            entry.files.drain(..last);
        }
    }

    /// What is found after a power cut at this moment.
    pub(crate) fn cut(&self, seed: u64, change: u64, acknowledged: usize) -> Image {
        let mut dice = StdRng::seed_from_u64(seed);
        let loss = Loss::of(&mut dice);
        let mut image = Image {
            change,
            acknowledged,
            lost: 0,
            files: Vec::new(),
        };
        for (name, entry) in &self.entries {
            let which = match loss {
                Loss::Nothing => entry.files.len() - 1,
                Loss::All => 0,
                Loss::Some | Loss::Last => dice.random_range(0..entry.files.len()),
            };
            if let Some(content) = &entry.files[which] {
                let bytes = content.cut(loss, &mut dice, &mut image.lost);
                image.files.push((name.clone(), bytes));
            }
        }
        let [before, now] = &self.beside;
        let beside = if dice.random() { before } else { now };
        image
            .files
            .extend(beside.clone().map(|bytes| (BESIDE.to_owned(), bytes)));
        if before != now {
            // It was being written.
            let half = now.clone().map(|bytes| bytes[..bytes.len() / 2].to_vec());
            image
                .files
                .push((format!("{BESIDE}.new"), half.unwrap_or_default()));
        }
        image
    }
}

impl Entry {
    fn new(content: Option<Content>) -> Self {
        Self {
            files: vec![content],
            syncs_folder: false,
        }
    }

    /// What programs see under this name.
    fn now(&mut self) -> Option<&mut Content> {
        self.files.last_mut().and_then(Option::as_mut)
    }
}

impl Content {
    /// All of it is durable now.
    fn settle(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            change.apply(&mut self.durable, |_| true);
        }
    }

    /// Any part of what was not synced is gone, sector by sector.
    fn cut(&self, loss: Loss, dice: &mut StdRng, lost: &mut u64) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let last = self.pending.len();
        for (number, change) in self.pending.iter().enumerate() {
            let (kept, torn) = match loss {
                Loss::Nothing => (true, false),
                Loss::All => (false, false),
                Loss::Some => (dice.random_bool(0.5), dice.random_bool(0.3)),
                Loss::Last => (true, number + 2 >= last),
            };
            if kept {
                change.apply(&mut bytes, |_| {
                    let stays = !torn || dice.random();
                    *lost += u64::from(!stays);
                    stays
                });
            } else {
                *lost += 1;
            }
        }
        bytes
    }
}

impl Change {
    /// Applies what is asked for of it: a truncation whole, a write by the sectors that it touches.
    fn apply(&self, bytes: &mut Vec<u8>, mut stays: impl FnMut(usize) -> bool) {
        match self {
            Self::Truncate(size) => {
                if stays(0) {
                    bytes.resize(*size, 0);
                }
            }
            Self::Write { at, bytes: new } => {
                let end = at + new.len();
                let mut from = *at;
                while from < end {
                    let to = ((from / SECTOR + 1) * SECTOR).min(end);
                    if stays(from / SECTOR) {
                        if bytes.len() < to {
                            bytes.resize(to, 0);
                        }
                        bytes[from..to].copy_from_slice(&new[from - at..to - at]);
                    }
                    from = to;
                }
            }
        }
    }
}

/// How much of what was not synced is lost.
#[derive(Clone, Copy)]
enum Loss {
    /// The disk was fast.
    Nothing,
    /// Nothing had left memory.
    All,
    /// Any part of it, in any order.
    Some,
    /// The last writes were under way.
    Last,
}

impl Loss {
    fn of(dice: &mut StdRng) -> Self {
        match dice.random_range(0..8) {
            0..2 => Self::Nothing,
            2 => Self::All,
            3..6 => Self::Some,
            _ => Self::Last,
        }
    }
}

/// What disks write at once.
const SECTOR: usize = 512;

/// The files that only SQLite writes; the index of the log is made anew by whoever opens the store first.
const IS_SQLITES: [&str; 3] = [".db", ".db-wal", ".db-journal"];

/// Tells how new the store is.
pub(crate) const BESIDE: &str = "panelgate.db.newest";
