//! Customers: they order, ask how it is going, want things canceled and refilled, and hang up.

use std::sync::Arc;
use std::time::Duration;

use panelgate_domain::action::{Action, Add, AskedId, Ids};
use panelgate_domain::customer::Customer;
use panelgate_domain::fault::Refusal;
use panelgate_domain::field::Field;
use panelgate_domain::ids::OrderId;
use panelgate_domain::reply::{OrderView, Reply};
use panelgate_domain::spec::Fields;
use panelgate_engine::Cx;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::history::{Attempt, Heard};
use crate::shop::{ALL, Sold};
use crate::world::World;

/// One customer.
pub(crate) struct Person {
    world: Arc<World>,
    cx: Cx,
    rng: StdRng,
    machine: u32,
    orders: Vec<OrderId>,
    unanswered: Vec<(String, Sold, u64)>,
    links: u32,
}

impl Person {
    /// A customer at one of their machines, which know nothing of each other.
    pub(crate) fn new(world: &Arc<World>, customer: Arc<Customer>, machine: u32) -> Self {
        let number = customer.id.0.unsigned_abs() + (u64::from(machine) << 32);
        let seed = world.plan.seed.rotate_left(17) ^ number;
        Self {
            world: Arc::clone(world),
            cx: Cx { customer },
            machine,
            rng: StdRng::seed_from_u64(seed),
            orders: Vec::new(),
            unanswered: Vec::new(),
            links: 0,
        }
    }

    /// Goes on until the trouble is over.
    pub(crate) async fn live(mut self) {
        loop {
            let pause = Duration::from_millis(self.rng.random_range(100..8_000));
            if !self.world.is_troubled_after(pause).await {
                return;
            }
            self.act().await;
        }
    }

    /// Does everything that a customer can do, once.
    pub(crate) async fn live_shortly(mut self) {
        let moment = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        moment(1).await;
        for sold in ALL {
            // A panel delivers a part of what is called so.
            let part = if sold == Sold::Comments {
                "partial/"
            } else {
                ""
            };
            let link = format!("https://example.com/{part}{sold:?}");
            let quantity = 1 + u64::from(sold != Sold::Package);
            self.send(link, sold, quantity).await;
            moment(1).await;
        }
        self.look().await;
        // The first has not left yet, and the second has hardly begun: both can still be canceled.
        for link in ["https://example.com/unsent", "https://example.com/begun"] {
            self.send(link.to_owned(), Sold::Likes, 1_000).await;
            if let Some(last) = self.orders.last().copied() {
                self.about(last, Action::Cancel).await;
            }
            moment(4).await;
        }
        self.look().await;
        for order in self.orders.clone().into_iter().take(2) {
            self.about(order, Action::Refill).await;
        }
        moment(3).await;
        let refill = Ids::One(AskedId::Number(1));
        _ = self.ask(Action::RefillStatus(refill)).await;
        _ = self.ask(Action::Balance).await;
        moment(10).await;
        self.look().await;
    }

    async fn act(&mut self) {
        let habits = self.world.plan.habits;
        match self.rng.random_range(0..20) {
            0..10 => self.order().await,
            10..16 => self.look().await,
            16 => self.look_at_others().await,
            17 => _ = self.ask(Action::Balance).await,
            18 if habits.cancel => self.about_one(Action::Cancel).await,
            19 if habits.refill => self.about_one(Action::Refill).await,
            _ => _ = self.ask(Action::Services).await,
        }
    }

    async fn order(&mut self) {
        let again = self.world.plan.habits.repeat && self.rng.random_bool(0.6);
        let (link, sold, quantity) = match self.unanswered.pop() {
            Some(same) if again => same,
            _ => self.something_new(),
        };
        self.send(link, sold, quantity).await;
    }

    fn something_new(&mut self) -> (String, Sold, u64) {
        self.links += 1;
        let sold = *ALL.choose(&mut self.rng).expect("some");
        let quantity = match sold {
            Sold::Followers | Sold::Likes => self.rng.random_range(1..2_000),
            Sold::Package => 1,
            Sold::Comments => self.rng.random_range(1..6),
        };
        let link = format!(
            "https://example.com/{}/{}/{}",
            self.cx.customer.id, self.machine, self.links
        );
        (link, sold, quantity)
    }

    pub(crate) async fn send(&mut self, link: String, sold: Sold, quantity: u64) {
        let add = Add {
            service: Some(sold.id().to_string()),
            fields: fields(&link, sold, quantity),
            idempotency_key: None,
        };
        let heard = self.added(add).await;
        match heard {
            Heard::Ordered(order) => self.orders.push(order),
            Heard::Nothing => self.unanswered.push((link.clone(), sold, quantity)),
            Heard::Refused(_) => {}
        }
        self.world
            .trace
            .note(format_args!("{} {link} {heard:?}", self.cx.customer.id));
        self.world.history.lock().attempts.push(Attempt {
            customer: self.cx.customer.id,
            link,
            sold,
            quantity,
            heard,
        });
    }

    async fn added(&mut self, add: Add) -> Heard {
        let Some(running) = self.world.running() else {
            return Heard::Nothing;
        };
        let patience = self.patience();
        let asked = running.life.or_end(running.engine.add(&self.cx, add, None));
        match tokio::time::timeout(patience, asked).await {
            Err(_) | Ok(None) => Heard::Nothing,
            Ok(Some(Err(fault))) => Heard::Refused(fault.refusal),
            Ok(Some(Ok((reply, hearing)))) => {
                if let Some(hearing) = hearing {
                    hearing.heard();
                }
                match reply {
                    Reply::Added(order) => Heard::Ordered(order),
                    other => panic!("an answer to `add`: {other:?}"),
                }
            }
        }
    }

    /// Most wait for as long as it takes.
    fn patience(&mut self) -> Duration {
        if self.world.plan.habits.hang_up && self.rng.random_bool(0.3) {
            Duration::from_millis(self.rng.random_range(0..3_000))
        } else {
            Duration::from_secs(3_600)
        }
    }

    async fn ask(&self, action: Action) -> Option<Result<Reply, Refusal>> {
        let running = self.world.running()?;
        let answer = running.life.or_end(running.engine.run(&self.cx, action));
        Some(answer.await?.map_err(|fault| fault.refusal))
    }

    async fn look(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let count = self.rng.random_range(1..=self.orders.len().min(20));
        let some: Vec<OrderId> = self
            .orders
            .choose_multiple(&mut self.rng, count)
            .copied()
            .collect();
        let ids = some.iter().map(|id| AskedId::Number(id.0)).collect();
        let Some(Ok(Reply::Statuses(answers))) = self.ask(Action::Status(Ids::Many(ids))).await
        else {
            return;
        };
        let mut history = self.world.history.lock();
        for (id, answer) in answers {
            let AskedId::Number(id) = id else { continue };
            match answer {
                Ok(OrderView::Single(view)) => history.saw(OrderId(id), &view),
                other => history.complain(format!("order {id} is not found again: {other:?}")),
            }
        }
    }

    /// What belongs to somebody else looks as what does not exist.
    async fn look_at_others(&mut self) {
        let others: Vec<OrderId> = {
            let history = self.world.history.lock();
            let others = history.attempts.iter();
            let others = others.filter(|other| other.customer != self.cx.customer.id);
            others
                .filter_map(|other| match other.heard {
                    Heard::Ordered(order) => Some(order),
                    Heard::Refused(_) | Heard::Nothing => None,
                })
                .collect()
        };
        let Some(other) = others.choose(&mut self.rng).copied() else {
            return;
        };
        let one = || Ids::One(AskedId::Number(other.0));
        for action in [
            Action::Status(one()),
            Action::Cancel(one()),
            Action::Refill(one()),
        ] {
            let answer = self.ask(action.clone()).await;
            let Some(answer) = answer else { continue };
            let is_hidden = matches!(
                answer,
                Err(Refusal::IncorrectOrderId | Refusal::TooManyRequests)
            );
            if !is_hidden {
                let text = format!(
                    "{} saw {other} of another: {action:?} {answer:?}",
                    self.cx.customer.id
                );
                self.world.history.lock().complain(text);
            }
        }
    }

    async fn about_one(&mut self, action: impl Fn(Ids) -> Action) {
        let Some(order) = self.orders.choose(&mut self.rng).copied() else {
            return;
        };
        self.about(order, action).await;
    }

    async fn about(&self, order: OrderId, action: impl Fn(Ids) -> Action) {
        let answer = self.ask(action(Ids::One(AskedId::Number(order.0)))).await;
        self.world.trace.note(format_args!("{order} {answer:?}"));
    }
}

fn fields(link: &str, sold: Sold, quantity: u64) -> Fields {
    let mut fields = Fields::from([(Field::Link, link.to_owned())]);
    match sold {
        Sold::Followers | Sold::Likes => _ = fields.insert(Field::Quantity, quantity.to_string()),
        Sold::Package => {}
        Sold::Comments => {
            let lines: Vec<String> = (0..quantity).map(|line| format!("line {line}")).collect();
            fields.insert(Field::Comments, lines.join("\n"));
        }
    }
    fields
}
