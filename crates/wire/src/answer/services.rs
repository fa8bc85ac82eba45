//! The answer to `services`: a panel's catalogue.

use std::collections::HashSet;

use panelgate_domain::ids::{Currency, OfferId, PanelName};
use panelgate_domain::offer::{Offer, OfferList, SkipReason, Skipped};
use panelgate_domain::rate::Rate;

use super::object::{Object, clipped, id_text};
use super::{AnswerError, Http, amount, document, error};
use crate::json::Node;
use crate::refusal::Classifier;

/// Reads a catalogue: a list, a map keyed by id, or either inside `data` or `services`. Entries that cannot be read are
/// named with their reason and never stop the rest. Rates keep every digit that was written.
///
/// # Errors
/// The answer is no catalogue; see [`AnswerError`].
pub fn services(
    http: &Http<'_>,
    panel: &PanelName,
    currency: &Currency,
) -> Result<OfferList, AnswerError> {
    let text = document::text(http);
    let top = document::open(http, &text)?;
    if let Some(object) = Object::read(top)
        && let Some(text) = error::text(&object)
    {
        return Err(document::refused(http, &Classifier::default(), text));
    }
    let mut list = OfferList {
        panel: panel.clone(),
        currency: currency.clone(),
        offers: Vec::new(),
        unreadable: Vec::new(),
    };
    let mut seen = HashSet::new();
    for (place, (key, entry)) in entries(top)?.into_iter().enumerate() {
        let object = Object::read(entry);
        let offer = match &object {
            Some(object) => offer(object, key.as_deref()),
            None => Err(SkipReason::Unreadable("entry")),
        };
        match offer {
            Ok(offer) if seen.insert(offer.id.clone()) => list.offers.push(offer),
            Ok(_) => list
                .unreadable
                .push(skipped(panel, object, place, SkipReason::DuplicateId)),
            Err(reason) => list.unreadable.push(skipped(panel, object, place, reason)),
        }
    }
    Ok(list)
}

type Entries<'a> = Vec<(Option<String>, Node<'a>)>;

/// The entries of the catalogue, with their keys if it is a map.
fn entries(top: Node<'_>) -> Result<Entries<'_>, AnswerError> {
    let mut node = top;
    for _ in 0..DEPTH {
        if let Some(items) = node.items() {
            return Ok(items.into_iter().map(|item| (None, item)).collect());
        }
        let object = Object::read(node).ok_or(NO_CATALOGUE)?;
        match object.get(&["data", "services"]) {
            Some(inner) if inner.is_object() || inner.is_list() => node = inner,
            // SmartPanel has no list to say that there is nothing.
            Some(inner) if inner.is_text() => return Ok(Vec::new()),
            _ => return keyed(&object),
        }
    }
    Err(NO_CATALOGUE)
}

fn keyed<'a>(object: &Object<'a>) -> Result<Entries<'a>, AnswerError> {
    let entries: Entries<'a> = object
        .members()
        .filter(|(_, value)| value.is_object())
        .map(|(key, value)| (Some(key.trim().to_owned()), value))
        .collect();
    if entries.is_empty() && object.len() > 0 {
        return Err(NO_CATALOGUE);
    }
    Ok(entries)
}

fn offer(object: &Object<'_>, key: Option<&str>) -> Result<Offer, SkipReason> {
    let text = |names: &[&str], most| clipped(&object.text(names).unwrap_or_default(), most);
    let quantity = |name: &'static str| {
        let written = object.written(&[name]);
        let read = written.and_then(|text| amount::count(&text));
        read.ok_or(SkipReason::Unreadable(name))
    };
    let id = entry_id(object).or_else(|| key.map(ToOwned::to_owned));
    let name = text(&["name"], LONGEST_NAME);
    if name.is_empty() {
        return Err(SkipReason::Unreadable("name"));
    }
    Ok(Offer {
        id: OfferId::new(id.ok_or(SkipReason::Unreadable("service"))?),
        name,
        category: text(&["category"], LONGEST_NAME),
        type_word: text(&["type"], LONGEST_TYPE),
        rate: rate(object)?,
        min: quantity("min")?,
        max: quantity("max")?,
        refill: flag(object, "refill").unwrap_or(false),
        cancel: flag(object, "cancel").unwrap_or(false),
        dripfeed: flag(object, "dripfeed"),
    })
}

fn entry_id(object: &Object<'_>) -> Option<String> {
    object
        .get(&["service", "serviceid", "id"])
        .and_then(id_text)
}

fn rate(object: &Object<'_>) -> Result<Rate, SkipReason> {
    let written = object.written(&["rate"]);
    let read = written.and_then(|text| Rate::parse(&text));
    read.ok_or(SkipReason::Unreadable("rate"))
}

/// A boolean as a boolean, a number or a word; `"false"` is no, although PHP thinks otherwise.
fn flag(object: &Object<'_>, name: &str) -> Option<bool> {
    let text = object.text(&[name])?.to_ascii_lowercase();
    Some(
        matches!(text.as_str(), "true" | "yes" | "on")
            || amount::count(&text).is_some_and(|n| n > 0),
    )
}

fn skipped(
    panel: &PanelName,
    object: Option<Object<'_>>,
    place: usize,
    reason: SkipReason,
) -> Skipped {
    let id = object.as_ref().and_then(entry_id);
    let name = object.and_then(|object| object.text(&["name"]));
    Skipped {
        panel: panel.clone(),
        offer: id.unwrap_or_else(|| format!("#{}", place + 1)),
        name: clipped(&name.unwrap_or_default(), LONGEST_NAME),
        reason,
    }
}

const NO_CATALOGUE: AnswerError = AnswerError::WrongShape("no list of services");
/// `{"data":{"services":[…]}}`
const DEPTH: usize = 3;
/// The longest in known catalogues has 312 characters.
const LONGEST_NAME: usize = 1_000;
const LONGEST_TYPE: usize = 64;

#[cfg(test)]
mod tests;
