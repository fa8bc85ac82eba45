//! The URL on the page: what the operator wrote, else what the reader's own browser called us.

use http::header::HOST;
use http::{HeaderMap, Uri};

use crate::settings::Settings;

/// Where customers reach the API.
#[derive(Debug)]
pub(crate) struct Address {
    /// As configured.
    public: Option<String>,
    scheme: &'static str,
    path: String,
}

impl Address {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            public: settings.public_url.clone(),
            scheme: match settings.certificate {
                Some(_) => "https",
                None => "http",
            },
            path: settings.paths.first().cloned().unwrap_or_default(),
        }
    }

    /// The URL of the API for whoever sent this request.
    pub(crate) fn url(&self, uri: &Uri, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public {
            return url.clone();
        }
        let named = uri.authority().map(http::uri::Authority::as_str);
        let named = named.or_else(|| headers.get(HOST)?.to_str().ok());
        let host = named.filter(|host| is_plain(host)).unwrap_or(UNKNOWN);
        format!("{}://{host}{}", self.scheme, self.path)
    }
}

/// Whether a host can stand in a shell line, in code and in HTML as it is. Anybody can send any `Host`.
fn is_plain(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    (1..=LONGEST_HOST).contains(&host.len()) && host.bytes().all(plain)
}

/// What stands for a host that is not said, or that nobody would type.
const UNKNOWN: &str = "this-host";
const LONGEST_HOST: usize = 255;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(settings: &Settings, host: Option<&[u8]>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            let host = HeaderValue::from_bytes(host).expect("a header can hold it");
            headers.insert(HOST, host);
        }
        let url = Address::new(settings).url(&Uri::from_static("/"), &headers);
        assert_eq!(url, expected);
    }

    #[test]
    fn the_host_is_what_the_reader_called_us() {
        let settings = Settings::default();
        for host in [
            "panel.example",
            "panel.example:8080",
            "127.0.0.1:1",
            "[::1]:8080",
        ] {
            check(
                &settings,
                Some(host.as_bytes()),
                &format!("http://{host}/api/v2"),
            );
        }
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let settings = Settings::default();
        let long = "a".repeat(256);
        for host in [
            "",
            "a b",
            "a\"b",
            "a'b",
            "a<script>",
            "a&b",
            "a$(id)",
            "a`id`",
            "a;b",
            "a/b",
            "u@a",
            "a\\b",
            "{url}",
            "a%3c",
            &long,
            "ä",
        ] {
            check(&settings, Some(host.as_bytes()), "http://this-host/api/v2");
        }
        check(&settings, None, "http://this-host/api/v2");
    }

    #[test]
    fn the_operators_word_comes_first() {
        let settings = Settings {
            public_url: Some("https://api.example/v2".to_owned()),
            ..Settings::default()
        };
        check(&settings, Some(b"other.example"), "https://api.example/v2");
        check(&settings, None, "https://api.example/v2");
    }
}
