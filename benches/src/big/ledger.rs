//! Accounts in memory, and the rows that say how they came to be what they are.

use panelgate_domain::ledger::{AccountKind, TransferKind};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;
use rusqlite::{CachedStatement, Connection, params};

use super::Plan;

/// The books while they are written.
pub(super) struct Ledger<'a> {
    transfer: CachedStatement<'a>,
    entry: CachedStatement<'a>,
    last_transfer: i64,
    /// By the account's id.
    balances: Vec<i64>,
    /// Whether an account is what a customer has, by its id.
    is_available: Vec<bool>,
    of_customers: Vec<[i64; 2]>,
    of_panels: Vec<[i64; 2]>,
    sales: i64,
    outside: i64,
}

/// One movement of money.
pub(super) struct Move {
    pub(super) kind: TransferKind,
    /// The customer's, or the panel's.
    pub(super) whose: usize,
    pub(super) amount: Money,
    pub(super) order: Option<i64>,
    pub(super) at: Timestamp,
}

impl<'a> Ledger<'a> {
    /// Everybody has been given what they need.
    pub(super) fn new(connection: &'a Connection, plan: &Plan) -> Self {
        let make = |kind: AccountKind, panel: Option<&str>| {
            connection
                .execute(
                    "INSERT INTO accounts (kind, panel, currency) VALUES (?1, ?2, 'USD')",
                    params![kind.word(), panel],
                )
                .expect("made");
            connection.last_insert_rowid()
        };
        let of_customer = |customer: i64| {
            [AccountKind::Available, AccountKind::Held].map(|kind| {
                let sql = "SELECT id FROM accounts WHERE customer = ?1 AND kind = ?2";
                connection
                    .query_row(sql, params![customer, kind.word()], |row| row.get(0))
                    .expect("every customer has both")
            })
        };
        let of_panel = |panel: &str| {
            [AccountKind::Prepaid, AccountKind::Cost].map(|kind| make(kind, Some(panel)))
        };
        let mut ledger = Self {
            transfer: connection.prepare_cached(TRANSFER).expect("a statement"),
            entry: connection.prepare_cached(ENTRY).expect("a statement"),
            last_transfer: 0,
            balances: Vec::new(),
            is_available: Vec::new(),
            of_customers: (1..=plan.customers).map(of_customer).collect(),
            of_panels: plan
                .panels
                .iter()
                .map(|panel| of_panel(panel.as_str()))
                .collect(),
            sales: make(AccountKind::Sales, None),
            outside: make(AccountKind::Outside, None),
        };
        ledger.balances = vec![0; place(ledger.outside) + 1];
        ledger.is_available = vec![false; ledger.balances.len()];
        for [available, _] in &ledger.of_customers {
            ledger.is_available[place(*available)] = true;
        }
        let first = |kind, whose| Move {
            kind,
            whose,
            amount: Money::from_micros(FIRST_PAYMENT),
            order: None,
            at: plan.from,
        };
        (0..ledger.of_customers.len())
            .for_each(|whose| ledger.book(&first(TransferKind::TopUp, whose)));
        (0..ledger.of_panels.len())
            .for_each(|whose| ledger.book(&first(TransferKind::Deposit, whose)));
        ledger
    }

    /// Nothing is written for nothing.
    pub(super) fn book(&mut self, movement: &Move) {
        let amount = movement.amount.micros();
        if amount == 0 {
            return;
        }
        self.last_transfer += 1;
        let (kind, id) = (movement.kind.word(), self.last_transfer);
        let reference = match movement.order {
            Some(order) => format!("order/{order}/{kind}"),
            None => format!("{kind}/{id}"),
        };
        self.transfer
            .execute(params![
                id,
                kind,
                amount,
                reference,
                movement.order,
                movement.at.0
            ])
            .expect("written");
        let (from, to) = self.accounts(movement.kind, movement.whose);
        self.enter(from, -amount);
        self.enter(to, amount);
    }

    fn accounts(&self, kind: TransferKind, whose: usize) -> (i64, i64) {
        let customer = || self.of_customers[whose];
        let panel = || self.of_panels[whose];
        match kind {
            TransferKind::TopUp | TransferKind::Adjustment => (self.outside, customer()[0]),
            TransferKind::Hold => (customer()[0], customer()[1]),
            TransferKind::Take => (customer()[1], self.sales),
            TransferKind::Release => (customer()[1], customer()[0]),
            TransferKind::Refund => (self.sales, customer()[0]),
            TransferKind::Deposit => (self.outside, panel()[0]),
            TransferKind::Charge => (panel()[0], panel()[1]),
            TransferKind::Credit => (panel()[1], panel()[0]),
        }
    }

    fn enter(&mut self, account: i64, amount: i64) {
        let balance = &mut self.balances[place(account)];
        *balance += amount;
        // Nobody may owe anything.
        let limit = self.is_available[place(account)].then_some(0);
        self.entry
            .execute(params![
                self.last_transfer,
                account,
                amount,
                *balance,
                limit
            ])
            .expect("written");
    }

    /// What the entries have come to is what the accounts say.
    pub(super) fn close(self, connection: &Connection) {
        let mut update = connection
            .prepare("UPDATE accounts SET balance = ?2 WHERE id = ?1")
            .expect("a statement");
        for (id, balance) in self.balances.iter().enumerate().skip(1) {
            update
                .execute(params![i64::try_from(id).expect("few"), balance])
                .expect("written");
        }
    }
}

fn place(account: i64) -> usize {
    usize::try_from(account).expect("they are counted from 1")
}

const TRANSFER: &str = "INSERT INTO transfers (id, kind, amount, currency, reference, order_id, at)
    VALUES (?1, ?2, ?3, 'USD', ?4, ?5, ?6)";
const ENTRY: &str = "INSERT INTO entries (transfer, account, amount, balance_after, credit_limit) VALUES (?1, ?2, ?3, ?4, ?5)";

/// More than anybody spends; some thousands of it fit into 64 bits.
const FIRST_PAYMENT: i64 = 1_000_000_000_000_000;
