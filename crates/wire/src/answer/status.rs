//! The answer to `status`.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::status::{Heard, Report};

use super::entries::{Reading, answers};
use super::object::{Object, clipped, id_text};
use super::{AnswerError, Http, amount, error};
use crate::json::Node;
use crate::refusal::Classifier;

/// What a panel says of the orders it was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    /// A report or an error text for each id that was answered; what the panel left out is not here.
    pub reports: HashMap<UpstreamId, Result<Report, String>>,
    /// Answers to ids that nobody asked for, that name no id among several, or that name one twice.
    pub strangers: usize,
    /// Several were asked for, and the answer is a list where a map is documented.
    pub listed: bool,
}

/// Reads a report for each id in `asked`: a map, a list whose entries name their order, or for one id the bare report.
///
/// # Errors
/// The answer is about the whole call, or is none; see [`AnswerError`].
pub fn status(http: &Http<'_>, asked: &[UpstreamId]) -> Result<Statuses, AnswerError> {
    let reading = Reading {
        id_names: &["order", "orderid", "id"],
        answer_names: &["status", "charge", "remains"],
        read: &report,
    };
    let answers = answers(http, asked, &Classifier::default(), &reading)?;
    Ok(Statuses {
        reports: answers.by_id,
        strangers: answers.strangers,
        listed: answers.listed,
    })
}

fn report(node: Node<'_>) -> Result<Report, String> {
    if let Some(text) = node.scalar() {
        return Err(clipped(text.trim(), LONGEST_TEXT));
    }
    let Some(object) = Object::read(node) else {
        return Err("no report".to_owned());
    };
    if let Some(text) = error::text(&object) {
        return Err(text);
    }
    let word = object.text(&["status"]).ok_or("no status")?;
    let whole = |names: &[&str]| object.text(names).and_then(|text| amount::whole(&text));
    Ok(Report {
        heard: Heard::parse(&word),
        charge: object.text(&["charge"]).and_then(|text| charge(&text)),
        start_count: whole(&["startcount", "startcounter"]),
        remains: whole(&["remains"]),
        runs: whole(&["runs"]).and_then(|runs| u64::try_from(runs).ok()),
        children: children(&object),
    })
}

/// Rounded up, because it is a cost; a negative one is no charge.
fn charge(text: &str) -> Option<Money> {
    amount::money(text, Rounding::Up).filter(|charge| *charge >= Money::ZERO)
}

fn children(object: &Object<'_>) -> Vec<UpstreamId> {
    let listed = object.get(&["orders"]).and_then(Node::items);
    let ids = listed.unwrap_or_default().into_iter().filter_map(id_text);
    ids.take(MOST_CHILDREN).map(UpstreamId::new).collect()
}

const LONGEST_TEXT: usize = 500;
/// A drip-feed of a thousand runs is beyond what panels offer.
const MOST_CHILDREN: usize = 1_000;

#[cfg(test)]
mod tests;
