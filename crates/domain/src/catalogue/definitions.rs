//! What the operator wants to sell: whole lists, services made by hand, and what is said of both.

use std::collections::HashMap;

use crate::ids::{OfferId, PanelName, ServiceId};
use crate::markup::Glob;
use crate::offer::{Offer, OfferList};
use crate::overrides::{Override, Says};
use crate::routing::{Avoid, Strategy};
use crate::service_type::ServiceType;

/// A whole list, or the part of it that the globs name.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Whose list.
    pub panel: PanelName,
    /// Categories; empty means all.
    pub category: Vec<Glob>,
    /// Names; empty means all.
    pub name: Vec<Glob>,
    /// Types; empty means all.
    pub types: Vec<ServiceType>,
}

/// A service made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandMade {
    /// Its id, chosen by the operator.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// What is said besides.
    pub says: Says,
    /// How an order's first route is chosen.
    pub strategy: Strategy,
    /// Which of its panels are avoided, if it is not [`Definitions::avoid`] that says so.
    pub avoid: Option<Avoid>,
    /// Its routes, as they are written.
    pub routes: Vec<WantedRoute>,
}

/// A route that the operator wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRoute {
    /// The panel.
    pub panel: PanelName,
    /// The offer there.
    pub offer: OfferId,
    /// Its share of the orders, if the service is weighted.
    pub weight: u32,
}

/// What the operator wants to sell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// Whole lists.
    pub imports: Vec<Import>,
    /// One by one.
    pub hand_made: Vec<HandMade>,
    /// What is said of imports in place of the panels' words.
    pub overrides: Vec<Override>,
    /// Which panels are avoided.
    pub avoid: Avoid,
}

/// The first id that an import gets; those below are the operator's own.
pub const FIRST_IMPORTED_ID: ServiceId = ServiceId(1_001);

/// Where an imported service comes from; its id belongs to this for ever.
pub type ImportKey = (PanelName, OfferId);

impl Import {
    /// A whole list.
    #[must_use]
    pub const fn whole(panel: PanelName) -> Self {
        Self {
            panel,
            category: Vec::new(),
            name: Vec::new(),
            types: Vec::new(),
        }
    }

    /// Whether this import wants an offer of its panel.
    #[must_use]
    pub fn wants(&self, offer: &Offer) -> bool {
        let any = |globs: &[Glob], text: &str| {
            globs.is_empty() || globs.iter().any(|glob| glob.matches(text))
        };
        let kind = ServiceType::parse(&offer.type_word);
        any(&self.category, &offer.category)
            && any(&self.name, &offer.name)
            && (self.types.is_empty() || kind.is_some_and(|kind| self.types.contains(&kind)))
    }
}

impl Definitions {
    /// The offers that imports want and that can be sold: the ones that need an id.
    #[must_use]
    pub fn keys_to_import(&self, lists: &[OfferList]) -> Vec<ImportKey> {
        let mut keys: Vec<ImportKey> = Vec::new();
        for list in lists {
            let imports: Vec<&Import> = self
                .imports
                .iter()
                .filter(|import| import.panel == list.panel)
                .collect();
            let wanted = list
                .offers
                .iter()
                .filter(|offer| imports.iter().any(|import| import.wants(offer)));
            let sellable = wanted.filter(|offer| offer.sellable_type().is_ok());
            keys.extend(sellable.map(|offer| (list.panel.clone(), offer.id.clone())));
        }
        keys
    }
}

impl Definitions {
    /// Our services that are made from an offer, sold just now or not.
    #[must_use]
    pub fn services_of(
        &self,
        panel: &PanelName,
        offer: &OfferId,
        ids: &HashMap<ImportKey, ServiceId>,
    ) -> Vec<ServiceId> {
        let reaches = |made: &&HandMade| {
            let mut routes = made.routes.iter();
            routes.any(|route| route.panel == *panel && route.offer == *offer)
        };
        let by_hand = self.hand_made.iter().filter(reaches).map(|made| made.id);
        let imported = ids.get(&(panel.clone(), offer.clone())).copied();
        by_hand.chain(imported).collect()
    }

    /// The same with everything for sale that an override has taken off: what could be sold if the operator wanted.
    #[must_use]
    pub fn all_for_sale(&self) -> Self {
        let mut all = self.clone();
        for one in &mut all.overrides {
            one.sell = true;
        }
        all
    }

    /// The other way round: the offers that a service is made from, sold just now or not.
    #[must_use]
    pub fn offers_of(
        &self,
        service: ServiceId,
        ids: &HashMap<ImportKey, ServiceId>,
    ) -> Vec<ImportKey> {
        let made = self.hand_made.iter().filter(|made| made.id == service);
        let wanted = made.flat_map(|made| &made.routes);
        let by_hand = wanted.map(|route| (route.panel.clone(), route.offer.clone()));
        let imported = ids.iter().filter(|(_, id)| **id == service);
        by_hand
            .chain(imported.map(|(key, _)| key.clone()))
            .collect()
    }
}
