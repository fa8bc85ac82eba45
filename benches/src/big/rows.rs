//! The rows of an order, beside those of its money.

use panelgate_domain::ids::{CustomerId, PanelName};
use panelgate_domain::settlement::Settlement;
use panelgate_domain::status::Fact;
use panelgate_domain::time::Timestamp;
use rusqlite::{CachedStatement, Connection, named_params, params};

use super::Plan;
use super::life::{End, Life};
use crate::orders;

/// What writes them.
pub(super) struct Rows<'a> {
    order: CachedStatement<'a>,
    placement: CachedStatement<'a>,
    event: CachedStatement<'a>,
    name: CachedStatement<'a>,
    panels: Vec<PanelName>,
    /// What is around the number in the link of a spec.
    spec: (String, String),
    names_since: Timestamp,
}

impl<'a> Rows<'a> {
    pub(super) fn new(connection: &'a Connection, plan: &Plan) -> Self {
        let statement = |sql| connection.prepare_cached(sql).expect("a statement");
        let spec = orders::order(CustomerId(1), MARK).spec;
        let spec = serde_json::to_string(&spec).expect("it is written");
        let (before, after) = spec.split_once(&MARK.to_string()).expect("the link has it");
        Self {
            order: statement(ORDER),
            placement: statement(PLACEMENT),
            event: statement(EVENT),
            name: statement(NAME),
            panels: plan.panels.clone(),
            spec: (before.to_owned(), after.to_owned()),
            names_since: Timestamp(plan.until.0 - A_DAY),
        }
    }

    /// Opened and sent, and the order as it is in the end.
    pub(super) fn open(&mut self, life: &Life) {
        let (id, at, sale) = (life.id, life.created, &life.sale);
        let panel = self.panels[sale.panel].clone();
        let upstream_id = (UPSTREAM + id).to_string();
        let accepted = format!("{{\"order\":{upstream_id}}}");
        let unconfirmed = matches!(life.end, End::Unconfirmed);
        self.write_order(
            life,
            panel.as_str(),
            Some(upstream_id).filter(|_| !unconfirmed).as_deref(),
        );
        let (outcome, raw) = match unconfirmed {
            true => ("unknown", "the connection was closed"),
            false => ("accepted", accepted.as_str()),
        };
        self.placement
            .execute(params![
                id,
                panel.as_str(),
                sale.offer,
                sale.cost.micros(),
                at.0,
                outcome,
                raw
            ])
            .expect("written");
        let opened = format!("{} at rate {}, rules 1", sale.price, sale.rate);
        self.tell(id, at, "opened", &opened);
        let sending = format!("to {panel}, offer {}, for {} USD", sale.offer, sale.cost);
        self.tell(id, at, "sending", &sending);
        let kind = if unconfirmed { "unconfirmed" } else { "placed" };
        self.tell(id, at, kind, &format!("{outcome}: {raw}"));
        if at > self.names_since && id % 4 == 0 {
            let key = format!("{id:032x}");
            self.name
                .execute(params![sale.customer, key, id, at.0])
                .expect("written");
        }
    }

    /// Why it ended.
    pub(super) fn close(&mut self, life: &Life, fact: &Fact, settlement: &Settlement) {
        let word = settlement.word;
        let text = format!("{word}, {} taken; {word}", settlement.taken);
        self.tell(life.id, fact.at, "closed", &text);
    }

    fn write_order(&mut self, life: &Life, panel: &str, upstream_id: Option<&str>) {
        let (sale, fact, ended) = match &life.end {
            End::Unconfirmed => (&life.sale, None, None),
            End::Live(fact) => (&life.sale, Some(fact), None),
            End::Ended(fact, settlement) => (&life.sale, Some(fact), Some((fact.at, settlement))),
        };
        let state = match (upstream_id, ended) {
            (None, _) => "unconfirmed",
            (_, Some(_)) => "closed",
            _ => "placed",
        };
        let (before, after) = &self.spec;
        self.order
            .execute(named_params! {
                ":id": life.id,
                ":customer": sale.customer,
                ":service": sale.service,
                ":state": state,
                ":price": sale.price.micros(),
                ":rate": sale.rate.to_string(),
                ":quantity": i64::try_from(sale.quantity).expect("small"),
                ":spec": format!("{before}{}{after}", life.id),
                ":panel": panel,
                ":upstream_id": upstream_id,
                ":word": fact.map(|fact| fact.word.word()),
                ":charge": fact.and_then(|fact| fact.charge).map(|charge| charge.micros()),
                ":start_count": fact.and_then(|fact| fact.start_count),
                ":remains": fact.and_then(|fact| fact.remains),
                ":fact_at": fact.map(|fact| fact.at.0),
                ":flag": (life.id % FLAGGED == FLAGGED / 2).then_some("its panel does not speak of it any more"),
                ":created": life.created.0,
                ":ended": ended.map(|(_, settlement)| settlement.word.word()),
                ":closed_by": ended.map(|_| "fact"),
                ":taken": ended.map(|(_, settlement)| settlement.taken.micros()),
                ":closed": ended.map(|(at, _)| at.0),
            })
            .expect("written");
    }

    fn tell(&mut self, order: i64, at: Timestamp, kind: &str, text: &str) {
        self.event
            .execute(params![order, at.0, kind, text])
            .expect("written");
    }
}

const ORDER: &str = "INSERT INTO orders (id, version, customer, service, service_type, state, price, rate, per_run, runs, revision,
        spec, refill, cancel, placement, panel, upstream_id, fact_word, fact_charge, fact_start_count, fact_remains, fact_at,
        flag, created, ended, closed_by, taken, closed)
    VALUES (:id, 4, :customer, :service, 'Default', :state, :price, :rate, :quantity, 1, 1,
        :spec, 1, 1, :id, :panel, :upstream_id, :word, :charge, :start_count, :remains, :fact_at,
        :flag, :created, :ended, :closed_by, :taken, :closed)";
const PLACEMENT: &str =
    "INSERT INTO placements (id, order_id, panel, offer, cost, currency, began, rate, outcome, raw)
    VALUES (?1, ?1, ?2, ?3, ?4, 'USD', ?5, '10', ?6, ?7)";
const EVENT: &str = "INSERT INTO order_events (order_id, at, kind, text) VALUES (?1, ?2, ?3, ?4)";
const NAME: &str =
    "INSERT INTO idempotency_keys (customer, key, order_id, at) VALUES (?1, ?2, ?3, ?4)";

/// No order has this number, and it is as long as those of most.
const MARK: usize = 9_999_999;
/// What panels call orders of ours: more than we do.
const UPSTREAM: i64 = 10_000_000;
/// One of so many waits for the operator.
const FLAGGED: i64 = 100_000;
const A_DAY: i64 = 24 * 3_600 * 1_000;
