//! The answer to `status`.

use std::collections::HashMap;

use panelgate_domain::ids::UpstreamId;
use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::status::{Heard, Report};

use super::entries::{Reading, answers};
use super::object::{LONGEST_ID, Object, clipped, id_text};
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
    let whole = |names: &[&str]| object.written(names).and_then(|text| amount::whole(&text));
    Ok(Report {
        heard: Heard::parse(&word),
        charge: object.written(&["charge"]).and_then(|text| charge(&text)),
        start_count: whole(&["startcount", "startcounter"]),
        remains: whole(&["remains"]),
        // A drip-feed counts runs, a subscription posts.
        runs: whole(&["runs", "posts"]).and_then(|runs| u64::try_from(runs).ok()),
        children: children(&object),
    })
}

/// Rounded up, because it is a cost; a negative one is no charge.
fn charge(text: &str) -> Option<Money> {
    amount::money(text, Rounding::Up).filter(|charge| *charge >= Money::ZERO)
}

/// A list of ids or of objects that name one, what PHP makes of a list with gaps (an object), or a text with commas.
fn children(object: &Object<'_>) -> Vec<UpstreamId> {
    let Some(listed) = object.get(&["orders"]) else {
        return Vec::new();
    };
    let nodes = listed.items().or_else(|| {
        let members = listed.members()?.into_iter();
        Some(members.map(|(_, value)| value).collect())
    });
    let ids: Vec<String> = match (nodes, listed.scalar()) {
        (Some(nodes), _) => nodes.into_iter().filter_map(child).collect(),
        (None, Some(text)) => separated(&text),
        (None, None) => Vec::new(),
    };
    let ids = ids.into_iter().filter(|id| is_id(id));
    ids.take(MOST_CHILDREN).map(UpstreamId::new).collect()
}

fn child(node: Node<'_>) -> Option<String> {
    id_text(node).or_else(|| {
        Object::read(node)?
            .get(&["order", "orderid", "id"])
            .and_then(id_text)
    })
}

/// `none`, `Array` and the like are how panels say that there is nothing: an order made of one would never end.
fn is_id(text: &str) -> bool {
    text != "0" && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn separated(ids: &str) -> Vec<String> {
    let ids = ids.split(',').map(str::trim);
    let ids = ids.filter(|id| (1..=LONGEST_ID).contains(&id.chars().count()));
    ids.map(ToOwned::to_owned).collect()
}

const LONGEST_TEXT: usize = 500;
/// No subscription has more posts, and a drip-feed of more runs is beyond what panels offer. More than that are named by a
/// panel that does not tell the truth.
const MOST_CHILDREN: usize = 2_000;

#[cfg(test)]
mod tests;
