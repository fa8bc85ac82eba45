//! What can go wrong where: the steps of an order's life, and what a panel does to which requests. A cell that nothing was ever
//! counted in is a case that nobody tried; what is not a cell cannot happen.

use std::time::Duration;

use panelgate_simpanel::{ActionName, Fault};

use crate::mishap::Mishap;

/// The steps of an order's life, by the state that each begins in. Every mishap is possible at each of them.
pub const STEPS: [(&str, &str); 18] = [
    ("none", "top_up"),
    ("none", "open_order"),
    ("open", "begin_placement"),
    ("open", "close_unsent"),
    ("sending", "confirm_placement"),
    ("sending", "return_order"),
    ("sending", "refuse_order"),
    ("sending", "park_placement"),
    ("sending", "park_orphans"),
    ("unconfirmed", "resolve_placed"),
    ("unconfirmed", "resolve_not_placed"),
    ("placed", "learn"),
    ("placed", "wish_cancel"),
    ("placed", "answer_cancel"),
    ("placed", "close_order"),
    ("closed", "ask_refill"),
    ("closed", "answer_refill"),
    ("closed", "settle_later"),
];

/// What happens at a step; the length of a delay is that of single mishaps.
pub(crate) const MISHAPS: [Mishap; 4] = [
    Mishap::CrashBefore,
    Mishap::CrashAfter,
    Mishap::Error,
    Mishap::Delay(Duration::from_secs(12)),
];

/// What panels are asked, and the state in which an order waits for the answer.
pub const REQUESTS: [(&str, &str); 6] = [
    ("Add", "sending"),
    ("Status", "placed"),
    ("Cancel", "placed"),
    ("Refill", "closed"),
    ("Services", "none"),
    ("Balance", "none"),
];

/// The names of all mishaps.
pub fn mishaps() -> impl Iterator<Item = &'static str> {
    MISHAPS.iter().map(Mishap::name)
}

/// The names of what panels do, and what they can do it to.
pub fn faults() -> impl Iterator<Item = (String, Vec<String>)> {
    let all = panel_faults().into_iter();
    all.map(|(fault, actions)| {
        let actions = actions.iter().map(|action| format!("{action:?}"));
        (name(&fault), actions.collect())
    })
}

/// A fault's name, without its particulars.
pub(crate) fn name(fault: &Fault) -> String {
    let text = format!("{fault:?}");
    let name = text.split([' ', '(', '{']).next();
    name.unwrap_or_default().to_owned()
}

/// What can become of any request: nobody hears what was done about it, or whether anything was.
pub(crate) fn lost(slow_answer: Duration, slow_work: Duration) -> [Fault; 13] {
    [
        Fault::AcceptThenTimeout,
        Fault::AcceptThenReset,
        Fault::AcceptThenClose,
        Fault::AcceptThenHtml,
        Fault::AcceptThenHalfBody,
        Fault::AcceptThenSlow(slow_answer),
        Fault::AcceptThenStatus {
            status: 502,
            body: "<html>Bad Gateway, asked with {key}</html>".to_owned(),
        },
        Fault::Slow(slow_work),
        Fault::ResetBeforeReading,
        Fault::CloseBeforeReading,
        Fault::StatusBeforeReading(500),
        Fault::Text {
            status: 200,
            body: String::new(),
        },
        Fault::Redirect {
            status: 307,
            location: "http://panel.example/elsewhere".to_owned(),
        },
    ]
}

/// What panels do, and what they can do it to.
pub(crate) fn panel_faults() -> Vec<(Fault, &'static [ActionName])> {
    use ActionName::{Add, Balance, Cancel, Refill, Services, Status};
    const ALL: &[ActionName] = &[Services, Add, Status, Refill, Cancel, Balance];
    let long = Duration::from_secs(15);
    let any = [
        Fault::Refuse("Not enough funds on balance".to_owned()),
        Fault::Throttle {
            status: 429,
            retry_after: None,
        },
        Fault::ByteOrderMark,
        Fault::PhpNotice,
        Fault::EmptyList,
        Fault::OtherCase,
        Fault::NumbersAsStrings,
        Fault::StringsAsNumbers,
        Fault::Gzip,
    ];
    let any = lost(long, long).into_iter().chain(any);
    let mut all: Vec<_> = any.map(|fault| (fault, ALL)).collect();
    let about_ids: &[ActionName] = &[Status, Refill, Cancel];
    all.extend([
        (Fault::WrongIds, about_ids),
        (Fault::OmitIds, about_ids),
        (Fault::BareStringErrors, about_ids),
        (Fault::ListInsteadOfMap, about_ids),
        (Fault::NoCharge, &[Status][..]),
        (Fault::RemainsTooHigh, &[Status]),
        (Fault::OrderIdZero, &[Add]),
        (Fault::ErrorAndId, &[Add]),
    ]);
    all
}
