//! What is checked: what may leave, what follows when it comes home, and what both know in between.

use std::collections::BTreeSet;

use super::naive::{Place, Plan};
use super::*;
use crate::lookout::suspects::Purpose;

impl Run {
    pub(super) fn ready(&self) -> Ready {
        let ready = self.lookout.ready(self.now);
        let wanted = self.model.wants_ordinary(self.now);
        let wanted = [wanted, self.model.wants_alone()]
            .into_iter()
            .flatten()
            .min();
        let suspects = self.lookout.suspects.groups().count() > 0;
        match ready {
            Ready::Now => assert!(suspects || wanted.is_some_and(|at| at <= self.now)),
            Ready::At(at) => {
                assert!(at > self.now);
                assert!(wanted.is_none_or(|wanted| if suspects {
                    at <= wanted
                } else {
                    at == wanted
                }));
                assert!(suspects || wanted.is_some());
            }
            Ready::Idle => {
                assert_eq!(wanted, None);
                assert!(!self.calls.is_empty() || (!suspects && self.model.nobody_waits()));
            }
        }
        ready
    }

    /// A call has left.
    pub(super) fn left(&mut self, round: &Round, ready: Ready) {
        let batch = self.model.batch();
        let ids: Vec<usize> = round.ids.iter().map(number).collect();
        let distinct: BTreeSet<usize> = ids.iter().copied().collect();
        assert!(
            !ids.is_empty() && ids.len() <= batch && distinct.len() == ids.len(),
            "{round:?}"
        );
        let purpose = self.lookout.under_way[&round.number].purpose;
        let place = match purpose {
            Purpose::Test { .. } | Purpose::Form => Place::Suspect,
            _ => Place::Free,
        };
        for id in &ids {
            assert_eq!(self.model.place(*id), Some(place), "{purpose:?} of {id}");
        }
        let ordinary_wanted = self
            .model
            .wants_ordinary(self.now)
            .is_some_and(|at| at <= self.now);
        assert!(
            !(self.was_special && ordinary_wanted) || purpose == Purpose::Ordinary,
            "{purpose:?} again"
        );
        assert!(
            ready == Ready::Now || purpose == Purpose::Ordinary,
            "{purpose:?} before its time"
        );
        self.was_special = purpose != Purpose::Ordinary;
        match purpose {
            Purpose::Ordinary => return self.ordinary_left(round, &ids),
            Purpose::Alone { convicted } => {
                let known = self.model.known(ids[0]);
                assert_eq!(known.convicted, convicted);
                let due = known
                    .plan
                    .filter(|plan| plan.kind == Kind::Alone)
                    .map(|plan| plan.due);
                assert_eq!(due, self.model.due(Kind::Alone).first().copied());
                assert!(self.model.wants_alone().is_some_and(|at| at <= self.now));
                assert_eq!(ids.len(), 1);
                self.model.last_alone = Some(self.now);
            }
            Purpose::Control => assert!(ids.iter().all(|id| self.model.known(*id).shown)),
            Purpose::Test { .. } | Purpose::Form => {}
        }
        ids.iter()
            .for_each(|id| self.model.leave(*id, round.number));
    }

    fn ordinary_left(&mut self, round: &Round, ids: &[usize]) {
        let (batch, now, used) = (self.model.batch(), self.now, round.slots);
        let (n, number) = (self.model.ordinary % 5, round.number);
        let kept = (n + 1) * batch / 5 - n * batch / 5;
        let places = batch - kept;
        let kept = kept.min(self.model.count_due(Kind::Live, now));
        let mut served = self.model.serve(batch - kept, number);
        let mut expected = served.len();
        assert_eq!(ids[..expected], served);
        expected += self.most_overdue(
            Kind::Live,
            &ids[expected..],
            used.due,
            batch - expected,
            number,
        );
        served = self.model.serve(batch - expected, number);
        assert_eq!(ids[expected..expected + served.len()], served);
        expected += served.len();
        assert_eq!(used.asked, expected - used.due);
        expected += self.most_overdue(
            Kind::Ended,
            &ids[expected..],
            used.recheck,
            batch - expected,
            number,
        );
        for id in &ids[expected..] {
            let outlook = self.outlooks[*id]
                .expect("nothing that is forgotten is looked at ahead of its time");
            let soon = now + KNOBS.fresh_for + KNOBS.fresh_for / 4;
            assert!(outlook.fresh_until <= now || outlook.next_miss.is_some_and(|at| at <= soon));
            let plan = self.model.known(*id).plan.expect("planned");
            assert_eq!(plan.kind, Kind::Live);
            self.model.leave(*id, number);
        }
        assert_eq!(used.ahead, ids.len() - expected);
        assert_eq!(used.empty, batch - ids.len());
        self.model.ordinary += 1;
        self.model.last_ordinary = Some(now);
        self.model.count_served(places);
    }

    /// The next ids of a call are the most overdue ones of their kind, as many as there are or find room.
    fn most_overdue(
        &mut self,
        kind: Kind,
        ids: &[usize],
        taken: usize,
        room: usize,
        number: u64,
    ) -> usize {
        let due = self.model.due(kind);
        assert_eq!(taken, room.min(self.model.count_due(kind, self.now)));
        for (id, due) in ids[..taken].iter().zip(due) {
            let plan = self.model.known(*id).plan.expect("planned");
            assert_eq!((plan.kind, plan.due), (kind, due));
            self.model.leave(*id, number);
        }
        taken
    }

    /// An id was looked into while a call was filled: perhaps it was planned anew.
    pub(super) fn looked_into(&mut self, id: usize) {
        if self.model.place(id) != Some(Place::Free) {
            return;
        }
        let planned = self.planned(id);
        if planned != self.model.known(id).plan {
            assert!(
                self.model
                    .known(id)
                    .plan
                    .is_some_and(|plan| plan.missed.is_some())
            );
            self.model.replan(id, self.outlooks[id]);
            self.model.purge();
        }
    }

    fn planned(&self, id: usize) -> Option<Plan> {
        let slot = self.lookout.ids.find(&self.names[id])?;
        let plan = self.lookout.ids.at(slot).plan;
        let due = plan.due?;
        Some(Plan {
            due,
            kind: plan.kind,
            missed: plan.missed,
        })
    }

    /// A call has ended.
    pub(super) fn home(&mut self, round: &Round, ended: &Ended) {
        let ids: Vec<usize> = round.ids.iter().map(number).collect();
        let ordinary = self.lookout.under_way[&round.number].purpose == Purpose::Ordinary;
        let Self {
            lookout,
            outlooks,
            now,
            ..
        } = self;
        let finished = lookout.finished(round.number, ended, *now, &|name| outlooks[number(name)]);
        if let Ended::Answered(without) = ended {
            for id in &ids {
                let showed = !without.contains(&self.names[*id]);
                self.model.heard(*id, showed, self.now);
            }
        }
        let answered = matches!(ended, Ended::Answered(_));
        let mut told = finished.told;
        told.sort_unstable();
        assert_eq!(told, self.model.tell(&ids));
        self.model.singular |= finished.is_singular;
        for id in finished.convicted.iter().map(number) {
            let suspect = self.model.place(id) == Some(Place::Suspect);
            assert!(
                suspect || ids.contains(&id),
                "{id} is convicted out of the blue"
            );
            self.model.known(id).convicted = true;
            self.model.rest(id, self.now);
        }
        for id in 0..IDS {
            let place = self.model.place(id);
            if place != Some(Place::Suspect) && !ids.contains(&id) {
                continue;
            }
            let found = self.lookout.ids.find(&self.names[id]);
            let suspect = found.is_some_and(|slot| self.lookout.suspects.contains(slot));
            let known = self.model.known(id);
            let innocent = ordinary && known.shown && ids.contains(&id) && answered;
            assert!(!(suspect && innocent), "{id} showed a report");
            known.shown &= !suspect;
            known.at = if suspect { Place::Suspect } else { Place::Free };
            self.model.replan(id, self.outlooks[id]);
        }
        self.model.purge();
    }

    /// Both know the same of every id.
    pub(super) fn compare(&self) {
        let mut suspects = 0;
        for (id, known) in self.model.ids.iter().enumerate() {
            let found = self.lookout.ids.find(&self.names[id]);
            assert_eq!(found.is_some(), known.is_some(), "{id}");
            let (Some(slot), Some(known)) = (found, known) else {
                continue;
            };
            let entry = self.lookout.ids.at(slot);
            let stage = match known.at {
                Place::Free => Stage::Free,
                Place::Call(_) => Stage::UnderWay,
                Place::Suspect => Stage::Suspect,
            };
            assert_eq!(
                (entry.stage, entry.followed),
                (stage, known.followed),
                "{id}"
            );
            assert_eq!(
                (entry.errors, entry.convicted, entry.rests_until),
                (known.errors, known.convicted, known.rests_until),
                "{id}"
            );
            assert_eq!(self.planned(id), known.plan, "{id}");
            let in_groups = self
                .lookout
                .suspects
                .groups()
                .flatten()
                .filter(|suspect| **suspect == slot)
                .count();
            assert_eq!(
                in_groups,
                usize::from(self.lookout.suspects.contains(slot)),
                "{id}"
            );
            assert!(
                stage != Stage::Suspect || in_groups == 1,
                "{id} is suspect for ever"
            );
            suspects += in_groups;
        }
        assert_eq!(suspects, self.lookout.suspects.groups().flatten().count());
        assert_eq!(
            self.lookout.watched(),
            self.model.ids.iter().flatten().count()
        );
        assert_eq!(self.lookout.queued(), self.model.queued());
        assert_eq!(self.lookout.waits_since(), self.model.waits_since());
        assert_eq!(self.lookout.under_way.len(), self.calls.len());
        assert_eq!(self.lookout.batch(), self.model.batch());
    }

    /// The owner forgets everything, and the panel answers from now on: nobody is left waiting, and nothing is left.
    pub(super) fn end(&mut self) {
        self.outlooks.fill(None);
        let mut calls = 0;
        loop {
            while let Some(round) = self.calls.pop() {
                self.now += Duration::from_millis(1);
                self.home(&round, &Ended::Answered(Vec::new()));
                self.compare();
            }
            match self.ready() {
                Ready::Now => self.take(),
                Ready::At(at) => self.now = at,
                Ready::Idle => break,
            }
            self.compare();
            calls += 1;
            assert!(calls < 10 * IDS, "it never ends");
        }
        assert!(self.model.nobody_waits());
        assert_eq!(self.lookout.watched(), 0);
        assert!(self.lookout.is_empty(), "{:?}", self.lookout);
    }
}
