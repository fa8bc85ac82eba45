//! Faults about chosen orders of an answer, in each of the shapes that name orders: a map, a list, or one order alone.

use serde_json::{Value, json};

use super::answer::Scene;
use super::rewrite::is_per_id;

/// Answers about everything but these orders.
pub(super) fn leave_out(answer: Value, orders: &[i64], scene: Scene<'_>) -> Value {
    match answer {
        _ if scene.asked_order.is_some_and(|id| orders.contains(&id)) => json!([]),
        Value::Object(map) if is_per_id(&map) => map
            .into_iter()
            .filter(|(id, _)| !is_one_of(orders, id))
            .collect(),
        Value::Array(entries) => entries
            .into_iter()
            .filter(|entry| !is_about(orders, entry))
            .collect(),
        other => other,
    }
}

/// Answers about everything, and has an error for these orders.
pub(super) fn have_error(answer: Value, orders: &[i64], error: &str, scene: Scene<'_>) -> Value {
    let failed = || json!({ "error": error });
    match answer {
        _ if scene.asked_order.is_some_and(|id| orders.contains(&id)) => failed(),
        Value::Object(mut map) if is_per_id(&map) => {
            for (_, value) in map.iter_mut().filter(|(id, _)| is_one_of(orders, id)) {
                *value = failed();
            }
            Value::Object(map)
        }
        Value::Array(mut entries) => {
            for entry in entries.iter_mut().filter(|entry| is_about(orders, entry)) {
                let names = ["cancel", "refill"];
                if let Some(name) = names.into_iter().find(|name| entry.get(name).is_some()) {
                    entry[name] = failed();
                }
            }
            Value::Array(entries)
        }
        other => other,
    }
}

fn is_one_of(orders: &[i64], id: &str) -> bool {
    id.parse().is_ok_and(|id| orders.contains(&id))
}

/// Whether an entry of a list is about one of the orders.
fn is_about(orders: &[i64], entry: &Value) -> bool {
    let order = entry.get("order").and_then(Value::as_i64);
    order.is_some_and(|id| orders.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request names several orders.
    const SEVERAL: Scene<'static> = Scene {
        key: "",
        last_order: None,
        asked_order: None,
    };

    /// The request names order 17 alone.
    const ONE: Scene<'static> = Scene {
        asked_order: Some(17),
        ..SEVERAL
    };

    fn statuses() -> Value {
        json!({"1": {"status": "Pending"}, "2": {"error": "no"}, "3": {"status": "Completed"}})
    }

    fn cancels() -> Value {
        json!([{"order": 1, "cancel": 1}, {"order": 2, "cancel": {"error": "no"}}])
    }

    #[test]
    fn chosen_orders_are_left_out() {
        assert_eq!(
            leave_out(statuses(), &[2, 9], SEVERAL),
            json!({"1": {"status": "Pending"}, "3": {"status": "Completed"}}),
        );
        assert_eq!(
            leave_out(cancels(), &[1], SEVERAL),
            json!([{"order": 2, "cancel": {"error": "no"}}]),
        );
        let honest = || json!({"status": "Pending"});
        assert_eq!(leave_out(honest(), &[17], ONE), json!([]));
        assert_eq!(leave_out(honest(), &[18], ONE), honest());
    }

    #[test]
    fn chosen_orders_have_an_error() {
        let gone = json!({"error": "gone"});
        assert_eq!(
            have_error(statuses(), &[1, 3], "gone", SEVERAL),
            json!({"1": gone, "2": {"error": "no"}, "3": gone}),
        );
        assert_eq!(
            have_error(cancels(), &[1], "gone", SEVERAL),
            json!([{"order": 1, "cancel": gone}, {"order": 2, "cancel": {"error": "no"}}]),
        );
        let honest = || json!({"status": "Pending"});
        assert_eq!(have_error(honest(), &[17], "gone", ONE), gone);
        assert_eq!(have_error(honest(), &[18], "gone", ONE), honest());
    }
}
