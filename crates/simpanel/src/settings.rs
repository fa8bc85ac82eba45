//! How a simulated panel is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use panelgate_domain::ids::Currency;
use panelgate_domain::money::Money;
use rand::Rng;

use crate::catalogue::SimCatalogue;
use crate::clock::SimClock;
use crate::family::{Charges, DripAnswer};
use crate::fault::plan::FaultPlan;
use crate::order::Fate;

/// Everything that can be chosen. The default is an honest panel on a free port of loopback.
#[derive(Clone, Debug)]
pub struct SimSettings {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The only key it knows.
    pub key: String,
    /// The currency of its rates and balance.
    pub currency: Currency,
    /// What the holder of the key has paid in advance.
    pub balance: Money,
    /// What it sells.
    pub catalogue: SimCatalogue,
    /// The same seed gives the same services, lives of orders and probable faults.
    pub seed: u64,
    /// The time that orders progress on.
    pub clock: SimClock,
    /// How orders end that nobody decides about.
    pub outcomes: Outcomes,
    /// When it takes the money for subscriptions.
    pub charges: Charges,
    /// What it shows of drip-feeds.
    pub drip: DripAnswer,
    /// Mean time between two posts of a subscription, on the panel's clock.
    pub post_every: Duration,
    /// The id of its first order; two panels with the same one give equal ids to different orders.
    pub first_order: i64,
    /// Whether a second order of a service for the same link is refused while the first one lives.
    pub refuses_active_links: bool,
    /// Most requests within any second of the machine's time; more are answered `Too many requests`.
    pub limit_per_second: Option<NonZeroU32>,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Where the books are also written, one line of JSON per request and per order; appended to. A panel that begins with
    /// the books of another one goes on with its orders.
    pub books_file: Option<PathBuf>,
}

/// Weights of how orders end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Delivered.
    pub completed: u32,
    /// Delivered in part: from 1 unit to all but one remain.
    pub partial: u32,
    /// Not delivered.
    pub canceled: u32,
}

impl Default for SimSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key: "sim-key".to_owned(),
            currency: Currency::from("USD"),
            balance: Money::from_micros(1_000_000_000_000),
            catalogue: SimCatalogue::Generated { services: 20 },
            seed: 1,
            clock: SimClock::default(),
            outcomes: Outcomes::default(),
            charges: Charges::default(),
            drip: DripAnswer::default(),
            post_every: Duration::from_secs(20),
            first_order: 1,
            refuses_active_links: false,
            limit_per_second: None,
            faults: FaultPlan::default(),
            books_file: None,
        }
    }
}

/// Everything is delivered.
impl Default for Outcomes {
    fn default() -> Self {
        Self {
            completed: 1,
            partial: 0,
            canceled: 0,
        }
    }
}

impl Outcomes {
    /// Draws a fate. Without any weight everything is delivered; a single unit cannot be delivered in part.
    pub(crate) fn draw(self, rng: &mut impl Rng, quantity: u64) -> Fate {
        let [completed, partial, canceled] =
            [self.completed, self.partial, self.canceled].map(u64::from);
        let drawn = rng.random_range(0..(completed + partial + canceled).max(1));
        let remains = rng.random_range(1..quantity.max(2));
        if drawn < completed || completed + partial + canceled == 0 {
            Fate::Completed
        } else if drawn < completed + partial && quantity > 1 {
            Fate::Partial { remains }
        } else {
            Fate::Canceled
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn fates_follow_the_weights() {
        let outcomes = Outcomes {
            completed: 6,
            partial: 3,
            canceled: 1,
        };
        let mut rng = StdRng::seed_from_u64(1);
        let (mut completed, mut partial, mut canceled) = (0, 0, 0);
        for _ in 0..1000 {
            match outcomes.draw(&mut rng, 50) {
                Fate::Completed => completed += 1,
                Fate::Partial { remains } => {
                    assert!((1..50).contains(&remains));
                    partial += 1;
                }
                Fate::Canceled => canceled += 1,
            }
        }
        assert!((550..650).contains(&completed), "{completed}");
        assert!((250..350).contains(&partial), "{partial}");
        assert!((60..140).contains(&canceled), "{canceled}");
    }

    #[test]
    fn no_weights_deliver_and_one_unit_is_never_partial() {
        let mut rng = StdRng::seed_from_u64(1);
        let none = Outcomes {
            completed: 0,
            partial: 0,
            canceled: 0,
        };
        assert_eq!(none.draw(&mut rng, 1), Fate::Completed);
        let only_partial = Outcomes { partial: 1, ..none };
        assert_eq!(only_partial.draw(&mut rng, 1), Fate::Canceled);
    }
}
