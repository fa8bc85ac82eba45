//! Calls to a panel, as the documentation has them.

use panelgate_domain::ids::{OfferId, UpstreamId};
use panelgate_domain::spec::OrderSpec;
use url::form_urlencoded::Serializer;

use crate::names;

/// One call to a panel.
#[derive(Clone, Copy, Debug)]
pub enum Call<'a> {
    /// Its price list.
    Services,
    /// What we can spend there.
    Balance,
    /// Place an order.
    Add {
        /// What of.
        offer: &'a OfferId,
        /// What exactly.
        spec: &'a OrderSpec,
    },
    /// How orders are doing. One id goes out as `order`, several as `orders`; the caller keeps to the panel's batch size.
    Status(&'a [UpstreamId]),
    /// Ask for a refill of one order.
    Refill(&'a UpstreamId),
    /// How refills are doing. One id goes out as `refill`, several as `refills`.
    RefillStatus(&'a [UpstreamId]),
    /// Ask for orders to be canceled, by `orders` even for one, as documented.
    Cancel(&'a [UpstreamId]),
    /// Ask for one order to be canceled by `order`, which is all that some panels understand.
    CancelOne(&'a UpstreamId),
}

impl Call<'_> {
    /// The protocol's word, also the label in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Balance => "balance",
            Self::Add { .. } => "add",
            Self::Status(_) => "status",
            Self::Refill(_) => "refill",
            Self::RefillStatus(_) => "refill_status",
            Self::Cancel(_) | Self::CancelOne(_) => "cancel",
        }
    }
}

/// The body of the call, `application/x-www-form-urlencoded`, encoded exactly once: some panels decode twice, and no
/// encoding helps those.
#[must_use]
pub fn encode(call: &Call<'_>, key: &str) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair(names::KEY, key);
    form.append_pair(names::ACTION, call.name());
    match *call {
        Call::Services | Call::Balance => {}
        Call::Add { offer, spec } => {
            form.append_pair(names::SERVICE, offer.as_str());
            for (field, text) in spec.fields() {
                form.append_pair(names::field(field), text);
            }
        }
        Call::Status([id]) | Call::Refill(id) | Call::CancelOne(id) => {
            form.append_pair(names::ORDER, id.as_str());
        }
        Call::Status(ids) | Call::Cancel(ids) => {
            form.append_pair(names::ORDERS, &joined(ids));
        }
        Call::RefillStatus([id]) => {
            form.append_pair(names::REFILL, id.as_str());
        }
        Call::RefillStatus(ids) => {
            form.append_pair(names::REFILLS, &joined(ids));
        }
    }
    form.finish()
}

fn joined(ids: &[UpstreamId]) -> String {
    let ids: Vec<&str> = ids.iter().map(UpstreamId::as_str).collect();
    ids.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use panelgate_domain::field::Field;
    use panelgate_domain::service_type::ServiceType;
    use panelgate_domain::spec::{Fields, Limits, Subscribing};

    #[track_caller]
    fn check(call: &Call<'_>, expected: &str) {
        assert_eq!(encode(call, "k*1"), expected);
    }

    #[test]
    fn calls_look_as_documented() {
        let ids: Vec<UpstreamId> = vec!["1".into(), "2".into()];
        check(&Call::Services, "key=k*1&action=services");
        check(&Call::Balance, "key=k*1&action=balance");
        check(&Call::Status(&ids[..1]), "key=k*1&action=status&order=1");
        check(&Call::Status(&ids), "key=k*1&action=status&orders=1%2C2");
        check(&Call::Refill(&ids[1]), "key=k*1&action=refill&order=2");
        check(
            &Call::RefillStatus(&ids[..1]),
            "key=k*1&action=refill_status&refill=1",
        );
        check(
            &Call::RefillStatus(&ids),
            "key=k*1&action=refill_status&refills=1%2C2",
        );
        check(&Call::Cancel(&ids[..1]), "key=k*1&action=cancel&orders=1");
        check(&Call::CancelOne(&ids[0]), "key=k*1&action=cancel&order=1");
    }

    #[test]
    fn an_order_is_encoded_once_in_the_documented_order() {
        let limits = Limits {
            service_type: ServiceType::MentionsWithHashtags,
            min: 1,
            max: 100,
            dripfeed: false,
            subscribing: Subscribing::default(),
        };
        let sent: Fields = [
            (Field::Hashtags, "#a\r\n#b"),
            (Field::Usernames, "x y"),
            (Field::Quantity, "5"),
            (Field::Link, "https://x.example/?a=1&b=%2B+"),
        ]
        .map(|(field, text)| (field, text.to_owned()))
        .into();
        let spec = OrderSpec::read(&limits, &sent).expect("valid");
        let offer = "7".into();
        check(
            &Call::Add {
                offer: &offer,
                spec: &spec,
            },
            "key=k*1&action=add&service=7&link=https%3A%2F%2Fx.example%2F%3Fa%3D1%26b%3D%252B%2B&quantity=5\
             &usernames=x+y&hashtags=%23a%0A%23b",
        );
    }
}
