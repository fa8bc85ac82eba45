//! Amounts of money: an integer count of 10⁻⁶ of one currency.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A count of 10⁻⁶ of one currency; may be negative. All arithmetic is checked, and whoever rounds says in which direction.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

/// Prices round up, refunds round down; nothing rounds by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards +∞.
    Up,
    /// Towards −∞.
    Down,
}

/// Why a text is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not plain decimal text.
    #[error("`{0}` is not an amount such as 12.50")]
    NotDecimal(String),
    /// More than six decimals: operators must not lose what they typed.
    #[error("`{0}` has more than 6 decimals")]
    TooFine(String),
    /// Beyond ±9.2 × 10¹².
    #[error("`{0}` is too large")]
    TooLarge(String),
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a count of 10⁻⁶.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The count of 10⁻⁶.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads plain decimal text with at most six decimals (`12`, `-0.5`), exactly.
    ///
    /// # Errors
    /// The text is no decimal number, too fine or too large.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b" .-+".contains(&b));
        let decimal = Decimal::from_str_exact(text.trim()).ok().filter(|_| plain);
        let decimal = decimal.ok_or_else(|| MoneyError::NotDecimal(text.to_owned()))?;
        if decimal.normalize().scale() > 6 {
            return Err(MoneyError::TooFine(text.to_owned()));
        }
        Self::from_decimal(decimal, Rounding::Up)
            .ok_or_else(|| MoneyError::TooLarge(text.to_owned()))
    }

    /// From a decimal, rounded; `None` if it does not fit.
    #[must_use]
    pub fn from_decimal(decimal: Decimal, rounding: Rounding) -> Option<Self> {
        scaled(decimal, 1_000_000, rounding).map(Self)
    }

    /// As an exact decimal.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6)
    }

    /// Sum, if it fits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, if it fits.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The same amount the other way round, if it fits.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }

    /// This amount × `part` / `whole`, rounded; `None` if `whole` is 0 or the result does not fit.
    #[must_use]
    pub fn share(self, part: u64, whole: u64, rounding: Rounding) -> Option<Self> {
        let product = i128::from(self.0).checked_mul(i128::from(part))?;
        divide(product, i128::from(whole), rounding).map(Self)
    }

    /// Room for any amount: `-9223372036854.775808`.
    pub const LONGEST: usize = 21;

    /// The text of the wire in ASCII, as [`Display`](fmt::Display) writes it, for whoever writes many.
    #[must_use]
    pub fn written(self, text: &mut [u8; Self::LONGEST]) -> &[u8] {
        let micros = self.0.unsigned_abs();
        let (mut whole, mut fraction) = (micros / 1_000_000, micros % 1_000_000);
        let mut decimals = DECIMALS;
        while decimals > LEAST_DECIMALS && fraction % 10 == 0 {
            fraction /= 10;
            decimals = decimals.saturating_sub(1);
        }
        let mut free = text.as_mut_slice();
        for _ in 0..decimals {
            put_before(&mut free, last_digit(&mut fraction));
        }
        put_before(&mut free, b'.');
        put_before(&mut free, last_digit(&mut whole));
        while whole > 0 {
            put_before(&mut free, last_digit(&mut whole));
        }
        if self.0 < 0 {
            put_before(&mut free, b'-');
        }
        let start = free.len();
        &text[start..]
    }

    /// More than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

/// Plain decimal text, at least two and at most six decimals, no exponent, no separators: the form of the wire.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; Self::LONGEST];
        let text = std::str::from_utf8(self.written(&mut text)).map_err(|_| fmt::Error)?;
        f.pad_integral(self.0 >= 0, "", text.trim_start_matches('-'))
    }
}

/// Takes the last digit off.
fn last_digit(number: &mut u64) -> u8 {
    let digit = *number % 10;
    *number /= 10;
    b'0' | u8::try_from(digit).unwrap_or_default()
}

/// Writes into the last place that is free.
fn put_before(free: &mut &mut [u8], byte: u8) {
    let (last, rest) = std::mem::take(free)
        .split_last_mut()
        .expect("no amount is longer");
    *last = byte;
    *free = rest;
}

const DECIMALS: u32 = 6;
const LEAST_DECIMALS: u32 = 2;

/// `decimal` × `factor` as an integer, exactly rounded; `None` if it does not fit into 64 bits.
pub(crate) fn scaled(decimal: Decimal, factor: i128, rounding: Rounding) -> Option<i64> {
    let decimal = decimal.normalize();
    let product = decimal.mantissa().checked_mul(factor)?;
    let divisor = 10_i128.checked_pow(decimal.scale())?;
    divide(product, divisor, rounding)
}

fn divide(dividend: i128, divisor: i128, rounding: Rounding) -> Option<i64> {
    let quotient = dividend.checked_div_euclid(divisor)?;
    let exact = dividend.checked_rem_euclid(divisor)? == 0;
    let rounded = match rounding {
        Rounding::Up if !exact => quotient.checked_add(1)?,
        Rounding::Up | Rounding::Down => quotient,
    };
    i64::try_from(rounded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(micros: i64, text: &str) {
        assert_eq!(Money::from_micros(micros).to_string(), text);
    }

    #[test]
    fn text_has_two_to_six_decimals() {
        check_text(0, "0.00");
        check_text(1, "0.000001");
        check_text(278_190, "0.27819");
        check_text(100_842_920, "100.84292");
        check_text(-1_500_000, "-1.50");
        check_text(i64::MIN, "-9223372036854.775808");
    }

    #[test]
    fn operators_amounts_are_read_exactly_or_not_at_all() {
        assert_eq!(Money::parse("12.5"), Ok(Money::from_micros(12_500_000)));
        assert_eq!(Money::parse(" -3 "), Ok(Money::from_micros(-3_000_000)));
        assert!(matches!(
            Money::parse("0.0000001"),
            Err(MoneyError::TooFine(_))
        ));
        assert!(matches!(
            Money::parse("1e3"),
            Err(MoneyError::NotDecimal(_))
        ));
        assert!(matches!(
            Money::parse("99999999999999"),
            Err(MoneyError::TooLarge(_))
        ));
    }

    #[test]
    fn signs_are_kept_apart() {
        let signed = [-1, 0, 1].map(Money::from_micros);
        assert_eq!(signed.map(Money::is_positive), [false, false, true]);
        let negated = signed.map(Money::checked_neg);
        assert_eq!(negated, [1, 0, -1].map(|n| Some(Money::from_micros(n))));
        assert_eq!(Money::from_micros(i64::MIN).checked_neg(), None);
    }

    #[test]
    fn decimals_keep_every_digit() {
        let money = Money::from_micros(-1_234_567);
        assert_eq!(money.to_decimal(), Decimal::new(-1_234_567, 6));
        let fine = Decimal::new(12_345_678, 7);
        for (rounding, micros) in [(Rounding::Up, 1_234_568), (Rounding::Down, 1_234_567)] {
            let rounded = Money::from_decimal(fine, rounding);
            assert_eq!(rounded, Some(Money::from_micros(micros)));
        }
        assert_eq!(Money::from_decimal(Decimal::MAX, Rounding::Up), None);
    }

    #[test]
    fn shares_round_as_told() {
        let price = Money::from_micros(10);
        assert_eq!(
            price.share(1, 3, Rounding::Down),
            Some(Money::from_micros(3))
        );
        assert_eq!(price.share(1, 3, Rounding::Up), Some(Money::from_micros(4)));
        assert_eq!(price.share(1, 0, Rounding::Up), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_can_be_read(micros: i64) {
            let money = Money::from_micros(micros);
            proptest::prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
        }

        #[test]
        fn a_part_and_its_rest_are_the_whole(micros in 0..i64::MAX, part in 0_u64..1_000_000, more in 0_u64..1_000_000) {
            let (price, whole) = (Money::from_micros(micros), part + more + 1);
            let released = price.share(part, whole, Rounding::Down).expect("fits");
            let taken = price.checked_sub(released).expect("fits");
            proptest::prop_assert!(released <= price && taken >= Money::ZERO);
            proptest::prop_assert_eq!(Some(taken), price.share(whole - part, whole, Rounding::Up));
        }
    }
}
