//! How orders are doing: most of all that customers are ever answered, so it is written without a shape in between.

use bytes::Bytes;
use panelgate_domain::action::AskedId;
use panelgate_domain::fault::Refusal;
use panelgate_domain::money::Money;
use panelgate_domain::reply::{OrderView, PerId, StatusView, SubscriptionView};
use serde::Serialize;

use super::shapes;

/// The answer about one order.
pub(super) fn one(view: &OrderView) -> Bytes {
    let mut text = Vec::with_capacity(ORDER_BYTES);
    write_view(&mut text, view);
    text.into()
}

/// An object keyed by the asked ids, in the order asked.
pub(super) fn several(statuses: &PerId<OrderView>) -> Bytes {
    let mut text = Vec::with_capacity(2 + statuses.len() * ORDER_BYTES);
    text.push(b'{');
    for (place, (id, answer)) in statuses.iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        write_key(&mut text, id);
        match answer {
            Ok(view) => write_view(&mut text, view),
            Err(refusal) => write_refusal(&mut text, *refusal),
        }
    }
    text.push(b'}');
    text.into()
}

fn write_key(text: &mut Vec<u8>, id: &AskedId) {
    match id {
        AskedId::Number(number) => {
            text.push(b'"');
            write_number(text, *number);
            text.extend_from_slice(b"\":");
        }
        AskedId::Text(asked) => {
            write_shape(text, asked);
            text.push(b':');
        }
    }
}

fn write_view(text: &mut Vec<u8>, view: &OrderView) {
    match view {
        OrderView::Single(view) => write_single(text, view),
        OrderView::Subscription(view) => write_subscription(text, view),
    }
}

/// The order of the fields is the order on the wire.
fn write_single(text: &mut Vec<u8>, view: &StatusView) {
    text.extend_from_slice(b"{\"charge\":\"");
    let mut digits = [0; Money::LONGEST];
    text.extend_from_slice(view.charge.written(&mut digits));
    text.extend_from_slice(b"\",\"start_count\":\"");
    write_number(text, view.start_count);
    text.extend_from_slice(b"\",\"status\":\"");
    // Words have nothing in them that JSON escapes.
    text.extend_from_slice(view.status.word().as_bytes());
    text.extend_from_slice(b"\",\"remains\":\"");
    write_number(text, view.remains);
    text.extend_from_slice(b"\",\"currency\":");
    write_code(text, view.currency.as_str());
    text.push(b'}');
}

fn write_code(text: &mut Vec<u8>, code: &str) {
    if code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        text.push(b'"');
        text.extend_from_slice(code.as_bytes());
        text.push(b'"');
    } else {
        write_shape(text, code);
    }
}

fn write_subscription(text: &mut Vec<u8>, view: &SubscriptionView) {
    let shape = shapes::Subscription {
        status: view.status.word(),
        expiry: &view.expiry,
        posts: shapes::Text(&view.posts),
        orders: &view.orders,
    };
    write_shape(text, &shape);
}

fn write_refusal(text: &mut Vec<u8>, refusal: Refusal) {
    write_shape(text, &shapes::Error::from(refusal));
}

fn write_number(text: &mut Vec<u8>, number: impl itoa::Integer) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn write_shape(text: &mut Vec<u8>, shape: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(text, shape).expect("texts and numbers always serialise");
}

/// About what an order takes, its id included: room that is there need not be made.
const ORDER_BYTES: usize = 112;
