//! What may stand for an argument: each reader answers the value, or what was expected.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use panelgate_domain::ids::Currency;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;

use crate::control::protocol;

/// An amount, exactly.
pub(super) fn money(text: &str) -> Result<Money, String> {
    Money::parse(text).map_err(|error| error.to_string())
}

/// A moment as people and lists write it: RFC 3339.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    parsed
        .map(|at| Timestamp(at.as_millisecond()))
        .map_err(|_| "a time such as 2026-11-20T08:00:00Z".to_owned())
}

/// An amount of nothing or more.
pub(super) fn credit_limit(text: &str) -> Result<Money, String> {
    let limit = money(text)?;
    if limit < Money::ZERO {
        return Err("a credit limit is 0 or more".to_owned());
    }
    Ok(limit)
}

/// What a panel has of us: nothing or more.
pub(super) fn prepaid(text: &str) -> Result<Money, String> {
    let balance = money(text)?;
    if balance < Money::ZERO {
        return Err("a balance is 0 or more".to_owned());
    }
    Ok(balance)
}

/// What is given back: nothing or more.
pub(super) fn refund(text: &str) -> Result<Money, String> {
    protocol::refund(text).map_err(|error| error.to_string())
}

/// What changes of a customer's options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionChange {
    /// Seconds; `None`: off.
    DuplicateWindow(Option<u32>),
    /// On or off.
    LinkGuard(bool),
}

/// `K=V` of a customer's option.
pub(super) fn option(text: &str) -> Result<OptionChange, String> {
    let known = "duplicate_window=120s or =off, link_guard=on or =off";
    match text.split_once('=') {
        Some(("duplicate_window", "off")) => Ok(OptionChange::DuplicateWindow(None)),
        Some(("duplicate_window", length)) => window(length)
            .map(|seconds| OptionChange::DuplicateWindow(Some(seconds)))
            .ok_or_else(|| {
                "whole seconds up to a day with their unit, such as 120s or 10m".to_owned()
            }),
        Some(("link_guard", "on")) => Ok(OptionChange::LinkGuard(true)),
        Some(("link_guard", "off")) => Ok(OptionChange::LinkGuard(false)),
        _ => Err(known.to_owned()),
    }
}

fn window(text: &str) -> Option<u32> {
    let length: jiff::SignedDuration = text.parse().ok()?;
    let seconds = u32::try_from(length.as_secs()).ok()?;
    let whole = length.subsec_nanos() == 0;
    (whole && (1..=LONGEST_WINDOW).contains(&seconds)).then_some(seconds)
}

/// Beyond a day an idempotency key is forgotten, too.
const LONGEST_WINDOW: u32 = 24 * 60 * 60;

/// How many times faster than the clock.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok();
    speed
        .filter(|speed: &f64| speed.is_finite() && *speed > 0.0)
        .ok_or_else(|| "a number above 0, such as 10 or 0.5".to_owned())
}

/// A currency code.
pub(super) fn currency(text: &str) -> Result<Currency, String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_uppercase());
    if letters && (3..=5).contains(&text.len()) {
        Ok(Currency::from(text))
    } else {
        Err("3 to 5 capital letters, such as USD".to_owned())
    }
}

/// A name people type: no control characters, no blanks around it.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.chars().count());
    if fits && text.trim() == text && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 characters, no blanks around them and none that cannot be printed".to_owned())
    }
}

/// A text that must say something.
pub(crate) fn reference(text: &str) -> Result<String, String> {
    let fits = (1..=200).contains(&text.trim().chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err("1 to 200 characters that can be printed".to_owned())
    }
}

/// One of the words for states.
pub(super) fn order_state() -> impl TypedValueParser<Value = OrderState> {
    let words = OrderState::ALL.iter().map(|state| state.word());
    PossibleValuesParser::new(words)
        .map(|word| OrderState::parse(&word).expect("only words of states are possible"))
}
