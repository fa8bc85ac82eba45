//! Orders by filter, newest first. Which index is walked is said here: SQLite does not know how many orders a word stands for.

use panelgate_domain::order::{Order, OrderState};
use rusqlite::{Connection, ToSql};

use super::rows;
use crate::api::Result;
use crate::model::OrderFilter;

/// Those that the filter lets through.
pub(in crate::sqlite) fn list(connection: &Connection, filter: &OrderFilter) -> Result<Vec<Order>> {
    let state = filter.state.map(OrderState::word);
    let customer = filter.customer.map(|customer| customer.0);
    let panel = filter.panel.as_ref().map(|panel| panel.as_str());
    let parent = filter.parent.map(|parent| parent.0);
    let (from, to) = (
        filter.sent_from.map(|at| at.0),
        filter.sent_to.map(|at| at.0),
    );
    let before = filter.before.map_or(i64::MAX, |before| before.0);
    let all: [(&str, &dyn ToSql, bool); 6] = [
        (":state", &state, state.is_some()),
        (":customer", &customer, customer.is_some()),
        (":panel", &panel, panel.is_some()),
        (":from", &from, from.is_some()),
        (":to", &to, to.is_some()),
        (":parent", &parent, parent.is_some()),
    ];
    let given = all.into_iter().filter(|(_, _, given)| *given);
    let mut values: Vec<(&str, &dyn ToSql)> = given.map(|(name, value, _)| (name, value)).collect();
    let most = match filter.limit {
        0 => -1,
        limit => super::query::at_most(limit),
    };
    values.extend::<[(&str, &dyn ToSql); 2]>([(":before", &before), (":most", &most)]);
    let mut query = connection.prepare_cached(&statement(filter))?;
    let found = query.query_map(&*values, rows::order)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Several walks are merged as they go, each newest first: none reads more than is taken of it.
pub(in crate::sqlite) fn statement(filter: &OrderFilter) -> String {
    let conditions = conditions(filter).join(" AND ");
    let walks = walks(filter).into_iter();
    let walks = walks
        .map(|(index, part)| format!("SELECT * FROM orders {index} WHERE {part} AND {conditions}"));
    let walks: Vec<_> = walks.collect();
    format!("{} ORDER BY id DESC LIMIT :most", walks.join(" UNION ALL "))
}

fn conditions(filter: &OrderFilter) -> Vec<&'static str> {
    let conditions = [
        (filter.state.is_some(), "state = :state"),
        (filter.customer.is_some(), "customer = :customer"),
        (filter.panel.is_some(), "panel = :panel"),
        (
            filter.sent_from.is_some(),
            "(SELECT began FROM placements WHERE id = orders.placement) >= :from",
        ),
        (
            filter.sent_to.is_some(),
            "(SELECT began FROM placements WHERE id = orders.placement) < :to",
        ),
        (filter.parent.is_some(), "parent = :parent"),
        (filter.flagged, "flag IS NOT NULL"),
        (true, "id < :before"),
    ];
    let given = conditions.into_iter().filter(|(given, _)| *given);
    given.map(|(_, condition)| condition).collect()
}

/// Where to look, fewest first: what a family has, what waits for an operator, what is on its way; then what a customer has, or a
/// panel. Most orders are placed, or closed.
fn walks(filter: &OrderFilter) -> Vec<(&'static str, &'static str)> {
    let few = matches!(
        filter.state,
        Some(OrderState::Open | OrderState::Sending | OrderState::Unconfirmed)
    );
    let halves: [(&str, &str); 2] = if filter.parent.is_some() {
        return vec![("INDEXED BY children_of_order", "1")];
    } else if filter.flagged {
        return vec![("INDEXED BY orders_flagged", "1")];
    } else if few {
        return vec![("INDEXED BY orders_by_state", "1")];
    } else if filter.customer.is_some() {
        [
            ("INDEXED BY live_orders_of_customer", "ended IS NULL"),
            ("INDEXED BY ended_orders_of_customer", "ended IS NOT NULL"),
        ]
    } else if filter.panel.is_some() {
        [
            (
                "INDEXED BY live_orders_at_panel",
                "ended IS NULL AND panel IS NOT NULL",
            ),
            (
                "INDEXED BY ended_orders_at_panel",
                "ended IS NOT NULL AND panel IS NOT NULL",
            ),
        ]
    } else if filter.state.is_some() {
        return vec![("INDEXED BY orders_by_state", "1")];
    } else {
        return vec![("NOT INDEXED", "1")];
    };
    let [live, ended] = halves;
    match filter.state {
        None => vec![live, ended],
        Some(OrderState::Closed) => vec![ended],
        Some(_) => vec![live],
    }
}
