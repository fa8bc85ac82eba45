//! Mistakes in `panelgate.toml` that no file can hold for good, and keys. The rest is in `tests/broken`.

use super::*;
use crate::clock;

#[test]
fn operators_never_share_the_customers_port() {
    for customers in ["127.0.0.1:8081", "0.0.0.0:8081", "[::]:8081"] {
        check_main(
            &format!("[server]\nlisten = \"{customers}\"\n"),
            &["panelgate.toml:2:10", "operators would get 127.0.0.1:8081"],
        );
    }
}

#[test]
fn exchange_rates_are_not_of_tomorrow() {
    let tomorrow = clock::now().after(Duration::from_secs(2 * 86_400));
    check_main(
        &format!(
            "[money]\nexchange = {{ EUR = {{ rate = \"1.09\", as_of = {} }} }}\n",
            &clock::text(tomorrow)[..10]
        ),
        &["panelgate.toml:2:45", "a day in the future"],
    );
}

#[test]
fn keys_are_kept_elsewhere_and_never_repeated() {
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
