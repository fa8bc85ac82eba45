//! What is sold in every world, and for how much.

use std::collections::BTreeMap;

use panelgate_domain::catalogue::{Definitions, HandMade, WantedRoute};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{PanelName, ServiceId};
use panelgate_domain::markup::{Markup, Terms};
use panelgate_domain::overrides::Says;
use panelgate_domain::routing::{Avoid, Strategy};
use panelgate_engine::Rules;
use serde_json::json;

/// A service of ours, which is the same at every panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sold {
    Followers,
    Likes,
    Package,
    Comments,
}

pub(crate) const ALL: [Sold; 4] = [Sold::Followers, Sold::Likes, Sold::Package, Sold::Comments];

impl Sold {
    /// Its id, ours and the panels'.
    pub(crate) const fn id(self) -> i64 {
        match self {
            Self::Followers => 1,
            Self::Likes => 2,
            Self::Package => 3,
            Self::Comments => 4,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Followers | Self::Likes => "Default",
            Self::Package => "Package",
            Self::Comments => "Custom Comments",
        }
    }

    const fn strategy(self) -> Strategy {
        match self {
            Self::Followers | Self::Package => Strategy::Priority,
            Self::Likes => Strategy::Cheapest,
            Self::Comments => Strategy::Weighted,
        }
    }
}

/// The list of a panel whose prices have moved by so many percent.
pub(crate) fn list(moved_percent: i64) -> String {
    let entries: Vec<_> = ALL
        .into_iter()
        .map(|sold| {
            let cents = (100 + 37 * sold.id()) * (100 + moved_percent) / 100;
            json!({
                "service": sold.id(), "name": format!("{sold:?}"), "type": sold.kind(), "category": "All",
                "rate": format!("{}.{:02}", cents / 100, cents % 100), "min": "1", "max": "10000",
                "dripfeed": false, "refill": true, "cancel": true,
            })
        })
        .collect();
    json!(entries).to_string()
}

/// The operators' rules: the routes lead to these panels, in this order.
pub(crate) fn rules(revision: u64, percent: i64, panels: &[PanelName]) -> Rules {
    let made = |sold: Sold| HandMade {
        id: ServiceId(sold.id()),
        name: format!("{sold:?}"),
        category: "All".into(),
        says: Says::default(),
        strategy: sold.strategy(),
        avoid: None,
        routes: panels
            .iter()
            .map(|panel| WantedRoute {
                panel: panel.clone(),
                offer: sold.id().to_string().as_str().into(),
                weight: 1,
            })
            .collect(),
    };
    Rules {
        revision,
        markup: Markup {
            default: Terms::percent(percent.into()),
            rules: Vec::new(),
        },
        definitions: Definitions {
            imports: Vec::new(),
            hand_made: ALL.into_iter().map(made).collect(),
            overrides: Vec::new(),
            avoid: Avoid::default(),
        },
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}
