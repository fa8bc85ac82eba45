//! What one folder holds: what was written, what of it is durable, and which call fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;

use crate::folder::Folder;
use crate::image::Image;

/// What SQLite asks of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Opens a file, or makes it.
    Open,
    /// Deletes one.
    Delete,
    /// Asks whether one is there.
    Access,
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Cuts a file short, or lengthens it.
    Truncate,
    /// Makes what was written durable.
    Sync,
    /// Asks how long a file is.
    Size,
    /// Locks the main file.
    Lock,
    /// Maps the index of the log.
    ShmMap,
    /// Locks a part of that.
    ShmLock,
}

impl Call {
    /// Whether the disk is another one afterwards: a power cut before and after any other call finds the same.
    fn changes(self) -> bool {
        matches!(
            self,
            Self::Open | Self::Delete | Self::Write | Self::Truncate | Self::Sync
        )
    }
}

/// Which call fails, and how.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The calls it may be.
    pub of: Vec<Call>,
    /// Which of these, from 0.
    pub nth: u64,
    /// All later ones, too.
    pub forever: bool,
    /// What SQLite is answered, by the call.
    pub code: fn(Call) -> i32,
}

/// A folder whose files are looked after. Files that SQLite does not write itself are found as they are at the moment.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    folder: Folder,
    /// Syncs are answered and do nothing.
    lies: bool,
    /// Calls that changed something.
    changes: u64,
    /// Which of them were syncs.
    syncs: Vec<u64>,
    asked: BTreeMap<Call, u64>,
    /// Before which of the changes the power is cut, in another world than this.
    cuts: BTreeSet<u64>,
    seed: u64,
    images: Vec<Image>,
    /// Steps that were acknowledged to their callers.
    acknowledged: usize,
    fault: Option<Fault>,
    /// How many calls the fault could have been.
    candidates: u64,
    struck: u64,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} changes, {} struck", self.changes, self.struck)
    }
}

impl Disk {
    /// Looks after a folder from now on; what is in it is durable. Ends with the last owner.
    #[must_use]
    pub fn of(folder: &Path) -> Arc<Self> {
        crate::shim::register();
        let folder = folder.canonicalize().expect("a folder");
        let state = State {
            folder: Folder::read(&folder),
            ..State::default()
        };
        let disk = Arc::new(Self {
            folder: folder.clone(),
            state: Mutex::new(state),
        });
        DISKS.lock().insert(folder, Arc::downgrade(&disk));
        disk
    }

    /// The disk of a file.
    pub(crate) fn holding(file: &Path) -> Option<Arc<Self>> {
        DISKS.lock().get(file.parent()?)?.upgrade()
    }

    /// Syncs do nothing from now on: for tests of the proof itself.
    pub fn lie(&self) {
        self.state.lock().lies = true;
    }

    /// Keeps what would be found if the power were cut before each of these changes. The seed chooses what is lost of what was not
    /// synced.
    pub fn cut_before(&self, changes: BTreeSet<u64>, seed: u64) {
        let mut state = self.state.lock();
        (state.cuts, state.seed) = (changes, seed);
    }

    /// Lets a call fail.
    pub fn fail(&self, fault: Option<Fault>) {
        let mut state = self.state.lock();
        (state.fault, state.candidates, state.struck) = (fault, 0, 0);
    }

    /// How often the fault struck.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.state.lock().struck
    }

    /// How many steps have been acknowledged.
    pub fn acknowledge(&self, steps: usize) {
        self.state.lock().acknowledged = steps;
    }

    /// How many calls changed something.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.state.lock().changes
    }

    /// Which of these were syncs: before them the most can be lost, or nothing.
    #[must_use]
    pub fn syncs(&self) -> Vec<u64> {
        self.state.lock().syncs.clone()
    }

    /// How often each call was made.
    #[must_use]
    pub fn asked(&self) -> BTreeMap<Call, u64> {
        self.state.lock().asked.clone()
    }

    /// What was found by power cuts.
    pub(crate) fn images(&self) -> Vec<Image> {
        std::mem::take(&mut self.state.lock().images)
    }

    // === what the shim tells ===

    /// A call comes; answers with which code it fails, if it does.
    pub(crate) fn ask(&self, call: Call) -> Option<i32> {
        let mut state = self.state.lock();
        let state = &mut *state;
        *state.asked.entry(call).or_default() += 1;
        if call.changes() {
            state.folder.look_beside(&self.folder);
            if state.cuts.contains(&state.changes) {
                let seed = state.seed ^ state.changes.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let image = state.folder.cut(seed, state.changes, state.acknowledged);
                state.images.push(image);
            }
            if call == Call::Sync {
                state.syncs.push(state.changes);
            }
            state.changes += 1;
        }
        let fault = state.fault.as_ref()?;
        if !fault.of.contains(&call) {
            return None;
        }
        let number = state.candidates;
        state.candidates += 1;
        let strikes = number == fault.nth || (fault.forever && number > fault.nth);
        strikes.then(|| {
            state.struck += 1;
            (fault.code)(call)
        })
    }

    pub(crate) fn opened(&self, file: &str, was_there: bool, syncs_folder: bool) {
        self.state.lock().folder.open(file, was_there, syncs_folder);
    }

    pub(crate) fn written(&self, file: &str, at: u64, bytes: &[u8]) {
        self.state.lock().folder.write(file, at, bytes);
    }

    pub(crate) fn truncated(&self, file: &str, size: u64) {
        self.state.lock().folder.truncate(file, size);
    }

    pub(crate) fn synced(&self, file: &str) {
        let mut state = self.state.lock();
        if !state.lies {
            state.folder.sync(file);
        }
    }

    pub(crate) fn deleted(&self, file: &str, syncs_folder: bool) {
        let mut state = self.state.lock();
        let syncs_folder = syncs_folder && !state.lies;
        state.folder.delete(file, syncs_folder);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        DISKS.lock().remove(&self.folder);
    }
}

static DISKS: LazyLock<Mutex<BTreeMap<PathBuf, Weak<Disk>>>> = LazyLock::new(Mutex::default);
