//! One request and its answer, read whole and within bounds.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use panelgate_wire::answer::Http as WireHttp;
use panelgate_wire::call::Call;
use tower::ServiceExt;

use super::Http;

/// A complete answer. What it means is for `wire` to say.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: Bytes,
}

/// Why there is no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Name, connection or TLS failed: no byte of the request left.
    NotSent(String),
    /// The request may have arrived, and no complete answer came back.
    Lost(String),
}

/// Largest decoded answer to `add`, `refill`, `cancel`, `balance`.
const SMALL_ANSWER: usize = 1024 * 1024;
/// Largest decoded answer to `status` and `refill_status`.
const STATUS_ANSWER: usize = 8 * 1024 * 1024;
/// Largest decoded answer to `services`: real lists have 3 MB.
const SERVICES_ANSWER: usize = 64 * 1024 * 1024;

/// Most bytes read of the answer to a call, after decompression.
pub(super) const fn limit(call: &Call<'_>) -> usize {
    match call {
        Call::Services => SERVICES_ANSWER,
        Call::Status(_) | Call::RefillStatus(_) => STATUS_ANSWER,
        Call::Balance
        | Call::Add { .. }
        | Call::Refill(_)
        | Call::Cancel(_)
        | Call::CancelOne(_) => SMALL_ANSWER,
    }
}

/// Sends the request and reads the answer, at most `limit` bytes of it.
pub(super) async fn exchange(
    http: Http,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<Answer, Failure> {
    let response = http.oneshot(request).await.map_err(|error| {
        if error.is_connect() {
            Failure::NotSent(chain(&error))
        } else {
            Failure::Lost(chain(&error))
        }
    })?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Failure::Lost(format!(
                "HTTP {}, and more than {limit} bytes of answer",
                head.status
            ))
        } else {
            Failure::Lost(format!("HTTP {}, then {}", head.status, chain(&*error)))
        }
    })?;
    Ok(Answer {
        status: head.status.as_u16(),
        retry_after: retry_after(&head.headers),
        body: body.to_bytes(),
    })
}

impl Answer {
    /// What `wire` reads.
    pub(crate) fn http(&self) -> WireHttp<'_> {
        WireHttp {
            status: self.status,
            retry_after: self.retry_after,
            body: &self.body,
        }
    }

    /// For the operator: the body, after the HTTP status if that is not 200.
    pub(crate) fn text(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        match self.status {
            200 => body.into_owned(),
            status => format!("HTTP {status}: {body}"),
        }
    }

    /// How long its body is.
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }
}

/// Seconds only: a date would need the panel's clock to be right.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// The whole chain of causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_nothing() {
        for (value, expected) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("-1", None),
            ("Fri, 31 Dec 1999 23:59:59 GMT", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
            assert_eq!(
                retry_after(&headers),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
    }
}
