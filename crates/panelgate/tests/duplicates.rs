//! What a customer asks for twice on purpose or by mistake: names of their own, a window, a guarded link.

mod support;

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use serde_json::{Value, json};
use support::{Files, Gateway, panel, until};

const LINK: &str = "https://example.com/1";

async fn shop() -> (SimPanel, Gateway, String, String) {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "1000");
    let service = gateway.service_named(&key, "Default").await;
    (panel, gateway, key, service)
}

async fn named(gateway: &Gateway, key: &str, service: &str, name: &str, quantity: &str) -> Value {
    let fields = [
        ("service", service),
        ("link", LINK),
        ("quantity", quantity),
        ("idempotency_key", name),
    ];
    gateway.api(key, "add", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_order_and_one_answer() {
    let (panel, mut gateway, key, service) = shop().await;
    let first = named(&gateway, &key, &service, "n1", "100").await;
    assert_eq!(first, json!({ "order": 1 }));
    assert_eq!(named(&gateway, &key, &service, "n1", "100").await, first);
    let other = json!({ "error": "Incorrect request" });
    assert_eq!(named(&gateway, &key, &service, "n1", "101").await, other);
    // Another customer's name is another one.
    let bobs = gateway.customer("bob", "10");
    assert_eq!(
        named(&gateway, &bobs, &service, "n1", "100").await,
        json!({ "order": 2 })
    );

    // What was refused is refused again, without asking the panel, also by the next process.
    panel.plan(FaultRule::once(Fault::Refuse("Bad link".into())).on(ActionName::Add));
    let refused = json!({ "error": "Bad link" });
    assert_eq!(named(&gateway, &key, &service, "n2", "100").await, refused);
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    assert_eq!(named(&gateway, &key, &service, "n2", "100").await, refused);
    assert_eq!(named(&gateway, &key, &service, "n1", "100").await, first);
    assert_eq!(panel.books().count(ActionName::Add), 3);
    assert_eq!(gateway.balance(&key).await, "998.80");
    gateway.verify();
}

/// All at once under one name: one order, whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_order_though_many_use_it_at_once() {
    let (panel, gateway, key, service) = shop().await;
    let asks = (0..20).map(|_| named(&gateway, &key, &service, "n1", "100"));
    let answers = futures_util::future::join_all(asks).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == json!({ "order": 1 })),
        "{answers:?}"
    );
    until("the order is at its panel", || async {
        (panel.books().orders().len() == 1).then_some(())
    })
    .await;
    assert_eq!(panel.books().count(ActionName::Add), 1);
    assert_eq!(gateway.balance(&key).await, "998.80");
    gateway.verify();
}

/// Without options, what was answered and comes again is another order; with a window it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_a_customers_choice() {
    let (panel, gateway, key, service) = shop().await;
    let add = || gateway.add(&key, &service, LINK, 100);
    assert_eq!((add().await, add().await), (Ok(1), Ok(2)));
    let set = |option: &str| gateway.run(&["customer", "set", "ann", "--option", option]);
    set("duplicate_window=1h");
    until("the server knows", || async {
        (add().await == add().await).then_some(())
    })
    .await;
    let same = add().await;
    let many = futures_util::future::join_all((0..20).map(|_| add())).await;
    assert!(many.iter().all(|answer| *answer == same), "{many:?}");
    let before = panel.books().count(ActionName::Add);
    let other = gateway.add(&key, &service, LINK, 101).await;
    assert_ne!(other, same);
    set("duplicate_window=off");
    until("the server knows", || async {
        (add().await != add().await).then_some(())
    })
    .await;
    assert!(panel.books().count(ActionName::Add) > before);
    let shown = gateway.run(&["customer", "show", "ann", "--json"]);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown[0]["duplicate_window"], Value::Null);
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guarded_link_waits_for_its_order() {
    let (panel, gateway, key, service) = shop().await;
    gateway.run(&["customer", "set", "ann", "--option", "link_guard=on"]);
    let add = |link: &'static str| gateway.add(&key, &service, link, 100);
    let first = add(LINK).await.expect("accepted");
    let active = "You have active order with this link. Please wait until order being completed.";
    until("the server knows", || async {
        (add(LINK).await == Err(active.to_owned())).then_some(())
    })
    .await;
    let orders = panel.books().orders().len();
    assert_eq!(add(LINK).await, Err(active.to_owned()));
    assert!(add("https://example.com/2").await.is_ok());
    assert_eq!(panel.books().orders().len(), orders + 1);
    panel
        .clock()
        .advance(std::time::Duration::from_secs(100_000));
    gateway.until_status(&key, first, "Completed").await;
    until("it is free again", || async {
        add(LINK).await.ok().map(drop)
    })
    .await;
    gateway.verify();
}

#[test]
fn options_that_mean_nothing_are_refused() {
    for option in [
        "duplicate_window=120",
        "duplicate_window=2d",
        "link_guard=yes",
        "window=1h",
        "link_guard",
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_panelgate"));
        command.args(["customer", "set", "ann", "--option", option]);
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{option}");
    }
}
