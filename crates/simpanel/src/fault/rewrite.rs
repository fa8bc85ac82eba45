//! Faults that change the meaning or the form of a JSON answer: pure functions from value to value.

use serde_json::{Map, Value, json};

use super::answer::Scene;
use super::{Fault, chosen};

/// What a fault makes of an answer; `None` if it is none of these faults.
pub(super) fn rewritten(fault: &Fault, answer: Value, scene: Scene<'_>) -> Option<Value> {
    Some(match fault {
        Fault::WrongIds => wrong_ids(answer),
        Fault::OmitIds => omit_ids(answer),
        Fault::LeaveOut(orders) => chosen::leave_out(answer, orders, scene),
        Fault::OrderErrors { orders, error } => chosen::have_error(answer, orders, error, scene),
        Fault::BareStringErrors => bare_string_errors(answer),
        Fault::ListInsteadOfMap => list_instead_of_map(answer),
        Fault::EmptyList => json!([]),
        Fault::OtherCase => other_case(answer),
        Fault::NumbersAsStrings => numbers_as_strings(answer),
        Fault::StringsAsNumbers => strings_as_numbers(answer),
        Fault::DuplicateOrderId => duplicate_order_id(answer, scene),
        Fault::OrderIdZero => with_field(answer, "order", json!(0)),
        Fault::ErrorAndId => error_and_id(answer),
        Fault::RemainsTooHigh => remains_too_high(answer),
        Fault::ChildrenLate => with_children(answer, &|mut children| {
            children.pop();
            children
        }),
        Fault::ChildrenTwice => with_children(answer, &|children| {
            let again = children.iter().map(|id| json!(id.to_string()));
            let again: Vec<Value> = again.collect();
            children.into_iter().chain(again).collect()
        }),
        Fault::ChildrenVanish => with_children(answer, &|_| Vec::new()),
        Fault::NoCharge => of_each_order(answer, &|mut order| {
            order.remove("charge");
            order
        }),
        _ => return None,
    })
}

/// Maps of ids get other keys, lists other ids in their entries.
fn wrong_ids(answer: Value) -> Value {
    let wrong = |id: &str| {
        let number: Option<i64> = id.parse().ok();
        number.map_or_else(
            || format!("{id}0"),
            |number| number.saturating_add(FAR).to_string(),
        )
    };
    match answer {
        Value::Object(map) if is_per_id(&map) => map
            .into_iter()
            .map(|(id, value)| (wrong(&id), value))
            .collect(),
        Value::Array(entries) => entries
            .into_iter()
            .map(|mut entry| {
                for name in ["order", "refill"] {
                    if let Some(number) = entry.get(name).and_then(Value::as_i64) {
                        entry[name] = json!(number.saturating_add(FAR));
                    }
                }
                entry
            })
            .collect(),
        other => other,
    }
}

fn omit_ids(answer: Value) -> Value {
    match answer {
        Value::Object(map) if is_per_id(&map) => map.into_iter().skip(1).step_by(2).collect(),
        Value::Array(entries) => entries.into_iter().skip(1).step_by(2).collect(),
        other => other,
    }
}

fn bare_string_errors(answer: Value) -> Value {
    let bare = |value: Value| match value.get("error") {
        Some(text) => text.clone(),
        None => value,
    };
    match answer {
        Value::Object(map) if is_per_id(&map) => map
            .into_iter()
            .map(|(id, value)| (id, bare(value)))
            .collect(),
        Value::Array(entries) => entries
            .into_iter()
            .map(|entry| match entry {
                Value::Object(fields) => fields
                    .into_iter()
                    .map(|(name, value)| (name, bare(value)))
                    .collect(),
                other => other,
            })
            .collect(),
        other => other,
    }
}

fn list_instead_of_map(answer: Value) -> Value {
    match answer {
        Value::Object(map) if is_per_id(&map) => map.into_iter().map(|(_, value)| value).collect(),
        list @ Value::Array(_) => list,
        other => json!([other]),
    }
}

fn other_case(answer: Value) -> Value {
    match answer {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| (capitalised(&name), other_case(value)))
            .collect(),
        Value::Array(entries) => entries.into_iter().map(other_case).collect(),
        other => other,
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn numbers_as_strings(answer: Value) -> Value {
    scalars(answer, &|scalar| match scalar {
        Value::Number(number) => Value::String(number.to_string()),
        other => other,
    })
}

fn strings_as_numbers(answer: Value) -> Value {
    scalars(answer, &|scalar| match scalar {
        Value::String(text) => match text.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text),
        },
        other => other,
    })
}

fn scalars(value: Value, change: &impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| (name, scalars(value, change)))
            .collect(),
        Value::Array(entries) => entries
            .into_iter()
            .map(|entry| scalars(entry, change))
            .collect(),
        scalar => change(scalar),
    }
}

fn duplicate_order_id(answer: Value, scene: Scene<'_>) -> Value {
    match scene.last_order {
        Some(last) => with_field(answer, "order", json!(last)),
        None => answer,
    }
}

fn error_and_id(mut answer: Value) -> Value {
    if answer.get("order").is_some() {
        answer["error"] = json!("Something went wrong");
    }
    answer
}

fn remains_too_high(answer: Value) -> Value {
    of_each_order(answer, &|mut order| {
        let remains = order.get("remains").and_then(Value::as_str);
        if let Some(remains) = remains.and_then(|text| text.parse::<i64>().ok()) {
            let lie = remains.saturating_add(FAR).to_string();
            order.insert("remains".to_owned(), json!(lie));
        }
        order
    })
}

/// What an order has spawned, where an answer names it.
fn with_children(answer: Value, change: &impl Fn(Vec<Value>) -> Vec<Value>) -> Value {
    of_each_order(answer, &|mut order| {
        if let Some(Value::Array(children)) = order.remove("orders") {
            order.insert("orders".to_owned(), Value::Array(change(children)));
        }
        order
    })
}

/// Changes what is said of one order, or of each order in a map.
fn of_each_order(
    answer: Value,
    change: &impl Fn(Map<String, Value>) -> Map<String, Value>,
) -> Value {
    match answer {
        Value::Object(map) if is_per_id(&map) => map
            .into_iter()
            .map(|(id, value)| (id, of_each_order(value, change)))
            .collect(),
        Value::Object(order) => Value::Object(change(order)),
        other => other,
    }
}

/// Changes a field of an object that has it.
fn with_field(mut answer: Value, name: &str, value: Value) -> Value {
    if answer.get(name).is_some() {
        answer[name] = value;
    }
    answer
}

/// Whether an object is a map of ids: it holds nothing but objects.
pub(super) fn is_per_id(map: &Map<String, Value>) -> bool {
    !map.is_empty() && map.values().all(Value::is_object)
}

/// Far enough from every id and quantity that is real.
const FAR: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fault: &Fault, honest: Value, expected: Value) {
        let scene = Scene {
            key: "",
            last_order: Some(41),
            asked_order: None,
        };
        assert_eq!(rewritten(fault, honest, scene), Some(expected));
    }

    fn statuses() -> Value {
        json!({
            "1": {"status": "Partial", "remains": "157", "charge": "0.27819"},
            "2": {"error": "Incorrect order ID"},
            "3": {"status": "Completed", "remains": "0", "charge": "1.5"},
        })
    }

    fn cancels() -> Value {
        json!([{"order": 1, "cancel": 1}, {"order": 2, "cancel": {"error": "no"}}])
    }

    #[test]
    fn ids_are_mixed_up() {
        check(
            &Fault::WrongIds,
            json!({"1": {"remains": "1"}, "x": {"remains": "2"}}),
            json!({"1000001": {"remains": "1"}, "x0": {"remains": "2"}}),
        );
        check(
            &Fault::WrongIds,
            cancels(),
            json!([{"order": 1_000_001, "cancel": 1}, {"order": 1_000_002, "cancel": {"error": "no"}}]),
        );
        check(
            &Fault::OmitIds,
            statuses(),
            json!({"2": {"error": "Incorrect order ID"}}),
        );
        check(
            &Fault::OmitIds,
            cancels(),
            json!([{"order": 2, "cancel": {"error": "no"}}]),
        );
    }

    #[test]
    fn shapes_are_those_of_careless_panels() {
        check(
            &Fault::BareStringErrors,
            json!({"1": {"error": "a"}, "2": {"status": "Pending"}}),
            json!({"1": "a", "2": {"status": "Pending"}}),
        );
        check(
            &Fault::BareStringErrors,
            cancels(),
            json!([{"order": 1, "cancel": 1}, {"order": 2, "cancel": "no"}]),
        );
        check(
            &Fault::ListInsteadOfMap,
            json!({"1": {"a": 1}, "2": {"a": 2}}),
            json!([{"a": 1}, {"a": 2}]),
        );
        check(
            &Fault::ListInsteadOfMap,
            json!({"status": "Pending"}),
            json!([{"status": "Pending"}]),
        );
        check(&Fault::EmptyList, statuses(), json!([]));
        check(
            &Fault::OtherCase,
            json!({"1": {"start_count": "5"}}),
            json!({"1": {"Start_count": "5"}}),
        );
    }

    #[test]
    fn numbers_and_strings_change_places() {
        check(
            &Fault::NumbersAsStrings,
            json!([{"service": 1, "refill": true, "name": "x"}]),
            json!([{"service": "1", "refill": true, "name": "x"}]),
        );
        check(
            &Fault::StringsAsNumbers,
            json!({"charge": "0.27819", "remains": "157", "status": "Partial"}),
            json!({"charge": 0.27819, "remains": 157, "status": "Partial"}),
        );
    }

    #[test]
    fn orders_get_ids_they_cannot_have() {
        let honest = || json!({"order": 42});
        check(&Fault::DuplicateOrderId, honest(), json!({"order": 41}));
        check(&Fault::OrderIdZero, honest(), json!({"order": 0}));
        check(
            &Fault::ErrorAndId,
            honest(),
            json!({"order": 42, "error": "Something went wrong"}),
        );
        let refusal = || json!({"error": "Bad link"});
        check(&Fault::OrderIdZero, refusal(), refusal());
        check(&Fault::ErrorAndId, refusal(), refusal());
    }

    #[test]
    fn children_come_late_or_twice_or_vanish() {
        let honest = || json!({"1": {"status": "Active", "orders": [5, 6]}, "2": {"charge": "1"}});
        let named = |orders: Value| json!({"1": {"status": "Active", "orders": orders}, "2": {"charge": "1"}});
        check(&Fault::ChildrenLate, honest(), named(json!([5])));
        let twice = named(json!([5, 6, "5", "6"]));
        check(&Fault::ChildrenTwice, honest(), twice);
        check(&Fault::ChildrenVanish, honest(), named(json!([])));
        check(
            &Fault::NoCharge,
            json!({"charge": "1", "status": "Pending"}),
            json!({"status": "Pending"}),
        );
    }

    #[test]
    fn more_remains_than_was_ordered() {
        check(
            &Fault::RemainsTooHigh,
            json!({"remains": "157"}),
            json!({"remains": "1000157"}),
        );
        let lied = remains_too_high(statuses());
        assert_eq!(lied["1"]["remains"], "1000157");
        assert_eq!(lied["2"], json!({"error": "Incorrect order ID"}));
    }
}
