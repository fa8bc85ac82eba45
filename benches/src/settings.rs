//! What a gateway in a bench's process is told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use panelgate_domain::catalogue::{Definitions, Import};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::PanelName;
use panelgate_domain::markup::{Markup, Terms};
use panelgate_engine::Rules;
use panelgate_upstream::PanelSettings;

/// Sells all that these panels sell, a fifth dearer.
#[must_use]
pub fn rules(panels: &[PanelName]) -> Rules {
    Rules {
        revision: 1,
        markup: Markup {
            default: Terms::percent(20.into()),
            rules: Vec::new(),
        },
        definitions: Definitions {
            imports: panels.iter().cloned().map(Import::whole).collect(),
            ..Definitions::default()
        },
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}

/// A fast panel whose facts stay fresh for an hour.
///
/// # Panics
/// That is no URL.
#[must_use]
pub fn panel(name: PanelName, url: &str) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(100).expect("not 0"),
        allow_private: true,
        fresh_for: Duration::from_secs(3_600),
        ..PanelSettings::new(
            name,
            url.parse().expect("a URL"),
            "sim-key".to_owned().into(),
            "USD".into(),
        )
    }
}
