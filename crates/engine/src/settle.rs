//! What panels report of orders: facts are kept, and every fact that ends an order closes its hold, whoever asked.

use async_trait::async_trait;
use futures_util::future::join_all;
use panelgate_domain::family::{self, Share};
use panelgate_domain::ids::{OrderId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::Order;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::settlement::{Settlement, Verdict};
use panelgate_domain::status::{Fact, Oddity};
use panelgate_domain::time::Timestamp;
use panelgate_store::{MAX_LEARNED, StoreError};
use panelgate_upstream::{Kind, Look, Outlook, Reports};
use tokio::time::Instant;

use crate::belief::{Belief, Told, Trust};
use crate::brake::{Looked, SECOND_LOOK_AFTER};
use crate::core::Core;

/// What a look at an order leads to.
enum Next {
    /// Something to keep.
    Keep {
        fact: Fact,
        flag: Option<String>,
        doubt: Option<Timestamp>,
    },
    /// The order ends.
    Close(Ending),
}

/// How an order ends.
#[derive(Clone, Copy)]
struct Ending {
    order: OrderId,
    fact: Fact,
    settled: Settled,
    /// What was known before.
    known: Fact,
    /// A second look said so, after the wait that mass cancels are due; or it is no news.
    is_confirmed: bool,
}

/// By what an order's money comes to its end.
#[derive(Clone, Copy)]
enum Settled {
    /// By the formula.
    Alone(Settlement),
    /// By its children, once all of them have ended.
    ByChildren,
}

impl Next {
    fn turns_canceled(&self) -> bool {
        match self {
            // What is odd besides has a second look of its own, soon, which is not the one that mass cancels wait for.
            Self::Keep {
                fact,
                doubt: Some(until),
                ..
            } => Belief::Doubted(*until).turns_canceled(fact),
            Self::Keep { .. } => false,
            Self::Close(ending) => ending.turns_canceled(),
        }
    }
}

impl Ending {
    fn turns_canceled(&self) -> bool {
        let belief = Belief::Believed {
            is_confirmed: self.is_confirmed,
        };
        belief.turns_canceled(&self.fact)
    }
}

#[async_trait]
impl Reports for Core {
    async fn reported(&self, panel: &PanelName, looks: Vec<(UpstreamId, Look)>) {
        self.meet_families(panel, &looks).await;
        let mut endings = Vec::new();
        let mut seen = Looked::default();
        let mut later = Vec::new();
        let is_alone = looks.len() == 1;
        for (upstream_id, look) in looks {
            let Some(order) = self.book.placed_as(panel, &upstream_id) else {
                later.push((upstream_id, look));
                continue;
            };
            let tells = matches!(look, Look::Report(_) | Look::Doubtful(_));
            if tells && self.families.is_unmet(order.id) {
                continue;
            }
            let trust = Trust::of(&look, is_alone);
            match look {
                Look::Report(report) | Look::Doubtful(report) => {
                    let report = report.of(order.kind());
                    let next = self.consider(panel, &order, &Told { report, trust });
                    seen.add(order.id, next.turns_canceled());
                    match next {
                        Next::Keep { fact, flag, doubt } => {
                            self.book.keep(order.id, fact, flag, doubt);
                        }
                        Next::Close(ending) => endings.push(ending),
                    }
                }
                Look::Error { text, times } => self.heard_nothing(panel, &order, &text, times),
                Look::Spoils => self.keep_flag(&order, SPOILS.to_owned()),
                Look::Failed(_) => {}
            }
        }
        let endings = self.hold_mass_cancels(panel, &seen, endings);
        let closing = endings.into_iter().map(|ending| self.close(ending));
        join_all(closing).await;
        let later = later.into_iter().filter_map(|(id, look)| {
            let trust = Trust::of(&look, is_alone);
            match look {
                Look::Report(report) | Look::Doubtful(report) => Some((id, Told { report, trust })),
                Look::Error { .. } | Look::Spoils | Look::Failed(_) => None,
            }
        });
        self.reported_later(panel, later.collect()).await;
    }

    fn outlook(&self, panel: &PanelName, id: &UpstreamId) -> Option<Outlook> {
        let (now, tick) = (self.now(), Instant::now());
        let at = |then: Timestamp| on_the_monotonic_clock(then, now, tick);
        let Some(mut order) = self.book.placed_as(panel, id) else {
            let (next, kind) = self.rechecks.next(panel, id, &self.settings)?;
            return Some(Outlook {
                kind,
                fresh_until: at(next),
                due: at(next),
                next_miss: None,
            });
        };
        // Nothing was learned in times to come: the clock was set back, and nobody waits until it has caught up.
        if let Some(fact) = &mut order.fact {
            fact.at = fact.at.min(now);
        }
        order.doubt = order
            .doubt
            .map(|until| until.min(now.after(SECOND_LOOK_AFTER)));
        let fact_at = order.fact.map_or(order.created, |fact| fact.at);
        let is_unmet = self.families.is_unmet(order.id);
        let fresh_until = if order.is_unseen() || is_unmet {
            fact_at
        } else {
            fact_at.after(self.settings.fresh_for)
        };
        // Only odd answers are doubted from the moment they came.
        let is_odd = order.doubt.is_some_and(|until| until <= fact_at);
        let due = match is_unmet {
            true => now,
            false => self.looks.next(&order, &self.settings),
        };
        Some(Outlook {
            kind: if is_odd || is_unmet {
                Kind::Alone
            } else {
                Kind::Live
            },
            fresh_until: at(fresh_until),
            due: at(due),
            next_miss: self.book.next_poll(order.id, fresh_until.max(now)).map(at),
        })
    }

    async fn learned(&self, panel: &PanelName, what: PanelTrait) {
        tracing::info!(%panel, %what, "it was found out how the panel speaks");
        let kept = self.store.set_panel_trait(panel, what, true, self.now());
        if let Err(error) = kept.await {
            tracing::error!(%panel, %what, %error, "how the panel speaks could not be written down");
        }
    }
}

impl Core {
    fn consider(&self, panel: &PanelName, order: &Order, told: &Told) -> Next {
        let known = order.fact.unwrap_or_else(|| Fact::accepted(order.created));
        // Looks at an order come one after the other, whatever the clock says: what is older than the fact is never kept.
        let now = self.now().max(known.at);
        let (mut fact, oddities) = known.after(&told.report, order.quantity.total(), now);
        if order.kind() == family::Kind::Subscription {
            // Posts that were counted once were made, also if the last report does not count them.
            fact.runs = fact.runs.or(known.runs);
        }
        self.count_odd(panel, &oddities);
        let flag = oddities.first().map(|oddity| oddity.text().to_owned());
        let belief = Belief::of(&known, order.doubt, &fact, told, &oddities);
        let keep = |flag, doubt| Next::Keep { fact, flag, doubt };
        let close = |settled, is_confirmed| {
            Next::Close(Ending {
                order: order.id,
                fact,
                settled,
                known,
                is_confirmed,
            })
        };
        match (order.basis().settle(&fact), belief) {
            (Verdict::Live, _) => keep(flag, None),
            (Verdict::Undecided(why), _) => keep(Some(why.to_owned()), None),
            // Said among others it is no news, and does not put off the look alone that is due.
            (Verdict::Settle(_) | Verdict::Ended(_), Belief::Doubted(until))
                if told.trust != Trust::Alone
                    && order.doubt == Some(until)
                    && until <= known.at =>
            {
                Next::Keep {
                    fact: known,
                    flag,
                    doubt: Some(until),
                }
            }
            (Verdict::Settle(_) | Verdict::Ended(_), Belief::Doubted(until)) => {
                keep(flag, Some(until))
            }
            (Verdict::Settle(settlement), Belief::Believed { is_confirmed }) => {
                close(Settled::Alone(settlement), is_confirmed)
            }
            (Verdict::Ended(_), Belief::Believed { is_confirmed }) => {
                // It was believed when it was heard first, and waits for its children.
                let is_old = order.doubt.is_none() && known.word == fact.word;
                close(Settled::ByChildren, is_confirmed || is_old)
            }
        }
    }

    pub(crate) fn count_odd(&self, panel: &PanelName, oddities: &[Oddity]) {
        for oddity in oddities {
            self.metrics.odd(panel, oddity_label(*oddity));
        }
    }

    /// A missing id or an error for one id changes nothing, but it is told to the operator if it goes on.
    fn heard_nothing(&self, panel: &PanelName, order: &Order, text: &str, times: u8) {
        self.metrics.odd(panel, "no_report");
        tracing::debug!(order = %order.id, %panel, text, times, "a panel did not report on an order");
        if times >= MOST_WITHOUT_REPORT {
            self.keep_flag(
                order,
                format!("the panel does not report on this order: {text}"),
            );
        }
    }

    fn keep_flag(&self, order: &Order, flag: String) {
        let fact = order.fact.unwrap_or_else(|| Fact::accepted(order.created));
        self.book.keep(order.id, fact, Some(flag), order.doubt);
    }

    /// Too many at once turn Canceled: they wait for a second look. Answers the endings that do not.
    fn hold_mass_cancels(
        &self,
        panel: &PanelName,
        seen: &Looked,
        endings: Vec<Ending>,
    ) -> Vec<Ending> {
        let now = self.now();
        if !self.brakes.hold(panel, seen, now) {
            return endings;
        }
        tracing::warn!(%panel, orders = seen.canceled.len(), "so many orders turned Canceled at once that they wait for a second look");
        let until = now.after(SECOND_LOOK_AFTER);
        let (held, others): (Vec<Ending>, Vec<Ending>) =
            endings.into_iter().partition(Ending::turns_canceled);
        for ending in held {
            self.metrics.odd(panel, "mass_cancel");
            self.book.keep(ending.order, ending.fact, None, Some(until));
        }
        others
    }

    /// Writes what the book has learned, batch after batch, and which ends were confirmed.
    pub(crate) async fn write_learned(&self) {
        self.write_confirmed().await;
        loop {
            let learned = self.book.take_dirty(MAX_LEARNED);
            if learned.is_empty() {
                return;
            }
            match self.store.learn(learned.clone()).await {
                Ok(orders) => orders
                    .into_iter()
                    .for_each(|order| _ = self.remember(order)),
                Err(error) => {
                    tracing::error!(%error, "facts could not be written down; they wait in memory");
                    return self.book.mark_dirty_again(learned);
                }
            }
        }
    }

    async fn close(&self, ending: Ending) {
        let Ending {
            order,
            fact,
            settled,
            known,
            ..
        } = ending;
        let Settled::Alone(settlement) = settled else {
            let again = known.word.final_word().is_some();
            return self.close_parent(order, fact, again).await;
        };
        let lived = known.at;
        match self.store.close_order(order, fact, settlement, lived).await {
            Ok(closed) => {
                let taken = closed.taken.unwrap_or(settlement.taken);
                // What a child does not take stays held.
                let released = match closed.origin {
                    None => settlement.released,
                    Some(_) => Money::ZERO,
                };
                self.metrics
                    .settled(&self.settings.currency, taken, released);
                tracing::info!(%order, word = %settlement.word, %taken, %released, "order closed");
                if closed.share != Some(Share::Run) {
                    self.looks.ended(&closed, lived);
                }
                if let Some(panel) = &closed.panel {
                    self.health.count(panel, settlement.word.into(), self.now());
                }
                self.rechecks.watch(&closed);
                let closed = self.remember(closed);
                self.child_ended(&closed).await;
            }
            // Somebody else was faster: once is enough. What memory has of it is outdated.
            Err(StoreError::WrongState { .. }) => self.reread(order).await,
            Err(error) => {
                tracing::error!(%order, %error, "an order could not be closed; the next look tries again")
            }
        }
    }
}

/// When `then` is or was, if `now` is `tick`. What has been lies in the past there too: a fact that is too old must not look
/// as if it ended to be new just now.
fn on_the_monotonic_clock(then: Timestamp, now: Timestamp, tick: Instant) -> Instant {
    let past = tick.checked_sub(now.since(then));
    // A machine that has just started has no such past.
    past.unwrap_or(tick) + then.since(now)
}

const fn oddity_label(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::RemainsAboveQuantity => "remains_above_quantity",
        Oddity::StartCountChanged => "start_count_changed",
        Oddity::Failed => "failed",
        Oddity::UnknownWord => "unknown_word",
    }
}

/// So many looks in a row without a report, and the operator is told.
const MOST_WITHOUT_REPORT: u8 = 5;
const SPOILS: &str = "every status call with this order in it fails, and calls without it work";

#[cfg(test)]
mod tests;
