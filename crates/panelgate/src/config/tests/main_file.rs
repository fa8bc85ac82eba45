//! Mistakes in `panelgate.toml`.

use super::*;
use crate::clock;

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
    for customers in ["127.0.0.1:8081", "0.0.0.0:8081", "[::]:8081"] {
        check_main(
            &format!("[server]\nlisten = \"{customers}\"\n"),
            &["panelgate.toml:2:10", "operators would get 127.0.0.1:8081"],
        );
    }
    let long = "x".repeat(100);
    check_main(
        &format!("[store]\nurl = \"sqlite:{long}.db\"\n"),
        &["panelgate.toml:2:7", "at most 100", "move the store up"],
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
    let tomorrow = clock::now().after(Duration::from_secs(2 * 86_400));
    check_main(
        &format!(
            "[money]\nexchange = {{ EUR = {{ rate = \"1.09\", as_of = {} }} }}\n",
            &clock::text(tomorrow)[..10]
        ),
        &["panelgate.toml:2:45", "a day in the future"],
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
    assert!(
        !text.contains("s3cret") && !text.contains("123456"),
        "{text}"
    );
    check(
        wrong,
        &[
            "panelgate.toml:12:7",
            "take out user and password",
            "panelgate.toml:13:7",
        ],
    );
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
fn no_report_repeats_what_may_be_a_key() {
    let panel = "[panels.gamma]\ncurrency = \"USD\"\n";
    for (line, place) in [
        ("kye = \"s3cret\"", "panelgate.toml:13:1"),
        ("key = [\"s3cret\"]", "panelgate.toml:13:7"),
        ("key = 5.3", "panelgate.toml:13:7"),
        ("key = \"s3cret", "panelgate.toml:13:"),
        ("key = s3cret", "panelgate.toml:13:"),
        ("key = { env = [\"s3cret\"] }", "panelgate.toml:13:15"),
        ("key = { env = true, s3cret }", "panelgate.toml:13:"),
        ("url = \"https//user:s3cret@x\"", "panelgate.toml:13:7"),
        ("url = 5.3", "panelgate.toml:13:7"),
        ("[panels]\nkey = \"s3cret\"", "panelgate.toml:1"),
    ] {
        let main = format!("{MAIN}{panel}{line}\n");
        let wrong = load(&main, Some(MARKUP), Some(SERVICES));
        let text = wrong.expect_err("it is broken").render(false);
        assert!(
            !text.contains("s3cret") && !text.contains("5.3"),
            "{line}:\n{text}"
        );
        assert!(text.contains(place), "{line}:\n{text}");
    }
}

#[test]
fn a_key_in_place_of_its_variable_is_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("panelgate.toml");
    let main = MAIN.replace("ALPHA_KEY", "s3cret");
    std::fs::write(&path, main).expect("written");
    let wrong = Config::load(&path, Keys::Read).expect_err("no key");
    let text = wrong.render(false);
    assert!(text.contains("panelgate.toml:4:15"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
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
fn syncs_are_guarded_by_numbers_that_mean_something() {
    for (line, expected) in [
        ("quarantine_percent = \"20 %\"", "`20 %` is no number"),
        ("quarantine_percent = \"-1\"", "`-1` is below zero"),
        ("shrink_guard = \"101\"", "`101` is no part of a list"),
        ("on_rename = \"drop\"", "expected \"keep\" or \"disable\""),
        ("at_least_every = \"6\"", "`6` has no unit"),
        (
            "at_most_every = \"7h\"",
            "`at_most_every` is longer than `at_least_every`",
        ),
        ("quarantine = \"20\"", "quarantine_percent"),
    ] {
        check_main(
            &format!("[sync]\n{line}\n"),
            &["panelgate.toml:2:", expected],
        );
    }
    let config = load(MAIN, Some(MARKUP), Some(SERVICES)).expect("valid");
    assert_eq!(
        config.sync.policy,
        panelgate_domain::sync::Policy::default()
    );
}

#[test]
fn an_exchange_rate_is_warned_of_at_half_of_its_time() {
    let load = |age: u64| {
        let day = crate::clock::now().before(Duration::from_secs(age * 24 * 60 * 60));
        let day = jiff::Timestamp::from_millisecond(day.0).expect("a moment");
        let day = day.to_zoned(jiff::tz::TimeZone::UTC).date();
        let money =
            format!("[money]\nexchange = {{ EUR = {{ rate = \"1.09\", as_of = {day} }} }}\n");
        let config = load(&format!("{money}{MAIN}"), Some(MARKUP), Some(SERVICES));
        config.expect("valid").warnings.render(false)
    };
    assert!(!load(14).contains("EUR"));
    assert!(load(16).contains("the exchange rate of EUR grows old"));
    assert!(load(31).contains("the exchange rate of EUR is too old"));
}
