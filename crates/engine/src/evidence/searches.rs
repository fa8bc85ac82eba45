//! When which unconfirmed order is looked for.

use std::collections::HashMap;

use panelgate_domain::ids::OrderId;
use panelgate_domain::time::Timestamp;
use panelgate_store::model::Question;
use panelgate_upstream::Desk;
use parking_lot::Mutex;

use super::answered_within;
use crate::core::Core;

/// When which unconfirmed order is asked about again. Lost with the process: the next one asks anew.
#[derive(Debug, Default)]
pub(crate) struct Searches(Mutex<HashMap<OrderId, Search>>);

#[derive(Clone, Copy, Debug)]
struct Search {
    next: Timestamp,
    rounds: u32,
}

impl Searches {
    /// The orders that are asked about now: quiet for long enough, and not asked about a short while ago.
    pub(super) fn due<'a>(
        &self,
        core: &Core,
        desk: &Desk,
        questions: &[&'a Question],
    ) -> Vec<&'a Question> {
        let (now, pause) = (core.now(), core.settings.evidence_after);
        // By then whatever was sent in the time after it has been answered or given up.
        let first = pause.max(answered_within(desk).saturating_mul(2));
        let mut searches = self.0.lock();
        let mut due = Vec::new();
        for question in questions {
            let search = searches
                .entry(question.order.order.id)
                .or_insert_with(|| Search {
                    next: question.began.after(first),
                    rounds: 0,
                });
            if due.len() < MOST_AT_ONCE && search.next <= now && search.rounds < ROUNDS {
                search.rounds += 1;
                // Twice as long after each round: what a panel shows late is found, and what it never shows not asked for ever.
                let factor = 1_u32.checked_shl(search.rounds).unwrap_or(u32::MAX);
                search.next = now.after(pause.saturating_mul(factor));
                due.push(*question);
            }
        }
        due
    }

    pub(super) fn forget_all_but(&self, questions: &[Question]) {
        let open: Vec<OrderId> = questions
            .iter()
            .map(|question| question.order.order.id)
            .collect();
        self.0
            .lock()
            .retain(|order, _| open.binary_search(order).is_ok());
    }
}

/// Orders of a panel that are asked about in one round.
const MOST_AT_ONCE: usize = 20;
/// After so many questions a panel has had its say: half a day, by the default pause.
const ROUNDS: u32 = 7;
