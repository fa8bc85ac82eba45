//! The answer to `add`, read a second time by rules that are written down here and share nothing with the gateway's reading.
//!
//! Source: `money.md`, "What an answer to `add` means".

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::placement::{About, AddOutcome};
use panelgate_wire::answer;
use panelgate_wire::refusal::{Classifier, Meaning};

use crate::answers::{http, is_an_id};
use crate::json::{DEEPEST, Json, folded};

/// Only an id that stands in the answer places an order; an id and an error are unknown together, wherever either stands; a refusal
/// stands alone.
pub fn add(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Nothing but notices without a brace may stand before the object.
    let object = text.find('{').and_then(|start| Json::parse(&text[start..]));
    for status in [200, 201, 302, 400, 404, 429, 500] {
        let outcome = answer::add(&http(status, bytes), &Classifier::default());
        by_status(status, &outcome);
        let Some(object) = &object else {
            // No object, or one that only the gateway reads: half a surrogate pair, or too deep.
            let reads_more = text.contains("\\u") || text.matches(['{', '[']).count() >= DEEPEST;
            let unknown = outcome == AddOutcome::Unknown;
            assert!(unknown || reads_more, "{outcome:?} without an object");
            continue;
        };
        match &outcome {
            AddOutcome::Accepted(id) => accepted(id, object),
            AddOutcome::Refused(about) => refused(*about, object),
            AddOutcome::Throttled { .. } => throttled(object),
            AddOutcome::Unknown => {}
            AddOutcome::NotSent => panic!("who has an answer has sent something"),
        }
    }
}

fn by_status(status: u16, outcome: &AddOutcome) {
    let fits = match outcome {
        AddOutcome::Accepted(_) => matches!(status, 200..=299),
        AddOutcome::Throttled { .. } => matches!(status, 200 | 429),
        AddOutcome::Refused(_) => matches!(status, 200..=299 | 400..=428 | 430..=499),
        AddOutcome::Unknown => true,
        AddOutcome::NotSent => false,
    };
    assert!(fits, "{outcome:?} with HTTP {status}");
}

fn accepted(id: &UpstreamId, object: &Json) {
    is_an_id(id);
    let places = places(object);
    let told = ids(&places).any(|value| value.scalar() == Some(id.as_str()));
    assert!(told, "nobody named {id:?}");
    assert!(!says_an_error(&places), "{id:?} beside an error");
    // Whatever the top says of an order is this one; only where it says nothing, `id` or `data` count.
    let mut top = ["order", "orderid"]
        .into_iter()
        .flat_map(|name| object.named(name));
    assert!(
        top.all(|other| other.scalar() == Some(id.as_str())),
        "{id:?} and others"
    );
}

fn refused(about: About, object: &Json) {
    for (name, value) in object.all() {
        let names_an_order = name.contains("order") || name == "id";
        let is_said = !matches!(value, Json::Null);
        assert!(
            !(names_an_order && is_said),
            "refused beside {name}: {value:?}"
        );
    }
    let meant = |text: &str| Classifier::default().classify(text) == Meaning::Refused(about);
    let mut texts = object
        .all()
        .into_iter()
        .filter_map(|(_, value)| value.scalar());
    assert!(texts.any(meant), "nobody said {about:?}");
}

fn throttled(object: &Json) {
    let [(name, Json::Text(text))] = object.members() else {
        panic!("throttled, and something else");
    };
    assert_eq!(folded(name), "error");
    assert_eq!(Classifier::default().classify(text), Meaning::Throttled);
}

/// The object, and those inside it that panels put their whole answer in.
fn places(object: &Json) -> Vec<&Json> {
    let mut places = vec![object];
    places.extend(object.named("data"));
    places
}

/// What stands in these under the name of an order's id.
fn ids<'j>(places: &'j [&'j Json]) -> impl Iterator<Item = &'j Json> {
    let names = ["order", "orderid", "id"].into_iter();
    names.flat_map(move |name| places.iter().flat_map(move |place| place.named(name)))
}

fn says_an_error(places: &[&Json]) -> bool {
    places.iter().any(|place| {
        let named = ["error", "errors"]
            .into_iter()
            .flat_map(|name| place.named(name));
        { named }.any(is_said)
    })
}

/// Not one of the ways to say that there is no error.
fn is_said(error: &Json) -> bool {
    match error {
        Json::Null => false,
        Json::Bool(said) => *said,
        Json::Number(_) | Json::Text(_) => {
            let text = error.scalar().unwrap_or_default();
            !text.is_empty() && text != "0" && !text.eq_ignore_ascii_case("false")
        }
        Json::List(items) => items.iter().any(is_said),
        Json::Object(members) => members.iter().any(|(_, value)| is_said(value)),
    }
}
