//! One file per action.

use panelgate_domain::action::{AskedId, Ids};
use panelgate_domain::fault::{Fault, Refusal};
use panelgate_domain::ids::OrderId;
use panelgate_domain::order::Order;
use panelgate_domain::reply::PerId;

use crate::core::{Core, Cx, store_fault};

pub(crate) mod add;
pub(crate) mod balance;
pub(crate) mod cancel;
pub(crate) mod refill;
pub(crate) mod refill_status;
pub(crate) mod status;

/// The customer's orders among the ids asked for, in the order asked. An order of somebody else is as unknown as one that
/// does not exist.
pub(crate) async fn own_orders(core: &Core, cx: &Cx, ids: &Ids) -> Result<PerId<Order>, Fault> {
    let numbers: Vec<OrderId> = ids
        .as_slice()
        .iter()
        .filter_map(AskedId::number)
        .map(OrderId)
        .collect();
    let found = core
        .orders(&numbers)
        .await
        .map_err(|error| store_fault(&error))?;
    let own = |asked: &AskedId| {
        let order = asked
            .number()
            .and_then(|number| found.get(&OrderId(number)));
        order
            .filter(|order| order.customer == cx.customer.id)
            .cloned()
            .ok_or(Refusal::IncorrectOrderId)
    };
    Ok(ids
        .as_slice()
        .iter()
        .map(|asked| (asked.clone(), own(asked)))
        .collect())
}

/// The only answer of a request for one id.
pub(crate) fn only<T>(answers: PerId<T>) -> Result<T, Fault> {
    let (_, answer) = answers
        .into_iter()
        .next()
        .ok_or(Refusal::IncorrectRequest)?;
    answer.map_err(Fault::customer)
}
