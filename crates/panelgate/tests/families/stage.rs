//! A gateway with three panels, and stories of families on it: each has a customer of its own, whose money is counted to the last
//! digit after every step that moves some.

use std::future::Future;

use panelgate_simpanel::{Charges, Fate, SimCatalogue, SimOrder, SimPanel, SimSettings};
use serde_json::{Value, json};

use crate::support::{Files, Gateway, order_id, panel_with, until};

/// What every customer begins with, in micros.
pub(crate) const FUNDS: i64 = 10_000_000;
/// What 1000 cost at the panels, and with 20 % on top; in micros.
const COST: i64 = 7_777_700;
const RATE: i64 = 9_333_240;
/// The same of a service where every post costs less than the books can hold.
const TINY: i64 = 480;

/// An end that leaves so much.
pub(crate) const PARTIAL: Fate = Fate::Partial { remains: 30 };

/// Panels and gateway.
pub(crate) struct Stage {
    pub(crate) each: SimPanel,
    pub(crate) all: SimPanel,
    pub(crate) gateway: Gateway,
}

/// One customer's family.
pub(crate) struct Story<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) panel: &'a SimPanel,
    name: String,
    pub(crate) key: String,
    /// Our id of the parent, and the panel's.
    pub(crate) parent: u64,
    pub(crate) at_panel: i64,
}

/// A story at the panel `each` that waits for the gateway to come back.
pub(crate) struct Left {
    name: String,
    key: String,
    parent: u64,
    at_panel: i64,
}

/// A child: our id and the panel's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child {
    pub(crate) order: u64,
    pub(crate) at_panel: i64,
}

/// What a unit costs for so many, rounded up: counted without the code that is tested.
pub(crate) fn price(quantity: i64) -> i64 {
    share(RATE, quantity)
}

/// What the panel charges for so many.
pub(crate) fn cost(quantity: i64) -> i64 {
    share(COST, quantity)
}

/// A post of the tiny service.
pub(crate) fn tiny(quantity: i64) -> i64 {
    share(TINY, quantity)
}

/// What goes back of a part: ⌊price × remains / quantity⌋.
pub(crate) fn part(quantity: i64, remains: i64) -> i64 {
    price(quantity) - price(quantity) * remains / quantity
}

/// What the simulated panel keeps of a part: the same rule.
pub(crate) fn cost_of_part(quantity: i64, remains: i64) -> i64 {
    cost(quantity) - cost(quantity) * remains / quantity
}

fn share(per_thousand: i64, quantity: i64) -> i64 {
    (per_thousand * quantity + 999) / 1000
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let each = panel_with(settings(Charges::EachPost)).await;
        let all = panel_with(settings(Charges::AllAtOnce)).await;
        each.set_catalogue(&catalogue()).expect("a list");
        all.set_catalogue(&catalogue()).expect("a list");
        let files = Files {
            services: SERVICES.to_owned(),
            main: MAIN.to_owned(),
            ..Files::default()
        };
        let mut gateway = Gateway::prepare(&[("each", &each), ("all", &all)], files);
        let path = gateway.path("panelgate.toml");
        let text = std::fs::read_to_string(&path).expect("read");
        let charged = "[panels.all]\nsubscriptions = \"all_posts\"\n";
        std::fs::write(&path, text.replace("[panels.all]\n", charged)).expect("written");
        gateway.serve();
        Self { each, all, gateway }
    }

    /// A customer's story that begins with a subscription.
    pub(crate) async fn subscribes(
        &self,
        name: &str,
        service: &str,
        more: &[(&str, &str)],
    ) -> Story<'_> {
        let mut fields = vec![
            ("username", "quiet"),
            ("min", "50"),
            ("max", "100"),
            ("delay", "0"),
        ];
        fields.retain(|(field, _)| more.iter().all(|(other, _)| other != field));
        fields.extend(more);
        self.orders(name, service, &fields).await
    }

    /// A customer's story that begins with any order.
    pub(crate) async fn orders(
        &self,
        name: &str,
        service: &str,
        fields: &[(&str, &str)],
    ) -> Story<'_> {
        let key = self.gateway.customer(name, "10");
        let panel = if service == "2" {
            &self.all
        } else {
            &self.each
        };
        let before = panel.books().orders().len();
        let fields = [&[("service", service)], fields].concat();
        let answer = self.gateway.api(&key, "add", &fields).await;
        let parent = order_id(&answer).unwrap_or_else(|error| panic!("{name}: {error}"));
        let at_panel = panel.books().orders()[before].id;
        Story {
            stage: self,
            panel,
            name: name.to_owned(),
            key,
            parent,
            at_panel,
        }
    }

    /// Two hours pass for what has ended: the gateway stops, its file is made older, and it starts again.
    pub(crate) fn hours_pass(&mut self) {
        assert_eq!(self.gateway.terminate(), 0);
        let file = rusqlite::Connection::open(self.gateway.path("panelgate.db")).expect("opened");
        let older = "UPDATE orders SET closed = closed - 7200000, fact_at = fact_at - 7200000 WHERE state = 'closed'";
        file.execute(older, []).expect("older");
        drop(file);
        self.gateway.serve();
    }

    /// Goes on with a story.
    pub(crate) fn back(&self, left: Left) -> Story<'_> {
        Story {
            stage: self,
            panel: &self.each,
            name: left.name,
            key: left.key,
            parent: left.parent,
            at_panel: left.at_panel,
        }
    }

    fn table(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.gateway.run(arguments);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no table: {text}"))
    }
}

impl Story<'_> {
    /// The panel makes an order for a post; answers it once the gateway knows how large it is.
    pub(crate) async fn post(&self, quantity: i64) -> Child {
        let at_panel = self.spawn(quantity);
        let child = self.known(at_panel).await;
        until(format!("{}: {at_panel} is sized", self.name), || async {
            let story = self.show(child.order);
            story.contains("sized").then_some(())
        })
        .await;
        child
    }

    /// The panel makes an order for a post, and it rests.
    pub(crate) fn spawn(&self, quantity: i64) -> i64 {
        let quantity = u64::try_from(quantity).expect("a quantity");
        let spawned = self.panel.spawn(self.at_panel, quantity);
        spawned.unwrap_or_else(|| panic!("{}: no post", self.name))
    }

    /// What the gateway calls a child, once it does.
    pub(crate) async fn known(&self, at_panel: i64) -> Child {
        let order = until(format!("{}: {at_panel} is known", self.name), || async {
            self.poll().await;
            self.order_of(at_panel)
        })
        .await;
        Child { order, at_panel }
    }

    fn order_of(&self, at_panel: i64) -> Option<u64> {
        let text = at_panel.to_string();
        let rows = self
            .stage
            .table(&["orders", "list", "--customer", &self.name, "--json"]);
        let row = rows
            .into_iter()
            .find(|row| row["upstream_id"].as_str() == Some(&text))?;
        row["order"].as_u64()
    }

    /// Leaves the stage for a while.
    pub(crate) fn leave(self) -> Left {
        Left {
            name: self.name,
            key: self.key,
            parent: self.parent,
            at_panel: self.at_panel,
        }
    }

    /// Waits until so much has been earned.
    pub(crate) fn taken(&self, micros: i64) -> impl Future<Output = ()> + '_ {
        until(
            format!("{}: {micros} are taken", self.name),
            move || async move { (self.figures()[3] == micros).then_some(()) },
        )
    }

    /// What its customer sees of the parent.
    pub(crate) async fn poll(&self) -> Value {
        self.stage.gateway.status(&self.key, self.parent).await
    }

    pub(crate) fn at_panel(&self, id: i64, change: impl FnOnce(&mut SimOrder)) {
        self.panel.set_order(id, change);
    }

    /// A child ends at the panel, and in the gateway.
    pub(crate) async fn ends(&self, child: Child, fate: Fate) {
        self.at_panel(child.at_panel, |order| order.end(fate));
        self.closed(child.order).await;
    }

    /// Whatever the parent is, its panel says this word.
    pub(crate) fn parent_says(&self, word: &str) {
        self.at_panel(self.at_panel, |order| order.say("status", word));
    }

    /// The panel names no child until it is told to again.
    pub(crate) fn hide_children(&self) {
        self.at_panel(self.at_panel, |order| order.say("orders", json!([])));
    }

    pub(crate) fn show_children(&self) {
        self.at_panel(self.at_panel, |order| _ = order.says.remove("orders"));
    }

    pub(crate) async fn shows(&self, word: &str) -> Value {
        self.stage
            .gateway
            .until_status(&self.key, self.parent, word)
            .await
    }

    /// Waits until an order is closed.
    pub(crate) fn closed(&self, order: u64) -> impl Future<Output = ()> + '_ {
        until(
            format!("{}: {order} is closed", self.name),
            move || async move {
                self.stage.gateway.status(&self.key, order).await;
                let closed = [
                    "orders",
                    "list",
                    "--state",
                    "closed",
                    "--customer",
                    &self.name,
                    "--json",
                ];
                let rows = self.stage.table(&closed);
                rows.iter().any(|row| row["order"] == order).then_some(())
            },
        )
    }

    /// Waits until an order is on the operator's list; answers its story.
    pub(crate) fn flagged(&self, order: u64) -> impl Future<Output = String> + '_ {
        until(
            format!("{}: {order} is flagged", self.name),
            move || async move {
                self.stage.gateway.status(&self.key, order).await;
                let flagged = [
                    "orders",
                    "list",
                    "--flagged",
                    "--customer",
                    &self.name,
                    "--json",
                ];
                let rows = self.stage.table(&flagged);
                let row = rows.iter().any(|row| row["order"] == order);
                row.then(|| self.show(order))
            },
        )
    }

    /// What an operator reads of an order.
    pub(crate) fn show(&self, order: u64) -> String {
        self.stage
            .gateway
            .run(&["orders", "show", &order.to_string()])
    }

    pub(crate) fn settle(&self, order: u64, refund: &str) {
        let order = order.to_string();
        let arguments = [
            "orders", "settle", &order, "--refund", refund, "--reason", "seen",
        ];
        self.stage.gateway.run(&arguments);
    }

    /// Available, held, held by the report, taken, cost.
    fn figures(&self) -> [i64; 5] {
        let customers = self.stage.table(&["customer", "list", "--json"]);
        let customer = customers.iter().find(|row| row["customer"] == self.name);
        let customer = customer.expect("the customer");
        let profit = self
            .stage
            .table(&["report", "profit", "--by", "customer", "--json"]);
        let profit = profit.iter().find(|row| row["customer"] == self.name);
        let profit = profit.expect("the customer's orders");
        [
            micros(&customer["available"]),
            micros(&customer["held"]),
            micros(&profit["held"]),
            micros(&profit["revenue"]),
            micros(&profit["cost"]),
        ]
    }

    /// The customer's money, what was earned and what it cost, in micros; and the books hold.
    #[track_caller]
    pub(crate) fn books(&self, moment: &str, held: i64, taken: i64, cost: i64) {
        let found = self.figures();
        eprintln!(
            "{:<34} {moment:<26} available {:>10} held {:>9} taken {:>9} cost {:>9}",
            self.name, found[0], found[1], found[3], found[4]
        );
        assert_eq!(
            found,
            [FUNDS - held - taken, held, held, taken, cost],
            "{}, {moment}: available, held, held by the report, taken, cost",
            self.name
        );
        self.stage.gateway.verify();
    }
}

fn micros(cell: &Value) -> i64 {
    let text = cell
        .as_str()
        .map_or_else(|| cell.to_string(), str::to_owned);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let whole: i64 = whole
        .parse()
        .unwrap_or_else(|_| panic!("no amount: {cell}"));
    let part: i64 = format!("{part:0<6}").parse().expect("digits");
    whole * 1_000_000 + sign * part
}

fn settings(charges: Charges) -> SimSettings {
    SimSettings {
        charges,
        ..SimSettings::default()
    }
}

fn catalogue() -> SimCatalogue {
    let entry = |service, kind, rate, min: &str| {
        json!({
            "service": service, "name": kind, "type": kind, "category": "Tests", "rate": rate, "min": min, "max": "1000",
            "dripfeed": true, "refill": true, "cancel": true,
        })
    };
    let entries = [
        entry(1, "Subscriptions", "7.7777", "10"),
        entry(2, "Default", "7.7777", "10"),
        entry(3, "Subscriptions", "0.0004", "1"),
    ];
    SimCatalogue::Json(Value::from(entries.to_vec()).to_string())
}

/// 1: each post is charged when it is made; 2: all at once; 3: a drip-feed; 4: posts that cost next to nothing.
const SERVICES: &str = r#"
[[service]]
id = 1
name = "Subscription"
category = "Tests"
routes = [ { panel = "each", service = "1" } ]
[[service]]
id = 2
name = "Subscription at once"
category = "Tests"
routes = [ { panel = "all", service = "1" } ]
[[service]]
id = 3
name = "Likes"
category = "Tests"
routes = [ { panel = "each", service = "2" } ]
[[service]]
id = 4
name = "Tiny subscription"
category = "Tests"
routes = [ { panel = "each", service = "3" } ]
"#;

const MAIN: &str = "[subscriptions]\nmax_posts = 4\n";
