//! What is asked, and whether the answer is right.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::line::{Line, post};

/// A kind of request.
pub(crate) enum Ask {
    /// The same bytes each time; so is the answer.
    Same { request: Vec<u8>, body: Vec<u8> },
    /// Orders, each for a link of its own.
    Add(Adds),
}

/// Orders that are all alike but for the number in their link.
pub(crate) struct Adds {
    request: Vec<u8>,
    next: AtomicUsize,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// What it had to be.
    Right,
    /// There is an order with this number.
    Order(i64),
    /// `Too many requests`.
    Refused,
}

impl Ask {
    /// What is asked with this form, and answered with these bytes.
    pub(crate) fn same(form: &str, more_headers: &str, body: Vec<u8>) -> Self {
        Self::Same {
            request: post(form, more_headers),
            body,
        }
    }

    /// `add` of 10 of a service.
    pub(crate) fn add(key: &str, service: &str) -> Self {
        let number = "0".repeat(DIGITS);
        let form = format!(
            "key={key}&action=add&service={service}&quantity=10&link=https%3A%2F%2Fexample.com%2Fp%2F{number}"
        );
        Self::Add(Adds {
            request: post(&form, ""),
            next: AtomicUsize::new(1),
        })
    }

    /// Asks once. An error is a connection that ended without an answer; an answer that is wrong ends the bench.
    pub(crate) async fn put(&self, line: &mut Line) -> io::Result<Heard> {
        match self {
            Self::Same { request, body } => {
                let is_right = line.ask_for(request, body).await?;
                assert!(is_right, "these bytes were answered before");
                Ok(Heard::Right)
            }
            Self::Add(adds) => line.ask(&adds.render()).await.map(heard),
        }
    }
}

impl Adds {
    fn render(&self) -> Vec<u8> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut request = self.request.clone();
        let place = request.len() - DIGITS;
        request.truncate(place);
        request.extend(format!("{number:0DIGITS$}").bytes());
        request
    }
}

fn heard(body: &[u8]) -> Heard {
    if body == TOO_MANY {
        return Heard::Refused;
    }
    let text = String::from_utf8_lossy(body);
    let number = text
        .strip_prefix("{\"order\":")
        .and_then(|rest| rest.strip_suffix('}'));
    let number = number.and_then(|number| number.parse().ok());
    Heard::Order(number.unwrap_or_else(|| panic!("no answer to an `add`: {text}")))
}

const TOO_MANY: &[u8] = b"{\"error\":\"Too many requests\"}";
const DIGITS: usize = 12;
