//! `[[override]]` of `services.toml`: what is said of imported services in place of the panels' words.
//!
//! Which ids imports have, only the store knows: an override of one that is not there is a note of the catalogue.

use std::collections::{BTreeSet, HashSet};

use panelgate_domain::catalogue::FIRST_IMPORTED_ID;
use panelgate_domain::ids::{MAX_ID, ServiceId};
use panelgate_domain::overrides::{MAX_QUANTITY, Override, Says, Target};

use super::KnownPanels;
use super::scope::{Scope, flag};
use super::services::{offer_id, panel_of};
use crate::config::diagnostic::Span;
use crate::config::raw::{self, Maybe};
use crate::config::spanned::Spanned;
use crate::config::value;

pub(super) fn resolve(
    raw: &[Spanned<raw::Override>],
    known: &KnownPanels,
    hand_made: &BTreeSet<ServiceId>,
    scope: &mut Scope<'_>,
) -> Vec<Override> {
    let mut seen = HashSet::new();
    let mut overrides = Vec::new();
    for spanned in raw {
        let Some(one) = one(spanned, known, hand_made, scope) else {
            continue;
        };
        if !seen.insert(one.of.clone()) {
            scope.error(
                &spanned.span(),
                format!("{} has an override already", one.of),
                "two would contradict each other",
                "write both into one [[override]]",
            );
        }
        overrides.push(one);
    }
    overrides
}

fn one(
    spanned: &Spanned<raw::Override>,
    known: &KnownPanels,
    hand_made: &BTreeSet<ServiceId>,
    scope: &mut Scope<'_>,
) -> Option<Override> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let name = scope.read(&raw.name, value::not_blank);
    let category = scope.read(&raw.category, value::not_blank);
    let says = says(&raw.min, &raw.max, &raw.description, scope);
    let sell = flag(&raw.sell, true);
    if sell && is_bare(raw) && !scope.blames_any(&place, CHANGES) {
        scope.error(
            &place,
            "an override that changes nothing",
            "expected name, category, min, max, description or sell",
            "say what to change, or remove it",
        );
    }
    Some(Override {
        of: target(&place, raw, known, hand_made, scope)?,
        name,
        category,
        says,
        sell,
    })
}

/// Whether nothing was written, right or wrong.
const fn is_bare(raw: &raw::Override) -> bool {
    raw.name.is_none()
        && raw.category.is_none()
        && raw.min.is_none()
        && raw.max.is_none()
        && raw.description.is_none()
}

fn target(
    place: &Span,
    raw: &raw::Override,
    known: &KnownPanels,
    hand_made: &BTreeSet<ServiceId>,
    scope: &mut Scope<'_>,
) -> Option<Target> {
    match (&raw.service, &raw.panel, &raw.offer) {
        (Some(id), None, None) => imported(id, hand_made, scope).map(Target::Service),
        (None, Some(panel), Some(offer)) => {
            let panel = panel_of(panel, known, scope);
            let offer = scope.read_one(offer, offer_id);
            Some(Target::Offer(panel?, offer?))
        }
        _ => {
            if !scope.blames_any(place, &["service", "panel", "offer"]) {
                scope.error(
                    place,
                    "an override of no one service",
                    "expected either `service`, or `panel` and `offer`",
                    "write service = 1001, or panel = \"alpha\" and offer = \"1\"",
                );
            }
            None
        }
    }
}

fn imported(
    written: &Spanned<i64>,
    hand_made: &BTreeSet<ServiceId>,
    scope: &mut Scope<'_>,
) -> Option<ServiceId> {
    let id = ServiceId(*written.get_ref());
    if hand_made.contains(&id) {
        scope.error(
            &written.span(),
            format!("service {id} is made by hand"),
            "expected the id of an imported service",
            "change it in its own [[service]]",
        );
        return None;
    }
    if !(FIRST_IMPORTED_ID.0..=MAX_ID).contains(&id.0) {
        scope.error(
            &written.span(),
            format!("no import has the id {id}"),
            format!("imports have ids from {FIRST_IMPORTED_ID} to {MAX_ID}"),
            "`panelgate services list` shows the ids of imports",
        );
        return None;
    }
    Some(id)
}

/// Limits and description, which services made by hand may have as well.
pub(super) fn says(
    min: &Maybe<i64>,
    max: &Maybe<i64>,
    description: &Maybe<String>,
    scope: &mut Scope<'_>,
) -> Says {
    let mut bound = |written: &Maybe<i64>| {
        let written = written.as_ref()?;
        let bounds = 1..=MAX_QUANTITY;
        let value: u64 = scope.whole(&Some(written.clone()), bounds, 1);
        Some(value)
    };
    let (least, most) = (bound(min), bound(max));
    if let (Some(written), Some(least), Some(most)) = (max, least, most)
        && least > most
    {
        scope.error(
            &written.span(),
            format!("no quantity is at least {least} and at most {most}"),
            "expected max to be min or more",
            "exchange them",
        );
    }
    Says {
        min: least,
        max: most,
        description: scope.read(description, value::not_blank),
    }
}

/// What an override may change.
const CHANGES: &[&str] = &["name", "category", "min", "max", "description", "sell"];
