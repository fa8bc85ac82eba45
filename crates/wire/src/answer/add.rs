//! The answer to `add`: the one place where a misreading costs money.

use std::time::Duration;

use panelgate_domain::canary::Canary;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::{About, AddOutcome};

use super::error::{self, is_failure, is_no};
use super::object::{LONGEST_ID, Object};
use super::{Http, document};
use crate::json::Node;
use crate::refusal::{Classifier, Meaning};

/// What a panel's answer to `add` says for certain; whatever is odd is [`AddOutcome::Unknown`].
///
/// - throttled: HTTP 200 or 429 and exactly one JSON object with nothing but an `error` that is a listed rate-limit text;
/// - refused: HTTP 2xx or 4xx and exactly one JSON object with a listed error text and nothing in which an order could hide;
/// - accepted: HTTP 2xx and exactly one JSON object with an order id and no error.
///
/// An object that gives one name two different values is none of these.
///
/// Never returns [`AddOutcome::NotSent`]: who has an answer has sent something.
#[must_use]
pub fn add(http: &Http<'_>, classifier: &Classifier) -> AddOutcome {
    let text = document::text(http);
    let object = document::node(&text).and_then(Object::read);
    match object.filter(Object::is_of_one_mind) {
        Some(object) => outcome(http, &object, classifier).unwrap_or(AddOutcome::Unknown),
        None => AddOutcome::Unknown,
    }
}

fn outcome(http: &Http<'_>, object: &Object<'_>, classifier: &Classifier) -> Option<AddOutcome> {
    match (error::text(object), order_id(object)) {
        (Some(text), OrderId::None | OrderId::Null)
            if error::stands_alone(object) && !has_an_id(object) =>
        {
            refused(http, object, classifier.classify(&text))
        }
        (Some(_), OrderId::Is(_)) if Canary::ErrorAndIdIsRefused.sings() => {
            Some(AddOutcome::Refused(About::Order(Refusal::BadLink)))
        }
        (None, OrderId::Is(id)) => {
            let accepted = is_success(http.status) && !says_failed(object) && !fails_inside(object);
            accepted.then_some(AddOutcome::Accepted(id))
        }
        _ => None,
    }
}

fn refused(http: &Http<'_>, object: &Object<'_>, meaning: Meaning) -> Option<AddOutcome> {
    match meaning {
        Meaning::Throttled => throttled(http, object),
        Meaning::Refused(about) => {
            let certain = is_refusal_status(http.status) && is_about_an_add(about);
            certain.then_some(AddOutcome::Refused(about))
        }
        Meaning::Unlisted => None,
    }
}

fn throttled(http: &Http<'_>, object: &Object<'_>) -> Option<AddOutcome> {
    let alone = object.len() == 1 && object.get(&["error"]).is_some_and(Node::is_text);
    let retry_after: Option<Duration> = http.retry_after;
    (alone && matches!(http.status, 200 | 429)).then_some(AddOutcome::Throttled { retry_after })
}

/// A listed text about something else than a new order proves nothing about one.
const fn is_about_an_add(about: About) -> bool {
    match about {
        About::Panel(_) => true,
        About::Order(refusal) => matches!(
            refusal,
            Refusal::IncorrectRequest
                | Refusal::BadLink
                | Refusal::QuantityBelow(_)
                | Refusal::QuantityAbove(_)
                | Refusal::ActiveLink
                | Refusal::CommentsRequired
        ),
    }
}

const fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

const fn is_refusal_status(status: u16) -> bool {
    matches!(status, 200..=299 | 400..=428 | 430..=499)
}

/// `{"status":"fail","order":5}`: it says two things at once.
fn says_failed(object: &Object<'_>) -> bool {
    let word = object.text(&["status"]);
    word.is_some_and(|word| is_failure(&word) || is_no(&word))
}

/// `{"order":5,"result":[{"error":"x"}]}`, `{"data":{"order":5,"status":"fail"}}`: it says two things at once, one of them further
/// inside. In `data`, where an id is looked for, a word for a failure counts as well.
fn fails_inside(object: &Object<'_>) -> bool {
    let data = object.get(&["data"]).and_then(Object::read);
    let mut inside = object.members().map(|(_, value)| value);
    inside.any(|node| holds_an_error(node, DEEPEST)) || data.is_some_and(|data| says_failed(&data))
}

/// Whether there is an error text in it, however far inside. What is deeper than anybody nests an answer holds one.
fn holds_an_error(node: Node<'_>, depth: usize) -> bool {
    if !node.is_nested() {
        return false;
    }
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    if let Some(items) = node.items() {
        return items.into_iter().any(|item| holds_an_error(item, depth));
    }
    Object::read(node).is_none_or(|object| {
        let mut inside = object.members().map(|(_, value)| value);
        error::text(&object).is_some() || inside.any(|node| holds_an_error(node, depth))
    })
}

/// `{"data":{"result":{"order":…}}}` is the deepest that was seen.
const DEEPEST: usize = 8;

/// `{"order":null,"id":5}`: the null keeps `id` from being taken for an order, yet it may be one.
fn has_an_id(object: &Object<'_>) -> bool {
    object.all("id").next().is_some()
}

/// What an object says about an order id.
enum OrderId {
    /// Nothing.
    None,
    /// That there is none.
    Null,
    /// This one.
    Is(UpstreamId),
    /// Something that cannot be one, or two different ones.
    Odd,
}

/// `order`, `order_id`, `orderID`; else `id`, which other panels use for other things; else the same inside `data`. A name
/// that is there and holds no id is not made good by the next one.
fn order_id(object: &Object<'_>) -> OrderId {
    let named = |object: &Object<'_>| match agreed(object, &["order", "orderid"]) {
        OrderId::None => agreed(object, &["id"]),
        found => found,
    };
    match named(object) {
        OrderId::None => match object.get(&["data"]).and_then(Object::read) {
            Some(data) => named(&data),
            None => OrderId::None,
        },
        found => found,
    }
}

/// The one id that every value under these names agrees on.
fn agreed(object: &Object<'_>, names: &[&str]) -> OrderId {
    let mut found = OrderId::None;
    for node in names.iter().flat_map(|name| object.named(name)) {
        found = match (token(node), found) {
            (Some(id), OrderId::None) => OrderId::Is(id),
            (Some(id), OrderId::Is(before)) if id == before => OrderId::Is(id),
            (None, OrderId::None | OrderId::Null) if node.is_null() => OrderId::Null,
            _ => OrderId::Odd,
        };
    }
    found
}

/// A positive whole number, or a short text of letters, digits, `-` and `_` with a digit other than 0 in it.
fn token(node: Node<'_>) -> Option<UpstreamId> {
    let text = node.scalar()?;
    let allowed = |byte: u8| {
        byte.is_ascii_digit()
            || node.is_text() && (byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let plain = text.bytes().all(allowed) && !text.starts_with(['-', '_']);
    let numbered = text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    (plain && numbered && text.len() <= LONGEST_ID && node.is_number_or_text())
        .then(|| UpstreamId::from(text.as_ref()))
}

#[cfg(test)]
mod tests;
