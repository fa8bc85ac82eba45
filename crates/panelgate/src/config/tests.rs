//! Broken files, and what is said about them: the place, what is wrong, and the mend.

use std::path::Path;

use super::*;

const MAIN: &str = r#"
[panels.alpha]
url = "https://alpha.example/api/v2"
key = { env = "ALPHA_KEY" }
currency = "USD"

[panels.beta]
url = "https://beta.example/api/v2"
key = { file = "beta.key" }
currency = "USD"
"#;
const MARKUP: &str = "[default]\npercent = \"20\"\n";
const SERVICES: &str = "[[import]]\npanel = \"alpha\"\n";

/// Writes the files (`None`: none) and loads them without keys.
fn load(main: &str, markup: Option<&str>, services: Option<&str>) -> Result<Config, Diagnostics> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("panelgate.toml", main);
    markup.inspect(|text| write("markup.toml", text));
    services.inspect(|text| write("services.toml", text));
    Config::load(&folder.path().join("panelgate.toml"), Keys::Leave)
}

#[track_caller]
fn check(wrong: Result<Config, Diagnostics>, expected: &[&str]) {
    let text = wrong.expect_err("it is broken").render(false);
    for part in expected {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "plain text has no colours");
}

/// A mistake in `panelgate.toml`: lines before [`MAIN`]'s panels.
#[track_caller]
fn check_main(lines: &str, expected: &[&str]) {
    check(
        load(&format!("{lines}{MAIN}"), Some(MARKUP), Some(SERVICES)),
        expected,
    );
}

/// A mistake in a panel: lines that follow those of beta, from line 11 on.
#[track_caller]
fn check_panel(lines: &str, expected: &[&str]) {
    check(
        load(&format!("{MAIN}{lines}"), Some(MARKUP), Some(SERVICES)),
        expected,
    );
}

#[track_caller]
fn check_markup(text: &str, expected: &[&str]) {
    check(load(MAIN, Some(text), Some(SERVICES)), expected);
}

/// A mistake in a rule: lines from line 3 on.
#[track_caller]
fn check_rule(lines: &str, expected: &[&str]) {
    check_markup(&format!("{MARKUP}{lines}"), expected);
}

#[track_caller]
fn check_services(text: &str, expected: &[&str]) {
    check(load(MAIN, Some(MARKUP), Some(text)), expected);
}

#[test]
fn a_report_looks_like_a_compilers() {
    let wrong = load(
        &format!("[server]\nlisen = \"x\"\n{MAIN}"),
        Some(MARKUP),
        Some(SERVICES),
    );
    let text = wrong.expect_err("it is broken").render(false);
    let text = text.replace(
        text.split("--> ")
            .nth(1)
            .and_then(|rest| rest.split("panelgate.toml").next())
            .expect("a path"),
        "",
    );
    let expected = "\
error: unknown key `lisen`
 --> panelgate.toml:2:1
  |
2 | lisen = \"x\"
  | ^^^^^ not a key of this table
  |
  = help: did you mean `listen`?";
    assert_eq!(text, expected);
}

#[test]
fn unknown_keys_are_errors_with_a_hint() {
    check_main(
        "[sever]\n",
        &[
            "unknown key `sever`",
            "panelgate.toml:1:2",
            "did you mean `server`?",
        ],
    );
    check_main(
        "[store]\npath = \"x\"\n",
        &["panelgate.toml:2:1", "known keys here: url"],
    );
    check_panel(
        "timeot = \"5s\"\n",
        &["panelgate.toml:11:1", "did you mean `timeout`?"],
    );
    check_main(
        "[server.limits]\nconections = 5\n",
        &["panelgate.toml:2:1", "did you mean `connections`?"],
    );
}

#[test]
fn types_are_told_apart() {
    check_main(
        "[server]\nlisten = 8080\n",
        &["panelgate.toml:2:10", "expected a string", "quotes"],
    );
    check_main(
        "[server]\nget_add = \"yes\"\n",
        &["panelgate.toml:2:11", "true or false"],
    );
    check_main(
        "[orders]\nopen_max = \"5\"\n",
        &["panelgate.toml:2:12", "without quotes"],
    );
    check_main(
        "[orders]\nadd_wait = 8\n",
        &["panelgate.toml:2:12", "with its unit"],
    );
    check_main(
        "[server]\npaths = \"/api/v2\"\n",
        &["panelgate.toml:2:9", "write a list"],
    );
    check_main(
        "store = \"x\"\n",
        &["panelgate.toml:1:9", "expected a table"],
    );
    check_markup(
        "[default]\npercent = 20\n",
        &["markup.toml:2:11", "put it in quotes"],
    );
}

#[test]
fn a_wrong_key_is_not_missing_as_well() {
    let wrong = load(MAIN, Some("[default]\nprecent = \"20\"\n"), Some(SERVICES));
    let text = wrong.expect_err("it is broken").render(false);
    assert!(text.contains("did you mean `percent`?"));
    assert!(!text.contains("is missing"), "{text}");
}

#[test]
fn durations_need_units() {
    check_main(
        "[orders]\nadd_wait = \"8\"\n",
        &["panelgate.toml:2:12", "`8` has no unit", "\"10s\""],
    );
    check_main(
        "[orders]\nopen_for = \"soon\"\n",
        &["panelgate.toml:2:12", "is no duration"],
    );
    check_main(
        "[server.limits]\nhead = \"0s\"\n",
        &["panelgate.toml:2:8", "above zero"],
    );
}

#[test]
fn the_server_is_checked() {
    check_main(
        "[server]\nlisten = \"localhost\"\n",
        &["panelgate.toml:2:10", "127.0.0.1:8080"],
    );
    check_main(
        "[server]\npaths = [\"api\"]\n",
        &["panelgate.toml:2:10", "begin it with /"],
    );
    check_main(
        "[server]\npaths = []\n",
        &["panelgate.toml:2:9", "leave the key out"],
    );
    check_main(
        "[server.limits]\nconnections = 0\n",
        &["panelgate.toml:2:15", "expected 1 to"],
    );
    check_main(
        "[operator]\nlisten = \"127.0.0.1:8080\"\n",
        &[
            "panelgate.toml:2:10",
            "is the customers' listener",
            "choose another one",
        ],
    );
    check_main(
        "[store]\nurl = \"postgres://x\"\n",
        &["panelgate.toml:2:7", "sqlite:data/panelgate.db"],
    );
}

#[test]
fn money_is_checked() {
    check_main(
        "[money]\ncurrency = \"usd\"\n",
        &["panelgate.toml:2:12", "did you mean `USD`?"],
    );
    check_main(
        "[money]\nexchange = { USD = \"1\" }\n",
        &["panelgate.toml:2:14", "our own currency"],
    );
    check_main(
        "[money]\nexchange = { EUR = \"0\" }\n",
        &["panelgate.toml:2:20", "not above zero"],
    );
    check_main(
        "[money]\nexchange = { EUR = 1.09 }\n",
        &["panelgate.toml:2:20", "{ rate = \"1.09\""],
    );
    check_main(
        "[money]\nexchange = { EUR = { rate = \"1.09\" } }\n",
        &[
            "panelgate.toml:2:20",
            "`as_of` is missing",
            "as_of = 2026-11-20",
        ],
    );
    check_main(
        "[money]\nexchange = { EUR = { rate = \"1.09\", as_of = \"today\" } }\n",
        &["panelgate.toml:2:45", "write a day without quotes"],
    );
    check_main(
        "[money]\nexchange = { EUR = { rate = \"1.09\", as_of = 2026-11-20T10:00:00Z } }\n",
        &["panelgate.toml:2:45", "a day without a time"],
    );
    check_main(
        "[money]\nexchange = { EUR = { rat = \"1.09\", as_of = 2026-11-20 } }\n",
        &["panelgate.toml:2:22", "did you mean `rate`?"],
    );
}

#[test]
fn panels_are_checked() {
    check_panel(
        "[panels.Gamma]\n",
        &["panelgate.toml:11:9", "a-z, 0-9, - and _"],
    );
    let missing = [
        "panelgate.toml:11:1",
        "`url` is missing",
        "`key` is missing",
        "`currency` is missing",
    ];
    check_panel("[panels.gamma]\n", &missing);
    check_panel(
        "[panels.gamma]\nurl = \"http://gamma.example/\"\n",
        &[
            "panelgate.toml:12:7",
            "write https, or allow_private = true",
        ],
    );
    check_panel(
        "[panels.gamma]\nurl = \"https://me:pw@gamma.example/\"\n",
        &["panelgate.toml:12:7", "take out user and password"],
    );
    check_panel(
        "[panels.gamma]\nurl = \"https://10.0.0.1/\"\n",
        &["panelgate.toml:12:7", "a private address"],
    );
    check_panel(
        "status_batch = 101\n",
        &["panelgate.toml:11:16", "expected 1 to 100"],
    );
    check_panel(
        "requests_per_second = 0\n",
        &["panelgate.toml:11:23", "expected 1 to"],
    );
    check_panel(
        "refusals = { order = [\" \"] }\n",
        &["panelgate.toml:11:23", "an empty text"],
    );
}

#[test]
fn keys_are_kept_elsewhere_and_never_repeated() {
    let wrong = load(
        &MAIN.replace("{ env = \"ALPHA_KEY\" }", "\"s3cret\""),
        Some(MARKUP),
        Some(SERVICES),
    );
    let text = wrong.as_ref().expect_err("it is broken").render(false);
    check(
        wrong,
        &[
            "panelgate.toml:4:7",
            "a key in the file itself",
            "key = { env = \"ALPHA_KEY\" }",
        ],
    );
    assert!(!text.contains("s3cret"), "{text}");
    let url = "[panels.gamma]\nurl = \"https://me:s3cret@gamma.example/\"\nkey = 123456\n";
    let wrong = load(&format!("{MAIN}{url}"), Some(MARKUP), Some(SERVICES));
    let text = wrong.as_ref().expect_err("it is broken").render(false);
    assert!(!text.contains("s3cret") && !text.contains("123456"), "{text}");
    check(wrong, &["panelgate.toml:12:7", "take out user and password", "panelgate.toml:13:7"]);
    let both = "[panels.gamma]\nkey = { env = \"A\", file = \"b\" }\n";
    check_panel(
        both,
        &["panelgate.toml:12:7", "exactly one of `env` and `file`"],
    );
    check_panel(
        "[panels.gamma]\nkey = { evn = \"A\" }\n",
        &["panelgate.toml:12:9", "did you mean `env`?"],
    );
}

#[test]
fn keys_are_read_only_if_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(
        "panelgate.toml",
        &MAIN.replace("ALPHA_KEY", "PANELGATE_TEST_UNSET_KEY"),
    );
    write("markup.toml", MARKUP);
    let path = folder.path().join("panelgate.toml");
    let config = Config::load(&path, Keys::Leave).expect("valid without keys");
    assert!(config.panels.iter().all(|panel| panel.key.is_none()));
    let expected = [
        "panelgate.toml:4:15",
        "PANELGATE_TEST_UNSET_KEY is not set",
        "panelgate.toml:9:16",
        "cannot read",
        "beta.key",
    ];
    check(Config::load(&path, Keys::Read), &expected);
    write("beta.key", "\n");
    check(Config::load(&path, Keys::Read), &["beta.key is empty"]);
}

#[test]
fn a_missing_markup_is_never_zero_percent() {
    check(
        load(MAIN, None, Some(SERVICES)),
        &["there is no", "markup.toml", "percent = \"20\""],
    );
    check_markup(
        "",
        &["markup.toml:1:1", "`default` is missing", "sold at 0 %"],
    );
    check_markup(
        "[default]\nfixed = \"1\"\n",
        &["markup.toml:1:1", "`percent` is missing", "sold at 0 %"],
    );
}

#[test]
fn terms_are_checked() {
    check_markup(
        "[default]\npercent = \"20%\"\n",
        &["markup.toml:2:11", "without a percent sign"],
    );
    check_markup(
        "[default]\npercent = \"-5\"\n",
        &["markup.toml:2:11", "on_loss = \"accept\""],
    );
    let free = "[default]\npercent = \"-100\"\non_loss = \"accept\"\n";
    check_markup(free, &["markup.toml:2:11", "more than \"-100\""]);
    let step = "[default]\npercent = \"5\"\nround_up_to = \"0\"\n";
    check_markup(step, &["markup.toml:3:15", "at least \"0.000001\""]);
    let loss = "[default]\npercent = \"5\"\non_loss = \"acept\"\n";
    check_markup(loss, &["markup.toml:3:11", "did you mean `accept`?"]);
}

#[test]
fn rules_say_when_and_what() {
    check_rule(
        "[[rule]]\ngroup = \"vip\"\npercent = \"1\"\n",
        &["markup.toml:3:1", "`name` is missing"],
    );
    check_rule(
        "[[rule]]\nname = \"x\"\npercent = \"1\"\n",
        &["markup.toml:3:1", "a rule without a condition"],
    );
    check_rule(
        "[[rule]]\nname = \"x\"\ngroup = \"vip\"\n",
        &["markup.toml:3:1", "changes nothing"],
    );
    check_rule(
        "[[rule]]\nname = \"x\"\npanel = \"alhpa\"\npercent = \"1\"\n",
        &[
            "markup.toml:5:9",
            "there is no panel `alhpa`",
            "did you mean `alpha`?",
        ],
    );
    check_rule(
        "[[rule]]\nname = \"x\"\ntype = \"Pakage\"\npercent = \"1\"\n",
        &["markup.toml:5:8", "did you mean `Package`?"],
    );
    check_rule(
        "[[rule]]\nname = \"x\"\nservices = []\npercent = \"1\"\n",
        &["markup.toml:5:12", "matches nothing"],
    );
    let twice = "[[rule]]\nname = \"x\"\ngroup = \"a\"\npercent = \"1\"\n".repeat(2);
    check_rule(
        &twice,
        &["markup.toml:7:1", "two rules named `x`", "never matches"],
    );
}

#[test]
fn services_are_checked() {
    check_services("[[import]]\n", &["services.toml:1:1", "`panel` is missing"]);
    check_services(
        "[[import]]\npanel = \"gamma\"\n",
        &["services.toml:2:9", "there are: alpha, beta"],
    );
    check_services(
        "[[import]]\npanel = \"alpha\"\ncategory = \"Insta*\"\n",
        &["services.toml:3:12", "write a list"],
    );
    check_services(
        "[[import]]\npanel = \"alpha\"\nname = []\n",
        &["services.toml:3:8", "leave the key out"],
    );
    let service = |lines: &str| format!("[[service]]\nname = \"n\"\ncategory = \"c\"\n{lines}\n");
    let route = "routes = [ { panel = \"alpha\", service = \"1\" } ]";
    check_services(&service(route), &["services.toml:1:1", "`id` is missing"]);
    check_services(
        &service(&format!("id = 0\n{route}")),
        &["services.toml:4:6", "expected 1 to 2147483647"],
    );
    let twice = service(&format!("id = 7\n{route}")).repeat(2);
    check_services(&twice, &["services.toml:9:6", "the id 7 is taken"]);
    check_services(
        &service(&format!("id = 7\nstrategy = \"cheapest\"\n{route}")),
        &[
            "services.toml:5:12",
            "is not built yet",
            "write \"priority\"",
        ],
    );
    check_services(
        &service("id = 7\nroutes = []"),
        &["services.toml:5:10", "without a route"],
    );
    check_services(
        &service("id = 7\nroutes = [ { panel = \"alfa\", service = \"1\" } ]"),
        &["services.toml:5:22", "did you mean `alpha`?"],
    );
    check_services(
        &service("id = 7\nroutes = [ { panel = \"alpha\", service = 1 } ]"),
        &["services.toml:5:41", "put it in quotes"],
    );
}

#[test]
fn several_errors_of_all_files_are_reported_together() {
    let main = "[server]\nlisten = 5\nlisen = \"x\"\nget_add = 1\n[orders]\nadd_wait = \"8\"\n";
    let wrong = load(
        &format!("{main}{MAIN}"),
        Some("[default]\npercent = \"x\"\nfixd = \"1\"\n"),
        Some("[[import]]\npanel = \"gamma\"\n[[service]]\nid = \"1\"\n"),
    );
    let expected = [
        "panelgate.toml:2:10",
        "panelgate.toml:3:1",
        "panelgate.toml:4:11",
        "panelgate.toml:6:12",
        "markup.toml:2:11",
        "markup.toml:3:1",
        "services.toml:2:9",
        "services.toml:4:6",
    ];
    check(wrong, &expected);
}

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
fn a_rule_changes_only_what_it_names() {
    let text = "[default]\npercent = \"20\"\nfixed = \"0.5\"\n[[rule]]\nname = \"vip\"\ngroup = \"vip\"\npercent = \"10\"\n";
    let markup = load(MAIN, Some(text), Some(SERVICES))
        .expect("valid")
        .markup;
    let vip = &markup.rules[0].terms;
    assert_eq!((vip.percent, vip.fixed), (Decimal::TEN, Decimal::new(5, 1)));
    assert_eq!(vip.round_up_to, markup.default.round_up_to);
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
fn a_markup_below_its_own_margin_is_warned_about() {
    let text = "[default]\npercent = \"5\"\nmin_margin_percent = \"10\"\n";
    let config = load(MAIN, Some(text), Some(SERVICES)).expect("valid");
    let text = config.warnings.render(false);
    assert!(text.contains("markup.toml:3:22") && text.contains("refused as a loss"), "{text}");
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
    let main = format!("[server]\nlisten = \"127.0.0.1:1\"\n[orders]\nopen_max = 5\n{main}");
    let new = load(&main, Some(MARKUP), Some(SERVICES)).expect("valid");
    assert_eq!(
        old.needs_restart(&new),
        [
            "[server] needs a restart to take effect",
            "orders.open_max needs a restart to take effect"
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
