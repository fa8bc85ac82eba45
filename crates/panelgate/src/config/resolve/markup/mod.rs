//! `markup.toml`: the default terms, and rules that change what they name of them.

mod condition;
mod reach;
mod terms;

use panelgate_domain::catalogue::Definitions;
use panelgate_domain::markup::{Markup, Rule, Terms};

use self::reach::Reach;
use self::terms::Written;
use super::KnownPanels;
use super::scope::Scope;
use crate::config::diagnostic::Span;
use crate::config::raw;
use crate::config::spanned::Spanned;
use crate::config::value;

/// `definitions`: what is sold, as far as that file can be read; rules that can match nothing of it are errors.
pub(super) fn resolve(
    raw: &raw::Markup,
    known: &KnownPanels,
    definitions: Option<&Definitions>,
    scope: &mut Scope<'_>,
) -> Markup {
    let mut markup = Markup {
        default: terms::default(raw, scope),
        rules: Vec::new(),
    };
    let mut reach = Reach::of(definitions);
    for spanned in &raw.rule {
        // What is wrong in its condition matches more than was meant: nothing is said of it then, nor by it of others.
        if let Some(rule) = rule(spanned, &markup.default, known, &mut reach, scope) {
            reach.check(&rule, spanned, &markup.rules, scope);
            markup.rules.push(rule);
        }
    }
    markup
}

/// The rule, unless its condition is wrong.
fn rule(
    spanned: &Spanned<raw::Rule>,
    default: &Terms,
    known: &KnownPanels,
    reach: &mut Reach<'_>,
    scope: &mut Scope<'_>,
) -> Option<Rule> {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let name = scope
        .require(
            &place,
            "name",
            &raw.name,
            r#"add name = "…": quotes and `services explain` show it"#,
        )
        .and_then(|name| {
            let read = scope.read_one(name, value::name)?;
            reach.check_name(&read, &name.span(), scope);
            Some(read)
        });
    let written = Written::of_rule(raw);
    check_says_something(raw, &written, &place, scope);
    let errors = scope.errors();
    let when = condition::resolve(raw, known, scope);
    let is_whole = scope.errors() == errors && !scope.blames(&place);
    let terms = terms::terms(&written, default, scope);
    is_whole.then(|| Rule {
        name: name.unwrap_or_default(),
        when,
        terms,
    })
}

fn check_says_something(
    raw: &raw::Rule,
    written: &Written<'_>,
    place: &Span,
    scope: &mut Scope<'_>,
) {
    if !condition::is_written(raw) && !scope.blames_any(place, condition::KEYS) {
        scope.error(
            place,
            "a rule without a condition",
            "it would match everything",
            format!(
                "add one of {}, or change [default]",
                condition::KEYS.join(", ")
            ),
        );
    }
    if !written.changes_something() && !scope.blames_any(place, terms::KEYS) {
        scope.error(
            place,
            "a rule that changes nothing",
            "it sets no price",
            format!("add one of {}", terms::KEYS.join(", ")),
        );
    }
}
