//! Routing: in which order the routes of a service are tried for one order. Nothing is ever dropped here: what is known of a
//! panel may be old, and a route that is tried last is better than none.

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// How a service chooses among its routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As they are written.
    #[default]
    Priority,
    /// The least cost first, in our currency.
    Cheapest,
    /// Each as often as its weight says.
    Weighted,
}

/// Beyond which outcomes a panel is avoided. Percents are whole; what is not given is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avoid {
    /// Of the orders sent there, refused for a reason of the panel's own.
    pub max_refused_percent: Option<u32>,
    /// Of the orders that ended there, canceled.
    pub max_canceled_percent: Option<u32>,
    /// Of the orders that ended there, delivered in part.
    pub max_partial_percent: Option<u32>,
    /// Fewer than so many say nothing.
    pub min_orders: u32,
}

/// A share of something counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many of them.
    pub part: u64,
    /// How many there are.
    pub of: u64,
}

/// What became of a panel's orders lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Sent, and refused for a reason of the panel's own; refusals that are about the order say nothing about a panel.
    pub refused: Share,
    /// Ended, and canceled.
    pub canceled: Share,
    /// Ended, and delivered in part.
    pub partial: Share,
}

/// A route, as one order sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What the order costs there, in our currency; `None` if that cannot be said.
    pub cost: Option<Decimal>,
    /// Its share of the orders, if the service is weighted.
    pub weight: u32,
    /// The last polled balance there is less than the order costs.
    pub short: bool,
    /// The panel's orders end badly too often.
    pub avoided: bool,
}

/// The greatest weight of a route: a full round of turns stays far from the bounds of numbers.
pub const MAX_WEIGHT: u32 = 1_000;

/// The order in which routes are tried, as indices. `turn` numbers the orders of a weighted service: after as many turns as
/// the weights are together, each route has been first exactly as often as its weight, and spread evenly.
///
/// Routes of panels that end orders badly come after all others, those that are short of our money after these.
#[must_use]
pub fn order_of_routes(strategy: Strategy, standings: &[Standing], turn: u64) -> Vec<usize> {
    let mut order: Vec<usize> = match strategy {
        Strategy::Priority | Strategy::Cheapest => (0..standings.len()).collect(),
        Strategy::Weighted => by_weight(standings, turn),
    };
    let cost = |index: usize| match strategy {
        Strategy::Cheapest => standings[index].cost,
        Strategy::Priority | Strategy::Weighted => None,
    };
    // The sort is stable: what is equal stays as the strategy has it.
    order.sort_by(|&one, &other| {
        let last = |index: usize| (standings[index].short, standings[index].avoided);
        last(one)
            .cmp(&last(other))
            .then_with(|| cheaper(cost(one), cost(other)))
    });
    order
}

/// A cost that is not known comes after every other.
fn cheaper(one: Option<Decimal>, other: Option<Decimal>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Draws one route after the other. The first draw is made by the turn within a round; the next one, among the rest, by the
/// number of the round, so that what one route cannot take falls to the others by their weights too.
fn by_weight(standings: &[Standing], turn: u64) -> Vec<usize> {
    let mut left: Vec<usize> = (0..standings.len()).collect();
    let mut drawn = Vec::with_capacity(left.len());
    let mut turn = turn;
    while !left.is_empty() {
        let weights = left.iter().map(|&index| u64::from(standings[index].weight));
        let round: u64 = weights.sum::<u64>().max(1);
        let mut place = spread(turn, round);
        let found = left.iter().position(|&index| {
            let weight = u64::from(standings[index].weight);
            let here = place < weight;
            place = place.saturating_sub(weight);
            here
        });
        drawn.push(left.remove(found.unwrap_or(0)));
        turn = turn.checked_div(round).unwrap_or(0);
    }
    drawn
}

/// The place of a turn in its round. Steps of about the golden part of a round visit each place once, and neighbours far
/// apart.
fn spread(turn: u64, round: u64) -> u64 {
    let golden = round.saturating_mul(618).saturating_div(1_000).max(1);
    let step = (golden..=round).find(|step| gcd(*step, round) == 1);
    let turn = turn.checked_rem(round).unwrap_or(0);
    let steps = turn.saturating_mul(step.unwrap_or(1));
    steps.checked_rem(round).unwrap_or(0)
}

fn gcd(one: u64, other: u64) -> u64 {
    one.checked_rem(other).map_or(one, |rest| gcd(other, rest))
}

impl Share {
    /// In whole percents, rounded down; `None` of nothing.
    #[must_use]
    pub fn percent(self) -> Option<u64> {
        self.part.saturating_mul(100).checked_div(self.of)
    }

    /// More than so many percents, of at least `min_orders`.
    fn exceeds(self, percent: Option<u32>, min_orders: u32) -> bool {
        percent.is_some_and(|percent| {
            self.of >= u64::from(min_orders)
                && self.part.saturating_mul(100) > self.of.saturating_mul(u64::from(percent))
        })
    }
}

impl Avoid {
    /// Whether a panel with these outcomes is avoided.
    #[must_use]
    pub fn avoids(&self, health: &Health) -> bool {
        health
            .refused
            .exceeds(self.max_refused_percent, self.min_orders)
            || health
                .canceled
                .exceeds(self.max_canceled_percent, self.min_orders)
            || health
                .partial
                .exceeds(self.max_partial_percent, self.min_orders)
    }
}

impl Default for Avoid {
    fn default() -> Self {
        Self {
            max_refused_percent: None,
            max_canceled_percent: None,
            max_partial_percent: None,
            min_orders: 20,
        }
    }
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Priority, Self::Cheapest, Self::Weighted];

    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Cheapest => "cheapest",
            Self::Weighted => "weighted",
        }
    }

    /// The strategy of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cost: i64) -> Standing {
        Standing {
            cost: Some(Decimal::new(cost, 2)),
            weight: 1,
            short: false,
            avoided: false,
        }
    }

    fn weighing(weight: u32) -> Standing {
        Standing { weight, ..at(1) }
    }

    #[track_caller]
    fn check(strategy: Strategy, standings: &[Standing], expected: &[usize]) {
        assert_eq!(order_of_routes(strategy, standings, 0), expected);
    }

    #[test]
    fn priority_is_as_written_and_cheapest_by_cost() {
        let unknown = Standing {
            cost: None,
            ..at(0)
        };
        let routes = [at(30), unknown, at(10), at(20), at(10)];
        check(Strategy::Priority, &routes, &[0, 1, 2, 3, 4]);
        check(Strategy::Cheapest, &routes, &[2, 4, 3, 0, 1]);
    }

    #[test]
    fn what_is_short_of_money_comes_last_and_what_ends_badly_before_it() {
        let short = |standing| Standing {
            short: true,
            ..standing
        };
        let avoided = |standing| Standing {
            avoided: true,
            ..standing
        };
        let routes = [
            short(at(1)),
            avoided(at(2)),
            short(avoided(at(3))),
            at(9),
            at(8),
        ];
        check(Strategy::Priority, &routes, &[3, 4, 1, 0, 2]);
        check(Strategy::Cheapest, &routes, &[4, 3, 1, 0, 2]);
        let all_short = [short(at(2)), short(at(1))];
        check(Strategy::Cheapest, &all_short, &[1, 0]);
    }

    #[test]
    fn weights_are_kept_exactly_in_every_round() {
        for weights in [
            &[1, 1][..],
            &[2, 1],
            &[5, 3, 2],
            &[1_000, 1],
            &[7, 7, 7, 1],
            &[4],
        ] {
            let routes: Vec<Standing> = weights.iter().map(|weight| weighing(*weight)).collect();
            let round: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
            for from in [0, round * 5] {
                let mut first = vec![0; weights.len()];
                for turn in from..from + round {
                    let order = order_of_routes(Strategy::Weighted, &routes, turn);
                    first[order[0]] += 1;
                    let mut all = order.clone();
                    all.sort_unstable();
                    assert!(all.into_iter().eq(0..weights.len()), "{order:?}");
                }
                assert_eq!(first, weights, "from {from}");
            }
        }
    }

    #[test]
    fn weights_are_spread_and_not_in_blocks() {
        let routes = [weighing(50), weighing(50)];
        let firsts: Vec<usize> = (0..100)
            .map(|turn| order_of_routes(Strategy::Weighted, &routes, turn)[0])
            .collect();
        let longest = firsts.chunk_by(|one, other| one == other).map(<[_]>::len);
        assert!(longest.max() <= Some(2), "{firsts:?}");
    }

    #[test]
    fn what_a_weighted_route_cannot_take_falls_to_the_others_by_weight() {
        let routes = [weighing(2), weighing(2), weighing(1)];
        let mut second = [0, 0, 0];
        for turn in 0..15 {
            let order = order_of_routes(Strategy::Weighted, &routes, turn);
            if order[0] == 0 {
                second[order[1]] += 1;
            }
        }
        assert_eq!(second, [0, 4, 2]);
    }

    #[test]
    fn few_orders_say_nothing_about_a_panel() {
        let avoid = Avoid {
            max_canceled_percent: Some(10),
            ..Avoid::default()
        };
        let ended = |part, of| Health {
            canceled: Share { part, of },
            ..Health::default()
        };
        assert!(!avoid.avoids(&ended(19, 19)));
        assert!(!avoid.avoids(&ended(2, 20)));
        assert!(avoid.avoids(&ended(3, 20)));
        assert!(!Avoid::default().avoids(&ended(20, 20)));
        assert_eq!(ended(0, 0).canceled.percent(), None);
    }
}
