//! `markup.toml`: the default terms, and rules that change what they name of them.

use std::collections::BTreeSet;

use panelgate_domain::ids::{MAX_ID, PanelName, ServiceId};
use panelgate_domain::markup::{Condition, Markup, OnLoss, Rule, Terms};
use rust_decimal::Decimal;
use toml::Spanned;

use super::KnownPanels;
use super::scope::Scope;
use super::services::panel_of;
use crate::config::diagnostic::Span;
use crate::config::raw::{self, List, Maybe};
use crate::config::value;

/// The keys of terms, wherever they are written.
struct Written<'a> {
    percent: &'a Maybe<String>,
    fixed: &'a Maybe<String>,
    round_up_to: &'a Maybe<String>,
    min_margin_percent: &'a Maybe<String>,
    on_loss: &'a Maybe<String>,
}

pub(super) fn resolve(raw: &raw::Markup, known: &KnownPanels, scope: &mut Scope<'_>) -> Markup {
    let default = default(raw, scope);
    let mut markup = Markup {
        default,
        rules: Vec::new(),
    };
    let mut names = BTreeSet::new();
    for spanned in &raw.rule {
        let rule = rule(spanned, &markup.default, known, scope);
        check_reachable(&rule, &spanned.span(), &markup.rules, &mut names, scope);
        markup.rules.push(rule);
    }
    markup
}

fn default(raw: &raw::Markup, scope: &mut Scope<'_>) -> Terms {
    let base = Terms {
        percent: Decimal::ZERO,
        fixed: Decimal::ZERO,
        round_up_to: Decimal::new(1, 6),
        min_margin_percent: Decimal::ZERO,
        on_loss: OnLoss::Refuse,
    };
    let Some(table) = scope.require(&(0..0), "default", &raw.default, PERCENT) else {
        return base;
    };
    let written = table.get_ref();
    scope.require(&table.span(), "percent", &written.percent, PERCENT);
    let written = Written {
        percent: &written.percent,
        fixed: &written.fixed,
        round_up_to: &written.round_up_to,
        min_margin_percent: &written.min_margin_percent,
        on_loss: &written.on_loss,
    };
    terms(&written, &base, scope)
}

/// The base, with what is written in its place.
fn terms(written: &Written<'_>, base: &Terms, scope: &mut Scope<'_>) -> Terms {
    let percent = scope.read(written.percent, value::decimal);
    let fixed = scope.read(written.fixed, value::decimal);
    let step = scope.read(written.round_up_to, value::step);
    let margin = scope.read(written.min_margin_percent, value::decimal);
    let on_loss = scope.read(written.on_loss, value::on_loss);
    let terms = Terms {
        percent: percent.unwrap_or(base.percent),
        fixed: fixed.unwrap_or(base.fixed),
        round_up_to: step.unwrap_or(base.round_up_to),
        min_margin_percent: margin.unwrap_or(base.min_margin_percent),
        on_loss: on_loss.unwrap_or(base.on_loss),
    };
    check_bounds(written, &terms, scope);
    warn_if_always_a_loss(written, &terms, scope);
    terms
}

/// Below cost only where the operator says so; never at −100 % or less, which would give orders away.
fn check_bounds(written: &Written<'_>, terms: &Terms, scope: &mut Scope<'_>) {
    let least = match terms.on_loss {
        OnLoss::Refuse => Decimal::ZERO,
        OnLoss::Accept => Decimal::new(-99_999, 3),
    };
    let mut check = |written: &Maybe<String>, value: Decimal, least: Decimal, label: &str| {
        if let Some(written) = written
            && !(least..=LARGEST).contains(&value)
        {
            let title = format!("`{}` is out of bounds", written.get_ref());
            scope.error(&written.span(), title, label, BELOW_COST);
        }
    };
    let from_zero = format!("expected \"0\" to \"{LARGEST}\"");
    let percent = match terms.on_loss {
        OnLoss::Refuse => from_zero.clone(),
        OnLoss::Accept => format!("expected more than \"-100\", at most \"{LARGEST}\""),
    };
    let fixed = match terms.on_loss {
        OnLoss::Refuse => Decimal::ZERO,
        OnLoss::Accept => -LARGEST,
    };
    check(written.percent, terms.percent, least, &percent);
    check(written.fixed, terms.fixed, fixed, &from_zero);
    check(
        written.min_margin_percent,
        terms.min_margin_percent,
        Decimal::ZERO,
        &from_zero,
    );
}

/// Only rounding and `fixed` can lift a price over a margin that is larger than the markup.
fn warn_if_always_a_loss(written: &Written<'_>, terms: &Terms, scope: &mut Scope<'_>) {
    let cause = written
        .min_margin_percent
        .as_ref()
        .or(written.percent.as_ref());
    if let Some(cause) = cause
        && terms.on_loss == OnLoss::Refuse
        && terms.fixed.is_zero()
        && terms.min_margin_percent > terms.percent
    {
        scope.warn(
            &cause.span(),
            "orders would be refused as a loss",
            format!(
                "{} % on top of the cost leaves less than the margin of {} %",
                terms.percent, terms.min_margin_percent
            ),
            "raise percent, or lower min_margin_percent",
        );
    }
}

fn rule(
    spanned: &Spanned<raw::Rule>,
    default: &Terms,
    known: &KnownPanels,
    scope: &mut Scope<'_>,
) -> Rule {
    let (place, raw) = (spanned.span(), spanned.get_ref());
    let name = scope
        .require(
            &place,
            "name",
            &raw.name,
            r#"add name = "…": quotes and `services explain` show it"#,
        )
        .and_then(|name| scope.read_one(name, value::not_blank));
    let written = Written {
        percent: &raw.percent,
        fixed: &raw.fixed,
        round_up_to: &raw.round_up_to,
        min_margin_percent: &raw.min_margin_percent,
        on_loss: &raw.on_loss,
    };
    check_says_something(raw, &written, &place, scope);
    Rule {
        name: name.unwrap_or_default(),
        when: condition(raw, known, scope),
        terms: terms(&written, default, scope),
    }
}

fn condition(raw: &raw::Rule, known: &KnownPanels, scope: &mut Scope<'_>) -> Condition {
    let panel = raw.panel.as_ref();
    let panel: Option<PanelName> = panel.and_then(|panel| panel_of(panel, known, scope));
    Condition {
        group: scope.read(&raw.group, value::not_blank),
        customer: scope.read(&raw.customer, value::not_blank),
        panel,
        category: scope.read(&raw.category, value::glob),
        service_name: scope.read(&raw.service_name, value::glob),
        service_type: scope.read(&raw.r#type, value::service_type),
        services: services(&raw.services, scope),
    }
}

fn services(list: &List<i64>, scope: &mut Scope<'_>) -> Option<Vec<ServiceId>> {
    let list = list.as_ref()?;
    if list.get_ref().is_empty() {
        scope.error(
            &list.span(),
            "an empty list matches nothing",
            "expected at least one service id",
            "leave the key out: then every service matches",
        );
    }
    for id in list.get_ref() {
        if !(1..=MAX_ID).contains(id.get_ref()) {
            scope.error(
                &id.span(),
                format!("{id} is no service id"),
                "expected one of our ids",
                "`panelgate services list` shows them",
            );
        }
    }
    let ids = list.get_ref().iter().map(|id| ServiceId(*id.get_ref()));
    Some(ids.collect())
}

fn check_says_something(
    raw: &raw::Rule,
    written: &Written<'_>,
    place: &Span,
    scope: &mut Scope<'_>,
) {
    let conditions = [
        &raw.group,
        &raw.customer,
        &raw.panel,
        &raw.category,
        &raw.service_name,
        &raw.r#type,
    ];
    if conditions.into_iter().all(Option::is_none)
        && raw.services.is_none()
        && !scope.blames_any(place, CONDITIONS)
    {
        scope.error(
            place,
            "a rule without a condition",
            "it would match everything",
            format!("add one of {}, or change [default]", CONDITIONS.join(", ")),
        );
    }
    let Written {
        percent,
        fixed,
        round_up_to,
        min_margin_percent,
        on_loss,
    } = written;
    let changes = [percent, fixed, round_up_to, min_margin_percent, on_loss];
    if changes.into_iter().all(|change| change.is_none()) && !scope.blames_any(place, CHANGES) {
        scope.error(
            place,
            "a rule that changes nothing",
            "it sets no price",
            format!("add one of {}", CHANGES.join(", ")),
        );
    }
}

/// Names are unique, and no rule stands behind one with the very same condition: it would never be reached.
fn check_reachable(
    rule: &Rule,
    place: &Span,
    earlier: &[Rule],
    names: &mut BTreeSet<String>,
    scope: &mut Scope<'_>,
) {
    if !rule.name.is_empty() && !names.insert(rule.name.clone()) {
        scope.error(
            place,
            format!("there are two rules named `{}`", rule.name),
            "expected a name of its own",
            "rename one of them: orders and explanations name the rule",
        );
    }
    let says_something = rule.when != Condition::default();
    let shadow = earlier
        .iter()
        .find(|other| says_something && other.when == rule.when);
    if let Some(shadow) = shadow {
        scope.error(
            place,
            format!("the rule `{}` never matches", rule.name),
            format!("`{}` has the same condition and comes first", shadow.name),
            "the first match wins: join the two, or give them different conditions",
        );
    }
}

/// Percent and money per 1000: beyond this it is a slip of the keyboard, and products would leave their digits.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
const PERCENT: &str =
    "write [default] and percent = \"20\": without it everything would be sold at 0 %";
const BELOW_COST: &str =
    "to sell below cost, say so: on_loss = \"accept\"; a percent must stay above -100";
const CONDITIONS: &[&str] = &[
    "group",
    "customer",
    "panel",
    "category",
    "service_name",
    "type",
    "services",
];
const CHANGES: &[&str] = &[
    "percent",
    "fixed",
    "round_up_to",
    "min_margin_percent",
    "on_loss",
];
