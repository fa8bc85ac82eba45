//! How a list is sold while some of its offers wait for approval.

use super::flag::{Flag, flags};
use super::{Baselines, OnRename, Policy};
use crate::catalogue::Basis;
use crate::ids::OfferId;
use crate::offer::{OfferList, SkipReason, Skipped};

/// A list as it is sold, and what waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Under the names that customers know, without what is off. Costs are the panel's own, as they are now.
    pub list: OfferList,
    /// The costs that prices are made from meanwhile.
    pub held: Vec<(OfferId, Basis)>,
    /// What waits for an operator.
    pub flagged: Vec<(OfferId, Vec<Flag>)>,
}

/// Looks at a list through what was approved of it. Without baselines it is sold as it is.
#[must_use]
pub fn view(list: &OfferList, baselines: &Baselines, policy: &Policy) -> View {
    let mut view = View {
        list: OfferList {
            panel: list.panel.clone(),
            currency: list.currency.clone(),
            offers: Vec::with_capacity(list.offers.len()),
            unreadable: list.unreadable.clone(),
        },
        held: Vec::new(),
        flagged: Vec::new(),
    };
    let mut missing = baselines.len();
    for offer in &list.offers {
        let Some(baseline) = baselines.get(&offer.id) else {
            view.list.offers.push(offer.clone());
            continue;
        };
        missing = missing.saturating_sub(1);
        let flags = flags(baseline, Some(offer), &list.currency, policy);
        let mut shown = offer.clone();
        if flags.is_empty() {
            view.list.offers.push(shown);
            continue;
        }
        shown.name.clone_from(&baseline.name);
        shown.category.clone_from(&baseline.category);
        match off(&flags, policy) {
            Some(reason) => view.list.unreadable.push(Skipped {
                panel: list.panel.clone(),
                offer: offer.id.to_string(),
                name: shown.name,
                reason,
            }),
            None => {
                if flags.iter().any(is_about_cost) {
                    let basis = Basis {
                        rate: baseline.basis,
                        currency: baseline.currency.clone(),
                    };
                    view.held.push((offer.id.clone(), basis));
                }
                view.list.offers.push(shown);
            }
        }
        view.flagged.push((offer.id.clone(), flags));
    }
    if missing > 0 {
        add_missing(&mut view, list, baselines, policy);
    }
    view
}

/// Why nothing may be sold of a flagged offer.
fn off(flags: &[Flag], policy: &Policy) -> Option<SkipReason> {
    flags.iter().find_map(|flag| match flag {
        Flag::Retyped { .. } => Some(SkipReason::Retyped),
        Flag::Renamed { .. } | Flag::Recategorised { .. }
            if policy.on_rename == OnRename::Disable =>
        {
            Some(SkipReason::Renamed)
        }
        _ => None,
    })
}

const fn is_about_cost(flag: &Flag) -> bool {
    matches!(flag, Flag::Cost { .. } | Flag::Currency { .. })
}

fn add_missing(view: &mut View, list: &OfferList, baselines: &Baselines, policy: &Policy) {
    let there: std::collections::HashSet<&OfferId> =
        list.offers.iter().map(|offer| &offer.id).collect();
    let missing = baselines.iter().filter(|(id, _)| !there.contains(id));
    let mut missing: Vec<_> = missing
        .map(|(id, baseline)| (id.clone(), flags(baseline, None, &list.currency, policy)))
        .filter(|(_, flags)| !flags.is_empty())
        .collect();
    missing.sort_by(|(one, _), (other, _)| one.cmp(other));
    view.flagged.extend(missing);
}

#[cfg(test)]
mod tests;
