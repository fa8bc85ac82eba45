//! Answers to customers: the documented shapes, types and order of fields, to the byte.

use bytes::Bytes;
use panelgate_domain::action::AskedId;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::{OrderId, RefillId, ServiceId};
use panelgate_domain::money::Money;
use panelgate_domain::rate::Rate;
use panelgate_domain::reply::{PerId, PriceList, Reply};
use serde::Serialize;
use serde::ser::Serializer;

mod statuses;

/// The compact JSON of an answer.
#[must_use]
pub fn reply(reply: &Reply) -> Bytes {
    match reply {
        Reply::Services(list) => price_list(list),
        Reply::Added(OrderId(order)) => json(&shapes::Added { order: *order }),
        Reply::Status(view) => statuses::one(view),
        Reply::Statuses(several) => statuses::several(several),
        Reply::Refill(RefillId(id)) => json(&shapes::Refill {
            refill: shapes::Text(id),
        }),
        Reply::Refills(refills) => json(&list(refills, |order, refill| shapes::RefillOf {
            order,
            refill: refill.map(|RefillId(id)| *id),
        })),
        Reply::RefillStatus(word) => json(&shapes::RefillStatus {
            status: word.word(),
        }),
        Reply::RefillStatuses(words) => json(&list(words, |refill, word| shapes::StatusOf {
            refill,
            status: word.map(|word| word.word()),
        })),
        Reply::Canceled => json(&shapes::Canceled { cancel: 1 }),
        Reply::Cancels(cancels) => json(&list(cancels, |order, asked| shapes::CancelOf {
            order,
            cancel: asked.map(|()| 1),
        })),
        Reply::Balance { amount, currency } => json(&shapes::Balance {
            balance: shapes::Text(amount),
            currency: currency.as_str(),
        }),
    }
}

/// The compact JSON of a refusal: `error` and nothing else, because clients compare the whole object.
#[must_use]
pub fn refusal(refusal: Refusal) -> Bytes {
    json(&shapes::Error::from(refusal))
}

/// The compact JSON of a price list.
#[must_use]
pub fn price_list(list: &PriceList) -> Bytes {
    let entries = list.entries.iter().map(|listing| {
        let ServiceId(service) = listing.service;
        shapes::Service {
            service,
            name: &listing.name,
            kind: listing.service_type.name(),
            category: &listing.category,
            rate: shapes::Text(&listing.rate),
            min: shapes::Text(&listing.min),
            max: shapes::Text(&listing.max),
            refill: listing.refill,
            cancel: listing.cancel,
        }
    });
    json(&entries.collect::<Vec<_>>())
}

/// One struct for each documented object; the order of the fields is the order on the wire.
mod shapes {
    use std::fmt::Display;

    use super::{AskedId, Money, OrderId, Rate, Serialize, Serializer};

    #[derive(Serialize)]
    pub(super) struct Error {
        pub(super) error: std::borrow::Cow<'static, str>,
    }

    #[derive(Serialize)]
    pub(super) struct Service<'a> {
        pub(super) service: i64,
        pub(super) name: &'a str,
        #[serde(rename = "type")]
        pub(super) kind: &'static str,
        pub(super) category: &'a str,
        pub(super) rate: Text<'a, Rate>,
        pub(super) min: Text<'a, u64>,
        pub(super) max: Text<'a, u64>,
        pub(super) refill: bool,
        pub(super) cancel: bool,
    }

    #[derive(Serialize)]
    pub(super) struct Added {
        pub(super) order: i64,
    }

    /// Known from SmartPanel alone: the documentation says nothing about it.
    #[derive(Serialize)]
    pub(super) struct Subscription<'a> {
        pub(super) status: &'static str,
        pub(super) expiry: &'a str,
        pub(super) posts: Text<'a, u64>,
        pub(super) orders: &'a [OrderId],
    }

    #[derive(Serialize)]
    pub(super) struct Refill<'a> {
        pub(super) refill: Text<'a, i64>,
    }

    #[derive(Serialize)]
    pub(super) struct RefillOf<'a> {
        pub(super) order: Id<'a>,
        #[serde(serialize_with = "value_or_error")]
        pub(super) refill: Result<i64, Error>,
    }

    #[derive(Serialize)]
    pub(super) struct RefillStatus {
        pub(super) status: &'static str,
    }

    #[derive(Serialize)]
    pub(super) struct StatusOf<'a> {
        pub(super) refill: Id<'a>,
        #[serde(serialize_with = "value_or_error")]
        pub(super) status: Result<&'static str, Error>,
    }

    #[derive(Serialize)]
    pub(super) struct Canceled {
        pub(super) cancel: i64,
    }

    #[derive(Serialize)]
    pub(super) struct CancelOf<'a> {
        pub(super) order: Id<'a>,
        #[serde(serialize_with = "value_or_error")]
        pub(super) cancel: Result<i64, Error>,
    }

    #[derive(Serialize)]
    pub(super) struct Balance<'a> {
        pub(super) balance: Text<'a, Money>,
        pub(super) currency: &'a str,
    }

    /// Written as a text, without being one in between: answers are full of numbers that are texts on the wire.
    pub(super) struct Text<'a, T>(pub(super) &'a T);

    impl<T: Display> Serialize for Text<'_, T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self.0)
        }
    }

    /// An asked id as it was asked: a number as a number.
    pub(super) struct Id<'a>(pub(super) &'a AskedId);

    impl Serialize for Id<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                AskedId::Number(number) => serializer.serialize_i64(*number),
                AskedId::Text(text) => serializer.serialize_str(text),
            }
        }
    }

    pub(super) fn value_or_error<T: Serialize, S: Serializer>(
        value: &Result<T, Error>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Ok(value) => value.serialize(serializer),
            Err(error) => error.serialize(serializer),
        }
    }
}

impl From<Refusal> for shapes::Error {
    fn from(refusal: Refusal) -> Self {
        Self {
            error: crate::refusal::text(refusal),
        }
    }
}

fn list<'a, T, S>(
    answers: &'a PerId<T>,
    shape: impl Fn(shapes::Id<'a>, Result<&'a T, shapes::Error>) -> S,
) -> Vec<S> {
    let shaped = answers.iter().map(|(id, answer)| {
        let answer = answer.as_ref().map_err(|refusal| (*refusal).into());
        shape(shapes::Id(id), answer)
    });
    shaped.collect()
}

fn json(shape: &impl Serialize) -> Bytes {
    let text = serde_json::to_vec(shape).expect("texts, numbers and text keys always serialise");
    Bytes::from(text)
}

#[cfg(test)]
mod tests;
