//! Operators beside a running server: the command line, the control socket, reloads and signals.

#[path = "../support/mod.rs"]
mod support;

mod archive;
mod deployed;
mod drill;
mod glance;
mod metrics;
mod prometheus;

use panelgate_simpanel::{ActionName, Fault, FaultRule};
use serde_json::Value;
use support::{Client, Files, Gateway, panel, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_writes_is_seen_by_the_server() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "5");
    assert_eq!(gateway.balance(&key).await, "5.00");

    gateway.run(&["customer", "topup", "ann", "2.5", "--reference", "second"]);
    assert_eq!(gateway.balance(&key).await, "7.50", "in force at once");
    let again = gateway.output(&["customer", "topup", "ann", "2.5", "--reference", "second"]);
    assert!(again.status.success());
    let said = [again.stdout, again.stderr].concat();
    assert!(String::from_utf8_lossy(&said).contains("already booked"));
    assert_eq!(
        gateway
            .output(&["customer", "topup", "ann", "3", "--reference", "second"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(gateway.balance(&key).await, "7.50");

    gateway.run(&["key", "revoke", &key[..8]]);
    let answer = gateway.api(&key, "balance", &[]).await;
    assert_eq!(answer["error"], "Invalid API key", "in force at once");

    // Others than the command line, which tells nobody.
    let key = gateway.customer("bob", "5");
    assert_eq!(gateway.balance(&key).await, "5.00");
    let shell = rusqlite::Connection::open(gateway.path("panelgate.db")).expect("opened");
    shell
        .execute(
            "UPDATE customers SET credit_limit = 2500000 WHERE name = 'bob'",
            [],
        )
        .expect("written");
    until("the credit is seen", || async {
        (gateway.balance(&key).await == "7.50").then_some(())
    })
    .await;
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_store_is_served_once() {
    let panel = panel().await;
    let mut gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    assert_eq!(gateway.output(&["serve"]).status.code(), Some(75));
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    assert!(gateway.path("panelgate.db.sock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_what_nobody_knows() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    let mut orders = Vec::new();
    for link in ["https://example.com/1", "https://example.com/2"] {
        panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
        orders.push(
            gateway
                .add(&key, &service, link, 100)
                .await
                .expect("accepted")
                .to_string(),
        );
    }
    let upstream = panel.books().orders_with_link("https://example.com/1")[0]
        .id
        .to_string();
    let placed = ["orders", "resolve", &orders[0], "--placed", &upstream];
    let placed = [&placed[..], &["--reason", "seen in the panel"]].concat();
    let resolved = gateway.command(&placed).env("SUDO_USER", "olga").status();
    assert!(resolved.expect("it starts").success());
    gateway.run(&[
        "orders",
        "resolve",
        &orders[1],
        "--not-placed",
        "--reason",
        "not in the panel",
    ]);
    panel
        .clock()
        .advance(std::time::Duration::from_secs(100_000));
    gateway
        .until_status(&key, orders[0].parse().expect("a number"), "Completed")
        .await;
    gateway
        .until_status(&key, orders[1].parse().expect("a number"), "Canceled")
        .await;
    assert_eq!(gateway.balance(&key).await, "8.80");

    // Once decided, it is decided.
    let again = gateway.output(&[
        "orders",
        "resolve",
        &orders[1],
        "--not-placed",
        "--reason",
        "twice",
    ]);
    assert_eq!(again.status.code(), Some(1));
    // A refund after the end, but never more than was taken.
    gateway.run(&[
        "orders", "settle", &orders[0], "--refund", "0.2", "--reason", "goodwill",
    ]);
    assert_eq!(gateway.balance(&key).await, "9.00");
    let too_much = gateway.output(&[
        "orders", "settle", &orders[0], "--refund", "1.1", "--reason", "too much",
    ]);
    assert_eq!(too_much.status.code(), Some(1));
    gateway.verify();
    let story = gateway.run(&["orders", "show", &orders[0]]);
    assert!(
        story.contains("olga: seen in the panel") && story.contains("goodwill"),
        "{story}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_panel_gets_no_orders_and_everything_else() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    gateway.run(&["panels", "pause", "alpha"]);
    let order = gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    assert_eq!(panel.books().count(ActionName::Add), 0);
    let state = || {
        let rows = gateway.run(&["panels", "list", "--json"]);
        let rows: Value = serde_json::from_str(&rows).expect("JSON");
        rows[0]["state"].as_str().expect("text").to_owned()
    };
    assert_eq!(state(), "paused");
    gateway.run(&["panels", "resume", "alpha"]);
    assert_eq!(state(), "taking");
    until("it is sent", || async {
        (panel.books().orders().len() == 1).then_some(())
    })
    .await;

    // An open order can be canceled by the operator, and its money comes back.
    gateway.run(&["pause"]);
    assert_eq!(state(), "all paused");
    let order_2 = gateway
        .add(&key, &service, "https://example.com/2", 100)
        .await
        .expect("accepted");
    gateway.run(&[
        "orders",
        "cancel",
        &order_2.to_string(),
        "--reason",
        "asked by phone",
    ]);
    assert_eq!(gateway.status(&key, order_2).await["status"], "Canceled");
    assert_eq!(gateway.balance(&key).await, "8.80");
    gateway.run(&["resume"]);
    assert_ne!(order, order_2);
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_takes_new_prices_over_and_a_bad_one_changes_nothing() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let rate = || async {
        gateway.services(&key).await[0]["rate"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    assert_eq!(rate().await, "12.00");
    let markup = |text: &str| std::fs::write(gateway.path("markup.toml"), text).expect("written");

    markup("[default]\npercent = \"50\"\n");
    gateway.run(&["reload"]);
    assert_eq!(rate().await, "15.00");

    markup("[default]\npercent = \"50\"\nprecent = \"1\"\n");
    let refused = gateway.output(&["reload"]);
    assert_eq!(refused.status.code(), Some(78));
    let said = [refused.stdout, refused.stderr].concat();
    assert!(
        String::from_utf8_lossy(&said).contains("markup.toml:3"),
        "{}",
        String::from_utf8_lossy(&said)
    );
    assert_eq!(rate().await, "15.00");

    markup("[default]\npercent = \"100\"\n");
    gateway.hang_up();
    until("SIGHUP reloads", || async {
        (rate().await == "20.00").then_some(())
    })
    .await;

    markup("[default]\npercent = \"30\"\n");
    until("a saved file is taken over", || async {
        (rate().await == "13.00").then_some(())
    })
    .await;

    // A panel with live orders cannot just disappear.
    let service = gateway.service_named(&key, "Default").await;
    gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    std::fs::write(
        gateway.path("panelgate.toml"),
        main.replace("[panels.alpha]", "[panels.beta]"),
    )
    .expect("written");
    let import = "[[import]]\npanel = \"beta\"\n";
    std::fs::write(gateway.path("services.toml"), import).expect("written");
    let refused = gateway.output(&["reload"]);
    assert_ne!(refused.status.code(), Some(0));
    let said = [refused.stdout, refused.stderr].concat();
    assert!(
        String::from_utf8_lossy(&said).contains("1 orders live at panel `alpha`"),
        "{}",
        String::from_utf8_lossy(&said)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn check_asks_the_panels_of_the_file_also_beside_a_server() {
    let (alpha, beta) = (panel().await, panel().await);
    let gateway = Gateway::start(&[("alpha", &alpha)], Files::default());
    let said = gateway.run(&["check", "--online"]);
    assert!(said.contains("alpha: balance"), "{said}");

    let main = std::fs::read_to_string(gateway.path("panelgate.toml")).expect("read");
    let write = |panel: &str, url: &str| {
        let main = main.replace("[panels.alpha]", &format!("[panels.{panel}]"));
        let main = main.replace(&alpha.url(), url);
        std::fs::write(gateway.path("panelgate.toml"), main).expect("written");
        let import = format!("[[import]]\npanel = \"{panel}\"\n");
        std::fs::write(gateway.path("services.toml"), import).expect("written");
    };
    write("beta", &beta.url());
    let said = gateway.run(&["check", "--online"]);
    assert!(
        said.contains("beta: balance") && !said.contains("alpha"),
        "{said}"
    );
    write("gamma", NOBODY);
    let failed = gateway.output(&["check", "--online"]);
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(said.contains("gamma: no balance"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_without_a_server_goes_on_after_a_panel_that_fails() {
    let panel = panel().await;
    let dead = format!(
        "[panels.alpha]\nurl = \"{NOBODY}\"\nkey = {{ file = \"beta.key\" }}\ncurrency = \"USD\"\nallow_private = true\n"
    );
    let files = Files {
        main: dead,
        ..Files::default()
    };
    let gateway = Gateway::prepare(&[("beta", &panel)], files);
    let failed = gateway.output(&["services", "sync"]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(
        said.contains("alpha: no list") && said.contains("beta: "),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_may_use_the_control_socket() {
    use std::os::unix::fs::PermissionsExt;
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    gateway.serve_under("umask 000;");
    let socket = std::fs::metadata(gateway.path("panelgate.db.sock")).expect("it is there");
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    gateway.run(&["panels", "list"]);
    // It was made in a folder of its own, which is gone.
    let entries = std::fs::read_dir(gateway.path("")).expect("a folder");
    let hidden = entries.filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(hidden.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_health_are_on_the_operators_port() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let client = Client::default();
    let get = |path: &str| {
        let url = format!("{}{path}", gateway.operator_url());
        let client = client.clone();
        async move { client.get(&url).await.expect("an answer") }
    };
    assert_eq!(get("/healthz").await, "ok\n");
    assert_eq!(get("/readyz").await, "ready\n");
    let metrics = get("/metrics").await;
    for line in [
        "panelgate_requests_total{action=\"add\",result=\"ok\"} 1",
        "panelgate_orders_total{outcome=\"accepted\",panel=\"alpha\"} 1",
        "panelgate_money_total{currency=\"USD\",kind=\"held\"} 1.2",
        "panelgate_cost_total{currency=\"USD\",panel=\"alpha\"} 1",
        "panelgate_config_last_reload_successful 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    for name in [
        "panelgate_request_seconds",
        "panelgate_upstream_requests_total",
        "panelgate_upstream_request_seconds",
        "panelgate_store_commit_seconds",
        "panelgate_store_batch_size",
        "panelgate_config_revision",
        "panelgate_build_info",
        "panelgate_panel_balance",
        "panelgate_panel_state",
        "panelgate_desk_queue",
        "process_open_fds",
    ] {
        assert!(metrics.contains(name), "{name} is missing");
    }
    assert!(
        !metrics.contains(&key) && !metrics.contains("sim-key"),
        "no secrets in metrics"
    );
    // All money that was held is held still, was taken or went back, however an order ends.
    panel.plan(FaultRule::once(Fault::Refuse("Bad link".into())).on(ActionName::Add));
    let refused = gateway.add(&key, &service, "https://example.com/2", 100);
    refused.await.expect_err("refused");
    panel.plan(FaultRule::once(Fault::AcceptThenClose).on(ActionName::Add));
    let lost = gateway.add(&key, &service, "https://example.com/3", 100);
    let lost = lost.await.expect("accepted").to_string();
    let reason = ["--reason", "nobody has it"];
    gateway.run(&[&["orders", "resolve", &lost, "--not-placed"][..], &reason].concat());
    gateway.run(&["pause"]);
    let unsent = gateway.add(&key, &service, "https://example.com/4", 100);
    let unsent = unsent.await.expect("accepted").to_string();
    gateway.run(&[&["orders", "cancel", &unsent][..], &reason].concat());
    gateway.run(&[&["orders", "settle", "1", "--refund", "0.2"][..], &reason].concat());
    let metrics = get("/metrics").await;
    for (kind, amount) in [("held", "4.8"), ("released", "3.8"), ("taken", "1")] {
        let name = format!("panelgate_money_total{{currency=\"USD\",kind=\"{kind}\"}} ");
        let shown = metrics.lines().find_map(|line| line.strip_prefix(&name));
        let shown: f64 = shown.expect(kind).parse().expect("a number");
        assert_eq!(
            format!("{shown:.2}"),
            format!("{:.2}", amount.parse::<f64>().expect("a number"))
        );
    }
    // The customers' port knows none of this.
    let customers = gateway.url().trim_end_matches("/api/v2").to_owned();
    assert_eq!(
        client
            .get(&format!("{customers}/metrics"))
            .await
            .expect("an answer"),
        "not found\n"
    );
    assert!(
        client
            .get(&customers)
            .await
            .expect("an answer")
            .contains("/api/v2")
    );
}

/// Where no panel is: port 1 is nobody's.
const NOBODY: &str = "http://127.0.0.1:1/api/v2";
