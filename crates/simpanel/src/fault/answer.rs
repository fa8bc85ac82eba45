//! What a fault makes of an answer: pure functions from bytes to bytes.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{Fault, rewrite, text};

/// An answer as it goes to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) gzip: bool,
    pub(crate) body: Bytes,
}

/// What a fault may know of the request besides its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The key that came with it.
    pub(crate) key: &'a str,
    /// The panel's last order before this request.
    pub(crate) last_order: Option<i64>,
    /// The order that it names in the singular form.
    pub(crate) asked_order: Option<i64>,
}

impl Answer {
    /// JSON with status 200, as panels answer.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            content_type: JSON,
            retry_after: None,
            location: None,
            gzip: false,
            body: body.into(),
        }
    }

    /// Typed by what it looks like: whoever writes `{"order":null}` into a plan means JSON.
    fn page(status: u16, body: String) -> Self {
        let content_type = if body.starts_with(['{', '[']) {
            JSON
        } else {
            HTML
        };
        Self {
            status,
            content_type,
            ..Self::json(body)
        }
    }

    fn error(text: &str) -> Self {
        Self::json(json!({ "error": text }).to_string())
    }
}

impl Fault {
    /// The answer of a panel that does nothing, or that says something else than it did; `None` for faults that need the
    /// honest answer. Faults that answer nothing at all give an empty one.
    pub(crate) fn own_answer(&self, scene: Scene<'_>) -> Option<Answer> {
        let filled = |text: &str| text.replace("{key}", scene.key);
        Some(match self {
            Self::AcceptThenStatus { status, body } | Self::Text { status, body } => {
                Answer::page(*status, filled(body))
            }
            Self::AcceptThenHtml => Answer::page(200, text::error_page()),
            Self::StatusBeforeReading(status) => Answer::page(*status, text::error_page()),
            Self::Refuse(text) => Answer::error(&filled(text)),
            Self::Throttle {
                status,
                retry_after,
            } => Answer {
                status: *status,
                retry_after: *retry_after,
                ..Answer::error("Too many requests")
            },
            Self::Redirect { status, location } => Answer {
                location: Some(filled(location)),
                ..Answer::page(*status, String::new())
            },
            _ => return None,
        })
    }

    /// What the panel makes of its honest answer. Answers without the thing that a fault is about stay as they are.
    pub(crate) fn distort(&self, honest: Answer, scene: Scene<'_>) -> Answer {
        match self {
            Self::ByteOrderMark => prefixed("\u{feff}", JSON, honest),
            Self::PhpNotice => prefixed(PHP_NOTICE, HTML, honest),
            Self::Gzip => gzipped(honest),
            // A catalogue file may hold anything; what is no JSON cannot be rewritten.
            _ => match serde_json::from_slice(&honest.body)
                .ok()
                .and_then(|answer| rewrite::rewritten(self, answer, scene))
            {
                Some(rewritten) => Answer {
                    body: rewritten.to_string().into(),
                    ..honest
                },
                None => honest,
            },
        }
    }
}

fn prefixed(prefix: &str, content_type: &'static str, honest: Answer) -> Answer {
    Answer {
        content_type,
        body: [prefix.as_bytes(), &honest.body].concat().into(),
        ..honest
    }
}

fn gzipped(honest: Answer) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(&honest.body)
        .expect("memory takes what it is given");
    let body = encoder.finish().expect("memory takes what it is given");
    Answer {
        gzip: true,
        body: body.into(),
        ..honest
    }
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=UTF-8";

const PHP_NOTICE: &str = "<br />\n<b>Notice</b>:  Undefined index: runs in <b>/var/www/html/api.php</b> on line <b>23</b><br />\n";

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    const SCENE: Scene<'static> = Scene {
        key: "s3cret",
        last_order: Some(41),
        asked_order: None,
    };

    fn honest() -> Answer {
        Answer::json(r#"{"order":42}"#)
    }

    #[test]
    fn texts_echo_the_key_and_look_like_what_they_are() {
        let refuse = Fault::Refuse("no such key {key}".to_owned()).own_answer(SCENE);
        assert_eq!(
            refuse.expect("an answer").body,
            r#"{"error":"no such key s3cret"}"#
        );
        let text = |body: &str| {
            let fault = Fault::Text {
                status: 418,
                body: body.to_owned(),
            };
            fault.own_answer(SCENE).expect("an answer")
        };
        assert_eq!((text("{").status, text("{").content_type), (418, JSON));
        assert_eq!(text("<html>").content_type, HTML);
    }

    #[test]
    fn faults_that_need_the_honest_answer_have_none_of_their_own() {
        for fault in [
            Fault::Gzip,
            Fault::WrongIds,
            Fault::AcceptThenHalfBody,
            Fault::Slow(Duration::ZERO),
        ] {
            assert_eq!(fault.own_answer(SCENE), None);
        }
    }

    #[test]
    fn what_comes_before_the_json_leaves_it_as_it_is() {
        for fault in [Fault::ByteOrderMark, Fault::PhpNotice] {
            let answer = fault.distort(honest(), SCENE);
            assert!(answer.body.ends_with(&honest().body));
            assert!(answer.body.len() > honest().body.len());
        }
    }

    #[test]
    fn compressed_answers_are_the_same_inside() {
        let answer = Fault::Gzip.distort(honest(), SCENE);
        let mut inside = Vec::new();
        flate2::read::GzDecoder::new(&answer.body[..])
            .read_to_end(&mut inside)
            .expect("gzip");
        assert!(answer.gzip);
        assert_eq!(inside, honest().body);
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        let page = Answer::json("<html>");
        assert_eq!(Fault::OtherCase.distort(page.clone(), SCENE), page);
    }
}
