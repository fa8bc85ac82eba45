//! Offers: the entries of a panel's own list, and why some of them cannot be sold.

use std::fmt;

use crate::ids::{Currency, OfferId, PanelName};
use crate::rate::Rate;
use crate::service_type::ServiceType;

/// One entry of a panel's list, as the panel wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its id at the panel.
    pub id: OfferId,
    /// Its name; may hold line breaks and markup.
    pub name: String,
    /// Its category.
    pub category: String,
    /// The panel's word for its type.
    pub type_word: String,
    /// Cost per 1000 (or per package), in the panel's currency.
    pub rate: Rate,
    /// Least quantity.
    pub min: u64,
    /// Largest quantity.
    pub max: u64,
    /// Orders can be refilled.
    pub refill: bool,
    /// Orders can be canceled.
    pub cancel: bool,
    /// Drip-feed orders are taken; many lists do not say.
    pub dripfeed: Option<bool>,
}

/// All offers of a panel after a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferList {
    /// Whose.
    pub panel: PanelName,
    /// The currency of its rates.
    pub currency: Currency,
    /// The entries that could be read.
    pub offers: Vec<Offer>,
    /// The entries that could not.
    pub unreadable: Vec<Skipped>,
}

/// Something in a panel's list that is not sold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Whose list.
    pub panel: PanelName,
    /// Its id, or its place in the list if it has none.
    pub offer: String,
    /// Its name, as far as it has one.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why an offer, or a service made by hand, is not sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The entry has no usable field of this name.
    Unreadable(&'static str),
    /// An earlier entry has the same id.
    DuplicateId,
    /// A type outside the API's documentation.
    UnknownType(String),
    /// Nothing can be ordered.
    MaxIsZero,
    /// No quantity fits.
    MinAboveMax,
    /// Free of charge: a divider row or a mistake.
    RateIsZero,
    /// The price of the largest order is beyond 9.2 × 10¹².
    PriceTooLarge,
    /// There is no exchange rate for the panel's currency.
    NoExchangeRate(Currency),
    /// None of a hand-made service's offers is in its panel's list.
    NoOffer,
    /// The offers of a hand-made service are of different types.
    MixedTypes,
    /// The operator's override says `sell = false`.
    NotForSale,
    /// The panel changed its type, and nobody has approved that.
    Retyped,
    /// The panel changed its name, nobody has approved that, and `on_rename` is `disable`.
    Renamed,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(field) => write!(f, "no usable {field}"),
            Self::DuplicateId => f.write_str("an earlier entry has the same id"),
            Self::UnknownType(word) => write!(f, "unknown type `{word}`"),
            Self::MaxIsZero => f.write_str("max is 0"),
            Self::MinAboveMax => f.write_str("min is above max"),
            Self::RateIsZero => f.write_str("rate is 0"),
            Self::PriceTooLarge => {
                f.write_str("the price at max is too large to be an amount of money")
            }
            Self::NoExchangeRate(currency) => write!(f, "no exchange rate for {currency}"),
            Self::NoOffer => f.write_str("none of its routes' offers is in a panel's list"),
            Self::Retyped => {
                f.write_str("its type has changed: `services approve` turns it on again")
            }
            Self::Renamed => {
                f.write_str("its name has changed: `services approve` turns it on again")
            }
            Self::MixedTypes => f.write_str("its routes' offers are of different types"),
            Self::NotForSale => f.write_str("its override says `sell = false`"),
        }
    }
}

impl Offer {
    /// Its type, if it can be sold at all.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn sellable_type(&self) -> Result<ServiceType, SkipReason> {
        let service_type = ServiceType::parse(&self.type_word)
            .ok_or_else(|| SkipReason::UnknownType(self.type_word.clone()))?;
        if self.rate.is_zero() {
            return Err(SkipReason::RateIsZero);
        }
        if self.max == 0 {
            return Err(SkipReason::MaxIsZero);
        }
        if self.min > self.max {
            return Err(SkipReason::MinAboveMax);
        }
        match self.rate.price(service_type.charging(), self.max) {
            Some(_) => Ok(service_type),
            None => Err(SkipReason::PriceTooLarge),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(type_word: &str, rate: &str, min: u64, max: u64) -> Offer {
        Offer {
            id: "1".into(),
            name: "Followers".into(),
            category: "Instagram".into(),
            type_word: type_word.into(),
            rate: Rate::parse(rate).expect("a rate"),
            min,
            max,
            refill: false,
            cancel: false,
            dripfeed: None,
        }
    }

    #[test]
    fn what_real_lists_contain_is_sold_or_named() {
        let unknown = SkipReason::UnknownType("Special".into());
        for (offer, expected) in [
            (
                offer("default", "0.9", 0, 100_000),
                Ok(ServiceType::Default),
            ),
            (offer("Special", "0.9", 1, 10), Err(unknown)),
            (offer("Default", "0", 1, 10), Err(SkipReason::RateIsZero)),
            (offer("Default", "1", 0, 0), Err(SkipReason::MaxIsZero)),
            (offer("Default", "1", 11, 10), Err(SkipReason::MinAboveMax)),
            (
                offer("Default", "99999999", 1, 2_147_483_647),
                Err(SkipReason::PriceTooLarge),
            ),
            (
                offer("Package", "99999999", 1, 2_147_483_647),
                Ok(ServiceType::Package),
            ),
            (
                offer("Subscriptions", "1", 1, 10),
                Ok(ServiceType::Subscriptions),
            ),
        ] {
            assert_eq!(offer.sellable_type(), expected);
        }
    }
}
