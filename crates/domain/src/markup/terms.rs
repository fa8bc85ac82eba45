//! What a rule sets: how a cost becomes our rate, and when an order is a loss.
//!
//! `docs/decisions/0008-tiers-are-discounts.md` says why one rate is published and larger orders may only be cheaper.

use rust_decimal::Decimal;

use crate::money::Money;
use crate::rate::{Charging, Rate};

/// What to do with an order whose cost has grown above its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// The route is skipped.
    Refuse,
    /// The order is sent at a loss, and counted.
    Accept,
}

/// What we earn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How the cost becomes a rate.
    pub method: Method,
    /// No rate is below this, in our currency.
    pub min_rate: Decimal,
    /// Rates are rounded up to a multiple of this.
    pub round_up_to: Decimal,
    /// Below this margin (in percent of the cost) an order is a loss.
    pub min_margin_percent: Decimal,
    /// What happens to a loss.
    pub on_loss: OnLoss,
}

/// From a cost to a rate, before floors and rounding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The cost and something on top.
    OnTop {
        /// Added to the cost, in percent of it.
        percent: Decimal,
        /// Added per 1000, in our currency.
        fixed: Decimal,
        /// Less is added for larger orders; by `from`, each with a smaller percentage than the one before.
        tiers: Vec<Tier>,
    },
    /// This, per 1000 or per package, whatever the cost.
    Absolute(Decimal),
}

/// Less on top of the cost for orders of many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Orders of at least so many units, all runs of a drip-feed together.
    pub from: u64,
    /// Added to the cost instead, in percent of it.
    pub percent: Decimal,
}

impl Terms {
    /// The cost and so many percent of it, at the finest rounding, and never at a loss.
    #[must_use]
    pub fn percent(percent: Decimal) -> Self {
        Self {
            method: Method::OnTop {
                percent,
                fixed: Decimal::ZERO,
                tiers: Vec::new(),
            },
            min_rate: Decimal::ZERO,
            round_up_to: Decimal::new(1, 6),
            min_margin_percent: Decimal::ZERO,
            on_loss: OnLoss::Refuse,
        }
    }

    /// Our published rate for a cost in our currency, rounded up; `None` if it leaves 28 digits.
    #[must_use]
    pub fn rate(&self, cost: Decimal) -> Option<Rate> {
        self.rounded(self.exact(cost)?)
    }

    /// The published rate before it is rounded.
    #[must_use]
    pub fn exact(&self, cost: Decimal) -> Option<Decimal> {
        let exact = match &self.method {
            Method::Absolute(rate) => *rate,
            Method::OnTop { percent, fixed, .. } => on_top(cost, *percent, *fixed)?,
        };
        Some(exact.max(self.min_rate))
    }

    /// The rate for an order of so many units: the published one, or that of a tier, which is never dearer. A discount ends
    /// where the least margin begins, unless losses are accepted.
    #[must_use]
    pub fn rate_for(&self, cost: Decimal, units: u64) -> Option<Rate> {
        let published = self.rate(cost)?;
        let (Method::OnTop { fixed, .. }, Some(tier)) = (&self.method, self.tier(units)) else {
            return Some(published);
        };
        let mut exact = on_top(cost, tier.percent, *fixed)?.max(self.min_rate);
        if self.on_loss == OnLoss::Refuse {
            exact = exact.max(self.floor(cost)?);
        }
        Some(self.rounded(exact)?.min(published))
    }

    /// The tier of an order of so many units.
    #[must_use]
    pub fn tier(&self, units: u64) -> Option<&Tier> {
        match &self.method {
            Method::OnTop { tiers, .. } => tiers.iter().rev().find(|tier| tier.from <= units),
            Method::Absolute(_) => None,
        }
    }

    /// Whether selling so many units at `price` is below the least margin, where 1000 (or a package) cost `cost` in our
    /// currency. A margin that cannot be computed is a loss.
    ///
    /// The cost is that of the offer, not that of the order: prices are rounded up to 10⁻⁶, so what few units cost must be
    /// compared before it is rounded up as well, or a margin on top of the rounding would refuse what its own rule priced.
    #[must_use]
    pub fn is_loss(&self, price: Money, cost: Decimal, charging: Charging, units: u64) -> bool {
        let least = || {
            let floor = Rate::new(self.floor(cost)?)?.rounded_up_to(FINEST_FLOOR)?;
            floor.price(charging, units)
        };
        least().is_none_or(|least| price < least)
    }

    /// Whether a rate may be published: it gives nothing away and covers the cost and the least margin, unless a loss is
    /// accepted.
    #[must_use]
    pub fn may_sell_at(&self, rate: Rate, cost: Decimal) -> bool {
        let covers = || {
            self.floor(cost)
                .is_some_and(|floor| floor <= rate.decimal())
        };
        self.on_loss == OnLoss::Accept || (!rate.is_zero() && covers())
    }

    /// The cost and the least margin.
    fn floor(&self, cost: Decimal) -> Option<Decimal> {
        on_top(cost, self.min_margin_percent, Decimal::ZERO)
    }

    fn rounded(&self, exact: Decimal) -> Option<Rate> {
        Rate::new(exact)?.rounded_up_to(self.round_up_to)
    }
}

/// Floors are compared to this many digits: every rate that is sold has at most six, so none is cut off by it, and no product
/// of a floor with a quantity is too long to be computed while the price itself fits.
const FINEST_FLOOR: Decimal = Decimal::from_parts(1, 0, 0, false, 12);

fn on_top(cost: Decimal, percent: Decimal, fixed: Decimal) -> Option<Decimal> {
    let factor = Decimal::ONE_HUNDRED
        .checked_add(percent)?
        .checked_div(Decimal::ONE_HUNDRED)?;
    cost.checked_mul(factor)?.checked_add(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiered(percent: i64, tiers: &[(u64, i64)]) -> Terms {
        let tiers = tiers.iter().map(|(from, percent)| Tier {
            from: *from,
            percent: (*percent).into(),
        });
        Terms {
            method: Method::OnTop {
                percent: percent.into(),
                fixed: Decimal::ZERO,
                tiers: tiers.collect(),
            },
            ..Terms::percent(Decimal::ZERO)
        }
    }

    #[test]
    fn rates_are_marked_up_and_rounded_up() {
        let mut terms = Terms {
            method: Method::OnTop {
                percent: 20.into(),
                fixed: Decimal::new(1, 2),
                tiers: Vec::new(),
            },
            ..Terms::percent(20.into())
        };
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("1.09"));
        terms.round_up_to = Decimal::new(5, 1);
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("1.5"));
        terms.min_rate = Decimal::new(16, 1);
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("2"));
        terms.method = Method::Absolute(3.into());
        assert_eq!(terms.rate(Decimal::new(90, 2)), Rate::parse("3"));
    }

    #[test]
    fn larger_orders_get_their_tiers_rate() {
        let terms = tiered(50, &[(1_000, 30), (10_000, 10)]);
        let rate = |units| {
            let rate = terms.rate_for(Decimal::TEN, units);
            rate.expect("small").to_string()
        };
        assert_eq!(
            ["15.00", "15.00", "13.00"],
            [rate(1), rate(999), rate(1_000)]
        );
        assert_eq!(["13.00", "11.00"], [rate(9_999), rate(10_000)]);
        assert_eq!(terms.rate(Decimal::TEN), Rate::parse("15"));
    }

    #[test]
    fn a_discount_ends_at_the_least_margin() {
        let mut terms = tiered(50, &[(1_000, 10)]);
        terms.min_margin_percent = 20.into();
        assert_eq!(terms.rate_for(Decimal::TEN, 1_000), Rate::parse("12"));
        terms.on_loss = OnLoss::Accept;
        assert_eq!(terms.rate_for(Decimal::TEN, 1_000), Rate::parse("11"));
        // Floors and steps may take all of it.
        terms.min_rate = 20.into();
        assert_eq!(terms.rate_for(Decimal::TEN, 1_000), Rate::parse("20"));
    }

    #[test]
    fn a_price_below_cost_and_margin_is_a_loss() {
        let mut terms = Terms::percent(20.into());
        terms.min_margin_percent = 10.into();
        let is_loss = |micros, charging, units| {
            terms.is_loss(Money::from_micros(micros), Decimal::ONE, charging, units)
        };
        assert!(!is_loss(1_100_000, Charging::PerThousand, 1_000));
        assert!(is_loss(1_099_999, Charging::PerThousand, 1_000));
        assert!(!is_loss(1_100, Charging::PerThousand, 1));
        assert!(is_loss(1_099, Charging::PerThousand, 1));
        assert!(!is_loss(1_100_000, Charging::Flat, 1) && is_loss(1_099_999, Charging::Flat, 1));
    }

    #[test]
    fn rounding_the_price_of_few_units_leaves_no_loss() {
        let mut terms = Terms::percent(10.into());
        terms.min_margin_percent = 10.into();
        let cost = Decimal::new(109, 6);
        let rate = terms.rate(cost).expect("small");
        let price = rate.price(Charging::PerThousand, 1).expect("small");
        assert_eq!(price, Money::from_micros(1));
        assert!(!terms.is_loss(price, cost, Charging::PerThousand, 1));
        assert!(terms.is_loss(Money::ZERO, cost, Charging::PerThousand, 1));
    }

    #[test]
    fn costs_of_many_digits_are_no_loss_at_their_own_price() {
        let terms = Terms::percent(Decimal::ZERO);
        let cost = Decimal::from_str_exact("1.234567890123456789012345678").expect("28 digits");
        let rate = terms.rate(cost).expect("small");
        let price = rate.price(Charging::PerThousand, 2_000_000_000);
        let price = price.expect("fits");
        assert!(!terms.is_loss(price, cost, Charging::PerThousand, 2_000_000_000));
    }

    #[test]
    fn what_gives_money_away_is_sold_only_where_a_rule_says_so() {
        let rate = |text| Rate::parse(text).expect("a rate");
        let mut terms = Terms::percent(Decimal::ZERO);
        assert!(terms.may_sell_at(rate("1"), Decimal::ONE));
        assert!(!terms.may_sell_at(rate("0.99"), Decimal::ONE));
        assert!(!terms.may_sell_at(rate("0"), Decimal::ZERO));
        terms.min_margin_percent = 10.into();
        assert!(!terms.may_sell_at(rate("1"), Decimal::ONE));
        terms.on_loss = OnLoss::Accept;
        assert!(terms.may_sell_at(rate("0.5"), Decimal::ONE));
    }
}
