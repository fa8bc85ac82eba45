//! The answer to `refill` of one order.

use std::time::Duration;

use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::About;

use super::object::{Object, id_text};
use super::{Http, document, error};
use crate::json::Node;
use crate::refusal::{Classifier, Meaning};

/// What became of a request for a refill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefillOutcome {
    /// The panel has it, under this id.
    Known(UpstreamId),
    /// The panel refused, definitely. What is wrong between us and the panel is [`Refusal::TooManyRequests`] to the customer.
    Refused(Refusal),
    /// We ask too often; nothing happened.
    Throttled {
        /// How long the panel wants us to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// Nobody can say. It is never asked for again.
    Unknown,
}

/// Reads `{"refill":"1"}`, an error beside or inside `refill`, and the same in a list of one.
#[must_use]
pub fn refill(http: &Http<'_>, classifier: &Classifier) -> RefillOutcome {
    let text = document::text(http);
    let node = document::node(&text).map(first_of_one);
    match node.and_then(Object::read) {
        Some(object) => outcome(http, &object, classifier),
        None => RefillOutcome::Unknown,
    }
}

fn outcome(http: &Http<'_>, object: &Object<'_>, classifier: &Classifier) -> RefillOutcome {
    let value = object.get(&["refill", "refillid"]);
    let inner = value.and_then(Object::read);
    let error = error::text(object).or_else(|| inner.as_ref().and_then(error::text));
    match (error, value.and_then(refill_id)) {
        (None, Some(id)) if matches!(http.status, 200..=299) => RefillOutcome::Known(id),
        (Some(text), None) => refused(http, classifier.classify(&text)),
        _ => RefillOutcome::Unknown,
    }
}

fn refused(http: &Http<'_>, meaning: Meaning) -> RefillOutcome {
    match meaning {
        Meaning::Throttled if matches!(http.status, 200 | 429) => RefillOutcome::Throttled {
            retry_after: http.retry_after,
        },
        Meaning::Refused(about) if matches!(http.status, 200..=299 | 400..=428 | 430..=499) => {
            RefillOutcome::Refused(match about {
                About::Order(refusal) => refusal,
                About::Panel(_) => Refusal::TooManyRequests,
            })
        }
        _ => RefillOutcome::Unknown,
    }
}

/// An id with something in it; a flag such as `true` is none.
fn refill_id(node: Node<'_>) -> Option<UpstreamId> {
    let text = id_text(node).filter(|_| node.is_number_or_text())?;
    let numbered = text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    let plain = !text.starts_with('-') && !text.contains(char::is_whitespace);
    (numbered && plain).then(|| UpstreamId::new(text))
}

fn first_of_one(node: Node<'_>) -> Node<'_> {
    match node.items().as_deref() {
        Some([one]) => *one,
        _ => node,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: RefillOutcome) {
        let http = Http {
            status,
            retry_after: None,
            body: body.as_bytes(),
        };
        assert_eq!(refill(&http, &Classifier::default()), expected, "{body}");
    }

    #[test]
    fn a_refill_has_an_id() {
        let known = |id: &str| RefillOutcome::Known(id.into());
        check(200, r#"{"refill":"1"}"#, known("1"));
        check(
            200,
            r#"{"refill":17,"success":"Refill request sent"}"#,
            known("17"),
        );
        check(200, r#"[{"order":3,"refill":17}]"#, known("17"));
    }

    #[test]
    fn refusals_are_definite() {
        let refused = RefillOutcome::Refused;
        check(
            200,
            r#"{"error":"Refill days are over"}"#,
            refused(Refusal::RefillDaysOver),
        );
        check(
            200,
            r#"{"refill":{"error":"Refill not allowed"}}"#,
            refused(Refusal::RefillDisabled),
        );
        check(
            400,
            r#"{"error":"Order not found."}"#,
            refused(Refusal::IncorrectOrderId),
        );
        check(
            200,
            r#"{"error":"Invalid API key"}"#,
            refused(Refusal::TooManyRequests),
        );
        check(
            429,
            r#"{"error":"Too many requests"}"#,
            RefillOutcome::Throttled { retry_after: None },
        );
    }

    #[test]
    fn anything_else_is_unknown() {
        for (status, body) in [
            (200, ""),
            (200, "<html>"),
            (200, "[]"),
            (200, "{}"),
            (200, r#"{"refill":0}"#),
            (200, r#"{"refill":true}"#),
            (200, r#"{"refill":null}"#),
            (200, r#"{"refill":5,"error":"Refill not found"}"#),
            (200, r#"{"error":"Something went wrong"}"#),
            (200, r#"[{"refill":1},{"refill":2}]"#),
            (500, r#"{"refill":5}"#),
            (502, r#"{"error":"Refill not found"}"#),
            (429, r#"{"error":"Refill not found"}"#),
        ] {
            check(status, body, RefillOutcome::Unknown);
        }
    }
}
