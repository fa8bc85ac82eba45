//! What panels report of orders: facts are kept, and every fact that ends an order closes its hold, whoever asked.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Oddity, Report};
use panelgate_store::StoreError;
use panelgate_store::model::Learned;
use panelgate_upstream::{Look, Reports};

use crate::core::Core;

/// What a look at an order leads to.
enum Next {
    /// Nothing new.
    SeenAgain(Fact),
    /// Something to keep.
    Learn(Learned),
    /// The order ends.
    Close(Fact, Settlement),
}

#[async_trait]
impl Reports for Core {
    async fn reported(&self, panel: &PanelName, looks: Vec<(UpstreamId, Look)>) {
        let mut learned = Vec::new();
        let mut closing = Vec::new();
        for (upstream_id, look) in looks {
            let Some(order) = self.book.placed_as(panel, &upstream_id) else {
                continue;
            };
            match look {
                Look::Report(report) => match self.consider(panel, &order, &report) {
                    Next::SeenAgain(fact) => self.book.seen_again(order.id, fact),
                    Next::Learn(news) => learned.push(news),
                    Next::Close(fact, settlement) => {
                        closing.push((Arc::clone(&order), fact, settlement))
                    }
                },
                // A missing id, an error for one id, or a failed call change nothing.
                Look::Error(text) => {
                    self.metrics.odd(panel, "no_report");
                    tracing::debug!(order = %order.id, %panel, text, "a panel did not report on an order");
                }
                Look::Failed(_) => {}
            }
            self.looks.looked(&order, self.now(), &self.settings);
        }
        self.learn(learned).await;
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
        match order.basis().settle(&fact) {
            Verdict::Settle(settlement) if self.is_believed(order, &fact, &oddities) => {
                Next::Close(fact, settlement)
            }
            Verdict::Undecided(why) => learn(order, fact, Some(why.to_owned())),
            Verdict::Settle(_) | Verdict::Live if fact.says_the_same(&known) && flag.is_none() => {
                Next::SeenAgain(fact)
            }
            Verdict::Settle(_) | Verdict::Live => learn(order, fact, flag),
        }
    }

    /// Money does not move on an odd answer, but when a second look says the same.
    fn is_believed(&self, order: &Order, fact: &Fact, oddities: &[Oddity]) -> bool {
        if let Some((_, suspect)) = self.suspects.remove(&order.id)
            && suspect.word == fact.word
            && suspect.remains == fact.remains
        {
            return true;
        }
        let odd = oddities.iter().any(|oddity| oddity.needs_second_look());
        if odd {
            self.suspects.insert(order.id, *fact);
            self.looks.soon(order.id, self.now(), &self.settings);
        }
        !odd
    }

    async fn learn(&self, learned: Vec<Learned>) {
        if learned.is_empty() {
            return;
        }
        match self.store.learn(learned).await {
            Ok(orders) => orders
                .into_iter()
                .for_each(|order| _ = self.remember(order)),
            Err(error) => {
                tracing::error!(%error, "facts could not be written down; the next look brings them again")
            }
        }
    }

    async fn close(&self, order: Arc<Order>, fact: Fact, settlement: Settlement) {
        match self.store.close_order(order.id, fact, settlement).await {
            Ok(closed) => {
                self.metrics.settled(&self.settings.currency, &settlement);
                tracing::info!(order = %order.id, word = %settlement.word, taken = %settlement.taken, released = %settlement.released, "order closed");
                self.remember(closed);
            }
            // Somebody else was faster: once is enough.
            Err(StoreError::WrongState { .. }) => {}
            Err(error) => {
                tracing::error!(order = %order.id, %error, "an order could not be closed; the next look tries again")
            }
        }
    }
}

fn learn(order: &Order, fact: Fact, flag: Option<String>) -> Next {
    debug_assert_eq!(
        order.state,
        OrderState::Placed,
        "only placed orders are looked at"
    );
    Next::Learn(Learned {
        order: order.id,
        fact,
        flag,
    })
}

const fn oddity_label(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::RemainsAboveQuantity => "remains_above_quantity",
        Oddity::StartCountChanged => "start_count_changed",
        Oddity::Failed => "failed",
        Oddity::UnknownWord => "unknown_word",
    }
}
