//! What one answer and one order cost while the store grows: `cargo bench -p panelgate-benches --bench growth`. Draws
//! `docs/figures/growth.svg`.
//!
//! An answer is one `status` of a customer's live orders, from the action to the bytes, by the engine on one thread: what a connection
//! adds does not depend on how many orders there are. An order is held and placed by the store, two transactions, 64 at a time.
//! `--most 100000` is the largest store (1,000,000).

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use panelgate_benches::big::Plan;
use panelgate_benches::orders::hold_and_place;
use panelgate_benches::plot::{self, Axis, Series};
use panelgate_benches::table::print;
use panelgate_benches::{arguments, binary, settings};
use panelgate_domain::action::{Action, AskedId, Ids};
use panelgate_domain::ids::{CustomerId, PanelName};
use panelgate_engine::{Cx, Engine, Parts, SystemClock};
use panelgate_store::Store;
use panelgate_store::model::OrderFilter;
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_upstream::PanelSettings;
use prometheus::Registry;

fn main() {
    let most = arguments::number("--most", 1_000_000);
    let sizes = [1_000, 10_000, 100_000, 1_000_000].map(|orders| (orders, 1));
    let panels = [1, 10, 100].map(|panels| (100_000, panels));
    let mut points: Vec<Point> = Vec::new();
    for (orders, panels) in sizes.into_iter().chain(panels.into_iter().skip(1)) {
        if orders <= most {
            points.push(measure(orders, panels));
        }
    }
    let cells = points.iter().map(|point| {
        vec![
            point.orders.to_string(),
            point.panels.to_string(),
            format!("{:.2}", point.one),
            format!("{:.1}", point.hundred),
            format!("{:.0}", point.placed),
        ]
    });
    print(
        "what one of them costs, in µs",
        &[
            "open orders",
            "panels",
            "status of 1",
            "status of 100",
            "order held and placed",
        ],
        &cells.collect::<Vec<_>>(),
    );
    draw(&points);
}

/// What one costs at a size, in microseconds.
struct Point {
    orders: i64,
    panels: usize,
    one: f64,
    hundred: f64,
    placed: f64,
}

fn measure(orders: i64, panels: usize) -> Point {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = folder.path().join("panelgate.db");
    let more = (2..=panels).map(|n| PanelName::new(format!("panel {n}")));
    let plan = Plan {
        panels: std::iter::once("alpha".into()).chain(more).collect(),
        ..Plan::new(orders, 0, 3)
    };
    plan.write(&path, |n| plan.usual(n));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let placed = runtime.block_on(place(&path));
    let (one, hundred) = runtime.block_on(answer(&path, &plan));
    Point {
        orders,
        panels,
        one,
        hundred,
        placed,
    }
}

/// Orders of the customer who has most.
async fn place(path: &Path) -> f64 {
    let store = SqliteStore::open(path, Role::Serve, Options::default()).expect("opened");
    let (store, next) = (Arc::new(store), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let callers = (0..CALLERS).map(|_| {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= PLACED {
                    return;
                }
                hold_and_place(store.as_ref(), CustomerId(1), n).await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic");
    }
    let took = each(began.elapsed(), PLACED);
    Arc::into_inner(store)
        .expect("nobody else has it")
        .close()
        .await;
    took
}

/// Of that customer's live orders, one and a hundred.
async fn answer(path: &Path, plan: &Plan) -> (f64, f64) {
    let store = SqliteStore::open(path, Role::Serve, Options::default()).expect("opened");
    let store: Arc<dyn Store> = Arc::new(store);
    let customer = store
        .customer_named("customer 1")
        .await
        .expect("read")
        .customer;
    let own = OrderFilter {
        customer: Some(customer.id),
        ..OrderFilter::default()
    };
    let own = store.list_orders(own).await.expect("read");
    let own: Vec<AskedId> = own
        .iter()
        .map(|order| AskedId::Number(order.id.0))
        .collect();
    let engine = engine(store, plan).await;
    let cx = Cx {
        customer: Arc::new(customer),
    };
    // Neighbours in the file are not neighbours in a request.
    let asked = |n: usize| own[n * 7_919 % own.len()].clone();
    let ask = async |ids: Ids| {
        let reply = engine
            .run(&cx, Action::Status(ids))
            .await
            .expect("answered");
        let bytes = panelgate_wire::reply::reply(&reply);
        assert!(bytes.starts_with(b"{"), "{bytes:?}");
    };
    let (mut one, mut hundred) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for n in 0..SINGLE {
            ask(Ids::One(asked(n))).await;
        }
        one = one.min(each(began.elapsed(), SINGLE));
        let began = Instant::now();
        for n in 0..MANY {
            ask(Ids::Many((n * 100..n * 100 + 100).map(asked).collect())).await;
        }
        hundred = hundred.min(each(began.elapsed(), MANY));
    }
    engine.stop().await;
    (one, hundred)
}

/// Its panels are down, and what is known is fresh for longer than this takes: nothing is asked for.
async fn engine(store: Arc<dyn Store>, plan: &Plan) -> Engine {
    let registry = Registry::new();
    let url = format!("http://{}/api/v2", binary::closed_port());
    let panel = |name: &PanelName| PanelSettings {
        requests_per_second: NonZeroU32::MIN,
        fresh_for: FRESH,
        ..settings::panel(name.clone(), &url)
    };
    let engine = Engine::start(Parts {
        store,
        clock: Arc::new(SystemClock),
        settings: panelgate_engine::Settings {
            fresh_for: FRESH,
            ..panelgate_engine::Settings::new("USD".into())
        },
        rules: settings::rules(&plan.panels),
        panels: plan.panels.iter().map(panel).collect(),
        metrics: panelgate_engine::Metrics::register(&registry).expect("registered"),
        upstream_metrics: panelgate_upstream::Metrics::register(&registry).expect("registered"),
    });
    engine.await.expect("it starts")
}

fn each(took: Duration, of: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let of = of as f64;
    took.as_secs_f64() * 1e6 / of
}

/// Of one panel: how costs go with orders.
fn draw(points: &[Point]) {
    let line = |name: &str, cost: fn(&Point) -> f64| {
        let points = points.iter().filter(|point| point.panels == 1);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let points = points.map(|point| (point.orders as f64, cost(point)));
        Series {
            name: name.to_owned(),
            points: points.collect(),
        }
    };
    let lines = [
        line("status of 1 order", |point| point.one),
        line("status of 100 orders", |point| point.hundred),
        line("order held and placed", |point| point.placed),
    ];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/figures/growth.svg");
    let (x, y) = (
        Axis {
            name: "open orders",
            is_log: true,
        },
        Axis {
            name: "µs each",
            is_log: true,
        },
    );
    plot::lines(
        &file,
        "Cost of an answer and of an order, one panel",
        x,
        y,
        &lines,
    );
}

const FRESH: Duration = Duration::from_secs(7 * 24 * 3_600);
const CALLERS: usize = 64;
const PLACED: usize = 10_000;
const SINGLE: usize = 50_000;
const MANY: usize = 2_000;
const ROUNDS: usize = 5;
