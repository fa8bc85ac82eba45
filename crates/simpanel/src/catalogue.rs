//! What the panel sells: a list that was generated, or one that a real panel once served.
//!
//! Either way it is text first, served byte for byte, and what can be ordered is what can be read from that text.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use panelgate_domain::ids::{Currency, OfferId, PanelName};
use panelgate_domain::offer::Offer;
use panelgate_domain::service_type::{Counting, ServiceType};
use panelgate_domain::spec::{Limits, MOST_POSTS, Subscribing};
use panelgate_wire::answer;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::error::SimError;

/// Where the list comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimCatalogue {
    /// Made from the seed: the first seventeen services have the seventeen types in the order of the API's documentation,
    /// whatever the seed, the others are mostly `Default`. Service `1` is a `Default` with refill, cancel and drip-feed.
    Generated {
        /// How many.
        services: usize,
    },
    /// The answer of a panel, as a file of JSON.
    File(PathBuf),
    /// The answer of a panel, as text.
    Json(String),
}

/// A list and what can be ordered from it.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The answer to `services`.
    pub(crate) served: Bytes,
    orderable: HashMap<OfferId, (Offer, Limits)>,
}

impl SimCatalogue {
    pub(crate) fn load(&self, currency: &Currency, seed: u64) -> Result<Catalogue, SimError> {
        let served = match self {
            Self::Generated { services } => Bytes::from(generate(*services, seed)),
            Self::Json(text) => Bytes::from(text.clone()),
            Self::File(path) => {
                std::fs::read(path)
                    .map(Bytes::from)
                    .map_err(|source| SimError::File {
                        path: path.clone(),
                        source,
                    })?
            }
        };
        Catalogue::read(served, currency)
    }
}

impl Catalogue {
    /// Entries that mean nothing, and those that no quantity or price fits, are served but cannot be ordered.
    fn read(served: Bytes, currency: &Currency) -> Result<Self, SimError> {
        let http = answer::Http {
            status: 200,
            retry_after: None,
            body: &served,
        };
        let list = answer::services(&http, &PanelName::from("sim"), currency)
            .map_err(SimError::Catalogue)?;
        let mut orderable = HashMap::new();
        for offer in list.offers {
            let Ok(service_type) = offer.sellable_type() else {
                continue;
            };
            let limits = Limits {
                service_type,
                min: offer.min,
                max: offer.max,
                dripfeed: offer.dripfeed.unwrap_or(true),
                subscribing: Subscribing {
                    max_posts: Some(MOST_POSTS),
                    ..Subscribing::default()
                },
            };
            orderable.insert(offer.id.clone(), (offer, limits));
        }
        Ok(Self { served, orderable })
    }

    /// An entry that can be ordered, by its id.
    pub(crate) fn offer(&self, id: &str) -> Option<&(Offer, Limits)> {
        self.orderable.get(&OfferId::from(id.trim()))
    }
}

/// An entry as panels write it, in the order of the lists that look like the original's.
#[derive(Serialize)]
struct Entry {
    service: usize,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    category: &'static str,
    rate: String,
    min: String,
    max: String,
    dripfeed: bool,
    refill: bool,
    cancel: bool,
}

fn generate(services: usize, seed: u64) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(seed);
    let entries: Vec<Entry> = (1..=services).map(|id| entry(id, &mut rng)).collect();
    serde_json::to_vec(&entries).expect("plain structs are JSON")
}

fn entry(id: usize, rng: &mut StdRng) -> Entry {
    let kind = match ServiceType::ALL.get(id - 1) {
        Some(kind) => *kind,
        None if rng.random_ratio(9, 10) => ServiceType::Default,
        None => ServiceType::ALL[rng.random_range(0..ServiceType::ALL.len())],
    };
    let category = CATEGORIES[rng.random_range(0..CATEGORIES.len())];
    let (min, max) = match kind.counting() {
        Counting::One => (1, 1),
        Counting::Lines(_) => (1, 500),
        Counting::Quantity | Counting::Posts => {
            let max = [10_000, 50_000, 1_000_000][rng.random_range(0..3)];
            ([10, 50, 100][rng.random_range(0..3)], max)
        }
    };
    // 0.02 to 20.00, sometimes down to the fifth decimal, as real lists have it.
    let scale = rng.random_range(2..=5);
    let rate = Decimal::new(
        rng.random_range(2..=2_000) * 10_i64.pow(scale - 2) + 1,
        scale,
    );
    let first = id == 1;
    Entry {
        service: id,
        name: format!(
            "{category} {kind} [{}]",
            QUALITIES[rng.random_range(0..QUALITIES.len())]
        ),
        kind: kind.name(),
        category,
        rate: rate.to_string(),
        min: min.to_string(),
        max: max.to_string(),
        dripfeed: kind.can_drip() && (rng.random_ratio(1, 3) || first),
        refill: rng.random_ratio(1, 2) || first,
        cancel: rng.random_ratio(1, 2) || first,
    }
}

const CATEGORIES: [&str; 6] = [
    "Instagram",
    "TikTok",
    "YouTube",
    "Facebook",
    "Telegram",
    "Website",
];
const QUALITIES: [&str; 4] = ["Real", "30 Days Refill", "Instant", "Max 1M"];

#[cfg(test)]
mod tests {
    use super::*;

    fn load(catalogue: &SimCatalogue, seed: u64) -> Catalogue {
        catalogue
            .load(&Currency::from("USD"), seed)
            .expect("a list")
    }

    #[test]
    fn generated_lists_repeat_and_hold_every_type() {
        let hundred = SimCatalogue::Generated { services: 100 };
        let (one, same, other) = (load(&hundred, 1), load(&hundred, 1), load(&hundred, 2));
        assert_eq!(one.served, same.served);
        assert_ne!(one.served, other.served);
        let entries: Vec<serde_json::Value> = serde_json::from_slice(&one.served).expect("JSON");
        assert_eq!(entries.len(), 100);
        for kind in ServiceType::ALL {
            assert!(
                entries.iter().any(|entry| entry["type"] == kind.name()),
                "{kind}"
            );
        }
        for flag in ["refill", "cancel", "dripfeed"] {
            let with = entries.iter().filter(|entry| entry[flag] == true).count();
            assert!((10..90).contains(&with), "{flag}: {with}");
        }
    }

    #[test]
    fn every_generated_service_can_be_ordered() {
        let catalogue = load(&SimCatalogue::Generated { services: 17 }, 3);
        for (place, kind) in ServiceType::ALL.into_iter().enumerate() {
            let orderable = catalogue.offer(&(place + 1).to_string()).is_some();
            assert!(orderable, "{kind}");
        }
        let (first, limits) = catalogue.offer(" 1 ").expect("there is one");
        assert!(first.refill && first.cancel && limits.dripfeed);
    }

    #[test]
    fn a_real_list_is_served_as_it_is_and_its_oddities_cannot_be_ordered() {
        let text = r#" [ {"service": "7", "name":"a\r\nb","type":"default","category":"c","rate":0.00011999999999999999,"min":1,"max":"100"},
            {"service":8,"name":"/-----/","type":"Special","category":"","rate":"1","min":1,"max":1},
            {"name":"nameless"} ] "#;
        let catalogue = load(&SimCatalogue::Json(text.to_owned()), 1);
        assert_eq!(catalogue.served, text);
        assert!(catalogue.offer("7").is_some());
        assert!(catalogue.offer("8").is_none());
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_place() {
        let missing = SimCatalogue::File("no/such/list.json".into()).load(&"USD".into(), 1);
        assert!(
            missing
                .expect_err("there is none")
                .to_string()
                .contains("no/such/list.json")
        );
        assert!(
            SimCatalogue::Json("<html>".to_owned())
                .load(&"USD".into(), 1)
                .is_err()
        );
    }
}
