//! `GET /`: the API as customers need it, at this gateway's own URL.
//!
//! Names, types, answers and errors on it are made by the code that means them. The page is built once; only the URL differs
//! from reader to reader. It loads nothing and runs nothing, and the policy that it is sent with allows no more than that.

mod address;
mod answers;
mod errors;
mod examples;
mod html;
mod types;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, Uri};
use http_body_util::Full;
use sha2::{Digest, Sha256};

use crate::settings::Settings;
use address::Address;

/// The page, built.
#[derive(Debug)]
pub(crate) struct Page {
    /// What stands between one URL and the next.
    parts: Vec<String>,
    policy: HeaderValue,
    address: Address,
}

impl Page {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            parts: build().split(URL).map(str::to_owned).collect(),
            policy: policy(),
            address: Address::new(settings),
        }
    }

    /// The answer to whoever sent this request.
    pub(crate) fn response(&self, uri: &Uri, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let url = html::escape(&self.address.url(uri, headers));
        let mut response = Response::new(Full::new(Bytes::from(self.parts.join(&url))));
        let fixed = HeaderValue::from_static;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, fixed("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
        headers.insert(REFERRER_POLICY, fixed("no-referrer"));
        // It holds what its reader sent as `Host`, which must not become another reader's page.
        headers.insert(CACHE_CONTROL, fixed("no-store"));
        response
    }
}

fn build() -> String {
    let mut page = TEMPLATE.to_owned();
    let mut put = |place: &str, html: &str| page = page.replace(place, html);
    put("{style}", STYLE);
    put("{types}", &types::all());
    put("{errors}", &errors::all());
    for (place, answer) in answers::all() {
        put(place, &answer);
    }
    for (place, parameters) in EXAMPLES {
        put(place, &examples::request(parameters));
    }
    page
}

/// Nothing may be loaded, run, framed or sent anywhere; the one style that applies is the page's own.
fn policy() -> HeaderValue {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("Base64 is plain text")
}

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// Where the URL stands; no other text of the page holds this.
const URL: &str = "{url}";

/// The places of requests in the page, and what they ask.
const EXAMPLES: [(&str, &[examples::Parameter]); 7] = [
    ("{ask services}", &[("action", "services")]),
    (
        "{ask add}",
        &[
            ("action", "add"),
            ("service", "1"),
            ("link", "https://example.com/p"),
            ("quantity", "100"),
        ],
    ),
    (
        "{ask status}",
        &[("action", "status"), ("orders", "1,10,100")],
    ),
    ("{ask refill}", &[("action", "refill"), ("order", "1")]),
    (
        "{ask refill_status}",
        &[("action", "refill_status"), ("refill", "1")],
    ),
    ("{ask cancel}", &[("action", "cancel"), ("orders", "2,9")]),
    ("{ask balance}", &[("action", "balance")]),
];

#[cfg(test)]
mod tests {
    use panelgate_domain::fault::Refusal;
    use panelgate_domain::field::Field;
    use panelgate_domain::service_type::ServiceType;
    use panelgate_wire::{name_of, refusal};

    use super::*;

    #[test]
    fn every_place_is_filled() {
        let page = build();
        let places = [TEMPLATE, "{url}"].join("");
        let places = places
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'));
        for (place, _) in places {
            let place = format!("{{{place}}}");
            assert!(place == URL || !page.contains(&place), "{place}");
        }
    }

    #[test]
    fn all_that_code_knows_is_on_the_page() {
        let page = build();
        for kind in ServiceType::ALL {
            assert!(
                page.contains(&format!("<summary>{kind}</summary>")),
                "{kind}"
            );
        }
        for field in Field::ALL {
            assert!(page.contains(&html::code(name_of(field))), "{field:?}");
        }
        for refused in Refusal::EXAMPLES {
            let text = refusal::text(refused);
            assert!(page.contains(&html::code(&text)), "{text}");
        }
    }

    #[test]
    fn nothing_is_loaded_and_nothing_runs() {
        let page = build();
        for forbidden in [
            "<script", "<link", "<img", " src=", " style=", " on", "@import", "url(",
        ] {
            let at = page.find(forbidden).filter(|at| {
                // ` on` is a word of sentences too; an attribute is in a tag.
                forbidden != " on" || page[..*at].rfind('<') > page[..*at].rfind('>')
            });
            assert_eq!(at, None, "{forbidden}");
        }
        assert!(
            page.contains(&format!("<style>{STYLE}</style>")),
            "the hash is of what stands there"
        );
    }

    #[test]
    fn headings_and_landmarks_are_those_of_one_document() {
        let page = build();
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        for once in ["<h1>", "<main>", "<title>", "name=\"viewport\""] {
            assert_eq!(page.matches(once).count(), 1, "{once}");
        }
        for target in page.split("href=\"#").skip(1) {
            let id = target.split('"').next().unwrap_or_default();
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
