//! `balance`: what can be spent.

use panelgate_domain::fault::Fault;
use panelgate_domain::reply::Reply;

use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Core, cx: &Cx) -> Result<Reply, Fault> {
    let account = core
        .store
        .account(cx.customer.id)
        .await
        .map_err(|error| store_fault(&error))?;
    Ok(Reply::Balance {
        amount: account.spendable(),
        currency: core.settings.currency.clone(),
    })
}
