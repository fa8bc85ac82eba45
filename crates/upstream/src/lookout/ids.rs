//! The ids a lookout knows, in slots: everything else here names an id by its slot, four bytes instead of a text.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;
use tokio::time::Instant;

use super::agenda::Plan;

/// Where an id is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slot(u32);

/// What is known of one id.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: UpstreamId,
    pub(super) stage: Stage,
    /// Its owner wants to be asked for its outlook.
    pub(super) followed: bool,
    /// The last look at it showed a report.
    pub(super) good: bool,
    /// Looks in a row that showed nothing.
    pub(super) errors: u8,
    /// A call with it in it failed as a whole, and it is to blame: it is looked at alone.
    pub(super) convicted: bool,
    /// Nobody looks at it before.
    pub(super) rests_until: Option<Instant>,
    pub(super) plan: Plan,
}

/// Whether an id may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Yes.
    Free,
    /// It is in a call.
    UnderWay,
    /// It was in a call that failed as a whole; only tests take it.
    Suspect,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Ids {
    slots: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_id: HashMap<UpstreamId, Slot>,
}

impl Ids {
    pub(super) fn find(&self, id: &UpstreamId) -> Option<Slot> {
        self.by_id.get(id).copied()
    }

    /// The slot of an id, a new one if it had none; `None` if all [`super::MAX_IDS`] are taken.
    pub(super) fn keep(&mut self, id: &UpstreamId) -> Option<Slot> {
        if let Some(slot) = self.find(id) {
            return Some(slot);
        }
        let entry = Entry {
            id: id.clone(),
            stage: Stage::Free,
            followed: false,
            good: false,
            errors: 0,
            convicted: false,
            rests_until: None,
            plan: Plan::default(),
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None if self.slots.len() >= super::MAX_IDS => return None,
            None => {
                let next = u32::try_from(self.slots.len()).expect("the bound is far below 2^32");
                self.slots.push(None);
                Slot(next)
            }
        };
        self.slots[slot.0 as usize] = Some(entry);
        self.by_id.insert(id.clone(), slot);
        Some(slot)
    }

    pub(super) fn drop(&mut self, slot: Slot) {
        if let Some(entry) = self.slots[slot.0 as usize].take() {
            self.by_id.remove(&entry.id);
            self.free.push(slot);
        }
    }

    pub(super) fn at(&self, slot: Slot) -> &Entry {
        self.slots[slot.0 as usize].as_ref().expect(TAKEN)
    }

    pub(super) fn at_mut(&mut self, slot: Slot) -> &mut Entry {
        self.slots[slot.0 as usize].as_mut().expect(TAKEN)
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}

const TAKEN: &str = "a slot is named only while its id is kept";
