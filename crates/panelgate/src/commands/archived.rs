//! `orders show` of an archived order: what is left of it, and what its archive has.

use panelgate_domain::ids::{OrderId, PanelName};
use panelgate_store::Store;
use panelgate_store::model::ArchivedOrder;

use super::orders;
use crate::output::{self, Form, Listing};

pub(super) async fn show(store: &dyn Store, order: OrderId) -> anyhow::Result<()> {
    let archived = store.archived(order).await?;
    let Some(archived) = archived else {
        anyhow::bail!("there is no order `{order}`");
    };
    output::record(&head(&archived), Form::Text)?;
    if let Some(history) = &archived.history {
        output::say("\nplacements")?;
        output::list(&orders::placements(&history.placements), Form::Text)?;
        output::say("\nhistory")?;
        output::list(&orders::events(&history.events), Form::Text)?;
    }
    output::say("\nmoney")?;
    output::list(&orders::transfers(&archived.transfers), Form::Text)?;
    if archived.history.is_none() {
        output::note(&format!(
            "its history is in {}, which is not there now",
            archived.stub.file.display()
        ));
    }
    Ok(())
}

fn head(archived: &ArchivedOrder) -> Listing {
    let stub = &archived.stub;
    let row = vec![
        stub.id.0.into(),
        archived.customer.as_str().into(),
        stub.service.0.into(),
        stub.service_type.name().into(),
        "archived".into(),
        stub.word.word().into(),
        output::count(stub.quantity),
        stub.price.into(),
        stub.charge.into(),
        stub.panel.as_ref().map(PanelName::as_str).into(),
        stub.upstream_id.as_ref().map(|id| id.as_str()).into(),
        stub.start_count.into(),
        output::count(stub.remains),
        stub.created.into(),
        stub.closed.into(),
        stub.parent.map(|parent| parent.0).into(),
        stub.file.display().to_string().into(),
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
        "taken",
        "panel",
        "upstream_id",
        "start_count",
        "remains",
        "created",
        "closed",
        "parent",
        "archive",
    ];
    Listing::new(headings, [row])
}
