//! `[money]`: our currency and what others are worth.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use panelgate_domain::ids::Currency;
use panelgate_domain::time::Timestamp;
use rust_decimal::Decimal;
use toml::value::Datetime;

use super::scope::Scope;
use crate::clock;
use crate::config::diagnostic::Span;
use crate::config::raw::{self, DatedRate, Exchange};
use crate::config::spanned::Spanned;
use crate::config::{Money, value};

pub(super) fn resolve(main: &raw::Main, scope: &mut Scope<'_>) -> Money {
    let empty = raw::Money::default();
    let raw = main.money.as_ref().map_or(&empty, Spanned::get_ref);
    let currency = scope.read(&raw.currency, value::currency);
    let max_age = scope.read(&raw.exchange_max_age, value::lasting);
    let mut money = Money {
        currency: currency.unwrap_or_else(|| Currency::from("USD")),
        rates: BTreeMap::new(),
        as_of: BTreeMap::new(),
        max_age: max_age.unwrap_or(MAX_AGE),
    };
    for (code, entry) in &raw.exchange {
        exchange(code, entry, &mut money, scope);
    }
    money
}

fn exchange(
    code: &Spanned<String>,
    entry: &Spanned<Exchange>,
    money: &mut Money,
    scope: &mut Scope<'_>,
) {
    let Some(currency) = scope.read_one(code, value::currency) else {
        return;
    };
    if currency == money.currency {
        scope.error(
            &code.span(),
            format!("{currency} is our own currency"),
            "expected another currency: ours is worth 1",
            "remove this entry",
        );
        return;
    }
    let Some((rate, day)) = worth(entry, scope) else {
        return;
    };
    money.rates.insert(currency.clone(), rate);
    if let Some((day, place)) = day {
        money.as_of.insert(currency.clone(), day);
        if money.is_stale(&currency, clock::now()) {
            scope.warn(
                &place,
                format!("the exchange rate of {currency} is too old"),
                "older than `exchange_max_age`",
                format!("until it is renewed nothing is sold that costs {currency}: write today's rate and day"),
            );
        } else if clock::now().since(day).saturating_mul(2) > money.max_age {
            scope.warn(
                &place,
                format!("the exchange rate of {currency} grows old"),
                "more than half of `exchange_max_age` is over",
                "write today's rate and day before nothing is sold that costs it",
            );
        }
    }
}

type Worth = (Decimal, Option<(Timestamp, Span)>);

fn worth(entry: &Spanned<Exchange>, scope: &mut Scope<'_>) -> Option<Worth> {
    match entry.get_ref() {
        Exchange::Bare(text) => {
            let text = Spanned::new(entry.span(), text.clone());
            let rate = scope.read_one(&text, value::positive)?;
            Some((rate, None))
        }
        Exchange::Dated(DatedRate { rate, as_of }) => {
            let place = entry.span();
            let rate = scope.require(&place, "rate", rate, LONG_FORM);
            let day = scope.require(&place, "as_of", as_of, LONG_FORM);
            let (rate, day) = (rate?, day?);
            let rate = scope.read_one(rate, value::positive);
            let at = day_of(day, scope);
            Some((rate?, Some((at?, day.span()))))
        }
    }
}

/// The beginning of the day, in UTC.
fn day_of(written: &Spanned<Datetime>, scope: &mut Scope<'_>) -> Option<Timestamp> {
    let date = match written.get_ref() {
        Datetime {
            date: Some(date),
            time: None,
            offset: None,
        } => Date::new(
            i16::try_from(date.year).unwrap_or(i16::MAX),
            i8::try_from(date.month).unwrap_or(i8::MAX),
            i8::try_from(date.day).unwrap_or(i8::MAX),
        )
        .ok(),
        _ => None,
    };
    let start = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    let Some(start) = start else {
        scope.error(
            &written.span(),
            "not a day",
            "expected a day without a time",
            "write for example as_of = 2026-11-20",
        );
        return None;
    };
    let start = Timestamp(start.timestamp().as_millisecond());
    if start > clock::now().after(FIRST_TO_WAKE) {
        scope.error(
            &written.span(),
            "a day in the future",
            "expected the day on which the rate was looked up",
            "write today's date: a rate from the future would be used for too long",
        );
        return None;
    }
    Some(start)
}

const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Where a day begins first, it has begun so long before it does in UTC.
const FIRST_TO_WAKE: Duration = Duration::from_secs(14 * 60 * 60);

const LONG_FORM: &str =
    r#"write { rate = "1.09", as_of = 2026-11-20 }, or just "1.09" for a rate that never ages"#;
