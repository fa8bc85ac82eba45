//! The answer to `refill_status`.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::status::RefillWord;

use super::entries::{Reading, answers};
use super::object::{Object, clipped};
use super::{AnswerError, Http, error};
use crate::json::Node;
use crate::refusal::Classifier;

/// Reads a word for each refill in `asked`: `{"status":"Completed"}`, a list whose entries name their refill, or a map. An
/// error text or a word that is not known is the error of its id; what the panel left out is not there.
///
/// # Errors
/// The answer is about the whole call, or is none; see [`AnswerError`].
pub fn refill_status(
    http: &Http<'_>,
    asked: &[UpstreamId],
) -> Result<HashMap<UpstreamId, Result<RefillWord, String>>, AnswerError> {
    let reading = Reading {
        id_names: &["refill", "refillid", "id"],
        answer_names: &["status"],
        read: &word,
    };
    answers(http, asked, &Classifier::default(), &reading).map(|answers| answers.by_id)
}

fn word(node: Node<'_>) -> Result<RefillWord, String> {
    if let Some(text) = node.scalar() {
        return hear(&text);
    }
    let object = Object::read(node).ok_or("no status")?;
    if let Some(inner) = object.get(&["status"]).and_then(Object::read) {
        return Err(error::text(&inner).unwrap_or_else(|| "no status".to_owned()));
    }
    if let Some(text) = error::text(&object) {
        return Err(text);
    }
    hear(&object.text(&["status"]).ok_or("no status")?)
}

fn hear(text: &str) -> Result<RefillWord, String> {
    RefillWord::hear(text).ok_or_else(|| clipped(text.trim(), LONGEST_TEXT))
}

const LONGEST_TEXT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, asked: &[&str], expected: &[(&str, Result<RefillWord, &str>)]) {
        let http = Http {
            status: 200,
            retry_after: None,
            body: body.as_bytes(),
        };
        let asked: Vec<UpstreamId> = asked.iter().map(|id| UpstreamId::from(*id)).collect();
        let expected = expected
            .iter()
            .map(|(id, word)| (UpstreamId::from(*id), word.map_err(ToOwned::to_owned)))
            .collect();
        assert_eq!(refill_status(&http, &asked), Ok(expected), "{body}");
    }

    #[test]
    fn one_refill() {
        let completed = [("1", Ok(RefillWord::Completed))];
        check(r#"{"status":"Completed"}"#, &["1"], &completed);
        check(r#"[{"refill":1,"status":"Completed"}]"#, &["1"], &completed);
        check(r#"{"1":{"status":"Success"}}"#, &["1"], &completed);
        check(r#"{"1":"Completed"}"#, &["1"], &completed);
        let missing = [("1", Err("Refill not found"))];
        check(r#"{"error":"Refill not found"}"#, &["1"], &missing);
        check(
            r#"{"status":{"error":"Refill not found"}}"#,
            &["1"],
            &missing,
        );
        check(r#"{"status":"Dancing"}"#, &["1"], &[("1", Err("Dancing"))]);
    }

    #[test]
    fn several_refills() {
        let body = r#"[{"refill":1,"status":"Completed"},{"refill":2,"status":"Rejected"},
            {"refill":3,"status":{"error":"Refill not found"}},{"refill":9,"status":"Completed"}]"#;
        let expected = [
            ("1", Ok(RefillWord::Completed)),
            ("2", Ok(RefillWord::Rejected)),
            ("3", Err("Refill not found")),
        ];
        check(body, &["1", "2", "3", "4"], &expected);
        check("[]", &["1", "2"], &[]);
    }
}
