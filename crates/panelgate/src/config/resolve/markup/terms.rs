//! How a cost becomes a rate: the keys of `[default]`, and those that a rule may change.

use panelgate_domain::markup::{Method, OnLoss, Terms, Tier};
use rust_decimal::Decimal;

use super::super::scope::Scope;
use crate::config::diagnostic::Span;
use crate::config::raw::{self, List, Maybe};
use crate::config::spanned::Spanned;
use crate::config::value;

/// The keys of terms, wherever they are written.
pub(super) struct Written<'a> {
    percent: &'a Maybe<String>,
    fixed: &'a Maybe<String>,
    tiers: &'a List<raw::Tier>,
    rate: &'a Maybe<String>,
    min_rate: &'a Maybe<String>,
    round_up_to: &'a Maybe<String>,
    min_margin_percent: &'a Maybe<String>,
    on_loss: &'a Maybe<String>,
}

/// The keys of a rule, as they are written.
pub(super) const KEYS: &[&str] = &[
    "percent",
    "fixed",
    "tiers",
    "rate",
    "min_rate",
    "round_up_to",
    "min_margin_percent",
    "on_loss",
];

impl<'a> Written<'a> {
    pub(super) const fn of_rule(raw: &'a raw::Rule) -> Self {
        Self {
            percent: &raw.percent,
            fixed: &raw.fixed,
            tiers: &raw.tiers,
            rate: &raw.rate,
            min_rate: &raw.min_rate,
            round_up_to: &raw.round_up_to,
            min_margin_percent: &raw.min_margin_percent,
            on_loss: &raw.on_loss,
        }
    }

    const fn of_default(raw: &'a raw::Terms) -> Self {
        Self {
            percent: &raw.percent,
            fixed: &raw.fixed,
            tiers: &raw.tiers,
            rate: &None,
            min_rate: &raw.min_rate,
            round_up_to: &raw.round_up_to,
            min_margin_percent: &raw.min_margin_percent,
            on_loss: &raw.on_loss,
        }
    }

    pub(super) fn changes_something(&self) -> bool {
        let texts = [
            self.percent,
            self.fixed,
            self.rate,
            self.min_rate,
            self.round_up_to,
            self.min_margin_percent,
            self.on_loss,
        ];
        self.tiers.is_some() || texts.into_iter().any(Option::is_some)
    }
}

pub(super) fn default(raw: &raw::Markup, scope: &mut Scope<'_>) -> Terms {
    let base = Terms::percent(Decimal::ZERO);
    let Some(table) = scope.require(&(0..0), "default", &raw.default, PERCENT) else {
        return base;
    };
    let written = table.get_ref();
    scope.require(&table.span(), "percent", &written.percent, PERCENT);
    if let Some(rate) = &written.rate {
        scope.error(
            &rate.span(),
            "`rate` in [default]",
            "it would sell everything at one rate, whatever the cost",
            "write it into a [[rule]] that says for what",
        );
    }
    terms(&Written::of_default(written), &base, scope)
}

/// The base, with what is written in its place.
pub(super) fn terms(written: &Written<'_>, base: &Terms, scope: &mut Scope<'_>) -> Terms {
    let on_loss = scope.read(written.on_loss, value::on_loss);
    let on_loss = on_loss.unwrap_or(base.on_loss);
    let min_rate = scope.read(written.min_rate, value::cost);
    let step = scope.read(written.round_up_to, value::step);
    let margin = scope.read(written.min_margin_percent, value::decimal);
    let terms = Terms {
        method: method(written, base, on_loss, scope),
        min_rate: min_rate.unwrap_or(base.min_rate),
        round_up_to: step.unwrap_or(base.round_up_to),
        min_margin_percent: margin.unwrap_or(base.min_margin_percent),
        on_loss,
    };
    let margins = Bounds::never_negative(MARGIN);
    margins.check(written.min_margin_percent, terms.min_margin_percent, scope);
    Bounds::never_negative(AMOUNT).check(written.min_rate, terms.min_rate, scope);
    warn_if_always_a_loss(written, &terms, scope);
    terms
}

fn method(written: &Written<'_>, base: &Terms, on_loss: OnLoss, scope: &mut Scope<'_>) -> Method {
    if let Some(rate) = written.rate {
        return absolute(rate, written, scope);
    }
    let (base_percent, base_fixed, base_tiers) = match &base.method {
        Method::OnTop {
            percent,
            fixed,
            tiers,
        } => (*percent, *fixed, tiers.as_slice()),
        Method::Absolute(_) => (Decimal::ZERO, Decimal::ZERO, [].as_slice()),
    };
    let read = scope.read(written.percent, value::decimal);
    let percent = read.unwrap_or(base_percent);
    // Discounts from something unreadable may be larger or smaller than it.
    let known = (read.is_some() || written.percent.is_none()).then_some(percent);
    let fixed = scope.read(written.fixed, value::decimal);
    let fixed = fixed.unwrap_or(base_fixed);
    Bounds::of_percent(on_loss).check(written.percent, percent, scope);
    Bounds::of_amounts(on_loss).check(written.fixed, fixed, scope);
    let tiers = match (written.tiers, written.percent) {
        (Some(list), _) => tiers(list, known, on_loss, scope),
        // Discounts belong to the percentage they are discounts from.
        (None, Some(_)) => Vec::new(),
        (None, None) => base_tiers.to_vec(),
    };
    Method::OnTop {
        percent,
        fixed,
        tiers,
    }
}

/// A rate that does not depend on the cost leaves no place for what is put on top of it.
fn absolute(rate: &Spanned<String>, written: &Written<'_>, scope: &mut Scope<'_>) -> Method {
    let others = [
        ("percent", written.percent.as_ref().map(Spanned::span)),
        ("fixed", written.fixed.as_ref().map(Spanned::span)),
        ("tiers", written.tiers.as_ref().map(Spanned::span)),
    ];
    for (key, place) in others {
        if let Some(place) = place {
            scope.error(
                &place,
                format!("`{key}` beside `rate`"),
                "`rate` is the whole rate",
                format!("remove `{key}` or `rate`"),
            );
        }
    }
    let value = scope.read_one(rate, value::cost).unwrap_or_default();
    Bounds::never_negative(AMOUNT).check_one(rate, value, scope);
    Method::Absolute(value)
}

/// Larger orders may only be cheaper: customers compute with the one rate that is published. `above`: the percentage of orders
/// below the first tier, if it can be read.
fn tiers(
    list: &Spanned<Vec<Spanned<raw::Tier>>>,
    mut above: Option<Decimal>,
    on_loss: OnLoss,
    scope: &mut Scope<'_>,
) -> Vec<Tier> {
    if list.get_ref().is_empty() {
        scope.error(&list.span(), "no tiers", "expected at least one", TIERS);
    }
    let mut tiers: Vec<Tier> = Vec::new();
    for spanned in list.get_ref() {
        let (place, raw) = (spanned.span(), spanned.get_ref());
        let from = scope.require(&place, "from", &raw.from, TIERS);
        let from = from.and_then(|from| first_unit(from, scope));
        let text = scope.require(&place, "percent", &raw.percent, TIERS);
        let percent = text.and_then(|text| scope.read_one(text, value::decimal));
        if let (Some(text), Some(percent)) = (text, percent) {
            Bounds::of_percent(on_loss).check_one(text, percent, scope);
            check_discount(percent, above, &text.span(), scope);
        }
        above = percent.or(above);
        let (Some(from), Some(percent)) = (from, percent) else {
            continue;
        };
        if tiers.last().is_some_and(|before| from <= before.from) {
            scope.error(
                &place,
                "tiers that do not ascend",
                "expected a larger `from` than the tier before",
                "write tiers from small orders to large ones",
            );
        }
        tiers.push(Tier { from, percent });
    }
    tiers
}

fn first_unit(from: &Spanned<i64>, scope: &mut Scope<'_>) -> Option<u64> {
    let units = *from.get_ref();
    if (2..=LARGEST_TIER).contains(&units) {
        return u64::try_from(units).ok();
    }
    scope.error(
        &from.span(),
        format!("no tier begins at {units}"),
        format!("expected 2 to {LARGEST_TIER}"),
        "orders below the first tier pay `percent`: write from how many units on less is added",
    );
    None
}

fn check_discount(percent: Decimal, above: Option<Decimal>, place: &Span, scope: &mut Scope<'_>) {
    if let Some(above) = above.filter(|above| percent >= *above) {
        scope.error(
            place,
            format!("{percent} % is no discount"),
            format!("expected less than \"{above}\""),
            "customers compute with the published rate, that of the smallest order: larger ones may only be cheaper",
        );
    }
}

/// Between what a number has to lie.
struct Bounds {
    least: Decimal,
    expected: String,
    /// What to do about a number below the least.
    mend: &'static str,
}

impl Bounds {
    /// Below cost only where the operator says so; never at −100 % or less, which would give orders away.
    fn of_percent(on_loss: OnLoss) -> Self {
        match on_loss {
            OnLoss::Refuse => Self::of_amounts(on_loss),
            OnLoss::Accept => Self {
                least: Decimal::new(-99_999, 3),
                expected: format!("expected more than \"-100\", at most \"{LARGEST}\""),
                mend: GIVEN_AWAY,
            },
        }
    }

    fn never_negative(mend: &'static str) -> Self {
        Self {
            mend,
            ..Self::of_amounts(OnLoss::Refuse)
        }
    }

    fn of_amounts(on_loss: OnLoss) -> Self {
        let least = match on_loss {
            OnLoss::Refuse => Decimal::ZERO,
            OnLoss::Accept => -LARGEST,
        };
        Self {
            least,
            expected: format!("expected \"{least}\" to \"{LARGEST}\""),
            mend: BELOW_COST,
        }
    }

    fn check(&self, written: &Maybe<String>, value: Decimal, scope: &mut Scope<'_>) {
        if let Some(written) = written {
            self.check_one(written, value, scope);
        }
    }

    fn check_one(&self, written: &Spanned<String>, value: Decimal, scope: &mut Scope<'_>) {
        if !(self.least..=LARGEST).contains(&value) {
            let title = format!("`{}` is out of bounds", written.get_ref());
            let mend = if value > LARGEST { SLIP } else { self.mend };
            scope.error(&written.span(), title, self.expected.as_str(), mend);
        }
    }
}

/// Only rounding, floors and `fixed` can lift a price over a margin that is larger than the markup.
fn warn_if_always_a_loss(written: &Written<'_>, terms: &Terms, scope: &mut Scope<'_>) {
    let Method::OnTop { percent, fixed, .. } = &terms.method else {
        return;
    };
    let causes = [written.min_margin_percent, written.percent, written.on_loss];
    // A percent that is written below zero is an error already.
    let is_error = written.percent.is_some() && percent.is_sign_negative();
    if let Some(cause) = causes.into_iter().flatten().next()
        && !is_error
        && terms.on_loss == OnLoss::Refuse
        && fixed.is_zero()
        && terms.min_margin_percent > *percent
    {
        scope.warn(
            &cause.span(),
            "what costs enough is not sold: it would be a loss",
            format!(
                "{percent} % on top of the cost leaves less than the margin of {} %",
                terms.min_margin_percent
            ),
            "raise percent, lower min_margin_percent, or write on_loss = \"accept\"",
        );
    }
}

/// Percent and money per 1000: beyond this it is a slip of the keyboard, and products would leave their digits.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
/// The largest quantity that old clients can write.
const LARGEST_TIER: i64 = 2_147_483_647;
const PERCENT: &str =
    "write [default] and percent = \"20\": without it everything would be sold at 0 %";
const BELOW_COST: &str =
    "to sell below cost, say so: on_loss = \"accept\"; a percent must stay above -100";
const GIVEN_AWAY: &str = "at -100 % and below, orders would be given away";
const MARGIN: &str =
    "the least margin is 0 or more: what may be sold at a loss says on_loss = \"accept\"";
const AMOUNT: &str = "write an amount of 0 or more";
const SLIP: &str = "write a smaller number: so much is a slip of the keyboard";
const TIERS: &str =
    r#"write tiers = [ { from = 1000, percent = "15" }, { from = 10000, percent = "10" } ]"#;
