//! Customers' money in memory, so that `balance` asks no file.
//!
//! An account is known from the first time that somebody asks for it, and right from then on: what a group of transactions has
//! changed is told here before any of them is answered. What another process has written is seen by the next transaction of ours;
//! then everything is forgotten and read again. Nothing is ever decided by what is known here: holds are checked in the file.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use panelgate_domain::canary::Canary;
use panelgate_domain::customer::Account;
use panelgate_domain::ids::CustomerId;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};

use super::ledger;
use super::writer::Witness;
use crate::api::Result;
use crate::error::StoreError;

/// What is known; as many as there are customers at most.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: DashMap<CustomerId, Account>,
    /// Grows before anything that was committed is told: what was read before then may be outdated.
    told: AtomicU64,
}

/// A moment before a read; see [`Accounts::learn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Accounts {
    pub(super) fn get(&self, customer: CustomerId) -> Option<Account> {
        self.known.get(&customer).map(|known| *known)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.told.load(Ordering::SeqCst))
    }

    /// Keeps what was read after the mark, unless something was committed since: that may be newer.
    pub(super) fn learn(&self, customer: CustomerId, account: Account, mark: Mark) {
        // The mark is looked at with the entry locked: whoever tells of a commit from now on replaces what is put here.
        let entry = self.known.entry(customer);
        if self.mark() == mark {
            entry.or_insert(account);
        }
    }

    fn tell(&self, changed: Vec<(CustomerId, Account)>) {
        self.told.fetch_add(1, Ordering::SeqCst);
        for (customer, account) in changed {
            self.known.insert(customer, account);
        }
    }

    fn forget(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
        self.known.clear();
    }
}

/// Sees which accounts the writer's transactions change.
pub(super) struct Follower {
    accounts: Arc<Accounts>,
    touched: Arc<Mutex<Touched>>,
    /// What the group that is about to be committed has changed; an error if that could not be read.
    changed: Result<Vec<(CustomerId, Account)>>,
}

/// Rows that were written, by table. Some may be as they were, or gone: what a transaction wrote that was undone stays in here.
#[derive(Debug, Default)]
struct Touched {
    accounts: BTreeSet<i64>,
    customers: BTreeSet<i64>,
}

impl Follower {
    /// Follows a connection from its next transaction on.
    pub(super) fn of(connection: &mut Connection, accounts: Arc<Accounts>) -> Result<Self> {
        let touched = Arc::<Mutex<Touched>>::default();
        let writing = Arc::clone(&touched);
        connection.update_hook(Some(move |_, _: &str, table: &str, row| match table {
            "accounts" => _ = writing.lock().accounts.insert(row),
            "customers" => _ = writing.lock().customers.insert(row),
            _ => {}
        }))?;
        Ok(Self {
            accounts,
            touched,
            changed: Ok(Vec::new()),
        })
    }
}

impl Witness for Follower {
    fn others_committed(&mut self) {
        self.accounts.forget();
    }

    fn before_commit(&mut self, connection: &Connection) {
        let touched = std::mem::take(&mut *self.touched.lock());
        self.changed = changed(connection, &touched);
    }

    fn committed(&mut self) {
        match std::mem::replace(&mut self.changed, Ok(Vec::new())) {
            Ok(changed) if changed.is_empty() || Canary::BalanceStandsStill.sings() => {}
            Ok(changed) => self.accounts.tell(changed),
            Err(error) => {
                tracing::warn!(%error, "what a transaction changed could not be read; balances are read anew");
                self.accounts.forget();
            }
        }
    }
}

/// The accounts as they are now of all customers behind these rows.
fn changed(connection: &Connection, touched: &Touched) -> Result<Vec<(CustomerId, Account)>> {
    let mut customers = touched.customers.clone();
    let mut owner = connection
        .prepare_cached("SELECT customer FROM accounts WHERE id = ?1 AND customer IS NOT NULL")?;
    for account in &touched.accounts {
        customers.extend(
            owner
                .query_row([account], |row| row.get::<_, i64>(0))
                .optional()?,
        );
    }
    let mut changed = Vec::with_capacity(customers.len());
    for customer in customers.into_iter().map(CustomerId) {
        match ledger::account(connection, customer) {
            Ok(account) => changed.push((customer, account)),
            // Added by a transaction that was undone.
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(changed)
}
