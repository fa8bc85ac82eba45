//! One world from its beginning to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use panelgate_domain::customer::Customer;
use panelgate_domain::ids::CustomerId;
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_engine::Clock;
use panelgate_store::Store;
use panelgate_store::model::{NewCustomer, OrderFilter};
use panelgate_tally::Tally;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;

use crate::archived;
use crate::auditor;
use crate::cells;
use crate::customers::Person;
use crate::operators::{self, Operators, RESOLVED_AFTER};
use crate::regrets;
use crate::world::{Running, World};

/// How a world ended.
#[derive(Debug)]
pub struct Outcome {
    /// Equal for equal runs.
    pub hash: u64,
    /// What may never happen and did.
    pub wrongs: Vec<String>,
    /// What happened how often.
    pub counted: Tally,
    /// All that happened, in order, if it was kept.
    pub lines: Vec<String>,
}

impl Outcome {
    /// A world that did not come to its end.
    pub(crate) fn panicked(text: &str) -> Self {
        let mut counted = Tally::default();
        counted.violation(text);
        Self {
            hash: 0,
            wrongs: vec![text.to_owned()],
            counted,
            lines: Vec::new(),
        }
    }
}

/// Trouble, then calm, then judgement. Needs a runtime whose clock is paused.
pub(crate) async fn run(world: World) -> Outcome {
    let world = Arc::new(world);
    let customers = open_accounts(&world).await;
    let ids: Vec<CustomerId> = customers.iter().map(|customer| customer.id).collect();
    for customer in customers {
        let customer = Arc::new(customer);
        for machine in 0..MACHINES {
            tokio::spawn(Person::new(&world, Arc::clone(&customer), machine).live());
        }
    }
    tokio::spawn(Operators::new(&world, ids).work());
    // It takes a seventh of a world's time, and these are enough.
    let afterwards = match world.plan.seed % 3 {
        0 => Afterwards::Archived,
        _ => Afterwards::Kept,
    };
    to_the_end(world, afterwards).await
}

/// The same for one customer and one operator who do one thing after the other.
pub(crate) async fn short(world: World) -> Outcome {
    let world = Arc::new(world);
    let mut customers = open_accounts(&world).await;
    let customer = customers.pop().expect("one customer");
    let operators = Operators::new(&world, vec![customer.id]);
    tokio::spawn(Person::new(&world, Arc::new(customer), 0).live_shortly());
    tokio::spawn(operators.work_shortly());
    to_the_end(world, Afterwards::Kept).await
}

/// What becomes of a world that was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    /// Nothing.
    Kept,
    /// What may leave its store does, and it is looked at again.
    Archived,
}

async fn to_the_end(world: Arc<World>, afterwards: Afterwards) -> Outcome {
    let calm = world.calm.clone();
    let trouble_for = world.plan.trouble_for;
    tokio::spawn(async move {
        tokio::time::sleep(trouble_for).await;
        calm.cancel();
    });
    come_and_go(&world, &world.calm, MOST_LIVED).await;
    heal(&world, ROUND).await;
    if world.plan.regrets {
        regret(&world).await;
    }
    let store = world.open();
    let mut counted = count(&world, &store).await;
    let mut wrongs = auditor::judge(&world, &store).await;
    let store = match afterwards {
        Afterwards::Archived if wrongs.is_empty() => {
            let (store, gone, found) = archived::nobody_can_tell(&world, store).await;
            counted.count("orders · archived", gone);
            wrongs.extend(found);
            store
        }
        Afterwards::Archived | Afterwards::Kept => store,
    };
    store.close().await;
    wrongs
        .iter_mut()
        .for_each(|wrong| wrong.insert_str(0, &format!("seed {}: ", world.plan.seed)));
    wrongs.iter().for_each(|wrong| counted.violation(wrong));
    Outcome {
        hash: world.trace.hash(),
        wrongs,
        counted,
        lines: world.trace.lines(),
    }
}

async fn open_accounts(world: &Arc<World>) -> Vec<Customer> {
    let store = world.open();
    store
        .fix_currency(&"USD".into())
        .await
        .expect("a new store");
    let mut customers = Vec::new();
    for number in 0..world.plan.customers {
        let new = NewCustomer {
            name: format!("customer {number}"),
            group: None,
            credit_limit: Money::ZERO,
            at: world.clock.now(),
        };
        let customer = store.add_customer(new).await.expect("a new name");
        let funds = if world.plan.habits.poor {
            2_000_000
        } else {
            1_000_000_000
        };
        operators::promise(world, customer.id, Money::from_micros(funds));
        operators::take_in(world, &store).await;
        customers.push(customer);
    }
    store.close().await;
    customers
}

/// Panels change their minds, and there is trouble once more until it is noticed.
async fn regret(world: &Arc<World>) {
    regrets::begin(world).await;
    world.is_late.store(true, Ordering::Relaxed);
    world.mishaps.resume();
    let over = CancellationToken::new();
    let ends = over.clone();
    tokio::spawn(async move {
        tokio::time::sleep(regrets::TROUBLED_FOR).await;
        ends.cancel();
    });
    come_and_go(world, &over, regrets::TROUBLED_FOR).await;
    heal(world, LONG_ROUND).await;
}

/// The process starts, stops and crashes until the trouble is over.
async fn come_and_go(world: &Arc<World>, over: &CancellationToken, longest: Duration) {
    let mut rng = StdRng::seed_from_u64(world.plan.seed.rotate_left(50));
    while !over.is_cancelled() {
        if let Some(running) = world.start().await {
            let stops_after = if world.plan.habits.restart {
                Duration::from_millis(rng.random_range(0..millis(longest)))
            } else {
                Duration::MAX
            };
            live(world, over, stops_after, running).await;
        }
        let pause = Duration::from_millis(rng.random_range(0..5_000));
        tokio::time::sleep(pause).await;
    }
}

async fn live(
    world: &Arc<World>,
    over: &CancellationToken,
    stops_after: Duration,
    running: Running,
) {
    let life = running.life.clone();
    tokio::select! {
        biased;
        () = life.ended() => world.bury(running).await,
        () = over.cancelled() => world.stop(running).await,
        () = tokio::time::sleep(stops_after) => world.stop(running).await,
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).expect("hours")
}

/// Nothing goes wrong any more: panels are honest and have money, operators decide, and everything comes to its end.
async fn heal(world: &Arc<World>, round: Duration) {
    world.mishaps.end();
    for (_, panel) in &world.panels {
        panel.clear_faults();
        panel.set_limit(None);
        panel.set_balance(Money::from_micros(crate::plan::RICH));
    }
    let running = world.start().await.expect("nothing goes wrong any more");
    for (name, _) in &world.panels {
        let paused = running.engine.set_pause(Some(name.clone()), false).await;
        paused.expect("nothing goes wrong any more");
    }
    let paused = running.engine.set_pause(None, false).await;
    paused.expect("nothing goes wrong any more");
    operators::take_in(world, running.store()).await;
    for _ in 0..MOST_ROUNDS {
        tokio::time::sleep(round).await;
        operators::resolve(world, &running, RESOLVED_AFTER).await;
        if is_at_rest(world, &running).await {
            break;
        }
    }
    world.stop(running).await;
}

async fn is_at_rest(world: &World, running: &Running) -> bool {
    let orders = running.store().list_orders(OrderFilter::default()).await;
    let orders = orders.expect("readable");
    let is_done = |order: &Order| order.state == OrderState::Closed || order.flag.is_some();
    orders.iter().all(is_done) && (!world.plan.regrets || regrets::are_noticed(world, &orders))
}

async fn count(world: &World, store: &dyn Store) -> Tally {
    let mut counted = world.mishaps.counted();
    counted.count("boundaries", world.mishaps.passed());
    counted.count("events", world.trace.events());
    let attempts = world.history.lock().attempts.len();
    counted.count("attempts", attempts as u64);
    let orders = store.list_orders(OrderFilter::default()).await;
    let orders = orders.expect("readable");
    let ids = orders.iter().map(|order| order.id).collect();
    let evidence = store.evidence(ids).await.expect("readable");
    for order in orders {
        let end = order.ended.map_or("flagged", |end| end.word());
        counted.count(format!("orders · {end}"), 1);
        let about = evidence.iter().filter(|(about, _)| *about == order.id);
        let mut ids = about
            .map(|(_, found)| found.upstream_id.as_ref())
            .peekable();
        if ids.peek().is_some() {
            counted.count("orders · found at a panel", 1);
        }
        if ids
            .flatten()
            .any(|id| order.upstream_id.as_ref() == Some(id))
        {
            counted.count("orders · decided as found", 1);
        }
    }
    for (_, panel) in &world.panels {
        for request in panel.books().requests() {
            let name = request
                .action
                .map_or_else(|| "nothing".to_owned(), |name| format!("{name:?}"));
            counted.count(format!("requests · {name}"), 1);
            if let Some(fault) = &request.fault {
                counted.count(format!("{} · {name}", cells::name(fault)), 1);
            }
        }
    }
    counted
}

/// Machines that every customer orders from, at the same time.
const MACHINES: u32 = 2;
/// So long a process lives at most, where processes are stopped now and then.
const MOST_LIVED: Duration = Duration::from_secs(60);
const ROUND: Duration = Duration::from_secs(10);
/// Looks at what has ended come after one hour, two, four …
const LONG_ROUND: Duration = Duration::from_secs(600);
/// An hour, or sixty: what is doubted because too many ended at once is believed after ten minutes.
const MOST_ROUNDS: usize = 360;
