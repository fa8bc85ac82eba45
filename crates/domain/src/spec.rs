//! What exactly was ordered: the fields of an order after they were checked against the service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Refusal;
use crate::field::Field;
use crate::lines;
use crate::service_type::{Counting, Need, ServiceType};
use crate::subscription;
pub use crate::subscription::{DELAYS, MOST_POSTS, Subscribing};

/// The fields of an order as a customer sent them: trimmed, empty ones left out.
pub type Fields = BTreeMap<Field, String>;

/// How much was ordered, at most. Both parts are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// Of one run, or the most for a post.
    pub per_run: u64,
    /// Runs of a drip-feed, or posts of a subscription; 1 for everything else.
    pub runs: u64,
}

/// What a subscription allows for each post. Both are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerPost {
    /// Least quantity.
    pub min: u64,
    /// Largest quantity.
    pub max: u64,
}

impl PerPost {
    /// The nearest quantity that is allowed.
    #[must_use]
    pub fn clamp(self, quantity: u64) -> u64 {
        quantity.max(self.min).min(self.max)
    }
}

impl Quantity {
    /// Units over all runs: what is priced, and what `remains` counts down from.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.per_run.saturating_mul(self.runs)
    }
}

/// What a service allows; the part of it that an order is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Its type.
    pub service_type: ServiceType,
    /// Least quantity.
    pub min: u64,
    /// Largest quantity, per run and over all runs.
    pub max: u64,
    /// Whether drip-feed orders are taken.
    pub dripfeed: bool,
    /// What the house allows of subscriptions.
    pub subscribing: Subscribing,
}

/// A valid order of a service: exactly the fields a panel gets, normalised, nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderSpec {
    quantity: Quantity,
    drip: bool,
    fields: Fields,
}

/// Longest link, name or keyword that is forwarded.
const LONGEST_TEXT: usize = 2_048;

impl OrderSpec {
    /// Checks what a customer sent against a service.
    ///
    /// # Errors
    /// In the field's own words: what is missing, malformed, or out of the service's limits.
    pub fn read(limits: &Limits, sent: &Fields) -> Result<Self, Refusal> {
        let mut fields = Fields::new();
        for (field, need) in limits.service_type.fields() {
            match sent
                .get(field)
                .map(|text| cleaned(*field, text))
                .filter(|text| !text.is_empty())
            {
                Some(text) => _ = fields.insert(*field, text),
                None if is_needed(*need, &fields) => return Err(missing(*field, limits)),
                None => {}
            }
        }
        check_texts(&fields)?;
        let drip = take_drip_feed(&mut fields, limits)?;
        Ok(Self {
            quantity: counted(&mut fields, limits, drip.unwrap_or(1))?,
            drip: drip.is_some(),
            fields,
        })
    }

    /// How much.
    #[must_use]
    pub const fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// Delivered in runs.
    #[must_use]
    pub const fn is_drip_feed(&self) -> bool {
        self.drip
    }

    /// What each post may have, of a subscription.
    #[must_use]
    pub fn per_post(&self) -> Option<PerPost> {
        let number = |field| self.field(field)?.parse().ok();
        let is_subscription = self.fields.contains_key(&Field::Delay);
        let (min, max) = number(Field::Min).zip(number(Field::Max))?;
        is_subscription.then_some(PerPost { min, max })
    }

    /// The fields, in the order of the API's documentation.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        self.fields
            .iter()
            .map(|(field, text)| (*field, text.as_str()))
    }

    /// One field.
    #[must_use]
    pub fn field(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(String::as_str)
    }
}

fn cleaned(field: Field, text: &str) -> String {
    if field.is_list() {
        lines::normalise(text)
    } else {
        text.trim().to_owned()
    }
}

fn is_needed(need: Need, so_far: &Fields) -> bool {
    match need {
        Need::Required => true,
        Need::Optional => false,
        Need::IfEquals(other, value) => so_far.get(&other).is_some_and(|text| text == value),
    }
}

fn missing(field: Field, limits: &Limits) -> Refusal {
    match field {
        Field::Link => Refusal::BadLink,
        Field::Quantity => Refusal::QuantityBelow(limits.min),
        Field::Comments => Refusal::CommentsRequired,
        Field::Min | Field::Max => Refusal::QuantityBelow(limits.min.max(1)),
        Field::Delay => Refusal::IncorrectDelay,
        Field::Username if limits.service_type == ServiceType::Subscriptions => {
            Refusal::UsernameRequired
        }
        _ => Refusal::IncorrectRequest,
    }
}

/// Control characters would travel into other people's systems; nobody orders with them.
fn check_texts(fields: &Fields) -> Result<(), Refusal> {
    for (field, text) in fields {
        let too_long = !field.is_list() && text.len() > LONGEST_TEXT;
        if too_long
            || text
                .chars()
                .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err(if *field == Field::Link {
                Refusal::BadLink
            } else {
                Refusal::IncorrectRequest
            });
        }
    }
    Ok(())
}

/// `runs` and `interval` come together or not at all; `0` is how old clients leave them out.
fn take_drip_feed(fields: &mut Fields, limits: &Limits) -> Result<Option<u64>, Refusal> {
    let runs = take_count(fields, Field::Runs)?;
    let interval = take_count(fields, Field::Interval)?;
    match (runs, interval) {
        (None, None) => Ok(None),
        (Some(runs), Some(interval)) if limits.dripfeed => {
            fields.insert(Field::Runs, runs.to_string());
            fields.insert(Field::Interval, interval.to_string());
            Ok(Some(runs))
        }
        _ => Err(Refusal::IncorrectRequest),
    }
}

fn take_count(fields: &mut Fields, field: Field) -> Result<Option<u64>, Refusal> {
    let Some(text) = fields.remove(&field) else {
        return Ok(None);
    };
    let count: u64 = text.parse().map_err(|_| Refusal::IncorrectRequest)?;
    Ok((count > 0).then_some(count))
}

fn counted(fields: &mut Fields, limits: &Limits, runs: u64) -> Result<Quantity, Refusal> {
    let per_run = match limits.service_type.counting() {
        Counting::Posts => return subscription::quantity(fields, limits),
        Counting::One => 1,
        Counting::Lines(field) => fields.get(&field).map_or(0, |list| lines::count(list)),
        Counting::Quantity => {
            let text = fields.get(&Field::Quantity).map_or("", String::as_str);
            let quantity = read_quantity(text, limits)?;
            fields.insert(Field::Quantity, quantity.to_string());
            quantity
        }
    };
    let quantity = Quantity { per_run, runs };
    check_limits(quantity, limits)?;
    Ok(quantity)
}

/// Digits only. What is no number counts as nothing, as it does in every panel; what is too long for one is too much.
fn read_quantity(text: &str, limits: &Limits) -> Result<u64, Refusal> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(Refusal::QuantityBelow(limits.min));
    }
    text.parse().map_err(|_| Refusal::QuantityAbove(limits.max))
}

fn check_limits(quantity: Quantity, limits: &Limits) -> Result<(), Refusal> {
    if limits.service_type.counting() == Counting::One {
        return Ok(());
    }
    if quantity.per_run < limits.min.max(1) {
        return Err(Refusal::QuantityBelow(limits.min.max(1)));
    }
    let total = quantity.per_run.checked_mul(quantity.runs);
    if total.is_none_or(|total| total > limits.max) {
        return Err(Refusal::QuantityAbove(limits.max));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(service_type: ServiceType) -> Limits {
        Limits {
            service_type,
            min: 2,
            max: 1000,
            dripfeed: true,
            subscribing: Subscribing::default(),
        }
    }

    fn sent(fields: &[(Field, &str)]) -> Fields {
        fields
            .iter()
            .map(|(field, text)| (*field, (*text).to_owned()))
            .collect()
    }

    #[track_caller]
    fn check(kind: ServiceType, fields: &[(Field, &str)], expected: Result<u64, Refusal>) {
        let read = OrderSpec::read(&limits(kind), &sent(fields));
        assert_eq!(read.map(|spec| spec.quantity().total()), expected);
    }

    const LINK: (Field, &str) = (Field::Link, "https://example.com/p/1");

    #[test]
    fn quantities_are_checked_in_the_words_of_the_field() {
        let kind = ServiceType::Default;
        check(kind, &[LINK, (Field::Quantity, "100")], Ok(100));
        check(
            kind,
            &[LINK, (Field::Quantity, "1")],
            Err(Refusal::QuantityBelow(2)),
        );
        check(
            kind,
            &[LINK, (Field::Quantity, "1001")],
            Err(Refusal::QuantityAbove(1000)),
        );
        check(
            kind,
            &[LINK, (Field::Quantity, "99999999999999999999999")],
            Err(Refusal::QuantityAbove(1000)),
        );
        check(
            kind,
            &[LINK, (Field::Quantity, "-5")],
            Err(Refusal::QuantityBelow(2)),
        );
        check(kind, &[LINK], Err(Refusal::QuantityBelow(2)));
        check(kind, &[(Field::Quantity, "100")], Err(Refusal::BadLink));
        check(
            kind,
            &[(Field::Link, "a\0b"), (Field::Quantity, "100")],
            Err(Refusal::BadLink),
        );
    }

    #[test]
    fn drip_feed_is_limited_per_run_and_in_total() {
        let kind = ServiceType::Default;
        let drip = |quantity, runs, interval| {
            vec![
                LINK,
                (Field::Quantity, quantity),
                (Field::Runs, runs),
                (Field::Interval, interval),
            ]
        };
        check(kind, &drip("100", "10", "5"), Ok(1000));
        check(
            kind,
            &drip("100", "11", "5"),
            Err(Refusal::QuantityAbove(1000)),
        );
        check(kind, &drip("1", "10", "5"), Err(Refusal::QuantityBelow(2)));
        check(kind, &drip("100", "0", "0"), Ok(100));
        check(kind, &drip("100", "10", ""), Err(Refusal::IncorrectRequest));
        check(
            kind,
            &drip("18446744073709551615", "2", "5"),
            Err(Refusal::QuantityAbove(1000)),
        );
    }

    #[test]
    fn lists_are_counted_by_lines_and_forwarded_normalised() {
        let fields = [
            LINK,
            (Field::Comments, "nice\r\n\r\n great \n"),
            (Field::Quantity, "999"),
        ];
        let spec =
            OrderSpec::read(&limits(ServiceType::CustomComments), &sent(&fields)).expect("valid");
        assert_eq!(spec.quantity().total(), 2);
        assert_eq!(spec.field(Field::Comments), Some("nice\ngreat"));
        assert_eq!(spec.field(Field::Quantity), None);
        check(
            ServiceType::CustomComments,
            &[LINK, (Field::Comments, " \n")],
            Err(Refusal::CommentsRequired),
        );
    }

    #[test]
    fn packages_are_one_whatever_the_limits() {
        check(ServiceType::Package, &[LINK], Ok(1));
        check(
            ServiceType::CustomCommentsPackage,
            &[LINK, (Field::Comments, "a\nb")],
            Ok(1),
        );
    }

    #[test]
    fn traffic_needs_what_its_kind_of_traffic_needs() {
        let base = [
            LINK,
            (Field::Quantity, "10"),
            (Field::Country, "US"),
            (Field::Device, "1"),
        ];
        let with = |more: &[(Field, &'static str)]| [&base[..], more].concat();
        check(
            ServiceType::WebTraffic,
            &with(&[(Field::TypeOfTraffic, "3")]),
            Ok(10),
        );
        check(
            ServiceType::WebTraffic,
            &with(&[(Field::TypeOfTraffic, "1")]),
            Err(Refusal::IncorrectRequest),
        );
        check(
            ServiceType::WebTraffic,
            &with(&[(Field::TypeOfTraffic, "1"), (Field::GoogleKeyword, "x")]),
            Ok(10),
        );
    }
}
