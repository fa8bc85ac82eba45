//! Placement: whatever a panel does to an `add`, its books show one request, and money follows what is known.

mod support;

use std::time::{Duration, Instant};

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel};
use support::books::TWO_ROUTES;
use support::{Files, Gateway, panel, until};

async fn two_panels() -> (SimPanel, SimPanel, Gateway, String) {
    let (alpha, beta) = (panel().await, panel().await);
    let files = Files {
        services: TWO_ROUTES.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &alpha), ("beta", &beta)], files);
    let key = gateway.customer("ann", "100");
    gateway.services(&key).await;
    (alpha, beta, gateway, key)
}

fn on_add(fault: Fault) -> FaultRule {
    FaultRule::once(fault).on(ActionName::Add)
}

/// The panel took the order, or may have: it is never sent again, nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_never_sent_again() {
    let (alpha, beta, gateway, key) = two_panels().await;
    let page = || "<html>502</html>".to_owned();
    for (name, fault) in [
        ("timeout", Fault::AcceptThenTimeout),
        ("reset", Fault::AcceptThenReset),
        ("close", Fault::AcceptThenClose),
        (
            "502",
            Fault::AcceptThenStatus {
                status: 502,
                body: page(),
            },
        ),
        ("html", Fault::AcceptThenHtml),
        ("half", Fault::AcceptThenHalfBody),
        ("500-unread", Fault::StatusBeforeReading(500)),
        ("reset-unread", Fault::ResetBeforeReading),
        (
            "unlisted",
            Fault::Refuse("The moon is in the wrong house".into()),
        ),
        ("both", Fault::ErrorAndId),
        ("zero", Fault::OrderIdZero),
    ] {
        // One that goes well in between: five failures in a row would rest the panel, which is another story.
        gateway
            .add(&key, "7", &format!("https://example.com/well/{name}"), 100)
            .await
            .expect("accepted");
        alpha.plan(on_add(fault));
        let link = format!("https://example.com/{name}");
        let began = Instant::now();
        let order = gateway
            .add(&key, "7", &link, 100)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(began.elapsed() < Duration::from_secs(10), "{name}");
        assert_eq!(
            gateway.status(&key, order).await["status"],
            "Pending",
            "{name}"
        );
        assert_eq!(
            alpha.books().adds_for(&link).len(),
            1,
            "{name}: one request"
        );
        assert_eq!(
            beta.books().adds_for(&link).len(),
            0,
            "{name}: not to the second route"
        );
        let story = gateway.run(&["orders", "list", "--state", "unconfirmed", "--json"]);
        assert!(
            story.contains(&format!("\"order\":{order},"))
                || story.contains(&format!("\"order\": {order},")),
            "{name}: {story}"
        );
    }
    // The holds stay: nobody knows.
    assert_eq!(gateway.balance(&key).await, "73.60");
    gateway.verify();

    // Nor does a restart send anything again.
    let mut gateway = gateway;
    assert_eq!(gateway.terminate(), 0);
    gateway.serve();
    gateway
        .add(&key, "7", "https://example.com/after", 100)
        .await
        .expect("accepted");
    assert!(alpha.books().orders().len() + alpha.books().count(ActionName::Add) > 0);
    for link in [
        "timeout",
        "reset",
        "close",
        "502",
        "html",
        "half",
        "500-unread",
        "reset-unread",
    ] {
        let link = format!("https://example.com/{link}");
        assert_eq!(
            alpha.books().adds_for(&link).len() + beta.books().adds_for(&link).len(),
            1,
            "{link}"
        );
    }
}

/// The panel said that it did nothing, for a reason of its own: the next route gets the order.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_about_the_panel_goes_to_the_next_route() {
    for fault in [
        Fault::Throttle {
            status: 200,
            retry_after: None,
        },
        Fault::Throttle {
            status: 429,
            retry_after: None,
        },
        Fault::Refuse("Not enough funds on balance".into()),
        Fault::Refuse("neworder.error.not_enough_funds".into()),
        Fault::Refuse("Incorrect service ID".into()),
        Fault::Refuse("Invalid API key".into()),
    ] {
        let (alpha, beta, gateway, key) = two_panels().await;
        let text = format!("{fault:?}");
        alpha.plan(on_add(fault));
        let order = gateway
            .add(&key, "7", "https://example.com/1", 100)
            .await
            .expect("accepted");
        assert_eq!(
            (alpha.books().orders().len(), beta.books().orders().len()),
            (0, 1),
            "{text}"
        );
        assert_eq!(gateway.balance(&key).await, "98.80", "{text}");
        assert_eq!(
            gateway.status(&key, order).await["status"],
            "Pending",
            "{text}"
        );
        gateway.verify();
    }
}

/// The panel said that the order is wrong: no other panel is bothered, and nothing is charged.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_about_the_order_ends_it() {
    let (alpha, beta, gateway, key) = two_panels().await;
    let active = "You have active order with this link. Please wait until order being completed.";
    for (text, told) in [
        ("Bad link", "Bad link"),
        ("neworder.error.link_not_found", "Bad link"),
        (
            "Quantity less than minimal 5000",
            "Quantity less than minimal 5000",
        ),
        ("neworder.error.link_duplicate", active),
        (active, active),
    ] {
        alpha.plan(on_add(Fault::Refuse(text.into())));
        assert_eq!(
            gateway.add(&key, "7", "https://example.com/1", 100).await,
            Err(told.into()),
            "{text}"
        );
        assert_eq!(gateway.balance(&key).await, "100.00", "{text}");
    }
    assert!(alpha.books().orders().is_empty() && beta.books().orders().is_empty());
    assert_eq!(beta.books().count(ActionName::Add), 0);
    gateway.verify();
}

/// Every route says that the service is off: nobody can send this order.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_off_everywhere_is_refused() {
    let (alpha, beta, gateway, key) = two_panels().await;
    alpha.plan(on_add(Fault::Refuse("Incorrect service ID".into())));
    beta.plan(on_add(Fault::Refuse("error.incorrect_service_id".into())));
    assert_eq!(
        gateway.add(&key, "7", "https://example.com/1", 100).await,
        Err("Incorrect service ID".into())
    );
    assert_eq!(gateway.balance(&key).await, "100.00");
    gateway.verify();
}

/// All panels are out of our money: the customer is not told, and the order goes when the money is there.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_the_panels_funds() {
    let (alpha, beta, gateway, key) = two_panels().await;
    let nothing = panelgate_domain::money::Money::ZERO;
    alpha.set_balance(nothing);
    beta.set_balance(nothing);
    let began = Instant::now();
    let order = gateway
        .add(&key, "7", "https://example.com/1", 100)
        .await
        .expect("accepted");
    assert!(began.elapsed() < Duration::from_secs(2), "at once");
    assert_eq!(gateway.status(&key, order).await["status"], "Pending");
    let waiting = gateway.run(&["orders", "list", "--state", "open", "--json"]);
    assert!(waiting.contains("\"open\""), "{waiting}");

    beta.set_balance(panelgate_domain::money::Money::from_micros(1_000_000_000));
    until("it is sent", || async {
        (beta.books().orders().len() == 1).then_some(())
    })
    .await;
    assert!(alpha.books().orders().is_empty());
    gateway.verify();
}

/// The answer came after the timeout: the order is placed after all, and nothing was sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_places_the_order() {
    let (alpha, beta, gateway, key) = two_panels().await;
    alpha.plan(on_add(Fault::AcceptThenSlow(Duration::from_secs(60))));
    let order = gateway
        .add(&key, "7", "https://example.com/late", 100)
        .await
        .expect("accepted");
    let unconfirmed = gateway.run(&["orders", "show", &order.to_string()]);
    assert!(unconfirmed.contains("unconfirmed"), "{unconfirmed}");
    alpha.clock().advance(Duration::from_secs(61));
    until("it is placed", || async {
        gateway
            .run(&["orders", "show", &order.to_string()])
            .contains("placed")
            .then_some(())
    })
    .await;
    alpha.clock().advance(Duration::from_secs(100_000));
    gateway.until_status(&key, order, "Completed").await;
    assert_eq!(
        (
            alpha.books().adds_for("https://example.com/late").len(),
            beta.books().count(ActionName::Add)
        ),
        (1, 0)
    );
    gateway.verify();
}
