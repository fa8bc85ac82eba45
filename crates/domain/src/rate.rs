//! Rates: money per 1000 units (or per package), of arbitrary written precision.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Money, Rounding, scaled};

/// A price per 1000, never negative, with every digit that was written.
///
/// Catalogues really contain `0.00011999999999999999`, `99999999` and 15-digit amounts of dong, so a rate is read from the
/// raw text and never passes through a float.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rate(Decimal);

/// How a quantity turns into a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charging {
    /// Rate × quantity / 1000.
    PerThousand,
    /// The rate, once.
    Flat,
}

impl Rate {
    /// Wraps a decimal; `None` if it is negative.
    #[must_use]
    pub fn new(decimal: Decimal) -> Option<Self> {
        (!decimal.is_sign_negative() || decimal.is_zero()).then(|| Self(decimal.normalize()))
    }

    /// Reads decimal text, with or without an exponent; `None` if it is none, negative, or has more than 28 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let exact = Decimal::from_str_exact(text).ok();
        exact
            .or_else(|| Decimal::from_scientific(text).ok())
            .and_then(Self::new)
    }

    /// The decimal.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// Nothing per 1000: an offer that says so is not sold.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Price of `quantity` units, rounded **up** to 10⁻⁶; `None` if it does not fit.
    #[must_use]
    pub fn price(self, charging: Charging, quantity: u64) -> Option<Money> {
        let micros_per_unit_of_rate = match charging {
            Charging::PerThousand => i128::from(quantity).checked_mul(1_000)?,
            Charging::Flat => 1_000_000,
        };
        scaled(self.0, micros_per_unit_of_rate, Rounding::Up).map(Money::from_micros)
    }

    /// Rounded up to a multiple of `step`; `None` if that leaves 28 digits. A step of 0 changes nothing.
    #[must_use]
    pub fn rounded_up_to(self, step: Decimal) -> Option<Self> {
        if step.is_zero() {
            return Some(self);
        }
        let rest = self.0.checked_rem(step)?;
        if rest.is_zero() {
            return Some(self);
        }
        self.0
            .checked_sub(rest)?
            .checked_add(step)
            .and_then(Self::new)
    }
}

/// Plain decimal text with at least two decimals.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut decimal = self.0.normalize();
        if decimal.scale() < 2 {
            decimal.rescale(2);
        }
        decimal.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).expect("a rate")
    }

    #[test]
    fn prices_round_up_to_the_last_digit() {
        assert_eq!(
            rate("0.90").price(Charging::PerThousand, 1000),
            Some(Money::from_micros(900_000))
        );
        assert_eq!(
            rate("0.00011999999999999999").price(Charging::PerThousand, 1),
            Some(Money::from_micros(1))
        );
        assert_eq!(
            rate("0.9001").price(Charging::PerThousand, 1),
            Some(Money::from_micros(901))
        );
        assert_eq!(
            rate("54.7785").price(Charging::Flat, 1),
            Some(Money::from_micros(54_778_500))
        );
    }

    #[test]
    fn what_does_not_fit_is_no_price() {
        assert_eq!(
            rate("99999999").price(Charging::PerThousand, 2_147_483_647),
            None
        );
        assert_eq!(
            rate("7922816251426433759354395033").price(Charging::PerThousand, u64::MAX),
            None
        );
    }

    #[test]
    fn rounding_up_meets_the_step() {
        let step = Decimal::new(1, 2);
        assert_eq!(rate("0.0028").rounded_up_to(step), Some(rate("0.01")));
        assert_eq!(rate("0.02").rounded_up_to(step), Some(rate("0.02")));
        assert_eq!(rate("5").rounded_up_to(Decimal::ZERO), Some(rate("5")));
    }

    #[test]
    fn texts() {
        assert_eq!(rate("8").to_string(), "8.00");
        assert_eq!(rate("1.5e-5").to_string(), "0.000015");
        assert_eq!(Rate::parse("-1"), None);
        assert_eq!(Rate::parse("free"), None);
    }
}
