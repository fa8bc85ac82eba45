//! Price lists as ready bytes, plain and compressed: a list of thousands of services is rendered once, not for everybody who
//! asks, and never on a thread that answers requests.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;
use moka::sync::Cache;
use panelgate_domain::reply::PriceList;
use panelgate_wire::reply;
use tokio::sync::oneshot;

/// Rendered lists, by the number of their build.
pub(crate) struct Listings(Cache<u64, Arc<Rendered>>);

/// A list in both forms.
#[derive(Debug)]
pub(crate) struct Rendered {
    plain: Bytes,
    /// Empty until it is ready: compressing takes longer than rendering, and nobody waits for it.
    gzip: OnceLock<Bytes>,
}

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Gzip,
}

impl Listings {
    pub(crate) fn new() -> Self {
        let weight = |_: &u64, rendered: &Arc<Rendered>| {
            let plain = rendered.plain.len();
            u32::try_from(plain + plain / GZIP_SHARE).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .weigher(weight)
                .max_capacity(RENDERED_BYTES)
                .build(),
        )
    }

    /// A list's bytes. Several that ask for a new one wait for one rendering; `None` if that panicked.
    pub(crate) async fn rendered(&self, list: &Arc<PriceList>) -> Option<Arc<Rendered>> {
        if let Some(rendered) = self.0.get(&list.build) {
            return Some(rendered);
        }
        let (cache, list) = (self.0.clone(), Arc::clone(list));
        let (tell, told) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let entry = cache
                .entry(list.build)
                .or_insert_with(|| Arc::new(Rendered::new(&list)));
            let (is_new, rendered) = (entry.is_fresh(), entry.into_value());
            // Whoever asked may have hung up.
            _ = tell.send(Arc::clone(&rendered));
            if is_new {
                rendered.compress();
            }
        });
        told.await.ok()
    }
}

impl Rendered {
    fn new(list: &PriceList) -> Self {
        Self {
            plain: reply::price_list(list),
            gzip: OnceLock::new(),
        }
    }

    /// A list that does not compress is only ever answered plain.
    fn compress(&self) {
        if self.plain.len() < WORTH_COMPRESSING {
            return;
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(&self.plain);
        match written.and_then(|()| encoder.finish()) {
            Ok(bytes) => _ = self.gzip.set(bytes.into()),
            Err(error) => tracing::error!(%error, "a price list could not be compressed"),
        }
    }

    /// The smallest form that a client reads and that is ready.
    pub(crate) fn bytes(&self, accepts_gzip: bool) -> (Bytes, Coding) {
        match self.gzip.get() {
            Some(gzip) if accepts_gzip => (gzip.clone(), Coding::Gzip),
            _ => (self.plain.clone(), Coding::Plain),
        }
    }
}

/// Whether a client said that it reads gzip (RFC 9110, section 12.5.3). One that says nothing gets plain bytes: it may not know
/// what to do with others.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    let mut any = None;
    for coding in texts.flat_map(|text| text.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or("");
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty())
        });
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            return !refused;
        }
        if name == "*" {
            any = Some(!refused);
        }
    }
    any.unwrap_or(false)
}

/// Bound of the memory for rendered lists.
const RENDERED_BYTES: u64 = 256 * 1024 * 1024;
/// A compressed list takes at most about this part of the plain one.
const GZIP_SHARE: usize = 4;
/// Less fits into one packet anyway.
const WORTH_COMPRESSING: usize = 1_400;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(values: &[&'static str], expected: bool) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
        }
        assert_eq!(accepts_gzip(&headers), expected, "{values:?}");
    }

    #[test]
    fn only_clients_that_say_so_get_gzip() {
        check(&[], false);
        check(&[""], false);
        check(&["gzip"], true);
        check(&["deflate, GZIP;q=0.5"], true);
        check(&["br", "gzip"], true);
        check(&["gzip;q=0"], false);
        check(&["gzip; q=0.000, *"], false);
        check(&["*"], true);
        check(&["*;q=0"], false);
        check(&["identity, deflate, br"], false);
        check(&["gzippy"], false);
    }
}
