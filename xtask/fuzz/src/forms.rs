//! The same things, said in each of the encodings that customers use, are the same.

use panelgate_domain::action::{Action, AskedId, Ids, MAX_IDS};
use panelgate_domain::fault::Refusal;
use panelgate_wire::request::read;

use crate::requests::raw;

/// Lines of `name=value` as a form, in the query, and as JSON.
pub fn encodings(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let fields = fields(text);
    let form = form(&fields);
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

/// The same lines as the parts of a `multipart/form-data`; the first one is where the body breaks off, counted from its end, and
/// the boundary.
pub fn multipart(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (cut, boundary) = first.split_once(' ').unwrap_or((first, "b"));
    let fields = fields(rest);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_boundary = (1..=70).contains(&boundary.len()) && boundary.bytes().all(plain);
    if fields.is_empty() || !is_boundary || rest.contains(boundary) || boundary.starts_with('-') {
        return;
    }
    let mut body = String::new();
    for (name, value) in &fields {
        body += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body += &format!("--{boundary}--\r\n");
    let whole = read(&raw("", body.as_bytes()));
    let form = form(&fields);
    assert_eq!(
        whole,
        read(&raw("", form.as_bytes())),
        "parts and form: {form}"
    );
    // Without the last dashes it breaks off.
    let missing = "--\r\n".len() + cut.parse::<usize>().unwrap_or(0) % body.len();
    let left = body
        .as_bytes()
        .get(..body.len().saturating_sub(missing))
        .unwrap_or_default();
    let broken = read(&raw("", left));
    assert_eq!(
        broken.action,
        Err(Refusal::IncorrectRequest),
        "{missing} bytes are missing"
    );
}

/// Ids with commas, as a list and one after the other: each once, in their order, and not too many.
pub fn ids(bytes: &[u8]) {
    let Ok(list) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut expected: Vec<&str> = Vec::new();
    for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if !expected.contains(&id) {
            expected.push(id);
        }
    }
    let text = form(&[("action", "status"), ("orders", list)]);
    let as_text = read(&raw("", text.as_bytes())).action;
    let json =
        serde_json::json!({"action": "status", "orders": list.split(',').collect::<Vec<_>>()});
    assert_eq!(
        as_text,
        read(&raw("", json.to_string().as_bytes())).action,
        "{json}"
    );
    let named: Vec<(&str, &str)> = list.split(',').map(|id| ("orders[]", id)).collect();
    let named = [form(&[("action", "status")]), form(&named)].join("&");
    assert_eq!(as_text, read(&raw("", named.as_bytes())).action, "{named}");
    match as_text {
        // `7` and `07` are one id.
        Ok(Action::Status(Ids::Many(ids))) => {
            assert!(ids.len() <= expected.len().min(MAX_IDS));
            let digits = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
            let plain = |id: &&&str| id.len() <= 18 && !id.starts_with('0') && digits(id);
            for number in expected
                .iter()
                .filter(plain)
                .filter_map(|id| id.parse().ok())
            {
                assert!(ids.contains(&AskedId::Number(number)), "{number}");
            }
        }
        Ok(other) => panic!("{other:?}"),
        Err(Refusal::TooManyIds(most)) => assert!(most == MAX_IDS && expected.len() > MAX_IDS),
        Err(refusal) => assert!(expected.is_empty(), "{refusal:?}"),
    }
}

/// Names that are said twice, or are lists, have rules of their own and are left out.
fn fields(text: &str) -> Vec<(&str, &str)> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let is_plain = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if is_plain && fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, value));
        }
    }
    fields
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
