//! Golden bytes, written by hand from the API's documentation.

use std::sync::Arc;

use panelgate_domain::money::Money;
use panelgate_domain::rate::Rate;
use panelgate_domain::reply::{Listing, OrderView, StatusView, SubscriptionView};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::{RefillWord, StatusWord};

use super::*;

#[track_caller]
fn check(answer: &Reply, expected: &str) {
    assert_eq!(std::str::from_utf8(&reply(answer)), Ok(expected));
}

fn number(id: i64) -> AskedId {
    AskedId::Number(id)
}

fn text(id: &str) -> AskedId {
    AskedId::Text(id.to_owned())
}

fn view(charge: i64, start_count: i64, status: StatusWord, remains: u64) -> StatusView {
    StatusView {
        charge: Money::from_micros(charge),
        start_count,
        status,
        remains,
        currency: "USD".into(),
    }
}

#[test]
fn services_are_listed() {
    let listing = |service, name: &str, service_type, rate, min, max, refill| Listing {
        service: ServiceId(service),
        name: name.to_owned(),
        service_type,
        category: "First Category".to_owned(),
        rate: Rate::parse(rate).expect("a rate"),
        min,
        max,
        refill,
        cancel: true,
    };
    let list = Arc::new(PriceList {
        build: 1,
        entries: vec![
            listing(
                1,
                "Followers",
                ServiceType::Default,
                "0.9",
                50,
                10_000,
                true,
            ),
            listing(
                2,
                "\"Любовь\" / 🔥",
                ServiceType::CustomComments,
                "0.00012",
                10,
                1500,
                false,
            ),
        ],
    });
    check(
        &Reply::Services(list),
        "[{\"service\":1,\"name\":\"Followers\",\"type\":\"Default\",\"category\":\"First Category\",\"rate\":\"0.90\",\
         \"min\":\"50\",\"max\":\"10000\",\"refill\":true,\"cancel\":true},\
         {\"service\":2,\"name\":\"\\\"Любовь\\\" / 🔥\",\"type\":\"Custom Comments\",\"category\":\"First Category\",\
         \"rate\":\"0.00012\",\"min\":\"10\",\"max\":\"1500\",\"refill\":false,\"cancel\":true}]",
    );
    let nothing = PriceList {
        build: 2,
        entries: vec![],
    };
    assert_eq!(price_list(&nothing), "[]");
}

#[test]
fn an_order_is_alone_in_its_object() {
    check(&Reply::Added(OrderId(23501)), r#"{"order":23501}"#);
}

#[test]
fn statuses() {
    let partial = view(278_190, 3572, StatusWord::Partial, 157);
    check(
        &Reply::Status(OrderView::Single(partial.clone())),
        r#"{"charge":"0.27819","start_count":"3572","status":"Partial","remains":"157","currency":"USD"}"#,
    );
    check(
        &Reply::Statuses(vec![
            (number(10), Err(Refusal::IncorrectOrderId)),
            (number(1), Ok(OrderView::Single(partial))),
            (text("x\"y"), Err(Refusal::IncorrectOrderId)),
            (
                number(100),
                Ok(OrderView::Single(view(
                    1_442_190,
                    234,
                    StatusWord::InProgress,
                    10,
                ))),
            ),
        ]),
        "{\"10\":{\"error\":\"Incorrect order ID\"},\
         \"1\":{\"charge\":\"0.27819\",\"start_count\":\"3572\",\"status\":\"Partial\",\"remains\":\"157\",\"currency\":\"USD\"},\
         \"x\\\"y\":{\"error\":\"Incorrect order ID\"},\
         \"100\":{\"charge\":\"1.44219\",\"start_count\":\"234\",\"status\":\"In progress\",\"remains\":\"10\",\"currency\":\"USD\"}}",
    );
    check(&Reply::Statuses(vec![]), "{}");
    let canceled = view(0, 0, StatusWord::Canceled, 1000);
    check(
        &Reply::Status(OrderView::Single(canceled)),
        r#"{"charge":"0.00","start_count":"0","status":"Canceled","remains":"1000","currency":"USD"}"#,
    );
}

#[test]
fn a_subscription_has_its_own_answer() {
    let paused = SubscriptionView {
        status: StatusWord::Paused,
        expiry: "31/12/2026".to_owned(),
        posts: 2,
        orders: vec![OrderId(23502), OrderId(23510)],
    };
    let bytes = r#"{"status":"Paused","expiry":"31/12/2026","posts":"2","orders":[23502,23510]}"#;
    let paused = OrderView::Subscription(paused);
    check(&Reply::Status(paused.clone()), bytes);
    let new = OrderView::Subscription(SubscriptionView {
        status: StatusWord::Active,
        expiry: String::new(),
        posts: 0,
        orders: Vec::new(),
    });
    check(
        &Reply::Statuses(vec![(number(7), Ok(paused)), (number(8), Ok(new))]),
        &format!(
            r#"{{"7":{bytes},"8":{{"status":"Active","expiry":"","posts":"0","orders":[]}}}}"#
        ),
    );
}

#[test]
fn refills() {
    check(&Reply::Refill(RefillId(1)), r#"{"refill":"1"}"#);
    check(
        &Reply::Refills(vec![
            (number(1), Ok(RefillId(1))),
            (number(3), Err(Refusal::IncorrectOrderId)),
            (text("x"), Err(Refusal::IncorrectOrderId)),
        ]),
        "[{\"order\":1,\"refill\":1},{\"order\":3,\"refill\":{\"error\":\"Incorrect order ID\"}},\
         {\"order\":\"x\",\"refill\":{\"error\":\"Incorrect order ID\"}}]",
    );
    check(
        &Reply::RefillStatus(RefillWord::Completed),
        r#"{"status":"Completed"}"#,
    );
    check(
        &Reply::RefillStatuses(vec![
            (number(1), Ok(RefillWord::InProgress)),
            (number(3), Err(Refusal::RefillNotFound)),
        ]),
        r#"[{"refill":1,"status":"In progress"},{"refill":3,"status":{"error":"Refill not found"}}]"#,
    );
}

#[test]
fn cancels() {
    check(&Reply::Canceled, r#"{"cancel":1}"#);
    check(
        &Reply::Cancels(vec![
            (number(9), Err(Refusal::IncorrectOrderId)),
            (number(2), Ok(())),
        ]),
        r#"[{"order":9,"cancel":{"error":"Incorrect order ID"}},{"order":2,"cancel":1}]"#,
    );
}

#[test]
fn balance() {
    let answer = Reply::Balance {
        amount: Money::from_micros(100_842_920),
        currency: "USD".into(),
    };
    check(&answer, r#"{"balance":"100.84292","currency":"USD"}"#);
}

#[test]
fn refusals_use_the_fields_own_words() {
    for (refused, expected) in [
        (Refusal::InvalidApiKey, r#"{"error":"Invalid API key"}"#),
        (
            Refusal::IncorrectRequest,
            r#"{"error":"Incorrect request"}"#,
        ),
        (
            Refusal::IncorrectServiceId,
            r#"{"error":"Incorrect service ID"}"#,
        ),
        (Refusal::BadLink, r#"{"error":"Bad link"}"#),
        (
            Refusal::QuantityBelow(100),
            r#"{"error":"Quantity less than minimal 100"}"#,
        ),
        (
            Refusal::QuantityAbove(1000),
            r#"{"error":"Quantity more than maximum 1000"}"#,
        ),
        (
            Refusal::NotEnoughFunds,
            r#"{"error":"Not enough funds on balance"}"#,
        ),
        (
            Refusal::ActiveLink,
            r#"{"error":"You have active order with this link. Please wait until order being completed."}"#,
        ),
        (
            Refusal::CommentsRequired,
            r#"{"error":"Comments field is required"}"#,
        ),
        (
            Refusal::UsernameRequired,
            r#"{"error":"Username field is required"}"#,
        ),
        (
            Refusal::IncorrectPosts,
            r#"{"error":"Incorrect number of posts"}"#,
        ),
        (Refusal::IncorrectDelay, r#"{"error":"Incorrect delay"}"#),
        (
            Refusal::IncorrectExpiry,
            r#"{"error":"Incorrect expiry date"}"#,
        ),
        (
            Refusal::IncorrectOrderId,
            r#"{"error":"Incorrect order ID"}"#,
        ),
        (
            Refusal::RefillDisabled,
            r#"{"error":"Refill is disabled for this service"}"#,
        ),
        (
            Refusal::OrderNotCompleted,
            r#"{"error":"The order is not completed"}"#,
        ),
        (
            Refusal::RefillTooSoon,
            r#"{"error":"The order was completed or refill was requested less than 24 hours ago"}"#,
        ),
        (
            Refusal::RefillDaysOver,
            r#"{"error":"Refill days are over"}"#,
        ),
        (Refusal::RefillNotFound, r#"{"error":"Refill not found"}"#),
        (
            Refusal::CannotBeCanceled,
            r#"{"error":"This order cannot be canceled"}"#,
        ),
        (Refusal::TooManyRequests, r#"{"error":"Too many requests"}"#),
        (
            Refusal::TooManyIds(100),
            r#"{"error":"Maximum 100 orders"}"#,
        ),
    ] {
        assert_eq!(refusal(refused), expected);
    }
}
