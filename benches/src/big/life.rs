//! What becomes of the orders, in the order in which it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use panelgate_domain::completion::Completions;
use panelgate_domain::family::Kind;
use panelgate_domain::ledger::TransferKind;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::rate::Charging;
use panelgate_domain::settlement::{Basis, Settlement, Verdict};
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final, StatusWord};
use panelgate_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::ledger::{Ledger, Move};
use super::rows::Rows;
use super::{Plan, Sale};

/// An order, and what has become of it by the end.
pub(super) struct Life {
    pub(super) id: i64,
    pub(super) created: Timestamp,
    pub(super) sale: Sale,
    pub(super) end: End,
}

/// How far an order has come.
pub(super) enum End {
    /// Its panel never said whether it has it.
    Unconfirmed,
    /// This is known of it.
    Live(Fact),
    /// This closed it.
    Ended(Fact, Settlement),
}

/// All of them.
pub(super) fn write(connection: &Connection, plan: &Plan, sale: &impl Fn(i64) -> Sale) {
    let mut ledger = Ledger::new(connection, plan);
    let mut rows = Rows::new(connection, plan);
    let mut completions: BTreeMap<(i64, usize), i64> = BTreeMap::new();
    let lag = plan.open.max(FEWEST_AT_ONCE);
    let mut close = |ledger: &mut Ledger<'_>, rows: &mut Rows<'_>, id: i64| {
        let life = Life::of(plan, sale, lag, id);
        let End::Ended(fact, settlement) = &life.end else {
            return;
        };
        rows.close(&life, fact, settlement);
        life.book_end(ledger, fact, settlement);
        if settlement.word != Final::Canceled {
            let bucket = Completions::bucket(fact.at.since(life.created));
            *completions.entry((life.sale.service, bucket)).or_default() += 1;
        }
    };
    for id in 1..=plan.orders() {
        let life = Life::of(plan, sale, lag, id);
        rows.open(&life);
        life.book_begin(&mut ledger);
        close(&mut ledger, &mut rows, id - lag);
        if id % REPORTED == 0 {
            eprintln!("  {id} orders");
        }
    }
    for id in (plan.orders() - lag).max(0) + 1..=plan.ended {
        close(&mut ledger, &mut rows, id);
    }
    ledger.close(connection);
    let insert = "INSERT INTO completions (service, bucket, orders) VALUES (?1, ?2, ?3)";
    let mut insert = connection.prepare(insert).expect("a statement");
    for ((service, bucket), orders) in completions {
        let bucket = i64::try_from(bucket).expect("few");
        insert
            .execute(params![service, bucket, orders])
            .expect("written");
    }
}

impl Life {
    /// Nothing of it is kept between its beginning and its end: it is made twice.
    fn of(plan: &Plan, sale: &impl Fn(i64) -> Sale, lag: i64, id: i64) -> Self {
        let created = moment(plan, id);
        // A number before the first is nobody's.
        let sale = sale(id.max(1) - 1);
        let at = moment(plan, (id + lag).min(plan.orders()));
        let end = match id {
            ..=0 => End::Unconfirmed,
            _ if id <= plan.ended => ended(&sale, id, at),
            _ if (id - plan.ended) % UNCONFIRMED == UNCONFIRMED / 2 => End::Unconfirmed,
            _ => {
                let remains = i64::try_from(sale.quantity / 2).expect("small");
                let ago = Duration::from_secs(id.unsigned_abs() % 3_600);
                let at = plan.until.before(ago).max(created);
                End::Live(fact(StatusWord::InProgress, sale.cost, remains, at))
            }
        };
        Self {
            id,
            created,
            sale,
            end,
        }
    }

    fn book_begin(&self, ledger: &mut Ledger<'_>) {
        ledger.book(&Move {
            kind: TransferKind::Hold,
            whose: self.customer(),
            amount: self.sale.price,
            order: Some(self.id),
            at: self.created,
        });
        if !matches!(self.end, End::Unconfirmed) {
            ledger.book(&Move {
                kind: TransferKind::Charge,
                whose: self.sale.panel,
                amount: self.sale.cost,
                order: Some(self.id),
                at: self.created,
            });
        }
    }

    fn book_end(&self, ledger: &mut Ledger<'_>, fact: &Fact, settlement: &Settlement) {
        let back = fact
            .charge
            .and_then(|charge| self.sale.cost.checked_sub(charge));
        let moves = [
            (
                TransferKind::Credit,
                self.sale.panel,
                back.unwrap_or(Money::ZERO),
            ),
            (TransferKind::Take, self.customer(), settlement.taken),
            (TransferKind::Release, self.customer(), settlement.released),
        ];
        for (kind, whose, amount) in moves {
            ledger.book(&Move {
                kind,
                whose,
                amount,
                order: Some(self.id),
                at: fact.at,
            });
        }
    }

    fn customer(&self) -> usize {
        usize::try_from(self.sale.customer - 1).expect("they are counted from 1")
    }
}

/// One of ten in part, one of twenty canceled, the others whole.
fn ended(sale: &Sale, id: i64, at: Timestamp) -> End {
    let quantity = i64::try_from(sale.quantity).expect("small");
    let (word, remains) = match id % 20 {
        3 | 13 => (StatusWord::Partial, quantity / 3),
        7 => (StatusWord::Canceled, quantity),
        _ => (StatusWord::Completed, 0),
    };
    let done = sale.quantity - remains.unsigned_abs();
    let charge = sale
        .cost
        .share(done, sale.quantity, Rounding::Up)
        .expect("it fits");
    let fact = fact(word, charge, remains, at);
    let basis = Basis {
        price: sale.price,
        charging: Charging::PerThousand,
        quantity: Quantity {
            per_run: sale.quantity,
            runs: 1,
        },
        kind: Kind::Single,
    };
    match basis.settle(&fact) {
        Verdict::Settle(settlement) => End::Ended(fact, settlement),
        other => unreachable!("{fact:?} ends an order, and not in {other:?}"),
    }
}

const fn fact(word: StatusWord, charge: Money, remains: i64, at: Timestamp) -> Fact {
    Fact {
        word,
        charge: Some(charge),
        start_count: Some(1_000),
        remains: Some(remains),
        runs: None,
        at,
    }
}

fn moment(plan: &Plan, id: i64) -> Timestamp {
    let span =
        i128::from(plan.until.0 - plan.from.0) * i128::from(id) / i128::from(plan.orders().max(1));
    Timestamp(plan.from.0 + i64::try_from(span).expect("it is within the span"))
}

/// So that orders live for a while even where none is left alive.
const FEWEST_AT_ONCE: i64 = 1_000;
/// One of so many live orders.
const UNCONFIRMED: i64 = 50_000;
const REPORTED: i64 = 1_000_000;
