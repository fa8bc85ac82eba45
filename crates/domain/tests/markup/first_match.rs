//! The rule that is found is the one that a plain reading of the rules finds.

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::words::{Asked, Written, any_asked, any_condition, found, markup};

/// What `config/markup.toml` says, read literally: from the last rule to the first, each that holds replaces what was found;
/// and a rule holds unless one of its keys objects.
fn read(conditions: &[Written], asked: &Asked) -> Option<usize> {
    let mut answer = None;
    for (place, written) in conditions.iter().enumerate().rev() {
        if objections(written, asked).is_empty() {
            answer = Some(place);
        }
    }
    answer
}

/// The keys that do not hold.
fn objections(written: &Written, asked: &Asked) -> Vec<&'static str> {
    let mut keys = Vec::new();
    let mut check = |key, given: bool, holds: bool| {
        if given && !holds {
            keys.push(key);
        }
    };
    let group = written.group.unwrap_or_default();
    check("group", written.group.is_some(), asked.group == Some(group));
    let customer = written.customer.unwrap_or_default();
    check(
        "customer",
        written.customer.is_some(),
        asked.customer == customer,
    );
    let panel = written.panel.unwrap_or_default();
    check("panel", written.panel.is_some(), asked.panel == panel);
    for (key, given, text) in [
        ("category", &written.category, &asked.category),
        ("service_name", &written.service_name, &asked.name),
    ] {
        let pattern = given.as_deref().unwrap_or_default();
        check(key, given.is_some(), spells(pattern, text));
    }
    let kind = written.service_type;
    check("type", kind.is_some(), kind == Some(asked.service_type));
    let ids = written.services.as_deref().unwrap_or_default();
    let listed = ids.iter().filter(|id| **id == asked.id).count() > 0;
    check("services", written.services.is_some(), listed);
    let from = written.cost_from.unwrap_or(Decimal::MIN);
    check("cost_from", written.cost_from.is_some(), asked.cost >= from);
    let below = written.cost_below.unwrap_or(Decimal::MAX);
    check(
        "cost_below",
        written.cost_below.is_some(),
        asked.cost < below,
    );
    keys
}

/// Whether a pattern can spell a text: the places in the text that its first part can end at, part by part.
fn spells(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for part in pattern.to_lowercase().chars() {
        ends = match part {
            '*' => {
                let first = ends.iter().position(|end| *end);
                (0..ends.len())
                    .map(|end| first.is_some_and(|first| first <= end))
                    .collect()
            }
            _ => {
                let steps = |end: usize| part == '?' || text[end - 1] == part;
                let mut next = vec![false; ends.len()];
                for end in 1..ends.len() {
                    next[end] = ends[end - 1] && steps(end);
                }
                next
            }
        };
    }
    ends[text.len()]
}

proptest! {
    #![proptest_config(crate::config())]

    #[test]
    fn first_match_is_what_the_rules_say(
        conditions in proptest::collection::vec(any_condition(), 0..12),
        asked in proptest::collection::vec(any_asked(), 1..8),
    ) {
        let markup = markup(&conditions);
        for asked in &asked {
            prop_assert_eq!(found(&markup, asked), read(&conditions, asked), "{:?}", asked);
        }
    }
}
