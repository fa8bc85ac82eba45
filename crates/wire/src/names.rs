//! The names of the protocol's parameters: the only table of them in the workspace.

use panelgate_domain::field::Field;

pub(crate) const KEY: &str = "key";
pub(crate) const ACTION: &str = "action";
pub(crate) const SERVICE: &str = "service";
pub(crate) const ORDER: &str = "order";
pub(crate) const ORDERS: &str = "orders";
pub(crate) const REFILL: &str = "refill";
pub(crate) const REFILLS: &str = "refills";
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency_key";

/// What clients call the id of an order, the documented name first.
pub(crate) const ORDER_ALIASES: &[&str] = &[ORDER, "id", "order_id"];
/// The same for the order that is to be refilled, which some call by its purpose.
pub(crate) const REFILLED_ORDER_ALIASES: &[&str] = &[ORDER, "id", "order_id", REFILL];
/// What clients call the id of a refill.
pub(crate) const REFILL_ALIASES: &[&str] = &[REFILL, "refill_id", "id"];

/// The documented name of a field.
#[must_use]
pub const fn field(field: Field) -> &'static str {
    aliases(field)[0]
}

/// The names under which a field is read, folded to lower case, the documented one first.
pub(crate) const fn aliases(field: Field) -> &'static [&'static str] {
    match field {
        Field::Link => &["link"],
        Field::Quantity => &["quantity"],
        Field::Runs => &["runs"],
        Field::Interval => &["interval"],
        Field::Keywords => &["keywords"],
        Field::Comments => &["comments", "customcomments"],
        Field::Usernames => &["usernames"],
        Field::Hashtags => &["hashtags"],
        Field::Hashtag => &["hashtag"],
        Field::Username => &["username"],
        Field::Media => &["media"],
        Field::AnswerNumber => &["answer_number"],
        Field::Groups => &["groups"],
        Field::Country => &["country"],
        Field::Device => &["device"],
        Field::TypeOfTraffic => &["type_of_traffic"],
        Field::GoogleKeyword => &["google_keyword"],
        Field::ReferringUrl => &["referring_url"],
        Field::Min => &["min"],
        Field::Max => &["max"],
        Field::Posts => &["posts"],
        Field::OldPosts => &["old_posts"],
        Field::Delay => &["delay"],
        Field::Expiry => &["expiry"],
    }
}

/// Whether an `add` has a parameter of this (folded) name.
pub(crate) fn belongs_to_add(name: &str) -> bool {
    [KEY, ACTION, SERVICE, IDEMPOTENCY_KEY].contains(&name)
        || Field::ALL
            .into_iter()
            .any(|field| aliases(field).contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_two_fields() {
        let mut names: Vec<&str> = Field::ALL.into_iter().flat_map(aliases).copied().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| name.to_ascii_lowercase() == *name));
    }
}
