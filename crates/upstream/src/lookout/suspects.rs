//! Which id spoils the calls it is in.
//!
//! A panel may answer a whole call with an error, a page or nothing because of one of its ids. So the ids of a call that
//! failed as a whole are suspects, and nobody else rides with them:
//!
//! ```text
//! a call of an id that answered before ──fails──► it is the panel: the suspects go free, the breaker and the pace do the rest
//!    │ works
//!    ▼
//! half of the suspects ──works──► they go free, the other half is suspect
//!    │ fails                      (until one is left)
//!    ▼
//! the other half goes free, this half is suspect
//! ```
//!
//! One that is left and fails alone is convicted if the panel answers others after that. That is at most 11 calls in all for
//! one of 100 ids, and only once: a convicted id is looked at alone, at growing distances.
//!
//! Without an id that answered before nobody can vouch for the panel: then no half goes free untested, and failures count
//! against the panel, so that its breaker sets the pace.

use std::collections::{HashSet, VecDeque};

use tokio::time::Instant;

use super::Ended;
use super::ids::Slot;

/// The groups of suspects, and what vouches for the panel.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    groups: VecDeque<Group>,
    members: HashSet<Slot>,
    on_its_way: Option<OnItsWay>,
    /// When the last `status` left that the panel answered. When it came home says nothing: it may have met a panel that has
    /// gone down since.
    alive: Option<Instant>,
    /// The last time it answered anything else.
    alive_otherwise: Option<Instant>,
}

/// Ids of which at least one spoils calls, unless it was the panel.
#[derive(Debug)]
struct Group {
    ids: Vec<Slot>,
    /// Since when somebody has to vouch for the panel.
    since: Instant,
    /// Whether the panel understands several ids in one call has to be found out first.
    form: Option<Form>,
    failed_alone: bool,
    not_before: Option<Instant>,
}

/// What is being found out: one thing at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnItsWay {
    /// Whether the panel works.
    Control,
    /// Something about ids of the first group, which stays the first until then.
    Test,
}

/// How far that has come: two ids one by one, and then both together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    First,
    Second,
    Both,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To learn something.
    Ordinary,
    /// The same, of one id that needs a call of its own.
    Alone {
        /// Because it spoils others.
        convicted: bool,
    },
    /// To see whether the panel works.
    Control,
    /// To see whether one of these spoils calls.
    Test {
        /// Somebody vouches for the panel.
        proven: bool,
    },
    /// To see whether the panel understands calls of several ids.
    Form,
}

/// The times of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// It left.
    pub(super) left: Instant,
    /// It has ended.
    pub(super) now: Instant,
    /// If it tested a suspect that nobody can judge, that is tried again.
    pub(super) retest_at: Instant,
}

/// What the end of a call means for suspects.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// They are not suspect any more.
    pub(super) freed: Vec<Slot>,
    /// Every call with one of these fails, and others do not.
    pub(super) convicted: Vec<Slot>,
    /// The panel does not understand several ids in one call.
    pub(super) singular: bool,
}

impl Purpose {
    /// A failure says nothing about the panel.
    pub(super) const fn tests_ids(self) -> bool {
        matches!(
            self,
            Self::Test { proven: true } | Self::Alone { convicted: true } | Self::Form
        )
    }
}

// === choosing a test ===

impl Suspects {
    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.members.contains(&slot)
    }

    pub(super) fn wants_a_test(&self, now: Instant) -> bool {
        self.next(now).is_some()
    }

    /// When a suspect that nobody can judge yet is tried again.
    pub(super) fn retests_at(&self) -> Option<Instant> {
        let waiting = self.groups.iter().filter_map(|group| group.not_before);
        waiting.min().filter(|_| self.on_its_way.is_none())
    }

    /// Whether the next test has to wait for somebody to vouch for the panel.
    pub(super) fn wants_a_control(&self, now: Instant) -> bool {
        let group = self.next(now).map(|index| &self.groups[index]);
        group.is_some_and(|group| group.form.is_none() && !self.is_proven(group))
    }

    /// A control is on its way.
    pub(super) const fn begin_control(&mut self) {
        self.on_its_way = Some(OnItsWay::Control);
    }

    /// The ids of the next test, `most` at most, which is on its way from now on.
    pub(super) fn begin_test(&mut self, now: Instant, most: usize) -> Option<(Vec<Slot>, Purpose)> {
        let index = self.next(now)?;
        let proven = self.is_proven(&self.groups[index]);
        // What is tested is the first group from here on.
        self.groups.swap(0, index);
        let group = self.groups.front_mut()?;
        group.not_before = None;
        // Where calls have one id there is no form to find out.
        group.form = group.form.filter(|_| most > 1);
        self.on_its_way = Some(OnItsWay::Test);
        Some(match group.form {
            Some(Form::First) => (vec![group.ids[0]], Purpose::Form),
            Some(Form::Second) => (vec![group.ids[1]], Purpose::Form),
            Some(Form::Both) => (group.ids[..2].to_vec(), Purpose::Form),
            None => {
                // Calls may have become smaller since the one that failed.
                let half = group.ids.len().div_ceil(2).min(most);
                (group.ids[..half].to_vec(), Purpose::Test { proven })
            }
        })
    }

    fn next(&self, now: Instant) -> Option<usize> {
        if self.on_its_way.is_some() {
            return None;
        }
        let may = |group: &Group| group.not_before.is_none_or(|at| at <= now);
        self.groups.iter().position(may)
    }

    fn is_proven(&self, group: &Group) -> bool {
        self.alive.is_some_and(|alive| alive >= group.since)
    }
}

// === judging ===

impl Suspects {
    /// The panel answered something that is no `status`.
    pub(super) const fn heard_otherwise(&mut self, now: Instant) {
        self.alive_otherwise = Some(now);
    }

    /// What the end of a call means.
    pub(super) fn judge(
        &mut self,
        purpose: Purpose,
        slots: &[Slot],
        ended: &Ended,
        may_be_singular: bool,
        times: Times,
    ) -> Verdict {
        let Times {
            left,
            now,
            retest_at,
        } = times;
        if matches!(ended, Ended::Answered(_)) {
            self.alive = self.alive.max(Some(left));
        }
        let mut verdict = match purpose {
            Purpose::Ordinary | Purpose::Alone { convicted: false } => {
                self.ordinary(slots, ended, may_be_singular, now)
            }
            Purpose::Alone { convicted: true } => Verdict {
                convicted: if is_spoiled(ended) {
                    slots.to_vec()
                } else {
                    Vec::new()
                },
                ..Verdict::default()
            },
            Purpose::Control => self.control(ended),
            Purpose::Test { proven } => self.test(slots, ended, proven, now, retest_at),
            Purpose::Form => self.form(slots, ended),
        };
        self.convict(&mut verdict);
        verdict
    }

    fn ordinary(
        &mut self,
        slots: &[Slot],
        ended: &Ended,
        may_be_singular: bool,
        now: Instant,
    ) -> Verdict {
        if is_spoiled(ended) || may_be_singular {
            self.members.extend(slots);
            self.groups.push_back(Group {
                ids: slots.to_vec(),
                since: now,
                form: may_be_singular.then_some(Form::First),
                failed_alone: slots.len() == 1,
                not_before: None,
            });
        }
        Verdict::default()
    }

    fn control(&mut self, ended: &Ended) -> Verdict {
        self.on_its_way = None;
        match ended {
            Ended::Answered(_) => Verdict::default(),
            Ended::Spoiled { .. } | Ended::Failed => self.free_all(),
        }
    }

    fn test(
        &mut self,
        tested: &[Slot],
        ended: &Ended,
        proven: bool,
        now: Instant,
        retest_at: Instant,
    ) -> Verdict {
        self.on_its_way = None;
        let Some(mut group) = self.groups.pop_front() else {
            return Verdict::default();
        };
        let (tested, rest) = group.ids.split_at(tested.len());
        let (tested, rest) = (tested.to_vec(), rest.to_vec());
        match ended {
            Ended::Failed => {
                self.groups.push_front(group);
                return self.free_all();
            }
            Ended::Answered(_) => {
                self.forget(&tested);
                group.ids = rest;
                if !group.ids.is_empty() {
                    self.groups.push_front(group);
                }
                return Verdict::default();
            }
            Ended::Spoiled { .. } => {}
        }
        let mut verdict = Verdict::default();
        if proven {
            self.forget(&rest);
            verdict.freed = rest;
        } else if !rest.is_empty() {
            self.groups.push_back(Group {
                ids: rest,
                failed_alone: false,
                form: None,
                ..group
            });
        }
        if let [alone] = tested[..] {
            let again = group.failed_alone;
            let works = self
                .alive_otherwise
                .is_some_and(|alive| alive > group.since);
            if again && works {
                self.forget(&tested);
                verdict.convicted.push(alone);
                return verdict;
            }
            // Whoever vouches for the panel has to do so after this.
            let since = if again { group.since } else { now };
            group = Group {
                since,
                failed_alone: true,
                not_before: again.then_some(retest_at),
                ..group
            };
        }
        group.ids = tested;
        if proven {
            self.groups.push_front(group);
        } else {
            self.groups.push_back(group);
        }
        verdict
    }

    fn form(&mut self, tested: &[Slot], ended: &Ended) -> Verdict {
        self.on_its_way = None;
        let showed = matches!(ended, Ended::Answered(without) if without.len() < tested.len());
        let Some(group) = self.groups.front_mut() else {
            return Verdict::default();
        };
        match group.form {
            Some(Form::First) if showed => group.form = Some(Form::Second),
            Some(Form::Second) if showed => group.form = Some(Form::Both),
            Some(Form::Both) if !showed && *ended != Ended::Failed => {
                return Verdict {
                    singular: true,
                    ..self.free_all()
                };
            }
            _ => group.form = None,
        }
        Verdict::default()
    }

    /// Those that failed alone, while the panel answered somebody else after that. What is in a test is judged by the test.
    fn convict(&mut self, verdict: &mut Verdict) {
        let alive = self.alive;
        let mut convicted = Vec::new();
        let mut in_test = self.on_its_way == Some(OnItsWay::Test);
        self.groups.retain(|group| {
            let proven = alive.is_some_and(|alive| alive >= group.since);
            let guilty = group.failed_alone && proven && !std::mem::take(&mut in_test);
            if guilty {
                convicted.extend(&group.ids);
            }
            !guilty
        });
        self.forget(&convicted);
        verdict.convicted.extend(convicted);
    }

    fn free_all(&mut self) -> Verdict {
        self.groups.clear();
        let freed = self.members.drain().collect();
        Verdict {
            freed,
            ..Verdict::default()
        }
    }

    fn forget(&mut self, slots: &[Slot]) {
        for slot in slots {
            self.members.remove(slot);
        }
    }
}

const fn is_spoiled(ended: &Ended) -> bool {
    matches!(ended, Ended::Spoiled { .. })
}

#[cfg(test)]
impl Suspects {
    /// The ids of each group.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Slot]> {
        self.groups.iter().map(|group| &group.ids[..])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.members.is_empty() && self.on_its_way.is_none()
    }
}
