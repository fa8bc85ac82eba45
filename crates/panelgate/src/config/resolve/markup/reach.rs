//! Rules that are never reached, and rules that nothing reaches.
//!
//! What is reported is certain. What only several earlier rules hide together, or what the panels' lists decide, is not seen
//! here.

use std::collections::BTreeSet;

use panelgate_domain::catalogue::{Definitions, FIRST_IMPORTED_ID};
use panelgate_domain::ids::ServiceId;
use panelgate_domain::markup::{Condition, Rule};

use super::super::scope::Scope;
use crate::config::diagnostic::Span;
use crate::config::raw;
use crate::config::spanned::Spanned;

/// What is known while rule after rule is checked.
pub(super) struct Reach<'a> {
    /// `None` if it cannot be read, or if nothing is sold: then nothing can be said.
    definitions: Option<&'a Definitions>,
    names: BTreeSet<String>,
}

impl<'a> Reach<'a> {
    pub(super) fn of(definitions: Option<&'a Definitions>) -> Self {
        let sells = |definitions: &&Definitions| {
            !definitions.imports.is_empty() || !definitions.hand_made.is_empty()
        };
        Self {
            definitions: definitions.filter(sells),
            names: BTreeSet::new(),
        }
    }

    pub(super) fn check_name(&mut self, name: &str, place: &Span, scope: &mut Scope<'_>) {
        if !self.names.insert(name.to_owned()) {
            scope.error(
                place,
                format!("there are two rules named `{name}`"),
                "expected a name of its own",
                "rename one of them: orders and explanations name the rule",
            );
        }
    }

    pub(super) fn check(
        &self,
        rule: &Rule,
        spanned: &Spanned<raw::Rule>,
        earlier: &[Rule],
        scope: &mut Scope<'_>,
    ) {
        // Without a condition it was complained about already.
        if rule.when == Condition::default() {
            return;
        }
        check_hidden(rule, &spanned.span(), earlier, scope);
        if let Some(definitions) = self.definitions {
            check_services(definitions, &rule.when, spanned.get_ref(), scope);
            check_sources(definitions, &rule.when, spanned.get_ref(), scope);
        }
    }
}

fn check_hidden(rule: &Rule, place: &Span, earlier: &[Rule], scope: &mut Scope<'_>) {
    let conditioned = |other: &&Rule| other.when != Condition::default();
    let hides = earlier
        .iter()
        .filter(conditioned)
        .find(|other| other.when.covers(&rule.when));
    if let Some(other) = hides {
        let (why, mend) = if other.when == rule.when {
            (
                "has the same condition and comes first",
                "the first match wins: join the two, or remove this one",
            )
        } else {
            (
                "matches whenever it does and comes first",
                "the first match wins: put the narrower rule first, or join the two",
            )
        };
        scope.error(
            place,
            format!("the rule `{}` never matches", rule.name),
            format!("`{}` {why}", other.name),
            mend,
        );
    }
}

/// Ids below those of imports exist only where a service was made by hand.
fn check_services(
    definitions: &Definitions,
    when: &Condition,
    raw: &raw::Rule,
    scope: &mut Scope<'_>,
) {
    let (Some(ids), Some(written)) = (&when.services, &raw.services) else {
        return;
    };
    let exists = |id: &ServiceId| {
        *id >= FIRST_IMPORTED_ID || definitions.hand_made.iter().any(|made| made.id == *id)
    };
    for (id, written) in ids.iter().zip(written.get_ref()) {
        if !exists(id) {
            scope.error(
                &written.span(),
                format!("there is no service {id}"),
                format!("expected an id of a [[service]], or {FIRST_IMPORTED_ID} and above"),
                "`panelgate services list` shows what is sold",
            );
        }
    }
}

/// A panel of which nothing is sold, and a type that no import takes.
fn check_sources(
    definitions: &Definitions,
    when: &Condition,
    raw: &raw::Rule,
    scope: &mut Scope<'_>,
) {
    if let (Some(panel), Some(written)) = (&when.panel, &raw.panel) {
        let imported = definitions.imports.iter().any(|i| i.panel == *panel);
        let mut routes = definitions.hand_made.iter().flat_map(|made| &made.routes);
        if !imported && !routes.any(|route| route.panel == *panel) {
            scope.error(
                &written.span(),
                format!("nothing of panel `{panel}` is sold"),
                "so this rule matches nothing",
                format!("import its list in services.toml: [[import]] panel = \"{panel}\""),
            );
            return;
        }
    }
    // The types of services made by hand are what their offers are.
    if let (Some(kind), Some(written)) = (when.service_type, &raw.r#type)
        && definitions.hand_made.is_empty()
    {
        let mut imports = definitions.imports.iter();
        let takes = imports.any(|import| {
            let panel_fits = when
                .panel
                .as_ref()
                .is_none_or(|panel| import.panel == *panel);
            panel_fits && (import.types.is_empty() || import.types.contains(&kind))
        });
        if !takes {
            scope.error(
                &written.span(),
                format!("no import takes services of type {}", kind.name()),
                "so this rule matches nothing",
                "add the type to an [[import]] in services.toml, or remove the rule",
            );
        }
    }
}
