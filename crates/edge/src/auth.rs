//! Keys: where a request carries one, and how it is looked up. The key itself is never kept or logged.

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName};
use sha2::{Digest, Sha256};

/// The key in a header; a key in the form or the query comes first.
pub(crate) fn key_in(headers: &HeaderMap) -> Option<&str> {
    let own = headers
        .get(&X_API_KEY)
        .and_then(|value| value.to_str().ok());
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(bearer);
    own.or(bearer)
}

/// What the store knows a key by. The key has far too many random bits to be guessed, so a plain hash is enough, and a
/// lookup by hash has no timing that would tell anything about the key.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &'static str, value: &'static str, expected: Option<&str>) {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static(name),
            http::HeaderValue::from_static(value),
        )]);
        assert_eq!(key_in(&headers), expected);
    }

    #[test]
    fn keys_are_found_in_either_header() {
        check("x-api-key", "abc", Some("abc"));
        check("authorization", "Bearer abc", Some("abc"));
        check("authorization", "bearer  abc", Some("abc"));
        check("authorization", "Basic abc", None);
    }
}
