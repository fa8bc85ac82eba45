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

/// The same fields mean the same as a form, in the query, and as JSON. The bytes are lines of `name=value`.
pub fn encodings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        // Names that are said twice, or are lists, have rules of their own.
        let is_plain = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_plain && fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, value));
        }
    }
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let object: serde_json::Map<String, serde_json::Value> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    let json = serde_json::Value::Object(object).to_string();
    let as_form = read(&raw("", form.as_bytes()));
    assert_eq!(as_form, read(&raw(&form, b"")), "form and query: {form}");
    if !fields.is_empty() {
        assert_eq!(
            as_form,
            read(&raw("", json.as_bytes())),
            "form and JSON: {json}"
        );
    }
}

fn raw<'a>(query: &'a str, body: &'a [u8]) -> Raw<'a> {
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
