//! `orders resolve`: what became of orders whose panel never said so.

use anyhow::{bail, ensure};
use panelgate_domain::money::Money;
use panelgate_domain::order::{Order, OrderState};
use panelgate_store::StoreError;
use panelgate_store::model::OrderFilter;

use super::{actor, operate, orders, panels};
use crate::cli::Resolve;
use crate::clock;
use crate::config::Config;
use crate::control::protocol::{Request, Response};
use crate::output::{self, Form};
use crate::store::{Missing, with_store};

/// One order, or all unconfirmed ones of a panel and a time. Many are only listed unless that was said to be right.
pub(super) async fn run(config: &Config, args: Resolve) -> anyhow::Result<()> {
    match args.order {
        Some(order) => {
            let request = Request::Resolve {
                order,
                placed: args.placed,
                actor: actor(),
                reason: args.reason,
            };
            operate::run(config, request, Form::Text).await
        }
        None => many(config, args).await,
    }
}

async fn many(config: &Config, args: Resolve) -> anyhow::Result<()> {
    let Some(panel) = &args.panel else {
        bail!("name an order, or a panel and a time")
    };
    let panel = panels::named(config, panel)?;
    // An answer may still come for what was sent later.
    let silent = clock::now().before(panel.timeout.max(config.orders.late_answer));
    let filter = OrderFilter {
        state: Some(OrderState::Unconfirmed),
        panel: Some(panel.name.clone()),
        sent_from: args.from,
        sent_to: args.to.map(|to| to.min(silent)),
        ..OrderFilter::default()
    };
    let found = with_store(config, Missing::Refuse, async |store| {
        let mut found = store.list_orders(filter).await?;
        let evidence = store
            .evidence(found.iter().map(|order| order.id).collect())
            .await?;
        let speaks = |order: &Order| evidence.iter().any(|(about, _)| *about == order.id);
        let before = found.len();
        found.retain(|order| !speaks(order));
        if found.len() < before {
            output::note(&format!(
                "{} orders are left out, because something speaks for the panel having them: see `orders show`",
                before - found.len()
            ));
        }
        let names = orders::customer_names(store).await?;
        output::list(&orders::listing(&found, &names), Form::Text)?;
        Ok(found)
    });
    let found: Vec<Order> = found.await?;
    if args.yes {
        return not_placed(config, &found, &args.reason).await;
    }
    output::note(&format!(
        "{} orders, {} held for them; nothing was changed. --yes says that none of them was placed",
        found.len(),
        held(&found)?
    ));
    Ok(())
}

/// Each is a decision of its own: one that was decided meanwhile, by a late answer or somebody else, stays as it is, and
/// keeps no other one from being decided.
async fn not_placed(config: &Config, found: &[Order], reason: &str) -> anyhow::Result<()> {
    let (mut closed, mut left) = (Vec::new(), 0_usize);
    let mut broken = None;
    for order in found {
        let request = Request::Resolve {
            order: order.id.0,
            placed: None,
            actor: actor(),
            reason: reason.to_owned(),
        };
        match operate::answer(config, &request).await {
            Ok(Response::Failed { why, .. }) => {
                left += 1;
                output::note(&format!("left as it is: {}", why.join("; ")));
            }
            Ok(_) => closed.push(order.clone()),
            Err(error) if was_decided(&error) => {
                left += 1;
                output::note(&format!("left as it is: {error:#}"));
            }
            // Neither the server nor the store is there any more.
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    output::say(&format!(
        "{} of {} orders were not placed, {} went back; {left} were left as they are",
        closed.len(),
        found.len(),
        held(&closed)?
    ))?;
    if let Some(error) = broken {
        return Err(error.context("the others were not asked about"));
    }
    ensure!(left == 0, "{left} orders were left as they are");
    Ok(())
}

fn was_decided(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(StoreError::WrongState { .. } | StoreError::NotFound { .. })
    )
}

/// What is held for orders that were never placed: their whole price.
fn held(orders: &[Order]) -> anyhow::Result<Money> {
    let mut prices = orders.iter().map(|order| order.price);
    let sum = prices.try_fold(Money::ZERO, Money::checked_add);
    sum.ok_or_else(|| anyhow::anyhow!("the sum of their prices is beyond counting"))
}
