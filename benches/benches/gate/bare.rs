//! Bare hyper servers: one that answers the same bytes whatever it is asked, and one that reads the form, looks up what it needs
//! in maps and renders. They have the runtime and the allocator that panelgate has.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::peers::LISTENS;

/// Answers these bytes until the process ends.
pub(crate) fn fixed(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    serve(move |_| body.clone());
}

/// Answers `status` of the orders in this answer of panelgate's, to whoever has this key.
pub(crate) fn lookup(orders: &[u8], key: &str) {
    let shelf = Shelf::read(orders, key);
    serve(move |form| shelf.answer(&form));
}

fn serve(answer: impl Fn(Bytes) -> Bytes + Send + Sync + 'static) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        println!("{LISTENS}{}", listener.local_addr().expect("an address"));
        let answer = Arc::new(answer);
        loop {
            let (stream, _) = listener.accept().await.expect("accepted");
            tokio::spawn(connection(stream, Arc::clone(&answer)));
        }
    });
}

async fn connection(stream: TcpStream, answer: Arc<impl Fn(Bytes) -> Bytes>) {
    stream.set_nodelay(true).expect("set");
    let service = service_fn(|request: Request<Incoming>| {
        let answer = Arc::clone(&answer);
        async move {
            let form = request.into_body().collect().await.expect("a body");
            let mut response = Response::new(Full::new(answer(form.to_bytes())));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            Ok::<_, Infallible>(response)
        }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // Clients leave when their round is over.
    _ = http.serve_connection(TokioIo::new(stream), service).await;
}

/// Customers and orders in maps.
struct Shelf {
    customers: HashMap<String, usize>,
    orders: HashMap<u64, Order>,
}

struct Order {
    customer: usize,
    charge: String,
    start_count: u64,
    status: String,
    remains: u64,
    currency: String,
}

impl Shelf {
    fn read(orders: &[u8], key: &str) -> Self {
        let orders: HashMap<String, Value> = serde_json::from_slice(orders).expect("an answer");
        let read = |(id, order): (String, Value)| {
            let text = |name: &str| order[name].as_str().expect("text").to_owned();
            let number = |name: &str| text(name).parse().expect("a number");
            let order = Order {
                customer: 1,
                charge: text("charge"),
                start_count: number("start_count"),
                status: text("status"),
                remains: number("remains"),
                currency: text("currency"),
            };
            (id.parse().expect("an id"), order)
        };
        Self {
            customers: HashMap::from([(key.to_owned(), 1)]),
            orders: orders.into_iter().map(read).collect(),
        }
    }

    fn answer(&self, form: &[u8]) -> Bytes {
        let fields: HashMap<_, _> = url::form_urlencoded::parse(form).collect();
        let customer = fields.get("key").and_then(|key| self.customers.get(&**key));
        let order = |id: &str| {
            let order = self.orders.get(&id.parse().ok()?)?;
            (Some(&order.customer) == customer).then_some(order)
        };
        let mut text = String::new();
        if let Some(ids) = fields.get("orders") {
            for id in ids.split(',') {
                text.push(if text.is_empty() { '{' } else { ',' });
                write!(text, "\"{id}\":").expect("memory");
                order(id).expect("it is known").render(&mut text);
            }
            text.push('}');
        } else if let Some(id) = fields.get("order") {
            order(id).expect("it is known").render(&mut text);
        }
        text.into()
    }
}

impl Order {
    fn render(&self, text: &mut String) {
        let Self {
            charge,
            start_count,
            status,
            remains,
            currency,
            ..
        } = self;
        write!(
            text,
            r#"{{"charge":"{charge}","start_count":"{start_count}","status":"{status}","remains":"{remains}","currency":"{currency}"}}"#
        )
        .expect("memory");
    }
}
