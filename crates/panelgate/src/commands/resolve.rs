//! `orders resolve`: what became of orders whose panel never said so.

use anyhow::bail;
use panelgate_domain::order::{Order, OrderState};
use panelgate_store::model::OrderFilter;

use super::{actor, operate, orders, panels};
use crate::cli::Resolve;
use crate::config::Config;
use crate::control::protocol::Request;
use crate::output::{self, Form};
use crate::store::{Missing, with_store};

/// One order, or all unconfirmed ones of a panel and a time. Many are only listed unless that was said to be right.
pub(super) async fn run(config: &Config, args: Resolve) -> anyhow::Result<()> {
    if let Some(order) = args.order {
        let request = Request::Resolve {
            order,
            placed: args.placed,
            actor: actor(),
            reason: args.reason,
        };
        return operate::run(config, request, Form::Text).await;
    }
    let Some(panel) = args.panel else {
        bail!("name an order, or a panel and a time")
    };
    let filter = OrderFilter {
        state: Some(OrderState::Unconfirmed),
        panel: Some(panels::named(config, &panel)?.name.clone()),
        from: args.from,
        to: args.to,
        ..OrderFilter::default()
    };
    let found = with_store(config, Missing::Refuse, async |store| {
        let found = store.list_orders(filter).await?;
        let names = orders::customer_names(store).await?;
        output::list(&orders::listing(&found, &names), Form::Text)?;
        Ok(found)
    });
    let found: Vec<Order> = found.await?;
    if !args.yes {
        output::note(&format!(
            "{} orders; nothing was changed. --yes says that none of them was placed",
            found.len()
        ));
        return Ok(());
    }
    for order in found {
        let request = Request::Resolve {
            order: order.id.0,
            placed: None,
            actor: actor(),
            reason: args.reason.clone(),
        };
        operate::run(config, request, Form::Text).await?;
    }
    Ok(())
}
