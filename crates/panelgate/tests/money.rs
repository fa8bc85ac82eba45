//! Money through the whole gateway: every type's price, every end's refund, and funds that suffice for exactly so many.

mod support;

use std::sync::Arc;

use panelgate_domain::field::Field;
use panelgate_simpanel::{ActionName, Fate, Fault, FaultRule};
use support::{Files, Gateway, order_id, panel};

/// What an order of each type costs with 20 % on top; rates are rounded up to the sixth decimal.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_priced_by_the_table() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "100000");
    let link = ("link", "https://example.com/p");
    let hundred = ("quantity", "100");
    let lines = "one\r\n\r\n  two \nthree\r";
    for (name, parameters, charge) in [
        // 10 → 12.00 per 1000
        ("Default", vec![link, hundred], "1.20"),
        (
            "Default",
            vec![link, hundred, ("runs", "5"), ("interval", "10")],
            "6.00",
        ),
        // Flat: 54.7785 → 65.7342
        ("Package", vec![link], "65.7342"),
        (
            "Custom Comments Package",
            vec![link, ("comments", lines)],
            "9.00",
        ),
        // 0.33333333 → 0.399999996 → 0.40
        ("SEO", vec![link, hundred, ("keywords", "a\nb")], "0.04"),
        // By lines; a sent quantity is ignored.
        (
            "Custom Comments",
            vec![link, ("comments", lines), ("quantity", "77")],
            "0.36",
        ),
        (
            "Mentions Custom List",
            vec![link, ("usernames", lines)],
            "0.288",
        ),
        (
            "Comment Replies",
            vec![link, ("username", "bob"), ("comments", lines)],
            "0.324",
        ),
        (
            "Mentions",
            vec![link, hundred, ("usernames", "a\nb")],
            "0.24",
        ),
        (
            "Mentions with Hashtags",
            vec![link, hundred, ("usernames", "a"), ("hashtags", "b")],
            "0.30",
        ),
        (
            "Mentions Hashtag",
            vec![link, hundred, ("hashtag", "a")],
            "0.36",
        ),
        (
            "Mentions User Followers",
            vec![link, hundred, ("username", "https://example.com/u")],
            "0.48",
        ),
        (
            "Mentions Media Likers",
            vec![link, hundred, ("media", "https://example.com/m")],
            "0.60",
        ),
        (
            "Comment Likes",
            vec![link, hundred, ("username", "bob")],
            "0.72",
        ),
        // 0.00011999999999999999 → 0.000144 (rounded up) → 0.0000144 → up to 10⁻⁶
        (
            "Poll",
            vec![link, hundred, ("answer_number", "2")],
            "0.000015",
        ),
        (
            "Invites from Groups",
            vec![link, hundred, ("groups", "a\nb")],
            "0.96",
        ),
        (
            "Web Traffic",
            vec![
                link,
                hundred,
                ("country", "US"),
                ("device", "1"),
                ("type_of_traffic", "3"),
            ],
            "0.06",
        ),
    ] {
        let service = gateway.service_named(&key, name).await;
        let mut form = vec![("service", service.as_str())];
        form.extend(parameters);
        let order = order_id(&gateway.api(&key, "add", &form).await)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let status = gateway.status(&key, order).await;
        assert_eq!(status["charge"], charge, "{name}");
        assert_eq!(status["currency"], "USD");
    }
    // What the panel got is what was priced.
    let books = panel.books();
    let comments = books
        .orders()
        .iter()
        .find(|order| order.service.as_str() == "4")
        .expect("ordered")
        .clone();
    assert_eq!(
        comments.spec.field(Field::Comments),
        Some("one\ntwo\nthree")
    );
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_splits_the_hold() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;

    for (fate, word, charge, remains, balance) in [
        (Fate::Completed, "Completed", "1.20", "0", "8.80"),
        (
            Fate::Partial { remains: 33 },
            "Partial",
            "0.804",
            "33",
            "7.996",
        ),
        (Fate::Canceled, "Canceled", "0.00", "100", "7.996"),
    ] {
        let link = format!("https://example.com/{word}");
        let order = gateway
            .add(&key, &service, &link, 100)
            .await
            .expect("accepted");
        let upstream = panel.books().orders_with_link(&link)[0].id;
        panel.set_order(upstream, |order| order.fate = fate);
        assert_eq!(gateway.status(&key, order).await["status"], "Pending");
        panel
            .clock()
            .advance(std::time::Duration::from_secs(100_000));
        let status = gateway.until_status(&key, order, word).await;
        assert_eq!(status["charge"], charge);
        assert_eq!(status["remains"], remains);
        assert_eq!(gateway.balance(&key).await, balance);
    }

    // Refused about the order: nothing is charged, and the panel is asked once.
    panel.plan(FaultRule::once(Fault::Refuse("neworder.error.link".into())).on(ActionName::Add));
    assert_eq!(
        gateway
            .add(&key, &service, "https://example.com/refused", 100)
            .await,
        Err("Bad link".into())
    );
    assert_eq!(gateway.balance(&key).await, "7.996");
    gateway.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_end_although_nobody_asks() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "10");
    let service = gateway.service_named(&key, "Default").await;
    gateway
        .add(&key, &service, "https://example.com/1", 100)
        .await
        .expect("accepted");
    let upstream = panel.books().orders()[0].id;
    panel.set_order(upstream, |order| order.fate = Fate::Canceled);
    panel
        .clock()
        .advance(std::time::Duration::from_secs(100_000));
    // The money comes back without a single poll.
    support::until("the money is back", || async {
        (gateway.balance(&key).await == "10.00").then_some(())
    })
    .await;
    gateway.verify();
}

/// 64 at once, money for 10: in 50 rounds.
#[tokio::test(flavor = "multi_thread")]
async fn funds_for_ten_buy_ten() {
    let panel = panel().await;
    let gateway = Arc::new(Gateway::start(&[("alpha", &panel)], Files::default()));
    let key = gateway.customer("warm", "1");
    let service = gateway.service_named(&key, "Default").await;
    for round in 0..50 {
        // 100 units at 12.00 are 1.20.
        let key = gateway.customer(&format!("customer-{round}"), "12");
        let adds = (0..64).map(|n| {
            let (gateway, key, service) = (Arc::clone(&gateway), key.clone(), service.clone());
            tokio::spawn(async move {
                gateway
                    .add(
                        &key,
                        &service,
                        &format!("https://example.com/{round}/{n}"),
                        100,
                    )
                    .await
            })
        });
        let mut accepted = 0;
        for add in adds.collect::<Vec<_>>() {
            match add.await.expect("no panic") {
                Ok(_) => accepted += 1,
                Err(error) => assert_eq!(error, "Not enough funds on balance"),
            }
        }
        assert_eq!(accepted, 10, "round {round}");
        assert_eq!(gateway.balance(&key).await, "0.00");
        let link = format!("https://example.com/{round}/");
        assert_eq!(
            panel
                .books()
                .orders()
                .iter()
                .filter(|order| order.link().starts_with(&link))
                .count(),
            10
        );
    }
    gateway.verify();
}
