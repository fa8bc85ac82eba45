//! Mistakes in `markup.toml` and `services.toml`.

use panelgate_domain::markup::Method;

use super::*;

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
        &service(&format!("id = 7\nstrategy = \"cheepest\"\n{route}")),
        &[
            "services.toml:5:12",
            "there is no strategy `cheepest`",
            "did you mean `cheapest`?",
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
    let text = "[default]\npercent = \"20\"\nfixed = \"0.5\"\n[[rule]]\nname = \"vip\"\ngroup = \"vip\"\npercent = \"10\"\n";
    let markup = load(MAIN, Some(text), Some(SERVICES))
        .expect("valid")
        .markup;
    let vip = &markup.rules[0].terms;
    let method = Method::OnTop {
        percent: Decimal::TEN,
        fixed: Decimal::new(5, 1),
        tiers: Vec::new(),
    };
    assert_eq!(vip.method, method);
    assert_eq!(vip.round_up_to, markup.default.round_up_to);
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
