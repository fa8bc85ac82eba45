//! What goes wrong at the boundaries of the process, and when: drawn from a seed, or exactly once.
//!
//! A boundary is a transaction of the store, a request that leaves, or an answer that arrives.

use std::time::Duration;

use panelgate_tally::Tally;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What goes wrong at one boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The process ends before it happens.
    CrashBefore,
    /// The process ends after it has happened, before it hears of it. A commit whose outcome is unknown ends the process too, so
    /// it is this one or the one before.
    CrashAfter,
    /// It fails, and did not happen.
    Error,
    /// It takes this long.
    Delay(Duration),
}

impl Mishap {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::CrashBefore => "crash before",
            Self::CrashAfter => "crash after",
            Self::Error => "error",
            Self::Delay(_) => "delay",
        }
    }
}

/// How often what goes wrong, in a thousand boundaries of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    /// Ends of the process.
    pub(crate) crashes: u32,
    /// Errors of the store, and connections that are refused.
    pub(crate) errors: u32,
    /// Slow commits and slow connections.
    pub(crate) delays: u32,
}

/// What can go wrong where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A transaction that writes.
    Write,
    /// A transaction that reads.
    Read,
    /// A connection is made.
    Connect,
    /// Bytes of a request leave.
    Leave,
    /// Bytes of an answer arrive.
    Arrive,
}

/// Decides at every boundary.
#[derive(Debug)]
pub(crate) struct Mishaps(Mutex<State>);

#[derive(Debug)]
struct State {
    mode: Mode,
    /// Nothing goes wrong, and nothing is counted.
    is_over: bool,
    /// Effects while there was trouble.
    passed: u64,
    counted: Tally,
}

#[derive(Debug)]
enum Mode {
    /// Nothing goes wrong.
    None,
    Drawn(Box<StdRng>, Rates),
    Once {
        at: At,
        mishap: Mishap,
    },
}

/// One effect: reads are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The one with this number, counted from 0.
    Number(u64),
    /// The first of those that are called so.
    First(&'static str),
}

impl Mishaps {
    pub(crate) fn drawn(seed: u64, rates: Rates) -> Self {
        Self::new(Mode::Drawn(Box::new(StdRng::seed_from_u64(seed)), rates))
    }

    /// There, and nowhere else.
    pub(crate) fn once(at: At, mishap: Mishap) -> Self {
        Self::new(Mode::Once { at, mishap })
    }

    pub(crate) fn none() -> Self {
        Self::new(Mode::None)
    }

    fn new(mode: Mode) -> Self {
        Self(Mutex::new(State {
            mode,
            is_over: false,
            passed: 0,
            counted: Tally::default(),
        }))
    }

    /// From here on nothing goes wrong.
    pub(crate) fn end(&self) {
        self.0.lock().is_over = true;
    }

    /// It goes on as it began.
    pub(crate) fn resume(&self) {
        self.0.lock().is_over = false;
    }

    /// A boundary is reached; answers what goes wrong there.
    pub(crate) fn at(&self, place: &str, kind: Kind) -> Option<Mishap> {
        let mut state = self.0.lock();
        if state.is_over {
            return None;
        }
        let number = state.passed;
        let is_effect = kind != Kind::Read;
        state.passed += u64::from(is_effect);
        let mishap = match &mut state.mode {
            Mode::None => None,
            Mode::Drawn(rng, rates) => draw(rng, *rates, kind),
            Mode::Once { at, mishap } => {
                let is_there = match at {
                    At::Number(wanted) => *wanted == number,
                    At::First(wanted) => *wanted == place,
                };
                (is_effect && is_there).then_some(*mishap)
            }
        }?;
        if let Mode::Once { .. } = state.mode {
            state.mode = Mode::None;
        }
        state
            .counted
            .count(format!("{} · {place}", mishap.name()), 1);
        Some(mishap)
    }

    /// Effects while there was trouble: all boundaries but those of reads.
    pub(crate) fn passed(&self) -> u64 {
        self.0.lock().passed
    }

    /// How often what went wrong where.
    pub(crate) fn counted(&self) -> Tally {
        self.0.lock().counted.clone()
    }
}

fn draw(rng: &mut StdRng, rates: Rates, kind: Kind) -> Option<Mishap> {
    let drawn = rng.random_range(0..1_000);
    let length = Duration::from_millis(rng.random_range(1..4_000));
    let before = rng.random_bool(0.5);
    let crashes = match kind {
        Kind::Read | Kind::Connect => 0,
        Kind::Write | Kind::Leave | Kind::Arrive => rates.crashes,
    };
    let errors = match kind {
        Kind::Leave | Kind::Arrive => 0,
        Kind::Write | Kind::Read | Kind::Connect => rates.errors,
    };
    if drawn < crashes {
        Some(if before {
            Mishap::CrashBefore
        } else {
            Mishap::CrashAfter
        })
    } else if drawn < crashes + errors {
        Some(Mishap::Error)
    } else if drawn < crashes + errors + rates.delays {
        Some(Mishap::Delay(length))
    } else {
        None
    }
}
