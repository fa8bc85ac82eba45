//! `services.toml`: what we sell.

use std::collections::BTreeSet;

use panelgate_domain::catalogue::{Definitions, HandMade, Import};
use panelgate_domain::ids::{MAX_ID, OfferId, PanelName, ServiceId};
use toml::Spanned;

use super::KnownPanels;
use super::scope::Scope;
use crate::config::raw;
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
    let mut taken = BTreeSet::new();
    let services = raw.service.iter();
    let hand_made = services
        .filter_map(|spanned| service(spanned, known, &mut taken, scope))
        .collect();
    Definitions { imports, hand_made }
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
    scope.read(&raw.strategy, strategy);
    let id = id(spanned, taken, scope);
    let routes = routes(spanned, known, scope);
    Some(HandMade {
        id: id?,
        name: name?,
        category: category?,
        routes: routes?,
    })
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

fn strategy(text: &str) -> Read<()> {
    let wrong = |title: String, mend: String| Wrong {
        title,
        expected: "expected \"priority\"",
        mend,
    };
    match text {
        "priority" => Ok(()),
        "cheapest" | "weighted" => Err(wrong(
            format!("the strategy `{text}` is not built yet"),
            "write \"priority\": routes are tried in the order they are written".to_owned(),
        )),
        _ => Err(wrong(
            format!("there is no strategy `{text}`"),
            suggest::mend(text, &["priority"], ""),
        )),
    }
}

fn routes(
    spanned: &Spanned<raw::Service>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<Vec<(PanelName, OfferId)>> {
    let written = scope.require(&spanned.span(), "routes", &spanned.get_ref().routes, ROUTES)?;
    if written.get_ref().is_empty() {
        scope.error(
            &written.span(),
            "a service without a route",
            "expected at least one route",
            ROUTES,
        );
    }
    let mut routes = Vec::new();
    for route in written.get_ref() {
        let Some(pair) = self::route(route, known, scope) else {
            continue;
        };
        if routes.contains(&pair) {
            scope.error(
                &route.span(),
                format!("offer {} of {} is here already", pair.1, pair.0),
                "the same route twice",
                "remove one of them",
            );
        }
        routes.push(pair);
    }
    Some(routes)
}

fn route(
    spanned: &Spanned<raw::Route>,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Option<(PanelName, OfferId)> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let _weight: u32 = scope.whole(&raw.weight, 1..=1_000, 1); // Only `weighted` will use it; it has to be valid today.
    let panel = scope
        .require(&place, "panel", &raw.panel, ROUTES)
        .and_then(|panel| panel_of(panel, known, scope));
    let offer = scope
        .require(&place, "service", &raw.service, ROUTES)
        .and_then(|offer| scope.read_one(offer, offer_id));
    Some((panel?, offer?))
}

fn offer_id(text: &str) -> Read<OfferId> {
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
