//! What panels answer.

use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::placement::AddOutcome;
use panelgate_wire::answer::{self, Http, RefillOutcome};
use panelgate_wire::refusal::Classifier;

/// Only an id that can be one places an order; who says anything else in the same breath places none.
pub fn add(bytes: &[u8]) {
    for status in [200, 201, 302, 404, 429, 500] {
        match answer::add(&http(status, bytes), &Classifier::default()) {
            AddOutcome::Accepted(id) => {
                assert_eq!(status / 100, 2, "an order by a status of {status}");
                is_an_id(&id);
            }
            AddOutcome::NotSent => panic!("who has an answer has sent something"),
            AddOutcome::Throttled { .. } => assert!(matches!(status, 200 | 429), "{status}"),
            AddOutcome::Refused(_) => assert!(!matches!(status, 302 | 429 | 500), "{status}"),
            AddOutcome::Unknown => {}
        }
    }
}

/// About one order.
pub fn status(bytes: &[u8]) {
    told_of(bytes, &["7"]);
}

/// About several.
pub fn statuses(bytes: &[u8]) {
    told_of(bytes, &["7", "8", "9"]);
}

fn told_of(bytes: &[u8], asked: &[&str]) {
    let asked = ids(asked);
    if let Ok(statuses) = answer::status(&http(200, bytes), &asked) {
        assert!(statuses.reports.keys().all(|id| asked.contains(id)));
    }
}

/// A list has no more offers than bytes.
pub fn services(bytes: &[u8]) {
    let panel = PanelName::from("alpha");
    if let Ok(list) = answer::services(&http(200, bytes), &panel, &"USD".into()) {
        assert!(list.offers.len() <= bytes.len());
        assert!(
            list.offers
                .iter()
                .all(|offer| !offer.id.as_str().is_empty())
        );
    }
}

/// What we have there.
pub fn balance(bytes: &[u8]) {
    _ = answer::balance(&http(200, bytes));
}

/// As for `add`: an id, or nothing is known.
pub fn refill(bytes: &[u8]) {
    if let RefillOutcome::Known(id) = answer::refill(&http(200, bytes), &Classifier::default()) {
        is_an_id(&id);
    }
}

/// About several refills.
pub fn refill_status(bytes: &[u8]) {
    let asked = ids(&["7", "8"]);
    if let Ok(words) = answer::refill_status(&http(200, bytes), &asked) {
        assert!(words.keys().all(|id| asked.contains(id)));
    }
}

/// About several wishes.
pub fn cancel(bytes: &[u8]) {
    let asked = ids(&["7", "8"]);
    if let Ok(wishes) = answer::cancel(&http(200, bytes), &asked, &Classifier::default()) {
        assert!(wishes.keys().all(|id| asked.contains(id)));
    }
}

fn http(status: u16, body: &[u8]) -> Http<'_> {
    Http {
        status,
        retry_after: None,
        body,
    }
}

fn ids(ids: &[&str]) -> Vec<UpstreamId> {
    ids.iter().map(|id| UpstreamId::from(*id)).collect()
}

fn is_an_id(id: &UpstreamId) {
    let text = id.as_str();
    assert!(
        !text.is_empty() && text != "0" && !text.starts_with('-'),
        "{text:?} is no id"
    );
}
