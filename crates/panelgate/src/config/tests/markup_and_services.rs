//! What `markup.toml` and `services.toml` become. Mistakes in them are in `tests/broken`.

use panelgate_domain::markup::{Method, OnLoss, Terms, Tier};

use super::*;

#[test]
fn a_missing_markup_is_never_zero_percent() {
    check(
        load(MAIN, None, Some(SERVICES)),
        &["there is no", "markup.toml", "percent = \"20\""],
    );
}

/// The terms that the one rule with these lines has, beside a default with everything in it.
fn terms(lines: &str) -> Terms {
    let text = format!("{EVERYTHING}[[rule]]\nname = \"vip\"\ngroup = \"vip\"\n{lines}");
    let config = load(MAIN, Some(&text), Some(SERVICES)).expect("valid");
    config.markup.rules[0].terms.clone()
}

const EVERYTHING: &str = r#"
[default]
percent = "20"
fixed = "0.5"
tiers = [ { from = 1_000, percent = "15" }, { from = 5_000, percent = "12" } ]
min_rate = "0.1"
round_up_to = "0.01"
min_margin_percent = "5"
on_loss = "refuse"
"#;

fn on_top(percent: i64, fixed: Decimal, tiers: &[(u64, i64)]) -> Method {
    let tiers = tiers.iter().map(|(from, percent)| Tier {
        from: *from,
        percent: (*percent).into(),
    });
    Method::OnTop {
        percent: percent.into(),
        fixed,
        tiers: tiers.collect(),
    }
}

#[test]
fn overrides_are_checked() {
    let made = "[[service]]\nid = 7\nname = \"n\"\ncategory = \"c\"\nroutes = [ { panel = \"alpha\", service = \"1\" } ]\n";
    for (text, parts) in [
        (
            "service = 7\nname = \"x\"",
            [
                "services.toml:7:11",
                "service 7 is made by hand",
                "its own [[service]]",
            ],
        ),
        (
            "service = 8\nname = \"x\"",
            [
                "services.toml:7:11",
                "no import has the id 8",
                "services list",
            ],
        ),
        (
            "panel = \"alhpa\"\noffer = \"1\"\nname = \"x\"",
            [
                "services.toml:7:9",
                "there is no panel `alhpa`",
                "did you mean `alpha`?",
            ],
        ),
        (
            "panel = \"alpha\"\nname = \"x\"",
            [
                "services.toml:6:1",
                "expected either `service`",
                "offer = \"1\"",
            ],
        ),
        (
            "service = 1001",
            ["services.toml:6:1", "changes nothing", "say what to change"],
        ),
        (
            "service = 1001\nmin = 5\nmax = 4",
            ["services.toml:9:7", "no quantity", "exchange them"],
        ),
        (
            "service = 1001\nmin = 0",
            [
                "services.toml:8:7",
                "0 is out of bounds",
                "leave the key out",
            ],
        ),
        (
            "service = 1001\nsell = false\n[[override]]\nservice = 1001\nname = \"x\"",
            [
                "services.toml:9:1",
                "has an override already",
                "into one [[override]]",
            ],
        ),
        (
            "service = 1001\nsell = false\n[routing]\nmax_canceled_percent = 101",
            [
                "services.toml:10:24",
                "101 is out of bounds",
                "expected 0 to 100",
            ],
        ),
    ] {
        check_services(&format!("{made}[[override]]\n{text}\n"), &parts);
    }
}

#[test]
fn a_service_is_routed_as_everywhere_but_for_what_it_says() {
    let text = "[routing]\nmax_refused_percent = 30\nmin_orders = 5\n\
                [[service]]\nid = 7\nname = \"n\"\ncategory = \"c\"\nrouting = { max_refused_percent = 50 }\n\
                routes = [ { panel = \"alpha\", service = \"1\", weight = 2 } ]\n";
    let config = load(MAIN, Some("[default]\npercent = \"20\"\n"), Some(text)).expect("valid");
    let own = config.definitions.hand_made[0].avoid.expect("its own");
    assert_eq!((own.max_refused_percent, own.min_orders), (Some(50), 5));
    let warnings = config.warnings.render(false);
    assert!(warnings.contains("services.toml:9:"), "{warnings}");
    assert!(
        warnings.contains("a weight that nothing uses"),
        "{warnings}"
    );
}

#[test]
fn a_rule_changes_only_what_it_names() {
    let half = Decimal::new(5, 1);
    let stays = on_top(20, half, &[(1_000, 15), (5_000, 12)]);
    let expected = Terms {
        method: stays.clone(),
        min_rate: Decimal::new(1, 1),
        round_up_to: Decimal::new(1, 2),
        min_margin_percent: 5.into(),
        on_loss: OnLoss::Accept,
    };
    assert_eq!(terms("on_loss = \"accept\"\n"), expected);
    let method = |lines| terms(lines).method;
    assert_eq!(method("min_rate = \"0\"\n"), stays);
    let free = on_top(20, Decimal::ZERO, &[(1_000, 15), (5_000, 12)]);
    assert_eq!(method("fixed = \"0\"\n"), free);
    let other = on_top(20, half, &[(9, 19)]);
    assert_eq!(
        method("tiers = [ { from = 9, percent = \"19\" } ]\n"),
        other
    );
}

#[test]
fn a_rules_own_percent_or_rate_leaves_the_defaults_discounts_behind() {
    let method = |lines| terms(lines).method;
    let ten = on_top(10, Decimal::new(5, 1), &[]);
    assert_eq!(method("percent = \"10\"\n"), ten);
    let rate = Method::Absolute(Decimal::new(15, 1));
    assert_eq!(method("rate = \"1.5\"\n"), rate);
}

#[test]
fn below_cost_and_discounts_below_cost_are_for_rules_that_say_so() {
    let lines =
        "on_loss = \"accept\"\npercent = \"-5\"\ntiers = [ { from = 9, percent = \"-10\" } ]\n";
    assert_eq!(
        terms(lines).method,
        on_top(-5, Decimal::new(5, 1), &[(9, -10)])
    );
}

#[test]
fn a_rule_matches_costs_between_two() {
    let text = format!(
        "{MARKUP}[[rule]]\nname = \"x\"\ncost_from = \"0.5\"\ncost_below = \"2\"\npercent = \"1\"\n"
    );
    let config = load(MAIN, Some(&text), Some(SERVICES)).expect("valid");
    let cost = config.markup.rules[0].when.cost;
    let expected = (Some(Decimal::new(5, 1)), Some(Decimal::TWO));
    assert_eq!((cost.from, cost.below), expected);
}

/// Rules with these conditions, a line each, are valid over these services.
#[track_caller]
fn check_reached(conditions: &[&str], services: &str) {
    let rules = conditions.iter().enumerate().map(|(place, condition)| {
        format!("[[rule]]\nname = \"{place}\"\n{condition}\npercent = \"9\"\n")
    });
    let text = format!("{MARKUP}{}", rules.collect::<String>());
    if let Err(wrong) = load(MAIN, Some(&text), Some(services)) {
        panic!("{}", wrong.render(false));
    }
}

#[test]
fn rules_that_something_may_reach_are_left_alone() {
    let made = "[[service]]\nid = 7\nname = \"n\"\ncategory = \"c\"\nroutes = [ { panel = \"beta\", service = \"1\" } ]\n";
    let both = format!("{SERVICES}{made}");
    // The narrower one first, and two that only meet.
    check_reached(
        &[
            "group = \"vip\"\npanel = \"alpha\"",
            "group = \"vip\"",
            "panel = \"alpha\"",
        ],
        SERVICES,
    );
    check_reached(&["cost_below = \"2\"", "cost_from = \"1\""], SERVICES);
    // Imports may have any id from 1001 on, and what is made by hand any type.
    check_reached(&["services = [1001]"], SERVICES);
    check_reached(
        &["services = [7]", "panel = \"beta\"", "type = \"Poll\""],
        &both,
    );
    check_reached(&["type = \"Poll\""], SERVICES);
    // Where nothing is sold yet, rules may be written before it is.
    check_reached(&["panel = \"beta\"", "services = [7]"], "");
}

#[test]
fn nothing_is_said_of_rules_while_services_cannot_be_read() {
    let text = format!("{MARKUP}[[rule]]\nname = \"x\"\nservices = [7]\npercent = \"1\"\n");
    let wrong = load(MAIN, Some(&text), Some("[[service]\n"));
    let text = wrong.expect_err("it is broken").render(false);
    assert!(!text.contains("markup.toml"), "{text}");
}

#[test]
fn a_markup_below_its_own_margin_is_warned_about() {
    let text = "[default]\npercent = \"5\"\nmin_margin_percent = \"10\"\n";
    let config = load(MAIN, Some(text), Some(SERVICES)).expect("valid");
    let text = config.warnings.render(false);
    assert!(
        text.contains("markup.toml:3:22") && text.contains("it would be a loss"),
        "{text}"
    );
}

#[test]
fn refusing_losses_of_a_default_below_cost_is_warned_about() {
    let text = "[default]\npercent = \"-5\"\non_loss = \"accept\"\n[[rule]]\nname = \"vip\"\ngroup = \"vip\"\non_loss = \"refuse\"\n";
    let config = load(MAIN, Some(text), Some(SERVICES)).expect("valid");
    let text = config.warnings.render(false);
    assert!(
        text.contains("markup.toml:7:11") && text.contains("it would be a loss"),
        "{text}"
    );
}
