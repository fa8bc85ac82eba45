//! What a newer list changes: the history of every offer, and the baselines that have to be written. Nothing else.

use std::collections::HashMap;

use super::flag::flags;
use super::{Baseline, Baselines, Policy};
use crate::ids::{Currency, OfferId};
use crate::offer::{Offer, OfferList};
use crate::rate::Rate;
use crate::time::Timestamp;

/// One line of an offer's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub offer: OfferId,
    /// What happened.
    pub kind: ChangeKind,
    /// Its cost from then on.
    pub rate: Rate,
    /// The currency of that.
    pub currency: Currency,
    /// From what to what, where a cost does not say it.
    pub text: String,
}

/// What happened to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Seen for the first time, or again.
    Appeared,
    /// Not in the list any more.
    Vanished,
    /// Another cost or currency.
    Cost,
    /// Another name or category.
    Renamed,
    /// Another type.
    Retyped,
    /// Other limits or abilities.
    Limits,
    /// Somebody said that it is right as it is.
    Approved,
}

/// What has to be kept of a list that is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// The history since the last list.
    pub changes: Vec<Change>,
    /// Baselines that are new or have moved.
    pub baselines: Vec<(OfferId, Baseline)>,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Appeared,
        Self::Vanished,
        Self::Cost,
        Self::Renamed,
        Self::Retyped,
        Self::Limits,
        Self::Approved,
    ];

    /// Its word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
            Self::Cost => "cost",
            Self::Renamed => "renamed",
            Self::Retyped => "retyped",
            Self::Limits => "limits",
            Self::Approved => "approved",
        }
    }

    /// Back from the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Learned {
    /// The list is what it was.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.changes.is_empty() && self.baselines.is_empty()
    }
}

/// Compares a list with the last one. An offer that was never seen approves itself; one whose cost moved within bounds is
/// priced from the new cost; everything else leaves its baseline alone.
#[must_use]
pub fn learn(
    last: Option<&OfferList>,
    list: &OfferList,
    baselines: &Baselines,
    policy: &Policy,
    at: Timestamp,
) -> Learned {
    let before: HashMap<&OfferId, &Offer> = last
        .into_iter()
        .flat_map(|last| &last.offers)
        .map(|offer| (&offer.id, offer))
        .collect();
    let same_currency = last.is_none_or(|last| last.currency == list.currency);
    let mut learned = Learned::default();
    let mut found = 0_usize;
    for offer in &list.offers {
        match before.get(&offer.id) {
            Some(known) => {
                found = found.saturating_add(1);
                history(known, offer, same_currency, &list.currency, &mut learned);
            }
            None => learned
                .changes
                .push(change(offer, ChangeKind::Appeared, &list.currency, "")),
        }
        let moved = moved(baselines.get(&offer.id), offer, &list.currency, policy, at);
        learned
            .baselines
            .extend(moved.map(|baseline| (offer.id.clone(), baseline)));
    }
    if found < before.len() {
        let there: std::collections::HashSet<&OfferId> =
            list.offers.iter().map(|offer| &offer.id).collect();
        let missing = last.into_iter().flat_map(|last| &last.offers);
        let missing = missing.filter(|offer| !there.contains(&offer.id));
        learned
            .changes
            .extend(missing.map(|offer| change(offer, ChangeKind::Vanished, &list.currency, "")));
    }
    learned
}

/// What an operator's word changes: flagged offers that are wanted become their own baselines, and those that are missed are
/// known to be gone.
#[must_use]
pub fn approve(
    list: &OfferList,
    baselines: &Baselines,
    policy: &Policy,
    wanted: impl Fn(&OfferId) -> bool,
    at: Timestamp,
) -> Learned {
    let mut learned = Learned::default();
    let there: HashMap<&OfferId, &Offer> =
        list.offers.iter().map(|offer| (&offer.id, offer)).collect();
    let mut known: Vec<_> = baselines.iter().filter(|(id, _)| wanted(id)).collect();
    known.sort_by_key(|(id, _)| *id);
    for (id, baseline) in known {
        let offer = there.get(id).copied();
        let flags = flags(baseline, offer, &list.currency, policy);
        if flags.is_empty() {
            continue;
        }
        let texts: Vec<String> = flags.iter().map(ToString::to_string).collect();
        let approved = match offer {
            Some(offer) => Baseline::of(offer, &list.currency, at),
            None => Baseline {
                gone: Some(at),
                ..baseline.clone()
            },
        };
        learned.changes.push(Change {
            offer: id.clone(),
            kind: ChangeKind::Approved,
            rate: approved.rate,
            currency: approved.currency.clone(),
            text: texts.join("; "),
        });
        learned.baselines.push((id.clone(), approved));
    }
    learned
}

/// The baseline as it has to be written; `None` if it stays.
fn moved(
    known: Option<&Baseline>,
    offer: &Offer,
    currency: &Currency,
    policy: &Policy,
    at: Timestamp,
) -> Option<Baseline> {
    let Some(known) = known else {
        return Some(Baseline::of(offer, currency, at));
    };
    let moves = known.basis != offer.rate && known.covers(offer.rate, currency, policy);
    if !moves && known.gone.is_none() {
        return None;
    }
    let basis = if moves { offer.rate } else { known.basis };
    Some(Baseline {
        basis,
        gone: None,
        ..known.clone()
    })
}

fn history(
    known: &Offer,
    offer: &Offer,
    same_currency: bool,
    currency: &Currency,
    learned: &mut Learned,
) {
    if known == offer && same_currency {
        return;
    }
    let mut push = |kind, text: String| learned.changes.push(change(offer, kind, currency, &text));
    if known.rate != offer.rate || !same_currency {
        push(ChangeKind::Cost, String::new());
    }
    if known.name != offer.name {
        push(ChangeKind::Renamed, arrow(&known.name, &offer.name));
    }
    if known.category != offer.category {
        push(ChangeKind::Renamed, arrow(&known.category, &offer.category));
    }
    if known.type_word != offer.type_word {
        push(
            ChangeKind::Retyped,
            arrow(&known.type_word, &offer.type_word),
        );
    }
    let (was, is) = (abilities(known), abilities(offer));
    if was != is {
        push(ChangeKind::Limits, arrow(&was, &is));
    }
}

fn abilities(offer: &Offer) -> String {
    let flag = |on, word| if on { word } else { "" };
    format!(
        "{}–{}{}{}{}",
        offer.min,
        offer.max,
        flag(offer.refill, " refill"),
        flag(offer.cancel, " cancel"),
        flag(offer.dripfeed == Some(true), " dripfeed"),
    )
}

fn arrow(was: &str, is: &str) -> String {
    format!("{was} → {is}")
}

/// A line of the history of an offer as it is now.
#[must_use]
pub fn change(offer: &Offer, kind: ChangeKind, currency: &Currency, text: &str) -> Change {
    Change {
        offer: offer.id.clone(),
        kind,
        rate: offer.rate,
        currency: currency.clone(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
