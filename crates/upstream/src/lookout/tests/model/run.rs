//! One schedule: events go to the lookout and to the model, and both have to agree.

use std::collections::BTreeSet;

use super::*;

pub(super) struct Run {
    pub(super) lookout: Lookout<u32>,
    pub(super) model: Naive,
    pub(super) names: Vec<UpstreamId>,
    /// What the owner knows.
    pub(super) outlooks: Vec<Option<Outlook>>,
    pub(super) now: Instant,
    pub(super) calls: Vec<Round>,
    pub(super) asked: u32,
    /// The last call was no ordinary one.
    pub(super) was_special: bool,
}

/// Reads an event bit by bit.
struct Bits(u32);

impl Bits {
    fn next(&mut self, choices: usize) -> usize {
        let choices = u32::try_from(choices).expect("few");
        let choice = self.0 % choices;
        self.0 /= choices;
        choice as usize
    }

    fn millis(&mut self, choices: &[u64]) -> Duration {
        Duration::from_millis(choices[self.next(choices.len())])
    }
}

impl Run {
    pub(super) fn new() -> Self {
        Self {
            lookout: Lookout::new(KNOBS),
            model: Naive::new(KNOBS, IDS),
            names: numbered("n", IDS),
            outlooks: vec![None; IDS],
            now: Instant::now(),
            calls: Vec::new(),
            asked: 0,
            was_special: false,
        }
    }

    pub(super) fn event(&mut self, event: u32) {
        let mut bits = Bits(event);
        match bits.next(16) {
            0 | 1 => self.follow(&mut bits),
            2 => _ = self.change_outlook(&mut bits),
            3..=5 => self.ask(&mut bits),
            6..=8 => self.take(),
            9..=11 => self.finish(&mut bits),
            12 | 13 => {
                self.now += bits.millis(&[1, 24, 25, 250, 300, 2_000, 15_000, 400_000, 4_000_000])
            }
            14 => self.change_knobs(&mut bits),
            _ => self.lookout.heard_otherwise(self.now),
        }
    }

    fn change_outlook(&mut self, bits: &mut Bits) -> usize {
        let id = bits.next(IDS);
        let kind = [Kind::Live, Kind::Live, Kind::Ended, Kind::Alone][bits.next(4)];
        let forgotten = bits.next(8) == 0;
        let due = self.now + bits.millis(&[0, 10, 1_000, 20_000, 3_600_000]);
        let fresh_until = self.now + bits.millis(&[0, 14_000]);
        let missed = bits.next(3) == 0;
        let next_miss = missed.then(|| self.now + bits.millis(&[0, 5_000, 14_000, 60_000]));
        let outlook = Outlook {
            kind,
            fresh_until,
            due,
            next_miss,
        };
        self.outlooks[id] = (!forgotten).then_some(outlook);
        id
    }

    fn follow(&mut self, bits: &mut Bits) {
        let id = self.change_outlook(bits);
        let Self {
            lookout, outlooks, ..
        } = self;
        lookout.follow(&self.names[id], &|name| outlooks[number(name)]);
        self.model.ids[id].get_or_insert_default().followed = true;
        self.model.replan(id, self.outlooks[id]);
        self.model.purge();
    }

    fn ask(&mut self, bits: &mut Bits) {
        let customer = i64::try_from(bits.next(4)).expect("few");
        let ids: Vec<usize> = (0..=bits.next(4)).map(|_| bits.next(IDS)).collect();
        let names: Vec<_> = ids.iter().map(|id| self.names[*id].clone()).collect();
        self.asked += 1;
        let unheard = self
            .lookout
            .ask(CustomerId(customer), &names, self.asked, self.now);
        let expected = self.model.ask(customer, &ids, self.asked, self.now);
        assert_eq!(unheard, expected.then_some(self.asked));
    }

    fn change_knobs(&mut self, bits: &mut Bits) {
        let knobs = Knobs {
            batch: [1, 2, 3, 7, 10, 100][bits.next(6)],
            gather: bits.millis(&[0, 25]),
            ..KNOBS
        };
        self.lookout.set_knobs(knobs);
        self.model.knobs = knobs;
        if bits.next(4) == 0 {
            self.model.singular = bits.next(2) == 0;
            self.lookout.set_singular(self.model.singular);
        }
    }

    /// What `ready` says holds, and then a call is taken, ready or not.
    pub(super) fn take(&mut self) {
        let ready = self.ready();
        let consulted = RefCell::new(BTreeSet::new());
        let Self {
            lookout,
            outlooks,
            now,
            ..
        } = self;
        let taken = lookout.take(*now, &|name| {
            consulted.borrow_mut().insert(number(name));
            outlooks[number(name)]
        });
        if let Some(round) = taken {
            self.left(&round, ready);
            self.calls.push(round);
        } else {
            assert_ne!(
                ready,
                Ready::Now,
                "a driver that is told to take and finds nothing spins"
            );
            assert!(self.model.serve(IDS, 0).is_empty());
        }
        for id in consulted.into_inner() {
            self.looked_into(id);
        }
    }

    fn finish(&mut self, bits: &mut Bits) {
        if self.calls.is_empty() {
            return;
        }
        let round = self.calls.swap_remove(bits.next(self.calls.len().min(64)));
        let ended = match bits.next(8) {
            0..=2 => Ended::Answered(Vec::new()),
            3 => Ended::Answered(round.ids.clone()),
            4 => {
                let some = round.ids.iter().filter(|_| bits.next(2) == 0);
                Ended::Answered(some.cloned().collect())
            }
            5 | 6 => Ended::Spoiled {
                refused: bits.next(2) == 0,
            },
            _ => Ended::Failed,
        };
        if bits.next(2) == 0 {
            self.change_outlook(bits);
        }
        self.home(&round, &ended);
    }
}
