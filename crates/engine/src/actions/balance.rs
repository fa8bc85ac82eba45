//! `balance`: what can be spent.

use panelgate_domain::fault::Fault;
use panelgate_domain::reply::Reply;

use crate::core::{Core, Cx, store_fault};

pub(crate) async fn run(core: &Core, cx: &Cx) -> Result<Reply, Fault> {
    let customer = cx.customer.id;
    let account = match core.store.known_account(customer) {
        Some(known) => known,
        None => core
            .store
            .account(customer)
            .await
            .map_err(|error| store_fault(&error))?,
    };
    Ok(Reply::Balance {
        amount: account.spendable(),
        currency: core.settings.currency.clone(),
    })
}
