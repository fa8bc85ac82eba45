//! What the operator says of a service in place of the panels' words. Limits only ever get narrower: what no offer takes
//! cannot be sold.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::catalogue::{Catalogue, ImportKey, Service};
use crate::ids::{MAX_ID, OfferId, PanelName, ServiceId};
use crate::offer::SkipReason;

/// What the operator says of an imported service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which one.
    pub of: Target,
    /// Its name, instead of the offer's.
    pub name: Option<String>,
    /// Its category, instead of the offer's.
    pub category: Option<String>,
    /// What is said besides.
    pub says: Says,
    /// It is sold; otherwise its id stays its own, and nobody can buy it.
    pub sell: bool,
}

/// How an override names its service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// By our id.
    Service(ServiceId),
    /// By where it comes from.
    Offer(PanelName, OfferId),
}

/// What can be said of any service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Says {
    /// Least quantity.
    pub min: Option<u64>,
    /// Largest quantity.
    pub max: Option<u64>,
    /// For people; the API has no field for it.
    pub description: Option<String>,
}

/// The largest limit that can be written: what fits into the numbers of old clients.
pub const MAX_QUANTITY: i64 = MAX_ID;

/// Something that is not as the operator wrote it, though nothing is lost by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub about: Target,
    /// What is so.
    pub what: Remark,
}

/// What may be not as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The least quantity is larger: some offer takes no less.
    MinRaised {
        /// As written.
        written: u64,
        /// As it is.
        offers: u64,
    },
    /// The largest quantity is smaller: some offer takes no more.
    MaxLowered {
        /// As written.
        written: u64,
        /// As it is.
        offers: u64,
    },
    /// No import has it now.
    NoSuchService,
    /// Two overrides name the same service in different ways; the one by its id counts.
    Twice,
}

/// The overrides by what they name.
pub(crate) struct Overrides<'a> {
    by_target: HashMap<&'a Target, &'a Override>,
    used: HashSet<&'a Target>,
}

impl Says {
    /// Narrows a service's limits and describes it.
    ///
    /// # Errors
    /// No quantity is left.
    pub(crate) fn apply(
        &self,
        service: &mut Service,
        about: &Target,
        notes: &mut Vec<Note>,
    ) -> Result<(), SkipReason> {
        let mut note = |what| {
            notes.push(Note {
                about: about.clone(),
                what,
            });
        };
        if let Some(written) = self.min {
            if written < service.min {
                let offers = service.min;
                note(Remark::MinRaised { written, offers });
            }
            service.min = service.min.max(written);
        }
        if let Some(written) = self.max {
            if written > service.max {
                let offers = service.max;
                note(Remark::MaxLowered { written, offers });
            }
            service.max = service.max.min(written);
        }
        service.description.clone_from(&self.description);
        if service.min > service.max {
            Err(SkipReason::MinAboveMax)
        } else {
            Ok(())
        }
    }
}

impl<'a> Overrides<'a> {
    pub(crate) fn new(overrides: &'a [Override]) -> Self {
        Self {
            by_target: overrides.iter().map(|one| (&one.of, one)).collect(),
            used: HashSet::new(),
        }
    }

    /// Says of an imported service what the operator wants said.
    ///
    /// # Errors
    /// It is not sold.
    pub(crate) fn apply(
        &mut self,
        service: &mut Service,
        (panel, offer): &ImportKey,
        notes: &mut Vec<Note>,
    ) -> Result<(), SkipReason> {
        if self.by_target.is_empty() {
            return Ok(());
        }
        let by_id = Target::Service(service.id);
        let by_offer = Target::Offer(panel.clone(), offer.clone());
        let found = [by_id, by_offer].map(|target| self.by_target.get(&target).copied());
        let found: Vec<&'a Override> = found.into_iter().flatten().collect();
        self.used.extend(found.iter().map(|one| &one.of));
        if let Some(ignored) = found.get(1) {
            notes.push(Note {
                about: ignored.of.clone(),
                what: Remark::Twice,
            });
        }
        let Some(wanted) = found.first() else {
            return Ok(());
        };
        if !wanted.sell {
            return Err(SkipReason::NotForSale);
        }
        if let Some(name) = &wanted.name {
            service.name.clone_from(name);
        }
        if let Some(category) = &wanted.category {
            service.category.clone_from(category);
        }
        wanted.says.apply(service, &wanted.of, notes)
    }

    /// Those that named nothing.
    pub(crate) fn unused(&self) -> impl Iterator<Item = Note> {
        let unused = self.by_target.keys();
        let unused = unused.filter(|target| !self.used.contains(*target));
        unused.map(|target| Note {
            about: (*target).clone(),
            what: Remark::NoSuchService,
        })
    }
}

impl Catalogue {
    /// What is not as the operator wrote it, though it is sold.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(id) => write!(f, "service {id}"),
            Self::Offer(panel, offer) => write!(f, "offer {offer} of {panel}"),
        }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinRaised { written, offers } => {
                write!(f, "min is {offers}, not {written}: its offers take no less")
            }
            Self::MaxLowered { written, offers } => {
                write!(f, "max is {offers}, not {written}: its offers take no more")
            }
            Self::NoSuchService => f.write_str("no import sells it: the override does nothing"),
            Self::Twice => {
                f.write_str("another override names it by our id: this one does nothing")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalogue::{Definitions, Import};
    use crate::exchange::Exchange;
    use crate::offer::{Offer, OfferList};
    use crate::rate::Rate;

    fn written(of: Target) -> Override {
        Override {
            of,
            name: None,
            category: None,
            says: Says::default(),
            sell: true,
        }
    }

    fn by_id() -> Target {
        Target::Service(ServiceId(1_001))
    }

    fn by_offer() -> Target {
        Target::Offer("alpha".into(), "1".into())
    }

    /// A catalogue of one import with limits of 10 to 1000.
    fn built(overrides: Vec<Override>) -> Catalogue {
        let offer = Offer {
            id: "1".into(),
            name: "Followers".into(),
            category: "Instagram".into(),
            type_word: "Default".into(),
            rate: Rate::parse("0.9").expect("a rate"),
            min: 10,
            max: 1_000,
            refill: true,
            cancel: true,
            dripfeed: None,
        };
        let list = OfferList {
            panel: "alpha".into(),
            currency: "USD".into(),
            offers: vec![offer],
            unreadable: Vec::new(),
        };
        let definitions = Definitions {
            imports: vec![Import::whole("alpha".into())],
            overrides,
            ..Definitions::default()
        };
        let ids = HashMap::from([(("alpha".into(), "1".into()), ServiceId(1_001))]);
        let exchange = Exchange::new("USD".into(), BTreeMap::new());
        Catalogue::build(&definitions, &[list], &ids, &exchange)
    }

    fn remarks(catalogue: &Catalogue) -> Vec<Remark> {
        catalogue.notes().iter().map(|note| note.what).collect()
    }

    #[test]
    fn an_override_renames_describes_and_narrows() {
        for target in [by_id(), by_offer()] {
            let catalogue = built(vec![Override {
                name: Some("Fans".into()),
                category: Some("Best".into()),
                says: Says {
                    min: Some(50),
                    max: Some(500),
                    description: Some("Quick".into()),
                },
                ..written(target)
            }]);
            let service = catalogue.service(ServiceId(1_001)).expect("sold");
            assert_eq!(
                (service.name.as_str(), service.category.as_str()),
                ("Fans", "Best")
            );
            assert_eq!((service.min, service.max), (50, 500));
            assert_eq!(service.description.as_deref(), Some("Quick"));
            assert_eq!(remarks(&catalogue), []);
        }
    }

    #[test]
    fn limits_never_get_wider_and_that_is_said() {
        let catalogue = built(vec![Override {
            says: Says {
                min: Some(1),
                max: Some(5_000),
                description: None,
            },
            ..written(by_id())
        }]);
        let service = catalogue.service(ServiceId(1_001)).expect("sold");
        assert_eq!((service.min, service.max), (10, 1_000));
        let raised = Remark::MinRaised {
            written: 1,
            offers: 10,
        };
        let lowered = Remark::MaxLowered {
            written: 5_000,
            offers: 1_000,
        };
        assert_eq!(remarks(&catalogue), [raised, lowered]);
    }

    #[test]
    fn what_is_not_for_sale_and_what_leaves_no_quantity_is_skipped_by_name() {
        let off = Override {
            sell: false,
            ..written(by_offer())
        };
        let narrow = Override {
            says: Says {
                min: Some(2_000),
                ..Says::default()
            },
            ..written(by_id())
        };
        for (wanted, reason) in [
            (off, SkipReason::NotForSale),
            (narrow, SkipReason::MinAboveMax),
        ] {
            let catalogue = built(vec![wanted]);
            assert_eq!(catalogue.services().len(), 0);
            assert_eq!(catalogue.skipped()[0].reason, reason);
        }
    }

    #[test]
    fn what_an_override_takes_off_could_be_sold() {
        let off = Override {
            name: Some("Fans".into()),
            sell: false,
            ..written(by_offer())
        };
        let definitions = Definitions {
            overrides: vec![off],
            ..Definitions::default()
        };
        let catalogue = built(definitions.all_for_sale().overrides);
        let service = catalogue.service(ServiceId(1_001)).expect("sold");
        assert_eq!(service.name, "Fans");
    }

    #[test]
    fn an_override_of_nothing_and_a_second_one_are_noted() {
        let nobody = written(Target::Service(ServiceId(1_500)));
        assert_eq!(remarks(&built(vec![nobody])), [Remark::NoSuchService]);
        let off = Override {
            sell: false,
            ..written(by_offer())
        };
        let catalogue = built(vec![off, written(by_id())]);
        assert_eq!(remarks(&catalogue), [Remark::Twice]);
        assert_eq!(catalogue.services().len(), 1);
    }
}
