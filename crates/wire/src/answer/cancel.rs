//! The answer to `cancel`.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;

use super::entries::{Reading, answers};
use super::object::{Object, id_text};
use super::{AnswerError, Http, document, error};
use crate::json::Node;
use crate::refusal::Classifier;

/// Reads for each order in `asked` whether the panel took note (never more: the outcome comes by `status`), or its error
/// text. What the panel left out is not there.
///
/// Understood are the documented list, a map, `{"cancel":1}` for one order, and `{"canceled":[…]}`.
///
/// # Errors
/// The answer is about the whole call, or is none; see [`AnswerError`].
pub fn cancel(
    http: &Http<'_>,
    asked: &[UpstreamId],
    classifier: &Classifier,
) -> Result<HashMap<UpstreamId, Result<(), String>>, AnswerError> {
    if let Some(ids) = canceled_ids(http) {
        let asked = asked.iter().filter(|id| ids.contains(id));
        return Ok(asked.map(|id| (id.clone(), Ok(()))).collect());
    }
    let reading = Reading {
        id_names: &["order", "orderid", "id"],
        answer_names: &["cancel", "cancelled", "canceled"],
        read: &taken,
    };
    answers(http, asked, classifier, &reading).map(|answers| answers.by_id)
}

/// `{"canceled":[1,2]}`
fn canceled_ids(http: &Http<'_>) -> Option<Vec<UpstreamId>> {
    let text = document::text(http);
    let object = Object::read(document::open(http, &text).ok()?)?;
    let list = object.get(&["canceled", "cancelled"])?.items()?;
    Some(
        list.into_iter()
            .filter_map(id_text)
            .map(UpstreamId::new)
            .collect(),
    )
}

fn taken(node: Node<'_>) -> Result<(), String> {
    let Some(object) = Object::read(node) else {
        return taken_value(node);
    };
    if let Some(text) = error::text(&object) {
        return Err(text);
    }
    let value = object.get(&["cancel", "canceled", "cancelled", "status"]);
    value.map_or_else(|| Err(SAYS_NOTHING.to_owned()), taken_value)
}

/// `1`, `true`, `"accepted"`, the id of the order, or `{"status":"pending"}`.
fn taken_value(value: Node<'_>) -> Result<(), String> {
    if let Some(inner) = Object::read(value) {
        return match error::text(&inner) {
            Some(text) => Err(text),
            None if inner.has(&["status"]) => Ok(()),
            None => Err(SAYS_NOTHING.to_owned()),
        };
    }
    let text = value.scalar().unwrap_or_default();
    let word = text.trim().to_ascii_lowercase();
    let number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let yes = ["accepted", "ok", "pending", "success", "true", "yes"].contains(&word.as_str())
        || number && word.bytes().any(|byte| byte != b'0');
    if yes {
        Ok(())
    } else if word.is_empty() || word == "0" {
        Err(SAYS_NOTHING.to_owned())
    } else {
        Err(text.trim().chars().take(LONGEST_TEXT).collect())
    }
}

const SAYS_NOTHING: &str = "not accepted";
const LONGEST_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        body: &str,
        asked: &[&str],
    ) -> Result<HashMap<UpstreamId, Result<(), String>>, AnswerError> {
        let http = Http {
            status: 200,
            retry_after: None,
            body: body.as_bytes(),
        };
        let asked: Vec<UpstreamId> = asked.iter().map(|id| UpstreamId::from(*id)).collect();
        cancel(&http, &asked, &Classifier::default())
    }

    #[track_caller]
    fn check(body: &str, asked: &[&str], expected: &[(&str, Result<(), &str>)]) {
        let expected = expected
            .iter()
            .map(|(id, taken)| (UpstreamId::from(*id), taken.map_err(ToOwned::to_owned)))
            .collect();
        assert_eq!(read(body, asked), Ok(expected), "{body}");
    }

    #[test]
    fn the_documented_list() {
        let body = r#"[{"order":9,"cancel":{"error":"Incorrect order ID"}},{"order":2,"cancel":1},{"order":7,"cancel":1}]"#;
        check(
            body,
            &["9", "2", "3"],
            &[("9", Err("Incorrect order ID")), ("2", Ok(()))],
        );
        check(r#"[{"order":"2","cancel":"1"}]"#, &["2"], &[("2", Ok(()))]);
    }

    #[test]
    fn other_shapes_of_yes() {
        for body in [
            r#"{"cancel":1}"#,
            r#"{"cancel":2,"status":"Success"}"#,
            r#"{"cancel":true}"#,
            r#"{"cancel":"accepted"}"#,
            r#"{"cancel":{"status":"pending"}}"#,
            r#"{"canceled":[2]}"#,
            r#"{"2":{"cancel":1}}"#,
            r#"[{"cancel":1}]"#,
        ] {
            check(body, &["2"], &[("2", Ok(()))]);
        }
        check(
            r#"{"canceled":[2,"3",4]}"#,
            &["2", "3", "5"],
            &[("2", Ok(())), ("3", Ok(()))],
        );
    }

    #[test]
    fn other_shapes_of_no() {
        let no = Err("This order cannot be canceled");
        check(
            r#"{"error":"This order cannot be canceled"}"#,
            &["2"],
            &[("2", no)],
        );
        check(
            r#"{"2":{"error":"This order cannot be canceled"}}"#,
            &["2"],
            &[("2", no)],
        );
        check(
            r#"{"2":"This order cannot be canceled"}"#,
            &["2"],
            &[("2", no)],
        );
        check(
            r#"[{"order":2,"cancel":0}]"#,
            &["2"],
            &[("2", Err("not accepted"))],
        );
        check(
            r#"[{"order":2,"cancel":false}]"#,
            &["2"],
            &[("2", Err("not accepted"))],
        );
    }

    #[test]
    fn a_refusal_of_the_whole_call_is_about_no_order() {
        assert_eq!(
            read(r#"{"error":"This action is Invalid"}"#, &["2"]),
            Err(AnswerError::Refused("This action is Invalid".into()))
        );
        assert_eq!(
            read(r#"{"error":"Too many requests"}"#, &["2", "3"]),
            Err(AnswerError::Throttled { retry_after: None })
        );
        // One answer for two orders is about neither.
        assert_eq!(read(r#"{"cancel":1}"#, &["2", "3"]), Ok(HashMap::new()));
    }
}
