//! From the configuration to what each room is set up with.

use panelgate_domain::time::Timestamp;
use panelgate_upstream::{PanelSettings, Refusals, Transport};

use crate::config::{Config, Panel};
use crate::wiring::{GatewaySettings, MarketSettings};

/// Everything that a gateway needs to know. The configuration was loaded with its keys.
pub(crate) fn gateway(config: &Config, now: Timestamp) -> GatewaySettings {
    GatewaySettings {
        store: config.store_path.clone(),
        listen: config.server.listen,
        operator_listen: config.operator_listen,
        stop_within: config.server.stop_within,
        edge: edge(config),
        engine: engine(config),
        market: market(config, now),
        panels: panels(config),
    }
}

/// The part that can be reloaded.
pub(crate) fn market(config: &Config, now: Timestamp) -> MarketSettings {
    MarketSettings {
        markup: config.markup.clone(),
        definitions: config.definitions.clone(),
        exchange: config.money.exchange_at(now),
        text: config.digest,
    }
}

/// The panels, as their desks see them.
pub(crate) fn panels(config: &Config) -> Vec<PanelSettings> {
    config
        .panels
        .iter()
        .map(|panel| panel_settings(config, panel))
        .collect()
}

/// One panel, as its desk sees it.
pub(crate) fn panel_settings(config: &Config, panel: &Panel) -> PanelSettings {
    PanelSettings {
        name: panel.name.clone(),
        url: panel.url.clone(),
        key: panel
            .key
            .clone()
            .expect("the configuration was loaded with its keys"),
        currency: panel.currency.clone(),
        orders: panel.orders,
        requests_per_second: panel.requests_per_second,
        max_in_flight: panel.max_in_flight,
        timeout: panel.timeout,
        late_answer: config.orders.late_answer,
        status_batch: panel.status_batch,
        max_unconfirmed: panel.max_unconfirmed,
        max_unconfirmed_money: panel.max_unconfirmed_money,
        probe_ids: panel.probe_ids,
        resolve_by_evidence: panel.resolve_by_evidence,
        allow_private: panel.allow_private,
        posts: panel.posts,
        refusals: Refusals {
            order: panel.refusals.order.clone(),
            panel: panel.refusals.panel.clone(),
            throttled: panel.refusals.throttled.clone(),
        },
        back_off: panel.back_off,
        gather: config.status.gather,
        fresh_for: config.status.fresh_for,
        look_at_least_every: config.status.look_at_least_every,
        transport: Transport::Network,
    }
}

fn edge(config: &Config) -> panelgate_edge::Settings {
    let limits = &config.server.limits;
    panelgate_edge::Settings {
        paths: config.server.paths.clone(),
        public_url: config.server.public_url.clone(),
        get_add: config.server.get_add,
        trusted_proxies: config.server.trusted_proxies.clone(),
        proxy_protocol: config.server.proxy_protocol,
        certificate: config.tls.as_ref().and_then(|tls| tls.certificate.clone()),
        connections: limits.connections,
        per_address: limits.per_address,
        head: limits.head,
        body: limits.body,
        write: limits.write,
        body_bytes: limits.body_bytes,
        bodies_bytes: limits.bodies_bytes,
        add_per_second: limits.add_per_second,
        reads_per_second: limits.reads_per_second,
        wrong_keys_per_minute: limits.wrong_keys_per_minute,
        ..panelgate_edge::Settings::default()
    }
}

fn engine(config: &Config) -> panelgate_engine::Settings {
    panelgate_engine::Settings {
        add_wait: config.orders.add_wait,
        route_wait: config.orders.route_wait,
        open_for: config.orders.open_for,
        open_max: config.orders.open_max,
        max_posts: config.max_posts,
        status_wait: config.status.wait,
        fresh_for: config.status.fresh_for,
        look_at_least_every: config.status.look_at_least_every,
        recheck_for: config.status.recheck_for,
        evidence_after: config.orders.evidence_after,
        sync: config.sync.policy.clone(),
        sync_at_least_every: config.sync.at_least_every,
        sync_at_most_every: config.sync.at_most_every,
        ..panelgate_engine::Settings::new(config.money.currency.clone())
    }
}
