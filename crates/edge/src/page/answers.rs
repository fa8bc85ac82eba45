//! Answers on the page: made by the code that answers, so that they cannot look otherwise.

use std::sync::Arc;

use bytes::Bytes;
use panelgate_domain::action::AskedId;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{Currency, OrderId, RefillId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::rate::Rate;
use panelgate_domain::reply::{Listing, OrderView, PriceList, Reply, StatusView, SubscriptionView};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::status::{RefillWord, StatusWord};
use panelgate_wire::reply;

use super::html::escape;

/// The places of answers in the page, and what stands there.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let id = AskedId::Number;
    let answers = [
        ("{services}", Reply::Services(Arc::new(price_list()))),
        ("{added}", Reply::Added(OrderId(23_501))),
        (
            "{status}",
            Reply::Status(single(27_819, StatusWord::Partial, 157)),
        ),
        (
            "{statuses}",
            Reply::Statuses(vec![
                (id(1), Ok(single(27_819, StatusWord::Partial, 157))),
                (id(10), Err(Refusal::IncorrectOrderId)),
                (id(100), Ok(single(144_219, StatusWord::InProgress, 10))),
            ]),
        ),
        ("{subscription}", Reply::Status(subscription())),
        ("{refill}", Reply::Refill(RefillId(1))),
        (
            "{refills}",
            Reply::Refills(vec![
                (id(1), Ok(RefillId(1))),
                (id(3), Err(Refusal::IncorrectOrderId)),
            ]),
        ),
        (
            "{refill_status}",
            Reply::RefillStatus(RefillWord::Completed),
        ),
        (
            "{refill_statuses}",
            Reply::RefillStatuses(vec![
                (id(1), Ok(RefillWord::Completed)),
                (id(3), Err(Refusal::RefillNotFound)),
            ]),
        ),
        (
            "{cancels}",
            Reply::Cancels(vec![
                (id(2), Ok(())),
                (id(9), Err(Refusal::CannotBeCanceled)),
            ]),
        ),
        (
            "{balance}",
            Reply::Balance {
                amount: Money::from_micros(100_842_920),
                currency: Currency::from("USD"),
            },
        ),
    ];
    let answers = answers.map(|(place, answer)| (place, shown(&reply::reply(&answer))));
    let refused = shown(&reply::refusal(Refusal::NotEnoughFunds));
    answers
        .into_iter()
        .chain([("{refused}", refused)])
        .collect()
}

fn price_list() -> PriceList {
    let listing = |service, name: &str, service_type, rate, refill| Listing {
        service: ServiceId(service),
        name: name.to_owned(),
        service_type,
        category: "First Category".to_owned(),
        rate: Rate::parse(rate).expect("a plain number"),
        min: 50,
        max: 10_000,
        refill,
        cancel: true,
    };
    PriceList {
        build: 0,
        entries: vec![
            listing(1, "Followers", ServiceType::Default, "0.90", true),
            listing(2, "Comments", ServiceType::CustomComments, "8", false),
        ],
    }
}

fn single(micros: i64, status: StatusWord, remains: u64) -> OrderView {
    OrderView::Single(StatusView {
        charge: Money::from_micros(micros * 10),
        start_count: 3_572,
        status,
        remains,
        currency: Currency::from("USD"),
    })
}

fn subscription() -> OrderView {
    OrderView::Subscription(SubscriptionView {
        status: StatusWord::Active,
        expiry: "31/12/2099".to_owned(),
        posts: 1,
        orders: vec![OrderId(23_502)],
    })
}

/// The bytes of an answer, broken into lines where its parts begin.
fn shown(answer: &Bytes) -> String {
    let text = String::from_utf8_lossy(answer);
    let text = escape(&text)
        .replace("},{", "},\n {")
        .replace("},&quot;", "},\n &quot;");
    format!("<pre class=\"answer\" tabindex=\"0\"><code>{text}</code></pre>")
}
