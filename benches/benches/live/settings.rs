//! What a gateway in a bench's process is told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use panelgate_domain::catalogue::{Definitions, Import};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::markup::{Markup, Terms};
use panelgate_engine::Rules;
use panelgate_upstream::PanelSettings;

/// Sells what panel `alpha` sells, a fifth dearer.
pub(crate) fn rules() -> Rules {
    let import = Import::whole("alpha".into());
    let default = Terms::percent(20.into());
    Rules {
        revision: 1,
        markup: Markup {
            default,
            rules: Vec::new(),
        },
        definitions: Definitions {
            imports: vec![import],
            ..Definitions::default()
        },
        exchange: Exchange::new("USD".into(), BTreeMap::new()),
    }
}

/// A fast panel whose facts stay fresh for an hour.
pub(crate) fn panel_settings(name: &str, url: &str) -> PanelSettings {
    PanelSettings {
        requests_per_second: NonZeroU32::new(100).expect("not 0"),
        allow_private: true,
        fresh_for: Duration::from_secs(3_600),
        ..PanelSettings::new(
            name.into(),
            url.parse().expect("a URL"),
            "sim-key".to_owned().into(),
            "USD".into(),
        )
    }
}
