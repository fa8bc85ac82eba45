//! All files together: what is said when one is no TOML, what valid files become, and what a reload sees.

use super::*;

#[test]
fn syntax_errors_are_all_reported_and_hide_no_other_file() {
    let wrong = load(
        "[server\n[orders]\nadd_wait = \"x\n[orders]\n",
        Some("[default]\npercent = \"x\"\n"),
        Some("[[import]]\npanel = \"nobody\"\n"),
    );
    let text = wrong.as_ref().expect_err("it is broken").render(false);
    let places = [
        "panelgate.toml:1:8",
        "panelgate.toml:3:14",
        "panelgate.toml:4:2",
        "markup.toml:2:11",
    ];
    check(wrong, &places);
    assert!(
        !text.contains("nobody`"),
        "nothing is known of panels then:\n{text}"
    );
}

#[test]
fn files_that_cannot_be_read_say_so() {
    let nowhere = Config::load(Path::new("/nonexistent/panelgate.toml"), Keys::Leave);
    check(
        nowhere,
        &["there is no /nonexistent/panelgate.toml", "--config FILE"],
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("panelgate.toml");
    std::fs::write(&path, b"[server]\nlisten = \"\xff\"\n").expect("written");
    check(
        Config::load(&path, Keys::Leave),
        &["panelgate.toml:2:11", "not UTF-8"],
    );
}

#[test]
fn defaults_are_the_contracts() {
    let config = load(MAIN, Some(MARKUP), None).expect("valid");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.paths, ["/api/v2"]);
    assert_eq!(config.operator_listen.to_string(), "127.0.0.1:8081");
    let limits = &config.server.limits;
    assert_eq!(limits.write, Duration::from_secs(60));
    assert_eq!((limits.body_bytes, limits.bodies_bytes), (1 << 20, 1 << 26));
    assert!(config.store_path.ends_with("data/panelgate.db"));
    assert_eq!(config.orders.open_for, Duration::from_secs(7_200));
    assert_eq!(config.status.wait, Duration::from_millis(1_500));
    assert_eq!(config.money.max_age, Duration::from_secs(30 * 86_400));
    let alpha = &config.panels[0];
    assert_eq!(
        (alpha.name.as_str(), alpha.orders, alpha.max_in_flight),
        ("alpha", true, 8)
    );
    assert_eq!((alpha.status_batch, alpha.max_unconfirmed), (100, 20));
    assert!(config.warnings.render(false).contains("nothing is sold"));
}

#[test]
fn stale_rates_are_left_out_and_warned_about() {
    let money =
        "[money]\nexchange = { EUR = { rate = \"1.09\", as_of = 2020-01-01 }, INR = \"0.0119\" }\n";
    let config = load(&format!("{money}{MAIN}"), Some(MARKUP), Some(SERVICES)).expect("valid");
    let text = config.warnings.render(false);
    assert!(
        text.contains("the exchange rate of EUR is too old")
            && text.contains("panelgate.toml:2:45"),
        "{text}"
    );
    let day = config.money.as_of[&Currency::from("EUR")];
    let rate = |now| {
        config
            .money
            .exchange_at(now)
            .rate_of(&Currency::from("EUR"))
    };
    assert_eq!(
        rate(day.after(config.money.max_age)),
        Some(Decimal::new(109, 2))
    );
    assert_eq!(
        rate(day.after(config.money.max_age + Duration::from_millis(1))),
        None
    );
    let forever = config.money.exchange_at(Timestamp(i64::MAX));
    assert!(forever.rate_of(&Currency::from("INR")).is_some());
}

#[test]
fn panels_without_an_exchange_rate_are_warned_about() {
    let main = MAIN.replacen("USD", "INR", 1);
    let config = load(&main, Some(MARKUP), Some(SERVICES)).expect("valid");
    let text = config.warnings.render(false);
    assert!(
        text.contains("warning: there is no exchange rate for INR"),
        "{text}"
    );
    assert!(text.contains("panelgate.toml:5:12"), "{text}");
}

#[test]
fn changes_that_need_a_restart_are_named() {
    let main = format!("[store]\nurl = \"sqlite:/books.db\"\n{MAIN}");
    let old = load(&main, Some(MARKUP), Some(SERVICES)).expect("valid");
    let main = format!(
        "[server]\nlisten = \"127.0.0.1:1\"\n[orders]\nopen_max = 5\n[subscriptions]\nmax_posts = 9\n{main}"
    );
    let new = load(&main, Some(MARKUP), Some(SERVICES)).expect("valid");
    assert_eq!(
        old.needs_restart(&new),
        [
            "[server] needs a restart to take effect",
            "orders.open_max needs a restart to take effect",
            "subscriptions.max_posts needs a restart to take effect"
        ]
    );
    assert_ne!(old.digest, new.digest);
}

#[test]
fn the_digest_follows_the_content_of_every_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("panelgate.toml");
    assert!(Config::digest(&path).is_err());
    let mut seen = std::collections::BTreeSet::new();
    for (name, text) in [
        ("panelgate.toml", MAIN),
        ("markup.toml", MARKUP),
        ("services.toml", SERVICES),
    ] {
        std::fs::write(folder.path().join(name), text).expect("written");
        assert!(seen.insert(Config::digest(&path).expect("read")));
    }
    let config = Config::load(&path, Keys::Leave).expect("valid");
    assert_eq!(config.digest, Config::digest(&path).expect("read"));
}

#[test]
fn the_example_is_valid_and_complete() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/panelgate.toml");
    let config = Config::load(&example, Keys::Leave).expect("valid");
    assert!(
        config.warnings.is_empty(),
        "{}",
        config.warnings.render(false)
    );
    assert_eq!(config.panels.len(), 2);
    assert_eq!(config.definitions.hand_made.len(), 1);
    assert_eq!(config.markup.rules.len(), 2);
}
