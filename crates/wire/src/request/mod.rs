//! What a customer sent, in any of the encodings that clients use, as an action.

mod action;
mod form;
mod json;
mod multipart;
mod params;

use panelgate_domain::action::Action;
use panelgate_domain::fault::Refusal;

use crate::names;
use params::{Malformed, Params};

/// One HTTP request, as far as the protocol looks at it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// The method is GET, or any other than POST: only the query is read.
    pub get: bool,
    /// GET may do what is no mere look: `add`, `cancel` and `refill`.
    pub get_add: bool,
    /// What follows the `?`, undecoded; empty if there is none.
    pub query: &'a str,
    /// The whole body. Its encoding is decided by its first bytes, never by a header.
    pub body: &'a [u8],
    /// The key from `X-Api-Key`, or the value behind `Authorization: Bearer`.
    pub header_key: Option<&'a str>,
    /// The value of `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
}

/// What was asked, and in whose name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The key: from the body, else the query, else the header.
    pub key: Option<String>,
    /// The action, or why there is none.
    pub action: Result<Action, Refusal>,
}

/// Reads a request. Never fails as a whole: a body that cannot be read leaves the key of the query or the header, and
/// [`Refusal::IncorrectRequest`].
///
/// Both query and body are read, and the body wins. Empty parameters count as absent, unknown ones are ignored, names may
/// be in any case, and `name[]`, `name[3]` and repeated names are lists. At most 10,000 parameters are read.
///
/// A link that was not percent-encoded (`link=https://x/?a=1&b=2`) keeps its own query: if its value holds a bare `?`, the
/// parameters right behind it belong to it up to the first that is one of `add`'s.
#[must_use]
pub fn read(raw: &Raw<'_>) -> Request {
    let mut params = Params::default();
    let mut readable = raw.get || read_body(raw.body, &mut params).is_ok();
    let mut query = Params::default();
    readable &= form::read(raw.query.as_bytes(), &mut query).is_ok();
    params.fill_up_from(query);
    Request {
        key: read_key(&params, raw.header_key),
        action: if readable {
            action::read(&params, raw)
        } else {
            Err(Refusal::IncorrectRequest)
        },
    }
}

/// JSON is sent labelled as a form and as plain text, so only the bytes decide.
fn read_body(body: &[u8], params: &mut Params) -> Result<(), Malformed> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let body = body.trim_ascii_start();
    match body {
        [b'{', ..] => json::read(body, params),
        [b'-', b'-', ..] => multipart::read(body, params),
        _ => form::read(body, params),
    }
}

fn read_key(params: &Params, header: Option<&str>) -> Option<String> {
    let header = header.map(str::trim).filter(|key| !key.is_empty());
    let key = params.last(&[names::KEY]).or(header)?;
    (key.len() <= LONGEST_KEY).then(|| key.to_owned())
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Longer ones are nobody's key.
const LONGEST_KEY: usize = 512;

#[cfg(test)]
mod tests;
