//! One request: read it, find who asks, do it, answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use panelgate_domain::action::Action;
use panelgate_domain::fault::{Effect, Fault, Refusal, Who};
use panelgate_domain::reply::{PriceList, Reply};
use panelgate_engine::{Cx, Engine};
use panelgate_wire::{reply, request};
use tokio_util::task::TaskTracker;

use crate::auth;
use crate::body::{Bodies, BodyError};
use crate::guesses::Guesses;
use crate::limits::Limits;
use crate::line::Line;
use crate::listing::{self, Coding, Listings};
use crate::metrics::Metrics;
use crate::page::Page;
use crate::settings::Settings;

/// What answers requests.
pub(crate) struct Handler {
    settings: Settings,
    paths: Vec<String>,
    engine: Engine,
    bodies: Bodies,
    limits: Limits,
    guesses: Guesses,
    listings: Listings,
    page: Page,
    metrics: Metrics,
    answers: TaskTracker,
}

/// There is no honest answer in time: the connection is closed instead, and the client knows as much as we do.
#[derive(Debug, thiserror::Error)]
#[error("no answer in time")]
pub(crate) struct NoAnswer;

impl Handler {
    pub(crate) fn new(settings: Settings, engine: Engine, metrics: Metrics) -> Self {
        let paths = settings
            .paths
            .iter()
            .map(|path| path.trim_end_matches('/').to_owned())
            .collect();
        let bodies = Bodies::new(&settings, metrics.bodies());
        let limits = Limits::new(settings.add_per_second, settings.reads_per_second);
        let guesses = Guesses::new(settings.wrong_keys_per_minute);
        Self {
            page: Page::new(&settings),
            settings,
            paths,
            engine,
            bodies,
            limits,
            guesses,
            listings: Listings::new(),
            metrics,
            answers: TaskTracker::new(),
        }
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Requests that have come whole and are being answered.
    pub(crate) const fn answers(&self) -> &TaskTracker {
        &self.answers
    }

    /// For a client with as many requests at a time as an address may have.
    pub(crate) fn no_room(&self, client: IpAddr) -> Response<Full<Bytes>> {
        tracing::debug!(%client, "too many requests at a time");
        self.metrics.request("invalid", "no_room", Duration::ZERO);
        json(reply::refusal(Refusal::TooManyRequests))
    }

    pub(crate) async fn handle(
        &self,
        request: Request<Incoming>,
        line: &Line,
        client: IpAddr,
    ) -> Result<Response<Full<Bytes>>, NoAnswer> {
        let path = request.uri().path().trim_end_matches('/');
        if self.paths.iter().any(|known| known == path) {
            return self.api(request, line, client).await;
        }
        if !path.is_empty() {
            return Ok(plain(StatusCode::NOT_FOUND, "not found\n"));
        }
        match *request.method() {
            Method::GET | Method::HEAD => Ok(self.page.response(request.uri(), request.headers())),
            _ => {
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
                response
                    .headers_mut()
                    .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                Ok(response)
            }
        }
    }

    async fn api(
        &self,
        request: Request<Incoming>,
        line: &Line,
        client: IpAddr,
    ) -> Result<Response<Full<Bytes>>, NoAnswer> {
        let began = Instant::now();
        let (head, incoming) = request.into_parts();
        let body = match self.bodies.read(incoming).await {
            Ok(body) => body,
            Err(BodyError::TooLarge) => {
                self.answered("invalid", "refused", client, None, began.elapsed());
                return Ok(json(reply::refusal(Refusal::IncorrectRequest)));
            }
            Err(BodyError::NoRoom) => {
                self.answered("invalid", "no_room", client, None, began.elapsed());
                return Ok(json(reply::refusal(Refusal::TooManyRequests)));
            }
            Err(BodyError::Cut | BodyError::TooSlow) => {
                self.answered("invalid", "no_answer", client, None, began.elapsed());
                return Err(NoAnswer);
            }
        };
        let _answering = self.answers.token();
        let decoded = request::read(&request::Raw {
            // Only POST may move money; HEAD and the like are no way around that.
            get: head.method != Method::POST,
            get_add: self.settings.get_add,
            query: head.uri.query().unwrap_or(""),
            body: &body.bytes,
            header_key: auth::key_in(&head.headers),
            idempotency_key: header(&head.headers, &IDEMPOTENCY_KEY),
        });
        // What it means is kept, and its bytes make room for others.
        drop(body);
        let action = decoded.action.as_ref().map_or("invalid", Action::name);
        let accepts_gzip = listing::accepts_gzip(&head.headers);
        let answer = self.answer(decoded, line, client).await;
        let result = outcome(&answer);
        self.answered(action, result, client, Some(&answer), began.elapsed());
        match answer {
            Ok(Reply::Services(list)) => self.price_list(&list, accepts_gzip).await,
            Ok(reply) => Ok(json(reply::reply(&reply))),
            Err(Failure::Fault(fault)) => {
                log(action, client, &fault);
                match fault.effect {
                    // Saying anything now could be a lie.
                    Effect::Unknown => Err(NoAnswer),
                    Effect::DidNotHappen | Effect::Happened => {
                        Ok(json(reply::refusal(fault.refusal)))
                    }
                }
            }
            Err(Failure::NoAnswer) => Err(NoAnswer),
        }
    }

    /// One line for each request, whatever came of it.
    fn answered(
        &self,
        action: &str,
        result: &str,
        client: IpAddr,
        answer: Option<&Result<Reply, Failure>>,
        took: Duration,
    ) {
        self.metrics.request(action, result, took);
        let (order, fault) = match answer {
            Some(Ok(Reply::Added(order))) => (Some(order), None),
            Some(Err(Failure::Fault(fault))) => (None, Some(fault)),
            _ => (None, None),
        };
        tracing::debug!(
            action,
            result,
            %client,
            order = order.map(tracing::field::display),
            fault = fault.map(tracing::field::display),
            ms = took.as_secs_f64() * 1_000.0,
            "answered"
        );
    }

    async fn answer(
        &self,
        request: request::Request,
        line: &Line,
        client: IpAddr,
    ) -> Result<Reply, Failure> {
        let hash = request
            .key
            .as_deref()
            .map(auth::hash)
            .ok_or(Refusal::InvalidApiKey)?;
        let owner = self.engine.owner_of_key(hash).await;
        let owner = owner.map_err(|error| Fault::us(Refusal::TooManyRequests, error))?;
        let cx = Cx {
            customer: owner.ok_or_else(|| self.wrong_key(client))?,
        };
        let action = request.action?;
        if !self.limits.allow(hash, &action) {
            return match self.engine.recall(&cx, &action).await {
                Some(answer) => Ok(answer?),
                None => Err(Refusal::TooManyRequests.into()),
            };
        }
        match tokio::time::timeout(self.settings.answer, self.run(&cx, action, line)).await {
            Ok(answer) => Ok(answer?),
            // What was begun goes on; saying anything about it now could be a lie.
            Err(_) => Err(Failure::NoAnswer),
        }
    }

    /// A key is looked up before its address is: guesses of others must not lock out whoever has a right one.
    fn wrong_key(&self, client: IpAddr) -> Refusal {
        let is_within = self.guesses.allow(client);
        self.metrics.wrong_key(is_within);
        if is_within {
            Refusal::InvalidApiKey
        } else {
            Refusal::TooManyRequests
        }
    }

    async fn run(&self, cx: &Cx, action: Action, line: &Line) -> Result<Reply, Fault> {
        let Action::Add(add) = action else {
            return self.engine.run(cx, action).await;
        };
        let (reply, hearing) = self.engine.add(cx, add, Some(line.asker())).await?;
        if let Some(hearing) = hearing {
            line.answers(hearing);
        }
        Ok(reply)
    }

    async fn price_list(
        &self,
        list: &Arc<PriceList>,
        accepts_gzip: bool,
    ) -> Result<Response<Full<Bytes>>, NoAnswer> {
        let rendered = self.listings.rendered(list).await.ok_or(NoAnswer)?;
        let (bytes, coding) = rendered.bytes(accepts_gzip);
        let mut response = json(bytes);
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if coding == Coding::Gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(response)
    }
}

/// Why there is no reply.
enum Failure {
    Fault(Fault),
    NoAnswer,
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Fault(refusal.into())
    }
}

const fn outcome(answer: &Result<Reply, Failure>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(Failure::NoAnswer) => "no_answer",
        Err(Failure::Fault(fault)) => match fault.who {
            Who::Customer => "refused",
            Who::Panel => "refused_by_panel",
            Who::Us => "failed",
        },
    }
}

/// The one place where a fault is logged that is more than a customer's mistake.
fn log(action: &str, client: IpAddr, fault: &Fault) {
    match (fault.who, fault.effect) {
        (Who::Customer, Effect::DidNotHappen) => {}
        (Who::Panel, _) => tracing::info!(action, %client, %fault, "a panel refused"),
        _ => tracing::error!(action, %client, effect = ?fault.effect, %fault, "failed"),
    }
}

/// Old clients read the type to the letter and never expect anything but 200.
fn json(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn header<'a>(headers: &'a http::HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
