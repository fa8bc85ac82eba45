//! What a gateway in a bench's process is told.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use panelgate_domain::catalogue::{Definitions, Import};
use panelgate_domain::exchange::Exchange;
use panelgate_domain::family::Share;
use panelgate_domain::markup::{Markup, Terms};
use panelgate_engine::Rules;
use panelgate_upstream::{PanelSettings, Refusals, Transport};

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
        name: name.into(),
        url: url.parse().expect("a URL"),
        key: "sim-key".to_owned().into(),
        currency: "USD".into(),
        orders: true,
        requests_per_second: NonZeroU32::new(100).expect("not 0"),
        max_in_flight: 8,
        timeout: Duration::from_secs(20),
        late_answer: Duration::from_secs(120),
        status_batch: 100,
        max_unconfirmed: 20,
        allow_private: true,
        posts: Share::Post,
        refusals: Refusals::default(),
        back_off: Duration::from_secs(10),
        gather: Duration::from_millis(25),
        fresh_for: Duration::from_secs(3_600),
        look_at_least_every: Duration::from_secs(3_600),
        transport: Transport::Network,
    }
}
