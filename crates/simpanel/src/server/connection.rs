//! One connection: reads requests, takes them to the office, and delivers what the office decides.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use panelgate_wire::request::Raw;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::io::{Due, Line, Orders, Wire};
use super::response::{AnswerBody, response};
use crate::fault::Wait;
use crate::office::{Delivery, Office, Ticket};

/// What every connection shares.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) office: Arc<Office>,
    /// Work that outlives its connection.
    pub(super) tasks: TaskTracker,
}

/// Serves a connection until its client, a fault or the end of the panel ends it. After the end, what is being answered
/// has [`GRACE`] to leave.
pub(super) async fn serve(stream: impl Wire, host: Host) {
    let orders = Arc::new(Orders::new(Arc::clone(&host.office)));
    let stop = host.office.stop.clone();
    let service = service_fn(|request| handle(request, host.clone(), Arc::clone(&orders)));
    let line = TokioIo::new(Line::new(stream, Arc::clone(&orders)));
    let mut connection = pin!(http1::Builder::new().serve_connection(line, service));
    tokio::select! {
        biased;
        // Clients may leave in the middle: that is theirs to tell.
        _ = connection.as_mut() => return,
        () = orders.ended() => return,
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let rest = async {
        tokio::select! {
            biased;
            _ = connection.as_mut() => {}
            () = orders.ended() => {}
        }
    };
    // A client that does not read its answer does not hold up the end.
    let _ = tokio::time::timeout(GRACE, rest).await;
}

async fn handle(
    request: Request<Incoming>,
    host: Host,
    orders: Arc<Orders>,
) -> Result<Response<AnswerBody>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
        host.office.receive_part(head.uri.path());
        orders.close();
        return pending().await;
    };
    let body = body.to_bytes();
    let ticket = host.office.receive(&raw(&head, &body), head.uri.path());
    let number = ticket.number();
    let (due, answer, whole) = match in_time(ticket, &host).await {
        Delivery::Whole(answer) => (Due::Answered(number), answer, true),
        Delivery::Half(answer) => (Due::Close, answer, false),
        Delivery::Silence => {
            host.office.stop.cancelled().await;
            orders.close();
            return pending().await;
        }
        Delivery::Close => {
            orders.close();
            return pending().await;
        }
        Delivery::Reset => {
            orders.reset();
            return pending().await;
        }
    };
    orders.after_writing(due);
    Ok(response(answer, whole))
}

/// Serves a ticket with the delays of its fault. What is begun late is done even if the client has left by then.
async fn in_time(ticket: Ticket, host: &Host) -> Delivery {
    let (office, since) = (Arc::clone(&host.office), ticket.since());
    match ticket.wait() {
        Wait::No => office.serve(&ticket),
        Wait::AfterWork(length) => {
            let delivery = office.serve(&ticket);
            if waited(&office, since, length).await {
                delivery
            } else {
                Delivery::Close
            }
        }
        Wait::BeforeWork(length) => {
            let work = async move {
                if waited(&office, since, length).await {
                    office.serve(&ticket)
                } else {
                    Delivery::Close
                }
            };
            host.tasks.spawn(work).await.unwrap_or(Delivery::Close)
        }
    }
}

/// Whether the wait ended before the panel did.
async fn waited(office: &Office, since: Duration, length: Duration) -> bool {
    let stop: &CancellationToken = &office.stop;
    tokio::select! {
        biased;
        () = office.clock().wait(since, length) => true,
        () = stop.cancelled() => false,
    }
}

fn raw<'a>(head: &'a Parts, body: &'a [u8]) -> Raw<'a> {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    Raw {
        get: head.method == Method::GET,
        get_add: true,
        query: head.uri.query().unwrap_or_default(),
        body,
        header_key: text("x-api-key").or_else(bearer),
        idempotency_key: text("idempotency-key"),
    }
}

/// How long an answer may take to leave once the panel ends.
const GRACE: Duration = Duration::from_secs(1);

/// Comment lists are the largest thing that clients send.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
