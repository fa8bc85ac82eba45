//! What customers send.

use panelgate_domain::action::{Action, Ids, MAX_IDS};
use panelgate_wire::request::{Raw, Request, read};

/// The body of a POST, in whatever encoding it turns out to be.
pub fn body(bytes: &[u8]) {
    check(&read(&raw("", bytes)));
}

/// What follows the `?`.
pub fn query(bytes: &[u8]) {
    if let Ok(query) = std::str::from_utf8(bytes) {
        check(&read(&raw(query, b"")));
    }
}

pub(crate) fn raw<'a>(query: &'a str, body: &'a [u8]) -> Raw<'a> {
    Raw {
        get: false,
        get_add: true,
        query,
        body,
        header_key: None,
        idempotency_key: None,
    }
}

fn check(request: &Request) {
    assert_ne!(request.key.as_deref(), Some(""), "an empty key is none");
    match &request.action {
        Ok(
            Action::Status(ids)
            | Action::Refill(ids)
            | Action::RefillStatus(ids)
            | Action::Cancel(ids),
        ) => {
            let ids: &[_] = match ids {
                Ids::One(id) => std::slice::from_ref(id),
                Ids::Many(ids) => ids,
            };
            assert!(ids.len() <= MAX_IDS, "{} ids", ids.len());
            let twice = |place: usize| ids[..place].contains(&ids[place]);
            assert!(!(0..ids.len()).any(twice), "an id is named twice: {ids:?}");
        }
        Ok(Action::Add(_) | Action::Services | Action::Balance) | Err(_) => {}
    }
}
