//! Operators: they take money in, change prices, pause panels, and decide about orders of which nobody knows where they are. What
//! they decide is true: they look it up at the panel, as people do.

use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::ids::{CustomerId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_engine::Clock;
use panelgate_simpanel::SimCatalogue;
use panelgate_store::Store;
use panelgate_store::model::{Booked, Booking, Decision, OrderFilter};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use crate::history::TopUp;
use crate::shop;
use crate::world::{Running, World, link_of};

/// All operators of a world.
pub(crate) struct Operators {
    world: Arc<World>,
    customers: Vec<CustomerId>,
    rng: StdRng,
}

impl Operators {
    pub(crate) fn new(world: &Arc<World>, customers: Vec<CustomerId>) -> Self {
        Self {
            world: Arc::clone(world),
            customers,
            rng: StdRng::seed_from_u64(world.plan.seed.rotate_left(40)),
        }
    }

    /// They go on until the trouble is over.
    pub(crate) async fn work(mut self) {
        loop {
            let pause = Duration::from_millis(self.rng.random_range(500..10_000));
            if !self.world.is_troubled_after(pause).await {
                return;
            }
            let Some(running) = self.world.running() else {
                continue;
            };
            let life = running.life.clone();
            life.or_end(self.act(running)).await;
        }
    }

    /// Takes in money and has a list synced, once each.
    pub(crate) async fn work_shortly(self) {
        let world = &self.world;
        let moment = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        moment(3).await;
        promise(world, self.customers[0], Money::from_micros(5_000_000));
        if let Some(running) = world.running() {
            let work = async {
                take_in(world, running.store()).await;
                _ = running.engine.sync(&world.panels[0].0).await;
                _ = running.engine.set_pause(None, true).await;
                moment(4).await;
                _ = running.engine.set_pause(None, false).await;
            };
            running.life.or_end(work).await;
        }
        moment(36).await;
        if let Some(running) = world.running() {
            let decided = resolve(world, &running, Duration::from_secs(30));
            running.life.or_end(decided).await;
        }
    }

    async fn act(&mut self, running: Running) {
        let habits = self.world.plan.habits;
        match self.rng.random_range(0..10) {
            0..4 => {
                let customer = *self.customers.choose(&mut self.rng).expect("some");
                let amount = Money::from_micros(self.rng.random_range(1..20_000_000));
                promise(&self.world, customer, amount);
                take_in(&self.world, running.store()).await;
            }
            4 | 5 if habits.resolve => resolve(&self.world, &running, RESOLVED_AFTER).await,
            6 if habits.reload => self.reload(&running).await,
            7 if habits.pause => self.pause(&running).await,
            8 if habits.reprice => self.reprice(&running).await,
            // Somebody presses the button twice.
            _ => take_in(&self.world, running.store()).await,
        }
    }

    async fn reload(&mut self, running: &Running) {
        let offer = {
            let mut offer = self.world.offer.lock();
            offer.revision += 1;
            offer.percent = self.rng.random_range(1..60);
            offer.routes.shuffle(&mut self.rng);
            offer.clone()
        };
        let rules = shop::rules(offer.revision, offer.percent, &offer.routes);
        let panels = self.world.panel_settings(&running.life);
        let done = running.engine.reload(rules, panels).await;
        self.world
            .trace
            .note(format_args!("reload {}", done.is_ok()));
    }

    async fn pause(&mut self, running: &Running) {
        let (name, _) = self.world.panels.choose(&mut self.rng).expect("some");
        let panel = self.rng.random_bool(0.8).then(|| name.clone());
        let done = running.engine.set_pause(panel.clone(), true).await;
        self.world
            .trace
            .note(format_args!("pause {panel:?} {}", done.is_ok()));
        tokio::time::sleep(Duration::from_secs(10)).await;
        _ = running.engine.set_pause(panel, false).await;
    }

    async fn reprice(&mut self, running: &Running) {
        let (name, panel) = self.world.panels.choose(&mut self.rng).expect("some");
        let moved = self.rng.random_range(-30..60);
        let list = SimCatalogue::Json(shop::list(moved));
        panel.set_catalogue(&list).expect("a list of our own");
        let done = running.engine.sync(name).await;
        self.world.trace.note(format_args!(
            "{name} moves prices by {moved} %: {}",
            done.is_ok()
        ));
    }
}

/// An operator means to book this.
pub(crate) fn promise(world: &World, customer: CustomerId, amount: Money) {
    let mut history = world.history.lock();
    let reference = format!("payment {}", history.top_ups.len());
    history.top_ups.push(TopUp {
        customer,
        amount,
        reference,
        is_booked: false,
    });
}

/// Books the last payment, and all that are not known to be booked; one that was booked before changes nothing.
pub(crate) async fn take_in(world: &World, store: &dyn Store) {
    let mut due: Vec<usize> = {
        let history = world.history.lock();
        let last = history.top_ups.len().checked_sub(1);
        let open = history.top_ups.iter().enumerate();
        let open = open.filter(|(_, top_up)| !top_up.is_booked);
        open.map(|(place, _)| place).chain(last).collect()
    };
    due.dedup();
    for place in due {
        let top_up = world.history.lock().top_ups[place].clone();
        let booking = Booking {
            customer: top_up.customer,
            amount: top_up.amount,
            reference: top_up.reference,
            note: None,
            actor: "operator".into(),
            at: world.clock.now(),
        };
        if let Ok(booked) = store.top_up(booking).await {
            let mut history = world.history.lock();
            if top_up.is_booked && booked == Booked::Now {
                history.complain(format!("payment {place} was booked twice"));
            }
            history.top_ups[place].is_booked = true;
        }
    }
}

/// Decides about orders that have been unconfirmed for so long: whether they are at their panel, its books say.
pub(crate) async fn resolve(world: &World, running: &Running, after: Duration) {
    let filter = OrderFilter {
        state: Some(OrderState::Unconfirmed),
        ..OrderFilter::default()
    };
    let Ok(orders) = running.store().list_orders(filter).await else {
        return;
    };
    for order in orders {
        let Ok(story) = running.store().story(order.id).await else {
            return;
        };
        let sent = story.placements.last().map(|placement| placement.at);
        if sent.is_none_or(|sent| world.clock.now().since(sent) < after) {
            continue;
        }
        let Ok(ours) = running.store().list_orders(OrderFilter::default()).await else {
            return;
        };
        let found = at_panel(world, &ours, &order, link_of(&story));
        decide(world, running, &order, found).await;
    }
}

async fn decide(world: &World, running: &Running, order: &Order, found: Option<UpstreamId>) {
    let decision = Decision {
        order: order.id,
        actor: "operator".into(),
        reason: "as the panel's own list says".into(),
        at: world.clock.now(),
    };
    let text = format!("{} is {found:?}", order.id);
    let done = match found {
        Some(id) => running.engine.resolve_placed(decision, id).await,
        None => running.engine.resolve_not_placed(decision).await,
    };
    world.trace.note(format_args!("{text}: {}", done.is_ok()));
}

/// The id of an order at its panel that no other order of ours has.
fn at_panel(world: &World, ours: &[Order], order: &Order, link: &str) -> Option<UpstreamId> {
    let panel = order.panel.as_ref().expect("it was sent somewhere");
    let books = world.panel(panel).books();
    let found = books.orders_with_link(link).into_iter();
    let mut ids = found.map(|found| UpstreamId::from(found.id.to_string().as_str()));
    let is_known = |id: &UpstreamId| {
        let mut same = ours.iter().filter(|other| other.panel == order.panel);
        same.any(|other| other.upstream_id.as_ref() == Some(id))
    };
    ids.find(|id| !is_known(id))
}

/// No panel begins anything so long after it was asked to.
pub(crate) const RESOLVED_AFTER: Duration = Duration::from_secs(150);
