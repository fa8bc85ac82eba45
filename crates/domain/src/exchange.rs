//! From a panel's currency to ours.

use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::ids::Currency;
use crate::time::Timestamp;

/// What one unit of another currency is worth in ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    ours: Currency,
    rates: BTreeMap<Currency, Decimal>,
    /// Those that are not here never age.
    ages: BTreeMap<Currency, Age>,
}

/// How long a rate may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Age {
    since: Timestamp,
    most: Duration,
}

impl Exchange {
    /// `rates` are in units of `ours`; ours itself is worth 1 and needs none.
    #[must_use]
    pub const fn new(ours: Currency, rates: BTreeMap<Currency, Decimal>) -> Self {
        Self {
            ours,
            rates,
            ages: BTreeMap::new(),
        }
    }

    /// The same with a rate that is of some day, and may be used for so long after it.
    #[must_use]
    pub fn aging(mut self, currency: Currency, since: Timestamp, most: Duration) -> Self {
        self.ages.insert(currency, Age { since, most });
        self
    }

    /// The rates without those that are too old; `None` if there are no such ones.
    #[must_use]
    pub fn without_expired(&self, now: Timestamp) -> Option<Self> {
        let expired = |currency: &Currency| {
            let age = self.ages.get(currency);
            age.is_some_and(|age| now.since(age.since) > age.most)
        };
        if !self.rates.keys().any(expired) {
            return None;
        }
        let mut rest = self.clone();
        rest.rates.retain(|currency, _| !expired(currency));
        Some(rest)
    }

    /// The rates that have used up half of their time, and how old they are.
    pub fn aged(&self, now: Timestamp) -> impl Iterator<Item = (&Currency, Duration)> {
        let ages = self.ages.iter();
        let ages = ages.map(move |(currency, age)| (currency, now.since(age.since), age.most));
        ages.filter(|(_, old, most)| old.saturating_mul(2) > *most)
            .map(|(currency, old, _)| (currency, old))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_warned_of_at_half_of_its_time_and_gone_after_it() {
        let rates = BTreeMap::from([("EUR".into(), Decimal::TWO), ("INR".into(), Decimal::ONE)]);
        let exchange = Exchange::new("USD".into(), rates).aging(
            "EUR".into(),
            Timestamp(1_000),
            Duration::from_secs(10),
        );
        let aged = |now| exchange.aged(Timestamp(now)).count();
        assert_eq!((aged(6_000), aged(6_001), aged(99_000)), (0, 1, 1));
        assert_eq!(exchange.without_expired(Timestamp(11_000)), None);
        let rest = exchange.without_expired(Timestamp(11_001)).expect("one is");
        assert_eq!(rest.rate_of(&"EUR".into()), None);
        assert_eq!(rest.rate_of(&"INR".into()), Some(Decimal::ONE));
        assert_eq!(rest.without_expired(Timestamp(12_000)), None);
    }
}
