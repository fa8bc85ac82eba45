//! Stores of any size, written straight into the file: rows with prepared statements and without a journal, indexes after the rows.
//! The store's own transactions would take hours for what this writes in minutes.
//!
//! The books add up, so that `panelgate verify` has nothing to say. Orders begin one after the other over a span of time, and each
//! ends when as many others have begun since as are to be live at once: rows lie in the file as they would after years.

mod disk;
mod ledger;
mod life;
mod rows;

use std::path::Path;
use std::time::Instant;

use panelgate_domain::catalogue::FIRST_IMPORTED_ID;
use panelgate_domain::ids::{OfferId, PanelName};
use panelgate_domain::money::Money;
use panelgate_domain::offer::{Offer, OfferList};
use panelgate_domain::rate::Rate;
use panelgate_domain::time::Timestamp;
use panelgate_store::Store;
use panelgate_store::model::NewCustomer;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use rusqlite::Connection;

pub use self::disk::{bytes, free};

/// How large a store is, and when it was in use.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Orders that live.
    pub open: i64,
    /// Orders that have ended.
    pub ended: i64,
    /// Who buys. The first of them buys what [`Self::usual`] says.
    pub customers: i64,
    /// How many price groups they are in.
    pub groups: i64,
    /// Where orders are placed.
    pub panels: Vec<PanelName>,
    /// When the first order was opened.
    pub from: Timestamp,
    /// When the last one was.
    pub until: Timestamp,
}

/// What is bought with an order.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Between 1 and the number of customers.
    pub customer: i64,
    /// What it is.
    pub service: i64,
    /// Which of the panels has it.
    pub panel: usize,
    /// What the panel calls it.
    pub offer: String,
    /// How much of it.
    pub quantity: u64,
    /// What a thousand cost.
    pub rate: Rate,
    /// What it costs the customer.
    pub price: Money,
    /// What it costs us.
    pub cost: Money,
}

impl Plan {
    /// So many orders of a thousand customers over so many days up to now, at one panel, `alpha`.
    ///
    /// # Panics
    /// The clock is before 1970.
    #[must_use]
    pub fn new(open: i64, ended: i64, days: i64) -> Self {
        let now = std::time::UNIX_EPOCH.elapsed().expect("it is later");
        let now = i64::try_from(now.as_millis()).expect("not that late");
        Self {
            open,
            ended,
            customers: 1_000,
            groups: 10,
            panels: vec!["alpha".into()],
            from: Timestamp(now - days * 24 * 3_600_000),
            until: Timestamp(now),
        }
    }

    /// All of them.
    #[must_use]
    pub const fn orders(&self) -> i64 {
        self.open + self.ended
    }

    /// What most benches sell: every tenth order is the first customer's, the others are spread; [`OFFERS`] services, each one at
    /// one of the panels.
    ///
    /// # Panics
    /// Never: the prices are small.
    #[must_use]
    pub fn usual(&self, n: i64) -> Sale {
        let spread = n
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed())
            .unsigned_abs()
            >> 20;
        let among = |many: i64| i64::try_from(spread).expect("44 bits") % many;
        let customer = match n % 10 {
            0 => 1,
            _ => 1 + among(self.customers),
        };
        let service = among(OFFERS);
        let quantity = 100 * (1 + n.unsigned_abs() % 50);
        let rate = Rate::parse("12").expect("a rate");
        let price = |rate: &Rate| {
            let price = rate.price(panelgate_domain::rate::Charging::PerThousand, quantity);
            price.expect("it fits")
        };
        Sale {
            customer,
            service: FIRST_SERVICE + service,
            panel: usize::try_from(service).expect("not negative") % self.panels.len(),
            offer: (1 + service).to_string(),
            quantity,
            price: price(&rate),
            cost: price(&Rate::parse("10").expect("a rate")),
            rate,
        }
    }

    /// Writes a new store. Says on standard error how it goes.
    ///
    /// # Panics
    /// The file is there already, or cannot be written.
    pub fn write(&self, path: &Path, sale: impl Fn(i64) -> Sale) {
        assert!(!path.exists(), "{} is there", path.display());
        let began = Instant::now();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(self.begin(path));
        let mut connection = Connection::open(path).expect("opened");
        let indexes = prepare(&connection);
        let rows = connection.transaction().expect("begun");
        life::write(&rows, self, &sale);
        rows.commit().expect("written");
        eprintln!(
            "  {} orders after {:?}; their indexes now",
            self.orders(),
            began.elapsed()
        );
        for index in indexes {
            connection.execute_batch(&index).expect("made again");
        }
        connection.close().expect("closed");
        eprintln!("  written after {:?}", began.elapsed());
    }

    /// Customers and what the panels sell, by the store's own transactions.
    async fn begin(&self, path: &Path) {
        let options = Options {
            create: true,
            ..Options::default()
        };
        let store = SqliteStore::open(path, Role::Serve, options).expect("opened");
        store.fix_currency(&"USD".into()).await.expect("fixed");
        for n in 1..=self.customers {
            let new = NewCustomer {
                name: format!("customer {n}"),
                group: Some(format!("group {}", n % self.groups)),
                credit_limit: Money::ZERO,
                at: self.from,
            };
            store.add_customer(new).await.expect("added");
        }
        for panel in &self.panels {
            let list = OfferList {
                panel: panel.clone(),
                currency: "USD".into(),
                offers: (1..=OFFERS).map(offer).collect(),
                unreadable: Vec::new(),
            };
            store.save_offers(list, self.until).await.expect("saved");
        }
        store.close().await;
    }
}

fn offer(n: i64) -> Offer {
    Offer {
        id: OfferId::new(n.to_string()),
        name: format!("Followers [Real, Max 500K, {n}] Refill 30 days"),
        category: format!("Category {}: Instagram", n % 50),
        type_word: "Default".into(),
        rate: Rate::parse("10").expect("a rate"),
        min: 1,
        max: 1_000_000,
        refill: true,
        cancel: true,
        dripfeed: None,
    }
}

/// No journal, no looking for what is known to be there, no index that grows with every row. Answers how the indexes are made again.
fn prepare(connection: &Connection) -> Vec<String> {
    // An order and its placement name each other: looking for the other one takes longer than all the rest.
    let settings = [
        ("journal_mode", "OFF"),
        ("synchronous", "OFF"),
        ("locking_mode", "EXCLUSIVE"),
        ("foreign_keys", "OFF"),
        // KiB, so negative: for what is sorted in memory before it is sorted on disk.
        ("cache_size", "-1000000"),
    ];
    for (name, value) in settings {
        connection.pragma_update(None, name, value).expect("set");
    }
    let mut query = connection
        .prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
             AND tbl_name IN ('orders', 'placements', 'order_events', 'transfers', 'entries', 'idempotency_keys') ORDER BY rowid",
        )
        .expect("a query");
    let indexes = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let indexes: Result<Vec<(String, String)>, _> = indexes.expect("read").collect();
    let dropped = |(name, sql): (String, String)| {
        connection
            .execute_batch(&format!("DROP INDEX {name}"))
            .expect("dropped");
        sql
    };
    indexes.expect("read").into_iter().map(dropped).collect()
}

/// What a panel sells.
pub const OFFERS: i64 = 500;

/// The first of them, as an import numbers them.
pub const FIRST_SERVICE: i64 = FIRST_IMPORTED_ID.0;

#[cfg(test)]
mod tests {
    use panelgate_store::model::OrderFilter;

    use super::*;

    #[tokio::test]
    async fn the_books_of_what_it_writes_add_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("panelgate.db");
        let plan = Plan {
            customers: 20,
            panels: vec!["alpha".into(), "beta".into()],
            ..Plan::new(300, 2_000, 30)
        };
        let (to, planned) = (path.clone(), plan.clone());
        let write = move || planned.write(&to, |n| planned.usual(n));
        tokio::task::spawn_blocking(write).await.expect("written");
        let store = SqliteStore::open(&path, Role::Serve, Options::default()).expect("opened");
        assert_eq!(store.verify().await.expect("read"), []);
        let live = store.count_live().await.expect("counted").into_iter();
        assert_eq!(live.map(|(_, _, orders)| orders).sum::<u64>(), 300);
        let all = store
            .list_orders(OrderFilter::default())
            .await
            .expect("read");
        assert_eq!(all.len(), 2_300);
        store.close().await;
        let length = std::fs::metadata(&path).expect("it is there").len();
        assert!(length < bytes(&plan), "{length} bytes");
    }
}
