//! Panels that behave: some ids spoil every call they are in, or the panel is down for a while. Calls overlap.

use proptest::prelude::*;

use super::*;
use crate::lookout::suspects::Purpose;

/// A panel, the owner of its orders, customers, and the loop that drives a lookout.
struct World {
    lookout: Lookout<()>,
    names: Vec<UpstreamId>,
    /// When each was last looked at, and showed a report.
    seen: Vec<Option<Instant>>,
    now: Instant,
    most_in_flight: usize,
    in_flight: Vec<(Instant, Round, Ended)>,
    /// Tests, what vouches for the panel, and ordinary calls that were spoiled.
    extra: usize,
    /// Ids that were asked to vouch for the panel and did not.
    misled: usize,
    /// All that were not ordinary.
    special: usize,
    dice: u64,
}

/// How a panel ends a call.
type Panel<'a> = &'a dyn Fn(&[UpstreamId]) -> Ended;

impl World {
    fn new(ids: usize, batch: usize, most_in_flight: usize, seed: u64) -> Self {
        let mut world = Self {
            lookout: Lookout::new(Knobs { batch, ..KNOBS }),
            names: numbered("n", ids),
            seen: vec![None; ids],
            now: Instant::now(),
            most_in_flight,
            in_flight: Vec::new(),
            extra: 0,
            misled: 0,
            special: 0,
            dice: seed | 1,
        };
        let Self {
            lookout,
            names,
            seen,
            now,
            ..
        } = &mut world;
        for name in names {
            lookout.follow(name, &|name| outlook(seen, *now, name));
        }
        world
    }

    /// A xorshift: any other would do.
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }

    fn pick(&mut self) -> UpstreamId {
        let ids = self.names.len() as u64;
        let id = usize::try_from(self.roll(ids)).expect("few");
        self.names[id].clone()
    }

    /// Time passes until the next call ends, or until something is wanted. Tells who is convicted by then.
    fn step(&mut self, panel: Panel<'_>) -> Vec<UpstreamId> {
        if self.roll(4) == 0 {
            let (customer, ids) = (self.roll(3), [self.pick(), self.pick()]);
            let customer = CustomerId(i64::try_from(customer).expect("few"));
            self.lookout.ask(customer, &ids, (), self.now);
        }
        let mut ready = self.lookout.ready(self.now);
        while ready == Ready::Now && self.in_flight.len() < self.most_in_flight {
            self.take(panel);
            ready = self.lookout.ready(self.now);
        }
        let first = self
            .in_flight
            .iter()
            .enumerate()
            .min_by_key(|(_, (at, ..))| *at);
        match (first.map(|(index, (at, ..))| (index, *at)), ready) {
            (Some((_, ends)), Ready::At(at)) if at < ends => self.now = at,
            (Some((index, ends)), _) => {
                self.now = ends;
                return self.finish(index);
            }
            (None, Ready::At(at)) => self.now = at,
            (None, ready) => panic!("{ready:?}, though nothing is under way and orders live"),
        }
        Vec::new()
    }

    fn take(&mut self, panel: Panel<'_>) {
        let Self {
            lookout, seen, now, ..
        } = self;
        let round = lookout.take(*now, &|name| outlook(seen, *now, name));
        let round = round.expect("a driver that is told to take and finds nothing spins");
        let ended = panel(&round.ids);
        let purpose = self.lookout.under_way[&round.number].purpose;
        self.special += usize::from(purpose != Purpose::Ordinary);
        self.misled +=
            usize::from(purpose == Purpose::Control && matches!(ended, Ended::Spoiled { .. }));
        self.extra += usize::from(match purpose {
            Purpose::Ordinary => matches!(ended, Ended::Spoiled { .. }),
            Purpose::Alone { .. } => false,
            Purpose::Control | Purpose::Test { .. } | Purpose::Form => true,
        });
        let ends = self.now + Duration::from_millis(1 + self.roll(400));
        self.in_flight.push((ends, round, ended));
    }

    fn finish(&mut self, index: usize) -> Vec<UpstreamId> {
        let (_, round, ended) = self.in_flight.swap_remove(index);
        if ended == Ended::Answered(Vec::new()) {
            for name in &round.ids {
                self.seen[number(name)] = Some(self.now);
            }
        }
        let Self {
            lookout, seen, now, ..
        } = self;
        let finished = lookout.finished(round.number, &ended, *now, &|name| {
            outlook(seen, *now, name)
        });
        finished.convicted
    }

    /// Time passes until each id is looked at, and shows a report.
    #[track_caller]
    fn until_seen(&mut self, panel: Panel<'_>) {
        let began = self.now;
        for _ in 0..STEPS {
            if self
                .seen
                .iter()
                .all(|seen| seen.is_some_and(|seen| seen > began))
            {
                return;
            }
            self.step(panel);
        }
        panic!("not all are seen: {:?}", self.seen);
    }

    fn is_convicted(&self, name: &UpstreamId) -> bool {
        let slot = self.lookout.ids.find(name).expect("followed");
        self.lookout.ids.at(slot).convicted
    }
}

fn outlook(seen: &[Option<Instant>], now: Instant, name: &UpstreamId) -> Option<Outlook> {
    let last = seen[number(name)];
    let after = |wait: Duration| last.map_or(now, |last| last + wait);
    Some(Outlook {
        kind: Kind::Live,
        fresh_until: after(KNOBS.fresh_for),
        due: after(LOOK_EVERY),
        next_miss: None,
    })
}

fn batches() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1, 2, 5, 20, 100])
}

/// A look is due so long after the last one.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Steps after which a world has had all the time it needs.
const STEPS: usize = 20_000;
/// Calls that one poisonous id may cost: the one that fails first, and 14 that find it.
const CALLS_PER_POISON: usize = 1 + 14;
/// The same where no id outside the call has answered before, so that at first nobody vouches for the panel.
const CALLS_PER_POISON_AT_FIRST: usize = 1 + 19;
/// Calls that are lost if the id that should vouch for the panel has become poisonous itself: the panel takes the blame.
const CALLS_PER_MISTAKE: usize = 10;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_poisonous_ids_are_convicted_and_each_costs_few_calls(
        ids in 2_usize..150, batch in batches(), in_flight in 1_usize..5, refused: bool, every in 2_u64..40, is_new: bool, seed: u64,
    ) {
        let mut world = World::new(ids, batch, in_flight, seed);
        // One at least is good.
        let mut poison = world.names[1..].to_vec();
        poison.retain(|_| world.roll(every) == 0);
        poison.sort();
        let panel = |ids: &[UpstreamId]| match ids.iter().any(|id| poison.binary_search(id).is_ok()) {
            true => Ended::Spoiled { refused },
            false => Ended::Answered(Vec::new()),
        };
        if !is_new {
            world.until_seen(&|_| Ended::Answered(Vec::new()));
            world.extra = 0;
        }
        let nobody_vouches = is_new || ids <= batch * in_flight;
        let each = if nobody_vouches { CALLS_PER_POISON_AT_FIRST } else { CALLS_PER_POISON };
        let mut missing = poison.clone();
        for _ in 0..STEPS {
            for id in world.step(&panel) {
                prop_assert!(poison.contains(&id), "{id:?} is innocent");
                missing.retain(|missing| *missing != id);
            }
            if missing.is_empty() {
                break;
            }
        }
        prop_assert!(missing.is_empty(), "{missing:?} are never convicted");
        let most = each * poison.len() + CALLS_PER_MISTAKE * world.misled;
        prop_assert!(world.extra <= most, "{} calls for {}", world.extra, poison.len());
        prop_assert!(world.lookout.batch() == batch, "it knows the plural");
    }

    #[test]
    fn after_an_outage_everybody_is_looked_at_soon_and_nobody_stays_convicted(
        ids in 1_usize..150, batch in batches(), in_flight in 1_usize..5, outages in 1_usize..6, seed: u64,
    ) {
        let mut world = World::new(ids, batch, in_flight, seed);
        let works = |_: &[UpstreamId]| Ended::Answered(Vec::new());
        for _ in 0..outages {
            let (up, down) = (world.roll(30), world.roll(60));
            (0..up).for_each(|_| _ = world.step(&works));
            let failed = world.roll(3) == 0;
            let fails = |_: &[UpstreamId]| if failed { Ended::Failed } else { Ended::Spoiled { refused: false } };
            (0..down).for_each(|_| _ = world.step(&fails));
        }
        let (recovered, before) = (world.now, world.special);
        world.until_seen(&works);
        prop_assert!(world.names.iter().all(|name| !world.is_convicted(name)));
        let (took, special) = (world.now - recovered, world.special - before);
        prop_assert!(special <= 2 * ids + in_flight, "{special} calls for {ids} ids");
        let paced = KNOBS.due_every * u32::try_from(ids).expect("few");
        prop_assert!(took <= KNOBS.longest_rest + LOOK_EVERY + 2 * paced, "{took:?} for {ids} ids");
    }
}
