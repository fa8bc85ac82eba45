//! What looks tell: in memory at once, in the store a little later.
//!
//! Between a look and its transaction the book is ahead of the store. Commits about the same order that do not know of the look
//! must not undo it; the commit that closes the order ends it all.

use panelgate_domain::ids::OrderId;
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use panelgate_store::model::Learned;

use super::packed::Packed;
use super::{Book, number};

/// What became of something that was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It says something new, which the store has to get.
    News,
    /// It says what was known: only the time moved.
    SeenAgain,
    /// Something newer was known: nothing changed.
    Older,
    /// The order is not placed, or not any more: nothing changed.
    NotPlaced,
}

impl Book {
    /// Keeps what a look told of a placed order. An older fact never replaces a newer one, nor a flag another. What says
    /// something new (word, charge, counts, flag or doubt) has to be written: see [`take_dirty`](Self::take_dirty).
    pub fn keep(
        &self,
        id: OrderId,
        fact: Fact,
        flag: Option<String>,
        doubt: Option<Timestamp>,
    ) -> Kept {
        let learned = Learned {
            order: id,
            fact,
            flag,
            doubt,
        };
        self.learn(learned, false)
    }

    /// What the store has to get, oldest first, at most `limit`. Whoever takes it writes it, or gives it back.
    ///
    /// All together are at most as many as there are open orders, because an order is among them once.
    pub fn take_dirty(&self, limit: usize) -> Vec<Learned> {
        let oldest = self.dirty.oldest(limit).into_iter();
        oldest.filter_map(|id| self.take(id)).collect()
    }

    /// Gives back what could not be written. What was learned since is not lost by it, and orders that have ended meanwhile
    /// stay ended.
    pub fn mark_dirty_again(&self, learned: Vec<Learned>) {
        for learned in learned {
            self.learn(learned, true);
        }
    }

    /// How many orders the store has to hear of.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// Since when the first of them waits.
    pub fn dirty_since(&self) -> Option<Timestamp> {
        self.dirty.since()
    }

    fn learn(&self, learned: Learned, is_unwritten: bool) -> Kept {
        let Some(id) = number(learned.order) else {
            return Kept::NotPlaced;
        };
        let mut shard = self.pages.write(id);
        let Some(record) = shard
            .record_mut(id)
            .filter(|record| record.state == OrderState::Placed)
        else {
            return Kept::NotPlaced;
        };
        let at = learned.fact.at;
        let is_older = record.fact().is_some_and(|known| {
            // What is given back is no newer than what was learned in the same moment.
            known.at > at || (is_unwritten && known.at == at)
        });
        let kept = apply(record, learned, is_older);
        if kept == Kept::News || is_unwritten {
            self.dirty.mark(id, at);
        }
        kept
    }

    /// The mark goes while nobody can learn more, so what is learned next sets it again.
    fn take(&self, id: u32) -> Option<Learned> {
        let shard = self.pages.read(id);
        if !self.dirty.clear(id) {
            return None;
        }
        let record = shard.record(id)?;
        Some(Learned {
            order: OrderId(i64::from(id)),
            fact: record.fact()?,
            flag: record.flag().map(str::to_owned),
            doubt: record.doubt(),
        })
    }

    /// Lets a newer copy from the store have what it cannot know yet, and sees whether there is anything left to write.
    pub(super) fn merge(&self, id: u32, known: &Packed, copy: &mut Order) {
        if known.state != OrderState::Placed || copy.state != OrderState::Placed {
            return;
        }
        let is_dirty = self.dirty.contains(id);
        let stored = Said::by(copy);
        // Of two facts of one moment the store's may be the one before the one that waits here.
        let is_ahead = match (known.fact(), copy.fact) {
            (Some(here), Some(there)) => here.at >= there.at,
            (here, _) => here.is_some(),
        };
        if is_ahead {
            copy.fact = known.fact();
            copy.doubt = known.doubt();
        }
        if (is_ahead || is_dirty) && copy.flag.is_none() {
            copy.flag = known.flag().map(str::to_owned);
        }
        // What is being written may not be what is known any more, even if it was learned in the same moment: what this copy
        // lacks is written once more rather than never.
        match copy.fact {
            _ if stored.says_the_same(&Said::by(copy)) => _ = self.dirty.clear(id),
            Some(fact) => self.dirty.mark(id, fact.at),
            None => {}
        }
    }
}

/// What the store would be told.
struct Said {
    fact: Option<Fact>,
    doubt: Option<Timestamp>,
    is_flagged: bool,
}

impl Said {
    fn by(order: &Order) -> Self {
        Self {
            fact: order.fact,
            doubt: order.doubt,
            is_flagged: order.flag.is_some(),
        }
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let same_fact = match (&self.fact, &other.fact) {
            (Some(one), Some(other)) => one.says_the_same(other),
            (one, other) => one == other,
        };
        same_fact && self.doubt == other.doubt && self.is_flagged == other.is_flagged
    }
}

fn apply(record: &mut Packed, learned: Learned, is_older: bool) -> Kept {
    let says_the_same = |known: Fact| known.says_the_same(&learned.fact);
    let says_new =
        !is_older && (!record.fact().is_some_and(says_the_same) || record.doubt() != learned.doubt);
    if !is_older {
        record.learn(learned.fact, learned.doubt);
    }
    // That something was odd stays true, however late it is heard.
    let flag = learned.flag.filter(|_| record.flag().is_none());
    let is_flagged = flag.is_some();
    flag.into_iter().for_each(|flag| record.set_flag(flag));
    match (says_new || is_flagged, is_older) {
        (true, _) => Kept::News,
        (false, true) => Kept::Older,
        (false, false) => Kept::SeenAgain,
    }
}

#[cfg(test)]
mod tests;
