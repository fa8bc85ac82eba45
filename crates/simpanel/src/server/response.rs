//! An answer as an HTTP response.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

use crate::fault::answer::Answer;

/// The body of a response: everything, or half of what its head announces and then nothing for ever.
#[derive(Debug)]
pub(super) struct AnswerBody {
    chunk: Option<Bytes>,
    ends: bool,
}

/// An answer, whole or to be cut after half of its body.
pub(super) fn response(answer: Answer, whole: bool) -> Response<AnswerBody> {
    let length = answer.body.len();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if answer.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(wait) = answer.retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(location) = answer
        .location
        .and_then(|to| HeaderValue::try_from(to).ok())
    {
        headers.insert(LOCATION, location);
    }
    let mut chunk = answer.body;
    if !whole {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        chunk.truncate(length / 2);
    }
    let mut response = Response::new(AnswerBody {
        chunk: Some(chunk),
        ends: whole,
    });
    // Plans are checked when they are read; a test that writes 7 gets what a broken server would give.
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.chunk.take() {
            Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            None if self.ends => Poll::Ready(None),
            // Nobody wakes it: the connection ends once the half has left.
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ends && self.chunk.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.chunk {
            Some(chunk) if self.ends => SizeHint::with_exact(chunk.len() as u64),
            None if self.ends => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}
