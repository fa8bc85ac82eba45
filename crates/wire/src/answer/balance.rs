//! The answer to `balance`.

use panelgate_domain::ids::Currency;
use panelgate_domain::money::{Money, Rounding};

use super::object::Object;
use super::{AnswerError, Http, amount, document, error};
use crate::json::Node;
use crate::refusal::Classifier;

/// What we can spend at a panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// How much, rounded down; may be negative.
    pub amount: Money,
    /// Of what, if the panel says so.
    pub currency: Option<Currency>,
}

/// Reads `{"balance":"100.84292","currency":"USD"}`, the same inside `data` or `balance`, with the amount in any dress, or
/// the bare amount.
///
/// # Errors
/// The answer holds no amount; see [`AnswerError`].
pub fn balance(http: &Http<'_>) -> Result<Balance, AnswerError> {
    let text = document::text(http);
    let node = document::open(http, &text)?;
    let Some(object) = Object::read(node) else {
        return bare(node).ok_or(NO_AMOUNT);
    };
    if let Some(text) = error::text(&object) {
        return Err(document::refused(http, &Classifier::default(), text));
    }
    within(&object, DEPTH).ok_or(NO_AMOUNT)
}

/// The amount of an object, or of the object inside it.
fn within(object: &Object<'_>, depth: usize) -> Option<Balance> {
    let named = object
        .get(&["balance", "amount"])
        .or_else(|| object.get(&["data"]))?;
    let mut found = match Object::read(named) {
        Some(inner) if depth > 0 => within(&inner, depth - 1)?,
        _ => bare(named)?,
    };
    let code = object
        .written(&["currency"])
        .and_then(|code| currency(&code));
    found.currency = code.or(found.currency);
    Some(found)
}

fn bare(node: Node<'_>) -> Option<Balance> {
    let text = node.scalar().filter(|_| node.is_number_or_text())?;
    Some(Balance {
        amount: amount::money(&text, Rounding::Down)?,
        currency: amount::currency_code(&text).map(Currency::from),
    })
}

fn currency(code: &str) -> Option<Currency> {
    let is_code = (1..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_code.then(|| Currency::new(code.to_ascii_uppercase()))
}

const NO_AMOUNT: AnswerError = AnswerError::WrongShape("no amount");
/// `{"data":{"balance":{"amount":…}}}`
const DEPTH: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Balance, AnswerError> {
        balance(&Http {
            status: 200,
            retry_after: None,
            body: body.as_bytes(),
        })
    }

    #[track_caller]
    fn check(body: &str, micros: i64, currency: Option<&str>) {
        let expected = Balance {
            amount: Money::from_micros(micros),
            currency: currency.map(Currency::from),
        };
        assert_eq!(read(body), Ok(expected), "{body}");
    }

    #[test]
    fn balances_come_in_many_shapes() {
        check(
            r#"{"balance":"100.84292","currency":"USD"}"#,
            100_842_920,
            Some("USD"),
        );
        check(
            r#"{"Balance":1234.5,"currency":"usd","status":"success"}"#,
            1_234_500_000,
            Some("USD"),
        );
        check(r#"{"balance":"1,234.56"}"#, 1_234_560_000, None);
        check(r#"{"balance":"12.50 EUR"}"#, 12_500_000, Some("EUR"));
        check(
            r#"{"balance":{"amount":"3","currency":"INR"}}"#,
            3_000_000,
            Some("INR"),
        );
        check(
            r#"{"data":{"balance":"3"},"currency":"INR"}"#,
            3_000_000,
            Some("INR"),
        );
        check(r#"{"balance":"3","currency":true}"#, 3_000_000, None);
        check(r#""42.10""#, 42_100_000, None);
        check("42.10", 42_100_000, None);
    }

    #[test]
    fn errors_are_no_balance() {
        assert_eq!(
            read(r#"{"error":"Invalid API key"}"#),
            Err(AnswerError::Refused("Invalid API key".into()))
        );
        assert_eq!(
            read(r#"{"error":"Too many requests"}"#),
            Err(AnswerError::Throttled { retry_after: None })
        );
        assert_eq!(read("<html>"), Err(AnswerError::NotJson));
        for body in [
            "{}",
            "[]",
            "null",
            "true",
            r#"{"balance":"much"}"#,
            r#"{"balance":null}"#,
            r#"{"balance":true}"#,
        ] {
            assert_eq!(read(body), Err(NO_AMOUNT), "{body}");
        }
    }
}
