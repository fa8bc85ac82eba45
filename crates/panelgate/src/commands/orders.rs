//! `orders …`: what customers bought.

use std::collections::HashMap;
use std::path::Path;

use panelgate_domain::evidence::Evidence;
use panelgate_domain::field::Field;
use panelgate_domain::ids::{CustomerId, OrderId, PanelName};
use panelgate_domain::order::{Order, OrderState};
use panelgate_store::model::{Event, OrderFilter, OrderStory, PlacementRow, TransferRow};
use panelgate_store::{Store, StoreError};

use super::{actor, archived, family, is_cut, most_rows, one_more, operate, resolve};
use crate::cli::{Orders, OrdersList};
use crate::config::{Config, Keys};
use crate::control::protocol::Request;
use crate::output::{self, Cell, Form, Listing};
use crate::store::{Missing, with_store};

/// Does what the command says.
pub(crate) async fn run(path: &Path, command: Orders) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    match command {
        Orders::List(args) => {
            with_store(&config, Missing::Refuse, async |store| {
                list(store, args).await
            })
            .await
        }
        Orders::Show { order } => {
            with_store(&config, Missing::Refuse, async |store| {
                match store.story(OrderId(order)).await {
                    Err(StoreError::Archived(id)) => archived::show(store, id).await,
                    story => Ok(show(&story?)?),
                }
            })
            .await
        }
        Orders::Resolve(args) => resolve::run(&config, args).await,
        Orders::Settle {
            order,
            refund,
            reason,
        } => {
            let refund = refund.to_string();
            operate::run(
                &config,
                Request::Settle {
                    order,
                    refund,
                    actor: actor(),
                    reason,
                },
                Form::Text,
            )
            .await
        }
        Orders::Cancel { order, reason } => {
            let request = Request::Cancel {
                order,
                actor: actor(),
                reason,
            };
            operate::run(&config, request, Form::Text).await
        }
    }
}

async fn list(store: &dyn Store, args: OrdersList) -> anyhow::Result<()> {
    let customer = match args.customer {
        Some(name) => Some(store.customer_named(&name).await?.customer.id),
        None => None,
    };
    let form = Form::json_if(args.as_json.json);
    let limit = most_rows(args.limit, form);
    let filter = OrderFilter {
        state: args.state,
        customer,
        panel: args.panel.map(PanelName::new),
        parent: args.parent.map(OrderId),
        flagged: args.flagged,
        before: args.before.map(OrderId),
        limit: one_more(limit),
        ..OrderFilter::default()
    };
    let mut orders = store.list_orders(filter).await?;
    if is_cut(orders.len(), limit) {
        orders.pop();
        let last = orders.last().map_or(0, |order| order.id.0);
        output::note(&format!(
            "older orders are left out: `--before {last}` goes on there, `--limit 0` shows all"
        ));
    }
    let names = customer_names(store).await?;
    let mut rows = rows(&orders, &names);
    let mut headings = HEADINGS.to_vec();
    if args.state == Some(OrderState::Unconfirmed) {
        let ids = orders.iter().map(|order| order.id).collect();
        let evidence = store.evidence(ids).await?;
        headings.push("evidence");
        for (order, row) in orders.iter().zip(&mut rows) {
            row.push(found_out(order.id, &evidence));
        }
    }
    output::list(&Listing::new(&headings, rows), form)?;
    Ok(())
}

pub(super) async fn customer_names(
    store: &dyn Store,
) -> anyhow::Result<HashMap<CustomerId, String>> {
    let customers = store.customers().await?.into_iter();
    Ok(customers
        .map(|row| (row.customer.id, row.customer.name))
        .collect())
}

pub(super) fn listing(orders: &[Order], names: &HashMap<CustomerId, String>) -> Listing {
    Listing::new(HEADINGS, rows(orders, names))
}

/// `active_link, probed 4711`: what was found out, without saying what it means.
fn found_out(order: OrderId, evidence: &[(OrderId, Evidence)]) -> Cell {
    let its = evidence.iter().filter(|(about, _)| *about == order);
    let clues: Vec<String> = its
        .map(|(_, found)| match &found.upstream_id {
            Some(id) => format!("{} {id}", found.clue),
            None => found.clue.to_string(),
        })
        .collect();
    Some(clues.join(", "))
        .filter(|clues| !clues.is_empty())
        .into()
}

fn rows(orders: &[Order], names: &HashMap<CustomerId, String>) -> Vec<Vec<Cell>> {
    let rows = orders.iter().map(|order| {
        vec![
            order.id.0.into(),
            names.get(&order.customer).map(String::as_str).into(),
            order.service.0.into(),
            order.state.word().into(),
            order.word().word().into(),
            order.price.into(),
            order.panel.as_ref().map(PanelName::as_str).into(),
            order.upstream_id.as_ref().map(|id| id.as_str()).into(),
            order.created.into(),
            order.origin.map(|origin| origin.parent.0).into(),
        ]
    });
    rows.collect()
}

/// The contract's field names.
const HEADINGS: &[&str] = &[
    "order",
    "customer",
    "service",
    "state",
    "status",
    "price",
    "panel",
    "upstream_id",
    "created",
    "parent",
];

fn show(story: &OrderStory) -> std::io::Result<()> {
    output::record(&head(story), Form::Text)?;
    match story.order.order.origin {
        Some(origin) => output::say(&format!("\nordered with order {}", origin.parent))?,
        None => output::say("\nordered")?,
    }
    let spec = &story.order.spec;
    let fields = spec
        .fields()
        .map(|(field, text)| vec![name_of(field).into(), text.into()]);
    output::list(&Listing::new(&["field", "value"], fields), Form::Text)?;
    if !story.children.is_empty() {
        output::say("\norders that it spawned")?;
        output::list(&family::children(story), Form::Text)?;
        output::say(&format!("\n{}", family::hold(story)))?;
    }
    output::say("\nplacements")?;
    output::list(&placements(&story.placements), Form::Text)?;
    if !story.evidence.is_empty() {
        output::say("\nevidence")?;
        output::list(&evidence(story), Form::Text)?;
    }
    output::say("\nhistory")?;
    output::list(&events(&story.events), Form::Text)?;
    output::say("\nmoney")?;
    output::list(&transfers(&story.transfers), Form::Text)
}

/// As the protocol spells it.
fn name_of(field: Field) -> String {
    match serde_json::to_value(field) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("a field is written as its name, not as {other:?}"),
    }
}

fn head(story: &OrderStory) -> Listing {
    let order = &story.order.order;
    let text = |text: Option<&str>| text.map(str::to_owned).into();
    let row = vec![
        order.id.0.into(),
        story.customer.as_str().into(),
        order.service.0.into(),
        order.service_type.name().into(),
        order.state.word().into(),
        order.word().word().into(),
        family::quantity(order).into(),
        order.price.into(),
        order.rate.to_string().into(),
        i64::try_from(order.revision).map_or(Cell::Empty, Cell::from),
        order.taken.into(),
        text(order.panel.as_ref().map(PanelName::as_str)),
        text(order.upstream_id.as_ref().map(|id| id.as_str())),
        order.fact.and_then(|fact| fact.charge).into(),
        order.fact.and_then(|fact| fact.start_count).into(),
        order.fact.and_then(|fact| fact.remains).into(),
        order.fact.map(|fact| fact.at).into(),
        order.cancel_wish.word().into(),
        text(order.flag.as_deref()),
        order.created.into(),
        order.closed.into(),
        order.origin.map(|origin| origin.parent.0).into(),
        order.share.map(family::charged).into(),
    ];
    let headings = &[
        "order",
        "customer",
        "service",
        "type",
        "state",
        "status",
        "quantity",
        "price",
        "rate",
        "revision",
        "taken",
        "panel",
        "upstream_id",
        "upstream_charge",
        "start_count",
        "remains",
        "learned",
        "cancel",
        "waits_for_operator",
        "created",
        "closed",
        "parent",
        "charged",
    ];
    Listing::new(headings, [row])
}

pub(super) fn placements(placements: &[PlacementRow]) -> Listing {
    let rows = placements.iter().map(|placement| {
        vec![
            placement.at.into(),
            placement.panel.as_str().into(),
            placement.offer.as_str().into(),
            placement.outcome.as_deref().unwrap_or("under way").into(),
            placement.raw.as_deref().into(),
        ]
    });
    Listing::new(&["at", "panel", "offer", "outcome", "raw"], rows)
}

fn evidence(story: &OrderStory) -> Listing {
    let rows = story.evidence.iter().map(|found| {
        vec![
            found.at.into(),
            found.clue.word().into(),
            found.upstream_id.as_ref().map(|id| id.as_str()).into(),
            found.text.as_str().into(),
        ]
    });
    Listing::new(&["at", "clue", "upstream_id", "text"], rows)
}

pub(super) fn events(events: &[Event]) -> Listing {
    let rows = events.iter().map(|event| {
        vec![
            event.at.into(),
            event.kind.as_str().into(),
            event.text.as_str().into(),
        ]
    });
    Listing::new(&["at", "event", "text"], rows)
}

pub(super) fn transfers(transfers: &[TransferRow]) -> Listing {
    let rows = transfers.iter().map(|transfer| {
        vec![
            transfer.at.into(),
            transfer.kind.as_str().into(),
            transfer.amount.into(),
            transfer.currency.as_str().into(),
            transfer.reference.as_str().into(),
            transfer.note.as_deref().into(),
        ]
    });
    Listing::new(
        &["at", "kind", "amount", "currency", "reference", "note"],
        rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_customers_send_them() {
        assert_eq!(name_of(Field::AnswerNumber), "answer_number");
        assert_eq!(name_of(Field::Link), "link");
    }
}
