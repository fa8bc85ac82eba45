//! What panels report of orders: facts are kept, and every fact that ends an order closes its hold, whoever asked.

use async_trait::async_trait;
use futures_util::future::join_all;
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::order::Order;
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Heard, Oddity, Report};
use panelgate_store::StoreError;
use panelgate_upstream::{Look, Reports};

use crate::core::Core;

/// What a look at an order leads to.
enum Next {
    /// Something to keep, with a flag if it is odd.
    Keep(Fact, Option<String>),
    /// The order ends.
    Close(Fact, Settlement),
}

#[async_trait]
impl Reports for Core {
    async fn reported(&self, panel: &PanelName, looks: Vec<(UpstreamId, Look)>) {
        let mut closing = Vec::new();
        for (upstream_id, look) in looks {
            let Some(order) = self.book.placed_as(panel, &upstream_id) else {
                continue;
            };
            self.looks.looked(&order, self.now(), &self.settings);
            match look {
                Look::Report(report) => match self.consider(panel, &order, &report) {
                    Next::Keep(fact, flag) => _ = self.book.keep(order.id, fact, flag, None),
                    Next::Close(fact, settlement) => closing.push((order.id, fact, settlement)),
                },
                // A missing id, an error for one id, or a failed call change nothing.
                Look::Error(text) => {
                    self.metrics.odd(panel, "no_report");
                    tracing::debug!(order = %order.id, %panel, text, "a panel did not report on an order");
                }
                Look::Failed(_) => {}
            }
        }
        self.write_learned().await;
        join_all(
            closing
                .into_iter()
                .map(|(order, fact, settlement)| self.close(order, fact, settlement)),
        )
        .await;
    }
}

impl Core {
    fn consider(&self, panel: &PanelName, order: &Order, report: &Report) -> Next {
        let known = order.fact.unwrap_or_else(|| Fact::accepted(order.created));
        let (fact, oddities) = known.after(report, order.quantity.total(), self.now());
        for oddity in &oddities {
            self.metrics.odd(panel, oddity_label(*oddity));
        }
        let flag = oddities.first().map(|oddity| oddity.text().to_owned());
        if fact.word.final_word().is_some() && !fact.says_the_same(&known) {
            // It ends now, or a second look has to agree.
            self.looks.soon(order.id, self.now(), &self.settings);
        }
        match order.basis().settle(&fact) {
            Verdict::Settle(settlement) if is_believed(&known, &fact, report, &oddities) => {
                Next::Close(fact, settlement)
            }
            Verdict::Undecided(why) => Next::Keep(fact, Some(why.to_owned())),
            _ => Next::Keep(fact, flag),
        }
    }

    /// Writes what the book has learned, batch after batch.
    async fn write_learned(&self) {
        loop {
            let learned = self.book.take_dirty(LEARNED_AT_ONCE);
            if learned.is_empty() {
                return;
            }
            match self.store.learn(learned.clone()).await {
                Ok(orders) => orders
                    .into_iter()
                    .for_each(|order| _ = self.remember(order)),
                Err(error) => {
                    tracing::error!(%error, "facts could not be written down; the next look tries again");
                    return self.book.mark_dirty_again(learned);
                }
            }
        }
    }

    async fn close(&self, order: OrderId, fact: Fact, settlement: Settlement) {
        match self.store.close_order(order, fact, settlement).await {
            Ok(closed) => {
                self.metrics.settled(&self.settings.currency, &settlement);
                tracing::info!(%order, word = %settlement.word, taken = %settlement.taken, released = %settlement.released, "order closed");
                self.remember(closed);
            }
            // Somebody else was faster: once is enough. What memory has of it is outdated.
            Err(StoreError::WrongState { .. }) => self.reread(order).await,
            Err(error) => {
                tracing::error!(%order, %error, "an order could not be closed; the next look tries again")
            }
        }
    }
}

/// Money does not move on an odd answer, but when a second look says the same. A placed order whose known word is final has
/// been seen to end and was not believed, so the store remembers what has to be said again, also over a restart.
fn is_believed(known: &Fact, fact: &Fact, report: &Report, oddities: &[Oddity]) -> bool {
    let says_the_end = matches!(&report.heard, Heard::Word(word) if word.final_word().is_some());
    let seen_before = known.word.final_word().is_some();
    says_the_end
        && if seen_before {
            known.word == fact.word && known.remains == fact.remains && known.runs == fact.runs
        } else {
            !oddities.iter().any(|oddity| oddity.needs_second_look())
        }
}

const fn oddity_label(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::RemainsAboveQuantity => "remains_above_quantity",
        Oddity::StartCountChanged => "start_count_changed",
        Oddity::Failed => "failed",
        Oddity::UnknownWord => "unknown_word",
    }
}

/// Bound of one transaction's facts.
const LEARNED_AT_ONCE: usize = 1_000;

#[cfg(test)]
mod tests {
    use panelgate_domain::time::Timestamp;

    use super::*;

    fn report(word: &str, remains: Option<i64>, start_count: i64) -> Report {
        Report {
            heard: Heard::parse(word),
            charge: None,
            start_count: Some(start_count),
            remains,
            runs: None,
            children: Vec::new(),
        }
    }

    /// Looks one after the other; answers which of them is believed to be the end.
    fn believed(looks: &[Report]) -> Option<usize> {
        let mut known = Fact {
            start_count: Some(5),
            ..Fact::accepted(Timestamp(0))
        };
        for (n, report) in looks.iter().enumerate() {
            let (fact, odd) = known.after(report, 100, Timestamp(1));
            if is_believed(&known, &fact, report, &odd) {
                return Some(n);
            }
            known = fact;
        }
        None
    }

    #[test]
    fn an_end_without_oddity_is_believed_at_once() {
        assert_eq!(believed(&[report("Partial", Some(30), 5)]), Some(0));
    }

    #[test]
    fn an_odd_end_is_believed_when_a_second_look_says_the_same() {
        let odd = || report("Canceled", Some(0), 9);
        assert_eq!(believed(&[odd(), odd()]), Some(1));
        assert_eq!(believed(&[odd(), report("whatever", None, 9)]), None);
        assert_eq!(believed(&[odd(), report("Refill", None, 9)]), None);
        let other = || report("Partial", Some(90), 9);
        assert_eq!(
            believed(&[report("Partial", Some(30), 9), other(), other()]),
            Some(2)
        );
    }
}
