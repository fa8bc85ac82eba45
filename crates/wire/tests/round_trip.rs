//! What one side writes the other reads: our replies as a panel's answers, our calls as a customer's requests.

use panelgate_domain::action::{Action, AskedId, Ids};
use panelgate_domain::fault::Refusal;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{OfferId, OrderId, RefillId, ServiceId, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::placement::AddOutcome;
use panelgate_domain::rate::Rate;
use panelgate_domain::reply::{
    Listing, OrderView, PerId, PriceList, Reply, StatusView, SubscriptionView,
};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::spec::{Fields, Limits, OrderSpec, Subscribing};
use panelgate_domain::status::{Heard, RefillWord, StatusWord};
use panelgate_wire::answer::{self, Http, RefillOutcome};
use panelgate_wire::call::{Call, encode};
use panelgate_wire::refusal::Classifier;
use panelgate_wire::reply::{price_list, reply};
use panelgate_wire::request::{Raw, read};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn ok(body: &[u8]) -> Http<'_> {
    Http {
        status: 200,
        retry_after: None,
        body,
    }
}

fn upstream(id: &AskedId) -> UpstreamId {
    match id {
        AskedId::Number(number) => UpstreamId::new(number.to_string()),
        AskedId::Text(text) => UpstreamId::new(text.as_str()),
    }
}

fn asked() -> impl Strategy<Value = AskedId> {
    prop_oneof![
        (1..=i64::MAX).prop_map(AskedId::Number),
        "[a-z][a-z0-9 \"\\\\é]{0,20}[a-z]".prop_map(AskedId::Text),
    ]
}

fn per_id<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = PerId<T>> {
    let answer = prop_oneof![
        3 => value.prop_map(Ok),
        1 => Just(Err(Refusal::IncorrectOrderId)),
    ];
    let ids = vec((asked(), answer), 1..20);
    ids.prop_map(|mut ids| {
        let mut seen = std::collections::HashSet::new();
        ids.retain(|(id, _)| seen.insert(id.clone()));
        ids
    })
}

fn view() -> impl Strategy<Value = StatusView> {
    let numbers = (0..i64::MAX, any::<i64>(), 0..=i64::MAX as u64);
    (numbers, select(StatusWord::ALL)).prop_map(|((charge, start_count, remains), status)| {
        StatusView {
            charge: Money::from_micros(charge),
            start_count,
            status,
            remains,
            currency: "USD".into(),
        }
    })
}

fn listing() -> impl Strategy<Value = Listing> {
    let rate = (0_u64.., 0_u32..19).prop_map(|(digits, scale)| format!("{digits}e-{scale}"));
    let texts = ("[a-z][a-zé\"\\\\\n/<> ]{0,30}[a-z]", "[a-z]{0,10}", rate);
    (
        1_i64..,
        texts,
        select(&ServiceType::ALL[..]),
        any::<[u64; 2]>(),
        any::<[bool; 2]>(),
    )
        .prop_map(
            |(service, (name, category, rate), service_type, [min, max], [refill, cancel])| {
                Listing {
                    service: ServiceId(service),
                    name,
                    service_type,
                    category,
                    rate: Rate::parse(&rate).expect("a rate"),
                    min,
                    max,
                    refill,
                    cancel,
                }
            },
        )
}

proptest! {
    #[test]
    fn statuses_survive(statuses in per_id(view())) {
        let ids: Vec<UpstreamId> = statuses.iter().map(|(id, _)| upstream(id)).collect();
        let views = statuses.iter().cloned();
        let views = views.map(|(id, view)| (id, view.map(OrderView::Single)));
        let body = reply(&Reply::Statuses(views.collect()));
        let read = answer::status(&ok(&body), &ids).expect("an answer");
        prop_assert_eq!((read.strangers, read.reports.len()), (0, ids.len()));
        for (id, view) in &statuses {
            match (view, &read.reports[&upstream(id)]) {
                (Ok(view), Ok(report)) => {
                    prop_assert_eq!(&report.heard, &Heard::Word(view.status));
                    prop_assert_eq!(report.charge, Some(view.charge));
                    prop_assert_eq!(report.start_count, Some(view.start_count));
                    prop_assert_eq!(report.remains, i64::try_from(view.remains).ok());
                }
                (Err(_), Err(text)) => prop_assert_eq!(text, "Incorrect order ID"),
                (sent, read) => prop_assert!(false, "{:?} became {:?}", sent, read),
            }
        }
    }

    #[test]
    fn one_status_survives(view in view(), id in asked()) {
        let body = reply(&Reply::Status(OrderView::Single(view.clone())));
        let read = answer::status(&ok(&body), &[upstream(&id)]).expect("an answer");
        let report = read.reports[&upstream(&id)].clone().expect("a report");
        prop_assert_eq!((report.heard, report.charge), (Heard::Word(view.status), Some(view.charge)));
    }

    #[test]
    fn a_subscription_survives(
        (status, posts) in (select(StatusWord::ALL), 0..=i64::MAX as u64),
        (orders, id) in (vec((1_i64..).prop_map(OrderId), 0..50), asked()),
    ) {
        let view = SubscriptionView { status, expiry: "31/12/2026".to_owned(), posts, orders };
        let body = reply(&Reply::Status(OrderView::Subscription(view.clone())));
        let read = answer::status(&ok(&body), &[upstream(&id)]).expect("an answer");
        let report = read.reports[&upstream(&id)].clone().expect("a report");
        prop_assert_eq!((report.heard, report.runs), (Heard::Word(status), Some(posts)));
        let orders: Vec<UpstreamId> = view.orders.iter().map(|id| id.to_string().as_str().into()).collect();
        prop_assert_eq!(report.children, orders);
    }

    #[test]
    fn cancels_survive(cancels in per_id(Just(()))) {
        let ids: Vec<UpstreamId> = cancels.iter().map(|(id, _)| upstream(id)).collect();
        let body = reply(&Reply::Cancels(cancels.clone()));
        let read = answer::cancel(&ok(&body), &ids, &Classifier::default()).expect("an answer");
        for (id, cancel) in &cancels {
            prop_assert_eq!(read[&upstream(id)].is_ok(), cancel.is_ok());
        }
    }

    #[test]
    fn refill_words_survive(words in per_id(select(RefillWord::ALL))) {
        let ids: Vec<UpstreamId> = words.iter().map(|(id, _)| upstream(id)).collect();
        let body = reply(&Reply::RefillStatuses(words.clone()));
        let read = answer::refill_status(&ok(&body), &ids).expect("an answer");
        for (id, word) in &words {
            prop_assert_eq!(read[&upstream(id)].as_ref().ok(), word.as_ref().ok());
        }
    }

    #[test]
    fn ids_survive(id in 1_i64..) {
        let body = reply(&Reply::Refill(RefillId(id)));
        let known = RefillOutcome::Known(UpstreamId::new(id.to_string()));
        prop_assert_eq!(answer::refill(&ok(&body), &Classifier::default()), known);
        let body = reply(&Reply::Added(OrderId(id)));
        let accepted = AddOutcome::Accepted(UpstreamId::new(id.to_string()));
        prop_assert_eq!(answer::add(&ok(&body), &Classifier::default()), accepted);
    }

    #[test]
    fn balances_survive(micros in any::<i64>()) {
        let sent = Reply::Balance { amount: Money::from_micros(micros), currency: "USD".into() };
        let read = answer::balance(&ok(&reply(&sent))).expect("an answer");
        prop_assert_eq!(read.amount, Money::from_micros(micros));
        prop_assert_eq!(read.currency, Some("USD".into()));
    }

    #[test]
    fn price_lists_survive(entries in vec(listing(), 0..8)) {
        let mut entries = entries;
        entries.sort_by_key(|entry| entry.service);
        entries.dedup_by_key(|entry| entry.service);
        let list = PriceList { build: 1, entries };
        let read = answer::services(&ok(&price_list(&list)), &"p".into(), &"USD".into()).expect("an answer");
        prop_assert!(read.unreadable.is_empty());
        prop_assert_eq!(read.offers.len(), list.entries.len());
        for (entry, offer) in list.entries.iter().zip(&read.offers) {
            prop_assert_eq!(offer.id.as_str(), entry.service.to_string());
            prop_assert_eq!((&offer.name, &offer.category), (&entry.name, &entry.category));
            prop_assert_eq!(ServiceType::parse(&offer.type_word), Some(entry.service_type));
            prop_assert_eq!((offer.rate, offer.min, offer.max), (entry.rate, entry.min, entry.max));
            prop_assert_eq!((offer.refill, offer.cancel), (entry.refill, entry.cancel));
        }
    }
}

fn received(call: &Call<'_>) -> Action {
    let body = encode(call, "k&y=1");
    let request = read(&Raw {
        body: body.as_bytes(),
        ..Raw::default()
    });
    assert_eq!(request.key.as_deref(), Some("k&y=1"));
    request.action.expect("our own call")
}

/// Texts with everything that an encoding could damage; blank ones would be absent.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é%+&=#~*() ?/:\"{}\\[\\]-]{0,40}[a-z]".prop_map(|text| text.trim().to_owned())
}

fn spec() -> impl Strategy<Value = OrderSpec> {
    let texts = btree_map(select(&Field::ALL[..]), vec(text(), 1..4), 0..12);
    (
        select(ServiceType::ALL.to_vec()),
        texts,
        1_u64..1000,
        option::of((1_u64..9, 1_u64..60)),
    )
        .prop_map(|(kind, texts, quantity, drip)| {
            let mut fields: Fields = Field::ALL
                .into_iter()
                .map(|field| (field, "x".to_owned()))
                .collect();
            fields.extend(texts.into_iter().map(|(field, lines)| {
                let text = if field.is_list() {
                    lines.join("\n")
                } else {
                    lines[0].clone()
                };
                (field, text)
            }));
            fields.insert(Field::Quantity, quantity.to_string());
            for (field, text) in [
                (Field::Min, "5"),
                (Field::Max, "50"),
                (Field::Posts, "7"),
                (Field::OldPosts, "3"),
                (Field::Delay, "30"),
                (Field::Expiry, "31/12/2026"),
            ] {
                fields.insert(field, text.to_owned());
            }
            fields.remove(&Field::Runs);
            fields.remove(&Field::Interval);
            if let Some((runs, interval)) = drip {
                fields.insert(Field::Runs, runs.to_string());
                fields.insert(Field::Interval, interval.to_string());
            }
            let limits = Limits {
                service_type: kind,
                min: 1,
                max: 10_000,
                dripfeed: true,
                subscribing: Subscribing::default(),
            };
            OrderSpec::read(&limits, &fields).expect("a valid order")
        })
}

proptest! {
    #[test]
    fn an_order_arrives_as_it_was_sent(spec in spec(), offer in "[0-9a-z_]{1,55}") {
        let offer = OfferId::new(offer);
        let Action::Add(add) = received(&Call::Add { offer: &offer, spec: &spec }) else {
            return Err(TestCaseError::fail("no add"));
        };
        prop_assert_eq!(add.service.as_deref(), Some(offer.as_str()));
        let sent: Fields = spec.fields().map(|(field, text)| (field, text.to_owned())).collect();
        prop_assert_eq!(add.fields, sent);
    }

    #[test]
    fn ids_arrive_as_they_were_sent(ids in btree_set(1_i64.., 1..=100)) {
        let upstream: Vec<UpstreamId> = ids.iter().map(|id| UpstreamId::new(id.to_string())).collect();
        let many = Ids::Many(ids.iter().copied().map(AskedId::Number).collect());
        let one = Ids::One(many.as_slice()[0].clone());
        let batch = if ids.len() == 1 { one.clone() } else { many.clone() };
        prop_assert_eq!(received(&Call::Status(&upstream)), Action::Status(batch.clone()));
        prop_assert_eq!(received(&Call::RefillStatus(&upstream)), Action::RefillStatus(batch));
        prop_assert_eq!(received(&Call::Cancel(&upstream)), Action::Cancel(many));
        prop_assert_eq!(received(&Call::CancelOne(&upstream[0])), Action::Cancel(one.clone()));
        prop_assert_eq!(received(&Call::Refill(&upstream[0])), Action::Refill(one));
    }
}

#[test]
fn calls_without_parameters_arrive() {
    assert_eq!(received(&Call::Services), Action::Services);
    assert_eq!(received(&Call::Balance), Action::Balance);
}
