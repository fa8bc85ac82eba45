//! Whether what a panel reports of an end is believed at once, or only after a second look.
//!
//! Source: `money.md`, "Facts from a panel".

use panelgate_domain::status::{Fact, Heard, Oddity, Report, StatusWord};
use panelgate_domain::time::Timestamp;
use panelgate_upstream::Look;

/// A report, and what its answer says for it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) report: Report,
    pub(crate) trust: Trust,
}

/// How sure it is that a report is about its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nothing else was asked for: this alone dispels what is odd.
    Alone,
    /// It came with others.
    Shared,
    /// So did what nobody asked for: that is odd by itself.
    Doubtful,
}

impl Trust {
    pub(crate) const fn of(look: &Look, is_alone: bool) -> Self {
        match look {
            Look::Doubtful(_) => Self::Doubtful,
            _ if is_alone => Self::Alone,
            _ => Self::Shared,
        }
    }
}

/// Whether money moves on an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belief {
    /// It does.
    Believed {
        /// Because a second look said the same after a wait: what is only odd is looked at again at once, and that says
        /// nothing about a mass cancel.
        is_confirmed: bool,
    },
    /// Not before a look at or after this time says the same.
    Doubted(Timestamp),
}

impl Belief {
    /// `doubt`: the known fact ended the order too, and was not believed. The store remembers that, also over a restart.
    pub(crate) fn of(
        known: &Fact,
        doubt: Option<Timestamp>,
        fact: &Fact,
        told: &Told,
        oddities: &[Oddity],
    ) -> Self {
        let is_odd = told.trust == Trust::Doubtful
            || oddities.iter().any(|oddity| oddity.needs_second_look());
        let says_the_end =
            matches!(&told.report.heard, Heard::Word(word) if word.final_word().is_some());
        let says_the_same =
            known.word == fact.word && known.remains == fact.remains && known.runs == fact.runs;
        match doubt {
            Some(until) if !says_the_end => Self::Doubted(until),
            // The wait is what mass cancels need, and the call of its own what is odd needs.
            Some(until) if says_the_same && fact.at >= until && until > known.at => {
                Self::Believed { is_confirmed: true }
            }
            Some(until) if says_the_same && fact.at >= until && told.trust == Trust::Alone => {
                Self::Believed {
                    is_confirmed: false,
                }
            }
            Some(until) if says_the_same => Self::Doubted(until),
            // It ends otherwise than it did: that waits for a second look too, and no shorter than the first one.
            Some(until) => Self::Doubted(until.max(fact.at)),
            None if is_odd => Self::Doubted(fact.at),
            None => Self::Believed {
                is_confirmed: false,
            },
        }
    }

    /// The brake has to know of it: the order is seen to be canceled, and has not waited for the look that mass cancels wait for.
    pub(crate) fn turns_canceled(self, fact: &Fact) -> bool {
        let waits = match self {
            Self::Believed { is_confirmed } => is_confirmed,
            Self::Doubted(until) => until > fact.at,
        };
        fact.word == StatusWord::Canceled && !waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(word: &str, remains: Option<i64>, start_count: i64) -> Report {
        Report {
            heard: Heard::parse(word),
            charge: None,
            start_count: Some(start_count),
            remains,
            runs: None,
            children: Vec::new(),
        }
    }

    /// Looks one after the other; answers which of them is believed to be the end.
    fn believed(looks: &[Report]) -> Option<usize> {
        let mut known = Fact {
            start_count: Some(5),
            ..Fact::accepted(Timestamp(0))
        };
        let mut doubt = None;
        for (n, report) in looks.iter().enumerate() {
            let (fact, odd) = known.after(report, 100, Timestamp(1));
            let told = Told {
                report: report.clone(),
                trust: Trust::Alone,
            };
            match Belief::of(&known, doubt, &fact, &told, &odd) {
                Belief::Believed { .. } => return Some(n),
                Belief::Doubted(until) => doubt = Some(until),
            }
            known = fact;
        }
        None
    }

    #[test]
    fn an_end_without_oddity_is_believed_at_once() {
        assert_eq!(believed(&[report("Partial", Some(30), 5)]), Some(0));
    }

    #[test]
    fn an_odd_end_is_believed_when_a_second_look_says_the_same() {
        let odd = || report("Canceled", Some(0), 9);
        assert_eq!(believed(&[odd(), odd()]), Some(1));
        assert_eq!(believed(&[odd(), report("whatever", None, 9)]), None);
        assert_eq!(believed(&[odd(), report("Refill", None, 9)]), None);
        let other = || report("Partial", Some(90), 9);
        assert_eq!(
            believed(&[report("Partial", Some(30), 9), other(), other()]),
            Some(2)
        );
    }
}
