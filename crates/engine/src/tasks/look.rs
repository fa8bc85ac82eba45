//! Looks at placed orders whose time has come, so that they end although nobody polls.

use std::collections::BTreeMap;
use std::sync::Arc;

use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_upstream::Interest;

use crate::core::Core;

pub(crate) async fn run(core: Arc<Core>) {
    let mut by_panel: BTreeMap<PanelName, Vec<UpstreamId>> = BTreeMap::new();
    for id in core.looks.take_due(core.now(), &core.settings) {
        let order = core.book.get(id);
        if let Some((panel, upstream_id)) =
            order.and_then(|order| order.panel.zip(order.upstream_id))
        {
            by_panel.entry(panel).or_default().push(upstream_id);
        }
    }
    for (panel, ids) in by_panel {
        if let Some(desk) = core.desk(&panel) {
            // The desk reports by itself; nobody has to wait here.
            core.tracker
                .spawn(async move { desk.ask(Interest::Due, ids).await });
        }
    }
}
