//! No statement of the store walks through all of a table that grows with orders, but for the few that say why.
//!
//! The statements are read from the source, so that one that no test runs counts too. Their plans do not depend on what is bound or on
//! statistics, of which there are none: an empty store has the plans of a large one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use panelgate_domain::ids::{CustomerId, OrderId};
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;
use rusqlite::Connection;

use super::orders::{list, rows};
use crate::model::OrderFilter;

/// Statements that are to read everything, by where they are and how they begin.
const WHOLE: &[(&str, &str, &str)] = &[
    ("verify/", "", "checks every row there is"),
    (
        "reports/profit.rs",
        "SELECT t.kind",
        "goes through the transfers of a time as they lie in the file",
    ),
    (
        "reports/past.rs",
        "",
        "goes through the orders of a time as they lie in the file",
    ),
    ("restore.rs", "", "makes a store of another one, once"),
    (
        "orders/list.rs",
        "SELECT * FROM orders NOT INDEXED",
        "takes the newest orders of all, as many as are asked for",
    ),
    ("moves/", "", "brings in what was another panel's, once"),
    (
        "archive/pages.rs",
        "INSERT INTO archives",
        "would look for stubs only if a constraint were broken",
    ),
];

/// What grows with orders. Everything else grows with customers, panels and what they sell.
const GROWING: &[&str] = &[
    "orders",
    "placements",
    "order_events",
    "transfers",
    "entries",
    "idempotency_keys",
    "refills",
    "evidence",
    "stubs",
];

#[test]
fn nothing_walks_through_what_grows_with_orders() {
    let connection = store();
    let all = statements();
    assert!(
        all.len() > MOST_LIKELY,
        "{} statements were found",
        all.len()
    );
    let found: Vec<String> = all.iter().filter_map(|one| one.walk(&connection)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (place, begins, why) in WHOLE {
        let named = all.iter().any(|one| one.is_at(place, begins));
        assert!(named, "`{begins}` in {place}, which {why}, is not there");
    }
}

#[test]
fn every_index_keeps_a_statement_from_walking() {
    let connection = store();
    let all = statements();
    let mut query = connection
        .prepare("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX %'")
        .expect("a query");
    let indexes = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let indexes: Result<Vec<(String, String)>, _> = indexes.expect("read").collect();
    let mut idle = Vec::new();
    for (index, table) in indexes.expect("read") {
        if !GROWING.contains(&table.as_str()) {
            continue;
        }
        connection
            .execute_batch(&format!("SAVEPOINT without; DROP INDEX {index}"))
            .expect("dropped");
        if all.iter().all(|one| one.walk(&connection).is_none()) {
            idle.push(index);
        }
        connection
            .execute_batch("ROLLBACK TO without; RELEASE without")
            .expect("back again");
    }
    assert!(idle.is_empty(), "nothing needs {idle:?}");
}

/// An empty one, as it is opened.
fn store() -> Connection {
    let mut connection = Connection::open_in_memory().expect("opened");
    super::open::embedded::migrations::runner()
        .run(&mut connection)
        .expect("made");
    super::open::keep_plans(&connection, 16).expect("set");
    connection
}

/// A statement, and the file that has it.
struct Statement {
    file: String,
    sql: String,
}

impl Statement {
    fn is_at(&self, place: &str, begins: &str) -> bool {
        self.file.starts_with(place) && self.sql.starts_with(begins)
    }

    /// What it walks through, or why it cannot be run; `None` if it may.
    fn walk(&self, connection: &Connection) -> Option<String> {
        let may = WHOLE
            .iter()
            .any(|(place, begins, _)| self.is_at(place, begins));
        let fault = match self.plan(connection) {
            Err(error) => Some(error.to_string()),
            Ok(_) if may => None,
            Ok(plan) => plan.into_iter().find(|step| self.is_walk(step)),
        };
        fault.map(|fault| format!("{}: {fault}\n    {}", self.file, self.sql))
    }

    fn plan(&self, connection: &Connection) -> rusqlite::Result<Vec<String>> {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", self.sql))?;
        let steps = explained.raw_query().mapped(|row| row.get("detail"));
        steps.collect()
    }

    /// `SCAN o USING INDEX …`, where `o` is what the statement calls a table that grows; and from a row on is as good as through all.
    fn is_walk(&self, step: &str) -> bool {
        let mut words = step.split_whitespace();
        let (Some(how), Some(name)) = (words.next(), words.next()) else {
            return false;
        };
        let from_a_row_on = ["KEY (rowid>?)", "KEY (rowid<?)"]
            .iter()
            .any(|end| step.ends_with(end));
        let is_walk = how == "SCAN" || how == "SEARCH" && from_a_row_on;
        is_walk && (GROWING.contains(&name) || self.names().contains(name))
    }

    /// What else it calls tables that grow: `orders o`, `orders AS o`.
    fn names(&self) -> BTreeSet<&str> {
        let words: Vec<&str> = self
            .sql
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .collect();
        let mut names = BTreeSet::new();
        for pair in words.windows(3) {
            if GROWING.contains(&pair[0]) {
                names.insert(if pair[1] == "AS" { pair[2] } else { pair[1] });
            }
        }
        names
    }
}

/// All of them: what the source says, and what is put together for a list.
fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite");
    let mut all = Vec::new();
    read(&folder, &folder, &mut all);
    all.extend(lists());
    all
}

fn read(root: &Path, folder: &Path, all: &mut Vec<Statement>) {
    for file in std::fs::read_dir(folder).expect("the source is here") {
        let path = file.expect("read").path();
        if path.is_dir() {
            read(root, &path, all);
            continue;
        }
        let name = path.strip_prefix(root).expect("it lies there");
        let name = name.to_str().expect("a plain name").to_owned();
        // An archive is another file, with tables of its own.
        let others = ["plans.rs", "orders/list.rs", "archive/file.rs"];
        if others.contains(&name.as_str()) || name.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .expect("some");
        let literals = literals(code);
        for sql in literals.iter().flat_map(|text| text.split(';')) {
            let mut words = sql.split_whitespace();
            let verb = words.next().unwrap_or_default();
            let is_statement = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&verb);
            if is_statement && words.next().is_some() {
                let (file, sql) = (name.clone(), filled(sql.trim()));
                all.push(Statement { file, sql });
            }
        }
    }
}

/// What stands in a statement for what is filled in when it is run.
fn filled(sql: &str) -> String {
    let parts = BTreeMap::from([
        ("{SET_FACT}", rows::SET_FACT),
        ("{rest}", "WHERE c.name = ?1"),
        ("{table}", "placements"),
        ("{columns}", "id"),
        ("{owner}", "order_id"),
    ]);
    parts
        .iter()
        .fold(sql.to_owned(), |sql, (part, text)| sql.replace(part, text))
}

/// Lists with every filter, and with any two of them.
fn lists() -> Vec<Statement> {
    type Narrow = fn(&mut OrderFilter);
    let mut narrow: Vec<Narrow> = vec![
        |_| {},
        |filter| filter.customer = Some(CustomerId(1)),
        |filter| filter.panel = Some("alpha".into()),
        |filter| filter.sent_from = Some(Timestamp(0)),
        |filter| filter.sent_to = Some(Timestamp(0)),
        |filter| filter.parent = Some(OrderId(1)),
        |filter| filter.flagged = true,
        |filter| filter.before = Some(OrderId(1)),
    ];
    narrow.push(|filter| filter.state = Some(OrderState::Open));
    narrow.push(|filter| filter.state = Some(OrderState::Unconfirmed));
    narrow.push(|filter| filter.state = Some(OrderState::Placed));
    narrow.push(|filter| filter.state = Some(OrderState::Closed));
    let mut all = Vec::new();
    for one in &narrow {
        for other in &narrow {
            let mut filter = OrderFilter::default();
            one(&mut filter);
            other(&mut filter);
            let (file, sql) = ("orders/list.rs".to_owned(), list::statement(&filter));
            all.push(Statement { file, sql });
        }
    }
    all
}

/// The texts in a source.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (first, after) = rest[at..].split_at(1);
        rest = match first {
            "/" if after.starts_with('/') => after.split_once('\n').map_or("", |(_, rest)| rest),
            // `'"'` and `'\''`; anything else is a lifetime, or has nothing in it that counts.
            "'" if after.starts_with("\\'") => &after[3..],
            "'" if after.starts_with("\"'") => &after[2..],
            "\"" => {
                let (text, after) = literal(after);
                found.push(text);
                after
            }
            _ => after,
        };
    }
    found
}

/// Up to the closing quote, and what comes then.
fn literal(text: &str) -> (String, &str) {
    let mut read = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (read, &text[at + 1..]),
            '\\' => read.extend(
                chars
                    .next()
                    .map(|(_, c)| c)
                    .filter(|c| *c == '"' || *c == '\\'),
            ),
            c => read.push(c),
        }
    }
    (read, "")
}

/// Fewer were not found where they are.
const MOST_LIKELY: usize = 200;
