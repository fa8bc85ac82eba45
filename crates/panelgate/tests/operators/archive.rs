//! Old orders are moved out of a store, and nobody can tell: not their customers, not the reports.

use std::path::Path;

use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule, SimPanel};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, Files, Gateway, order_id, panel, until};

const REPORT: [&str; 5] = [
    "report",
    "profit",
    "--by",
    "day,panel,service,customer",
    "--json",
];

/// So many orders of [`past`] have ended.
const ENDED: u64 = 7;

#[tokio::test(flavor = "multi_thread")]
async fn archived_orders_answer_to_the_byte_as_before() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let shop = Shop {
        key: gateway.customer("ann", "100"),
        other: gateway.customer("bob", "1"),
    };
    let ended = past(&gateway, &panel, &shop.key).await;
    let live = buy(&gateway, &shop.key, "live").await.expect("accepted");
    assert_eq!(gateway.terminate(), 0);
    make_older(&gateway.path("panelgate.db"));
    gateway.serve();

    let before = shop.answers(&gateway, &ended, live).await;
    for word in ["Completed", "Partial", "Canceled", "Expired", "Pending"] {
        let shown = before.iter().any(|answer| answer.contains(word));
        assert!(shown, "{word}: {before:#?}");
    }
    let profit = gateway.run(&REPORT);
    let file = gateway.path("old.db");
    let archive = ["archive", "--older-than", "12", "--json"];
    let would = [&archive[..], &["--dry-run"]].concat();
    let would = table(&gateway, &would);
    assert_eq!(
        would[0],
        json!({"outcome": "would_be_archived", "orders": ENDED})
    );
    let to = ["--to", file.to_str().expect("a path")];
    let went = table(&gateway, &[&archive[..], &to].concat());
    assert_eq!(went[0], json!({"outcome": "archived", "orders": ENDED}));
    gateway.verify();
    let without_a_restart = shop.answers(&gateway, &ended, live).await;
    assert_eq!(without_a_restart, before);
    shop.is_too_old(&gateway, ended[0]).await;
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    assert_eq!(shop.answers(&gateway, &ended, live).await, before);
    shop.is_too_old(&gateway, ended[0]).await;
    assert_eq!(gateway.run(&REPORT), profit);
    operators_see(&gateway, &ended[0].to_string(), &file);
    // Numbers go on where they were.
    assert_eq!(buy(&gateway, &shop.key, "next").await, Ok(live + 1));
    gateway.verify();
}

/// By itself, into a folder that is not there before.
#[tokio::test(flavor = "multi_thread")]
async fn old_orders_go_by_themselves_where_that_is_configured() {
    let panel = panel().await;
    let files = Files {
        main: "[retention]\nmonths = 3\nfolder = \"archive\"\n".to_owned(),
        ..Files::default()
    };
    let mut gateway = Gateway::start(&[("alpha", &panel)], files);
    let shop = Shop {
        key: gateway.customer("ann", "100"),
        other: gateway.customer("bob", "1"),
    };
    let order = buy(&gateway, &shop.key, "old").await.expect("accepted");
    let upstream = panel.books().orders()[0].id;
    panel.set_order(upstream, |order| order.end(Fate::Completed));
    let before = gateway.until_status(&shop.key, order, "Completed").await;
    assert_eq!(gateway.terminate(), 0);
    make_older(&gateway.path("panelgate.db"));
    gateway.serve();
    let shown = until("it is archived", || async {
        let shown = gateway.run(&["orders", "show", &order.to_string()]);
        shown.contains("archived").then_some(shown)
    })
    .await;
    assert!(shown.contains("/archive/orders-2"), "{shown}");
    assert_eq!(gateway.status(&shop.key, order).await, before);
    shop.is_too_old(&gateway, order).await;
    assert_eq!(gateway.terminate(), 0);
    gateway.verify();
}

/// What the command line says of an archived order.
fn operators_see(gateway: &Gateway, order: &str, file: &Path) {
    let show = ["orders", "show", order];
    let shown = gateway.run(&show);
    for part in [
        "archived",
        "Completed",
        "old.db",
        "accepted",
        "opened",
        "take",
    ] {
        assert!(shown.contains(part), "`{part}` is not in\n{shown}");
    }
    std::fs::rename(file, gateway.path("elsewhere.db")).expect("moved");
    let said = |arguments: &[&str]| {
        let output = gateway.output(arguments);
        String::from_utf8(output.stderr).expect("text")
    };
    let without_its_file = said(&show);
    assert!(
        without_its_file.contains("which is not there now"),
        "{without_its_file}"
    );
    let settle = [
        "orders", "settle", order, "--refund", "1", "--reason", "late",
    ];
    let settled = said(&settle);
    assert!(settled.contains("is archived"), "{settled}");
    let markup = gateway.path("markup.toml");
    let markup = markup.to_str().expect("a path");
    let simulated = said(&["simulate-markup", markup, "--days", "1000"]);
    assert!(simulated.contains("may be archived"), "{simulated}");
}

/// Two customers; the orders are the first one's.
struct Shop {
    key: String,
    other: String,
}

impl Shop {
    /// The bytes of all polls: each order alone and all together, by its customer and by another one.
    async fn answers(&self, gateway: &Gateway, ended: &[u64], live: u64) -> Vec<String> {
        let client = Client::default();
        let mut answers = Vec::new();
        let ids: Vec<String> = ended.iter().chain([&live]).map(u64::to_string).collect();
        let all = ids.join(",");
        let one = ids.iter().map(|id| ("order", id.as_str()));
        for (field, ids) in one.chain([("orders", all.as_str())]) {
            for key in [&self.key, &self.other] {
                for action in ["status", "cancel"] {
                    // A cancel would only be heard by the one that lives.
                    if action == "cancel" && ids != ended[0].to_string() {
                        continue;
                    }
                    let form = [("key", key.as_str()), ("action", action), (field, ids)];
                    let answer = client.post(gateway.url(), &form).await;
                    answers.push(answer.expect("an answer"));
                }
            }
        }
        answers
    }

    /// It is completed, and its service has refills.
    async fn is_too_old(&self, gateway: &Gateway, order: u64) {
        let order = order.to_string();
        let refill = gateway.api(&self.key, "refill", &[("order", &order)]).await;
        assert_eq!(refill, json!({"error": "Refill days are over"}));
        let foreign = gateway
            .api(&self.other, "refill", &[("order", &order)])
            .await;
        assert_eq!(foreign, json!({"error": "Incorrect order ID"}));
    }
}

fn table(gateway: &Gateway, arguments: &[&str]) -> Value {
    serde_json::from_str(&gateway.run(arguments)).expect("a table")
}

async fn buy(gateway: &Gateway, key: &str, link: &str) -> Result<u64, String> {
    let service = gateway.service_named(key, "Default").await;
    let link = format!("https://example.com/{link}");
    gateway.add(key, &service, &link, 100).await
}

/// An order that ends in every way, and a subscription with a post.
async fn past(gateway: &Gateway, panel: &SimPanel, key: &str) -> Vec<u64> {
    let mut ended = Vec::new();
    for (fate, word) in [
        (Fate::Completed, "Completed"),
        (Fate::Partial { remains: 33 }, "Partial"),
        (Fate::Canceled, "Canceled"),
    ] {
        let order = buy(gateway, key, word).await.expect("accepted");
        let link = format!("https://example.com/{word}");
        let upstream = panel.books().orders_with_link(&link)[0].id;
        panel.set_order(upstream, |order| order.end(fate));
        gateway.until_status(key, order, word).await;
        ended.push(order);
    }
    panel.plan(FaultRule::once(Fault::Refuse("neworder.error.link".into())).on(ActionName::Add));
    let refused = buy(gateway, key, "refused").await;
    assert_eq!(refused, Err("Bad link".to_owned()));
    ended.push(ended[2] + 1);
    ended.extend(subscription(gateway, panel, key).await);
    gateway.run(&["pause"]);
    let unsent = buy(gateway, key, "unsent").await.expect("waits");
    let id = unsent.to_string();
    let canceled = gateway.api(key, "cancel", &[("order", &id)]).await;
    assert_eq!(canceled, json!({"cancel": 1}));
    gateway.run(&["resume"]);
    ended.push(unsent);
    ended
}

/// Expired after its first post: its order, and that of the post.
async fn subscription(gateway: &Gateway, panel: &SimPanel, key: &str) -> [u64; 2] {
    let service = gateway.service_named(key, "Subscriptions").await;
    let fields = [
        ("service", service.as_str()),
        ("username", "quiet"),
        ("min", "50"),
        ("max", "100"),
        ("posts", "3"),
        ("delay", "0"),
        ("expiry", "31/12/2037"),
    ];
    let made = panel.books().orders().len();
    let parent = order_id(&gateway.api(key, "add", &fields).await).expect("accepted");
    let at_panel = panel.books().orders()[made].id;
    let post = panel.spawn(at_panel, 73).expect("a post");
    let child = until("the post is known", || async {
        let known = gateway.status(key, parent).await;
        known["orders"][0].as_u64()
    })
    .await;
    until("the post is sized", || async {
        gateway.status(key, child).await;
        let story = gateway.run(&["orders", "show", &child.to_string()]);
        story.contains("sized").then_some(())
    })
    .await;
    panel.set_order(post, |order| order.end(Fate::Completed));
    gateway.until_status(key, child, "Completed").await;
    panel.expire(at_panel);
    gateway.until_status(key, parent, "Expired").await;
    [parent, child]
}

/// All that has happened, happened 400 days before.
fn make_older(store: &Path) {
    let file = Connection::open(store).expect("opened");
    let kept: Vec<String> = file
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        .expect("a query")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("texts");
    let names: Vec<String> = file
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .expect("a query")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    for name in names {
        file.execute_batch(&format!("DROP TRIGGER {name}"))
            .expect("dropped");
    }
    for (table, columns) in [
        ("orders", &["created", "closed", "fact_at"][..]),
        ("placements", &["began"]),
        ("order_events", &["at"]),
        ("transfers", &["at"]),
    ] {
        for column in columns {
            let sql = format!("UPDATE {table} SET {column} = {column} - 400 * 86400000");
            file.execute_batch(&sql).expect("older");
        }
    }
    for trigger in kept {
        file.execute_batch(&trigger).expect("armed again");
    }
}
