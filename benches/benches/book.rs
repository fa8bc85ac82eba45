//! What 100,000 open orders cost in memory, and how long the status of 100 of them takes: the book's packed records, beside
//! what a general map and a cache need for the same. All in one run.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashmap::DashMap;
use moka::sync::Cache;
use panelgate_benches::orders::{NOW, placed};
use panelgate_benches::table::print;
use panelgate_domain::action::AskedId;
use panelgate_domain::ids::{Currency, CustomerId, OrderId};
use panelgate_domain::order::Order;
use panelgate_domain::reply::{OrderView, Reply, StatusView};
use panelgate_domain::time::Timestamp;
use panelgate_engine::book::{Book, Glance, Poll};

fn main() {
    let usd = Currency::from("USD");
    let mut measured = Measured::default();

    let book = measured.fill("packed book, all indexes", Book::new, |book, order| {
        book.put(order);
    });
    // Each order is polled again half a minute later, so that every poll is written down.
    let now = Cell::new(Timestamp(NOW));
    measured.ask("packed book, all indexes", |ids| {
        now.set(now.get().after(Duration::from_millis(30)));
        let poll = Poll {
            customer: CustomerId(1),
            currency: &usd,
            now: now.get(),
            fresh_for: Duration::from_secs(60 * 60),
        };
        let views =
            book.poll(ids.iter().copied(), &poll)
                .into_iter()
                .map(|(_, glance)| match glance {
                    Glance::Own(seen) => Some(seen.view),
                    Glance::Foreign | Glance::Nothing => None,
                });
        views.collect()
    });

    let map = measured.fill("map of Arc<Order>", DashMap::new, |map, order| {
        map.insert(order.id, Arc::new(order));
    });
    measured.ask("map of Arc<Order>", |ids| {
        views(ids, |id| map.get(id).map(|order| Arc::clone(&order)), &usd)
    });

    let cache = measured.fill(
        "cache of Arc<Order>",
        || Cache::new(u64::from(ORDERS) * 2),
        |cache, order| cache.insert(order.id, Arc::new(order)),
    );
    measured.ask("cache of Arc<Order>", |ids| {
        views(ids, |id| cache.get(id), &usd)
    });

    let sparse = measured.fill("packed book, one order a page", Book::new, |book, order| {
        book.put(Order {
            id: OrderId(order.id.0 * 64),
            ..order
        });
    });
    drop(sparse);
    measured.print();
}

/// One row for each way to keep orders.
#[derive(Default)]
struct Measured(Vec<Vec<String>>);

impl Measured {
    /// Keeps the orders, and measures what that adds to the resident memory. Nothing that was filled before is given back
    /// meanwhile, so what is added is new.
    fn fill<T>(&mut self, name: &str, empty: impl Fn() -> T, put: impl Fn(&T, Order)) -> T {
        let before = resident();
        let began = Instant::now();
        let kept = empty();
        (1..=ORDERS).for_each(|n| put(&kept, placed(n)));
        let took = began.elapsed();
        let bytes = resident().saturating_sub(before) / u64::from(ORDERS);
        self.0.push(vec![
            name.to_owned(),
            bytes.to_string(),
            format!("{}", took.as_millis()),
            String::new(),
            String::new(),
        ]);
        kept
    }

    /// Asks for the status of 100 orders after the other 100, scattered; then writes the answers for the wire as well.
    fn ask(&mut self, name: &str, views: impl Fn(&[OrderId]) -> Vec<Option<StatusView>>) {
        let requests = requests();
        let found = median(&requests, |ids| {
            let views = views(ids);
            assert!(views.iter().all(Option::is_some), "each order is kept");
            black_box(views);
        });
        let written = median(&requests, |ids| {
            let views = ids.iter().zip(views(ids));
            let views = views.filter_map(|(id, view)| {
                Some((AskedId::Number(id.0), Ok(OrderView::Single(view?))))
            });
            black_box(panelgate_wire::reply::reply(&Reply::Statuses(
                views.collect(),
            )));
        });
        let row = self.0.last_mut().expect("filled before it is asked");
        assert_eq!(row[0], name, "filled before it is asked");
        row[3] = micros(found);
        row[4] = micros(written);
    }

    fn print(&self) {
        let columns = [
            "kept in",
            "bytes an order",
            "filled, ms",
            "100 views, µs",
            "and written, µs",
        ];
        print("100,000 open orders", &columns, &self.0);
    }
}

fn views(
    ids: &[OrderId],
    order: impl Fn(&OrderId) -> Option<Arc<Order>>,
    currency: &Currency,
) -> Vec<Option<StatusView>> {
    ids.iter()
        .map(|id| Some(order(id)?.view(currency)))
        .collect()
}

/// The median time of one request.
fn median(requests: &[Vec<OrderId>], ask: impl Fn(&[OrderId])) -> Duration {
    let mut took: Vec<Duration> = requests
        .iter()
        .map(|ids| {
            let began = Instant::now();
            ask(ids);
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Ids all over the book: 7,919 is prime, so each is asked for about as often as any other.
fn requests() -> Vec<Vec<OrderId>> {
    let mut ids = (0_u64..)
        .map(|n| OrderId(1 + i64::try_from(n * 7_919 % u64::from(ORDERS)).expect("small")));
    let one = |_| ids.by_ref().take(100).collect();
    (0..REQUESTS).map(one).collect()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.expect("the second figure is resident pages") * 4_096
}

fn micros(duration: Duration) -> String {
    format!(
        "{}.{}",
        duration.as_micros(),
        duration.as_nanos() / 100 % 10
    )
}

const ORDERS: u32 = 100_000;
const REQUESTS: usize = 5_000;
