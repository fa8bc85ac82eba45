//! `services.toml`: what we sell.

use std::collections::BTreeSet;

use panelgate_domain::catalogue::{Definitions, HandMade, Import, WantedRoute};
use panelgate_domain::ids::{MAX_ID, OfferId, PanelName, ServiceId};
use panelgate_domain::routing::{Avoid, MAX_WEIGHT, Strategy};

use super::scope::Scope;
use super::{KnownPanels, overrides};
use crate::config::raw::{self, Maybe};
use crate::config::spanned::Spanned;
use crate::config::suggest;
use crate::config::value::{self, Read, Wrong};

pub(super) fn resolve(
    raw: &raw::Services,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Definitions {
    if raw.import.is_empty() && raw.service.is_empty() {
        scope.warn_file(
            "nothing is sold",
            "write an [[import]] of a panel's list or a [[service]] into services.toml",
        );
    }
    let imports = raw.import.iter();
    let imports = imports
        .filter_map(|spanned| import(spanned, known, scope))
        .collect();
    let everywhere = avoid(&raw.routing, Avoid::default(), scope);
    let mut taken = BTreeSet::new();
    let services = raw.service.iter();
    let hand_made = services
        .filter_map(|spanned| service(spanned, known, &mut taken, everywhere, scope))
        .collect();
    let overrides = overrides::resolve(&raw.r#override, known, &taken, scope);
    Definitions {
        imports,
        hand_made,
        overrides,
        avoid: everywhere,
    }
}

/// A panel that exists, or a report that it does not. Without knowledge of panels every name passes.
pub(super) fn panel_of(
    written: &Spanned<String>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<PanelName> {
    let name = PanelName::from(written.get_ref().as_str());
    match known {
        Some(known) if !known.contains(&name) => {
            let names: Vec<&str> = known.iter().map(PanelName::as_str).collect();
            scope.error(
                &written.span(),
                format!("there is no panel `{name}`"),
                "expected a panel of panelgate.toml",
                suggest::mend(
                    name.as_str(),
                    &names,
                    "add a [panels.NAME] table to panelgate.toml",
                ),
            );
            None
        }
        _ => Some(name),
    }
}

fn import(
    spanned: &Spanned<raw::Import>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<Import> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let category = scope.read_list(&raw.category, value::glob);
    let name = scope.read_list(&raw.name, value::glob);
    let types = scope.read_list(&raw.r#type, value::service_type);
    let panel = scope.require(
        &place,
        "panel",
        &raw.panel,
        r#"say whose list: panel = "alpha""#,
    )?;
    Some(Import {
        panel: panel_of(panel, known, scope)?,
        category,
        name,
        types,
    })
}

fn service(
    spanned: &Spanned<raw::Service>,
    known: &KnownPanels,
    taken: &mut BTreeSet<ServiceId>,
    everywhere: Avoid,
    scope: &mut Scope<'_>,
) -> Option<HandMade> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let name = scope
        .require(&place, "name", &raw.name, r#"add name = "Followers""#)
        .and_then(|name| scope.read_one(name, value::name));
    let category = scope
        .require(
            &place,
            "category",
            &raw.category,
            r#"add category = "Instagram""#,
        )
        .and_then(|category| scope.read_one(category, value::name));
    let says = overrides::says(&raw.min, &raw.max, &raw.description, scope);
    let strategy = scope.read(&raw.strategy, strategy).unwrap_or_default();
    let own = avoid(&raw.routing, everywhere, scope);
    let id = id(spanned, taken, scope);
    let routes = routes(spanned, known, scope);
    if let Some(routes) = raw
        .routes
        .as_ref()
        .filter(|_| strategy != Strategy::Weighted)
    {
        warn_of_weights(routes.get_ref(), scope);
    }
    Some(HandMade {
        id: id?,
        name: name?,
        category: category?,
        says,
        strategy,
        avoid: raw.routing.is_some().then_some(own),
        routes: routes?,
    })
}

/// `[routing]`, with what is not written as elsewhere.
fn avoid(raw: &Maybe<raw::Routing>, elsewhere: Avoid, scope: &mut Scope<'_>) -> Avoid {
    let Some(raw) = raw else { return elsewhere };
    let raw = raw.get_ref();
    let mut percent = |written: &Maybe<i64>, elsewhere: Option<u32>| match written {
        None => elsewhere,
        Some(_) => Some(scope.whole(written, 0..=100, 100)),
    };
    Avoid {
        max_refused_percent: percent(&raw.max_refused_percent, elsewhere.max_refused_percent),
        max_canceled_percent: percent(&raw.max_canceled_percent, elsewhere.max_canceled_percent),
        max_partial_percent: percent(&raw.max_partial_percent, elsewhere.max_partial_percent),
        min_orders: scope.whole(&raw.min_orders, 1..=1_000_000, elsewhere.min_orders),
    }
}

fn warn_of_weights(routes: &[Spanned<raw::Route>], scope: &mut Scope<'_>) {
    for weight in routes
        .iter()
        .filter_map(|route| route.get_ref().weight.as_ref())
    {
        scope.warn(
            &weight.span(),
            "a weight that nothing uses",
            "only the strategy \"weighted\" looks at weights",
            "write strategy = \"weighted\", or leave the weight out",
        );
    }
}

/// The operator's own id: any that old clients can read. It must not be one that an import was given, which only the store
/// knows.
fn id(
    spanned: &Spanned<raw::Service>,
    taken: &mut BTreeSet<ServiceId>,
    scope: &mut Scope<'_>,
) -> Option<ServiceId> {
    let id = &spanned.get_ref().id;
    let id = scope.require(
        &spanned.span(),
        "id",
        id,
        "add an id that never changes: id = 101",
    )?;
    let number = *id.get_ref();
    if !(1..=MAX_ID).contains(&number) {
        scope.error(
            &id.span(),
            format!("{number} is no service id"),
            format!("expected 1 to {MAX_ID}"),
            "use ids below 1001: those from there on are given to imports",
        );
        return None;
    }
    if !taken.insert(ServiceId(number)) {
        scope.error(
            &id.span(),
            format!("the id {number} is taken"),
            "an earlier [[service]] has it",
            "give each service an id of its own, and never one that was sold under before",
        );
    }
    Some(ServiceId(number))
}

fn strategy(text: &str) -> Read<Strategy> {
    Strategy::parse(text).ok_or_else(|| Wrong {
        title: format!("there is no strategy `{text}`"),
        expected: "expected \"priority\", \"cheapest\" or \"weighted\"",
        mend: suggest::mend(text, &Strategy::ALL.map(Strategy::word), ""),
    })
}

fn routes(
    spanned: &Spanned<raw::Service>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<Vec<WantedRoute>> {
    let written = scope.require(&spanned.span(), "routes", &spanned.get_ref().routes, ROUTES)?;
    if written.get_ref().is_empty() {
        scope.error(
            &written.span(),
            "a service without a route",
            "expected at least one route",
            ROUTES,
        );
    }
    let mut routes: Vec<WantedRoute> = Vec::new();
    for spanned in written.get_ref() {
        let Some(route) = self::route(spanned, known, scope) else {
            continue;
        };
        let mut earlier = routes.iter();
        if earlier.any(|other| other.panel == route.panel && other.offer == route.offer) {
            scope.error(
                &spanned.span(),
                format!("offer {} of {} is here already", route.offer, route.panel),
                "the same route twice",
                "remove one of them",
            );
        }
        routes.push(route);
    }
    Some(routes)
}

fn route(
    spanned: &Spanned<raw::Route>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<WantedRoute> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let weight = scope.whole(&raw.weight, 1..=i64::from(MAX_WEIGHT), 1);
    let panel = scope
        .require(&place, "panel", &raw.panel, ROUTES)
        .and_then(|panel| panel_of(panel, known, scope));
    let offer = scope
        .require(&place, "service", &raw.service, ROUTES)
        .and_then(|offer| scope.read_one(offer, offer_id));
    Some(WantedRoute {
        panel: panel?,
        offer: offer?,
        weight,
    })
}

pub(super) fn offer_id(text: &str) -> Read<OfferId> {
    if text.trim() == text && !text.is_empty() && text.chars().count() <= LONGEST_OFFER_ID {
        return Ok(OfferId::from(text));
    }
    Err(Wrong {
        title: format!("`{text}` is no id of an offer"),
        expected: "expected the id in the panel's own list",
        mend: "write it as text, as the panel does: service = \"77\"".into(),
    })
}

const LONGEST_OFFER_ID: usize = 64;
const ROUTES: &str = r#"write routes = [ { panel = "alpha", service = "1" } ]"#;
