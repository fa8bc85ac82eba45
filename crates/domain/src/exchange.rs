//! From a panel's currency to ours.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::ids::Currency;

/// What one unit of another currency is worth in ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    ours: Currency,
    rates: BTreeMap<Currency, Decimal>,
}

impl Exchange {
    /// `rates` are in units of `ours`; ours itself is worth 1 and needs none.
    #[must_use]
    pub const fn new(ours: Currency, rates: BTreeMap<Currency, Decimal>) -> Self {
        Self { ours, rates }
    }

    /// The currency the gateway sells in.
    #[must_use]
    pub const fn ours(&self) -> &Currency {
        &self.ours
    }

    /// The worth of one unit of `currency`; `None` if nobody configured it.
    #[must_use]
    pub fn rate_of(&self, currency: &Currency) -> Option<Decimal> {
        if *currency == self.ours {
            Some(Decimal::ONE)
        } else {
            self.rates.get(currency).copied()
        }
    }

    /// `amount` of `currency` in ours; `None` without a rate or if the result leaves 28 digits.
    #[must_use]
    pub fn to_ours(&self, amount: Decimal, currency: &Currency) -> Option<Decimal> {
        self.rate_of(currency)
            .and_then(|rate| amount.checked_mul(rate))
    }
}
