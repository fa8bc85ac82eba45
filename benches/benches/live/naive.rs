//! A proxy as gateways commonly are: a request that needs a panel is a call of its own.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::knobs::FRESH_FOR;
use crate::line::post;
use crate::load::Target;
use crate::panels::Panels;
use crate::trace::{OrderNo, Trace};

/// What goes up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Every id of the request.
    PassThrough,
    /// Those whose kept answers are not fresh.
    Cache,
}

struct Proxy {
    policy: Policy,
    urls: Vec<String>,
    /// The panel of each order, and its id there.
    places: Vec<(usize, i64)>,
    client: Client<HttpConnector, Full<Bytes>>,
    /// At most one answer per order.
    kept: Mutex<HashMap<OrderNo, (Instant, Shown)>>,
}

/// The status of one order as a panel wrote it.
type Shown = Arc<RawValue>;

/// Listens as long as its runtime lives. Orders are called by their numbers.
pub(crate) async fn start(policy: Policy, trace: &Trace, panels: &Panels) -> Target {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let proxy = Arc::new(Proxy {
        policy,
        urls: panels.urls(),
        places: panels.places(),
        client: Client::builder(TokioExecutor::new()).build(connector),
        kept: Mutex::default(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, proxy));
    let orders = i64::try_from(trace.panel.len()).expect("a few thousand");
    Target {
        address,
        ids: (0..orders).collect(),
    }
}

async fn serve(listener: TcpListener, proxy: Arc<Proxy>) {
    loop {
        let (stream, _) = listener.accept().await.expect("accepted");
        stream.set_nodelay(true).expect("set");
        let proxy = Arc::clone(&proxy);
        let service = service_fn(move |request| answer(Arc::clone(&proxy), request));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn answer(
    proxy: Arc<Proxy>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let form = request.into_body().collect().await.expect("a body");
    let form = String::from_utf8(form.to_bytes().to_vec()).expect("text");
    let (_, ids) = form.rsplit_once("&orders=").expect("a poll");
    let orders = ids.split(',').map(|id| id.parse().expect("a number"));
    let shown = proxy.look_at(orders.collect()).await;
    let entries: Vec<_> = shown
        .iter()
        .map(|(order, shown)| format!("\"{order}\":{}", shown.get()))
        .collect();
    let body = format!("{{{}}}", entries.join(","));
    Ok(Response::new(Full::new(body.into())))
}

impl Proxy {
    async fn look_at(self: &Arc<Self>, orders: Vec<OrderNo>) -> BTreeMap<OrderNo, Shown> {
        let mut shown = self.fresh(&orders);
        let mut missing: BTreeMap<usize, Vec<OrderNo>> = BTreeMap::new();
        for order in orders {
            if !shown.contains_key(&order) {
                let (panel, _) = self.places[order as usize];
                missing.entry(panel).or_default().push(order);
            }
        }
        let mut calls = JoinSet::new();
        for (panel, orders) in missing {
            calls.spawn(Arc::clone(self).call(panel, orders));
        }
        let found: Vec<_> = calls.join_all().await.into_iter().flatten().collect();
        self.keep(&found);
        shown.extend(found);
        shown
    }

    fn fresh(&self, orders: &[OrderNo]) -> BTreeMap<OrderNo, Shown> {
        let kept = self.kept.lock().expect("no holder panics");
        let fresh = orders.iter().filter_map(|order| {
            let (at, shown) = kept.get(order)?;
            (at.elapsed() <= FRESH_FOR).then(|| (*order, Arc::clone(shown)))
        });
        fresh.collect()
    }

    fn keep(&self, found: &[(OrderNo, Shown)]) {
        if self.policy == Policy::Cache {
            let now = Instant::now();
            let entries = found
                .iter()
                .map(|(order, shown)| (*order, (now, Arc::clone(shown))));
            self.kept.lock().expect("no holder panics").extend(entries);
        }
    }

    async fn call(self: Arc<Self>, panel: usize, orders: Vec<OrderNo>) -> Vec<(OrderNo, Shown)> {
        let ids = orders.iter().map(|order| self.places[*order as usize].1);
        let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
        let form = format!("key=sim-key&action=status&orders={}", ids.join(","));
        let request = post(&self.urls[panel], form);
        let answer = self.client.request(request).await.expect("an answer");
        let body = answer.into_body().collect().await.expect("a body");
        let mut statuses: HashMap<String, Box<RawValue>> =
            serde_json::from_slice(&body.to_bytes()).expect("a map of statuses");
        let found = orders.iter().zip(&ids).filter_map(|(order, id)| {
            let shown = statuses.remove(id)?;
            Some((*order, Arc::from(shown)))
        });
        found.collect()
    }
}
