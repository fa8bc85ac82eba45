//! Everything that happens in a world, in order, as one number: two runs with equal numbers were the same run.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hasher};

use parking_lot::Mutex;

/// What has happened so far.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    hasher: DefaultHasher,
    events: u64,
    /// Kept only if somebody wants to read them.
    lines: Option<Vec<String>>,
}

impl Trace {
    /// A trace whose lines can be read afterwards.
    pub(crate) fn kept() -> Self {
        Self(Mutex::new(State {
            lines: Some(Vec::new()),
            ..State::default()
        }))
    }

    /// Something happened.
    pub(crate) fn note(&self, event: impl Display) {
        let line = event.to_string();
        let mut state = self.0.lock();
        state.hasher.write(line.as_bytes());
        state.hasher.write_u8(0);
        state.events += 1;
        if let Some(lines) = &mut state.lines {
            lines.push(line);
        }
    }

    /// The number of all of it.
    pub(crate) fn hash(&self) -> u64 {
        self.0.lock().hasher.finish()
    }

    pub(crate) fn events(&self) -> u64 {
        self.0.lock().events
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().lines.clone().unwrap_or_default()
    }
}
