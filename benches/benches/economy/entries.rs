//! The policies that are compared.

use std::time::Duration;

use crate::policy::Policy;
use crate::policy::desk::{Desk, Names};
use crate::policy::fill::{By, Fill};
use crate::policy::gather::Gather;
use crate::policy::one_by_one::OneByOne;
use crate::trace::Trace;

/// A policy by name; makes one for each panel.
pub(crate) struct Entry {
    pub(crate) name: String,
    /// The argument is the panel.
    pub(crate) make: Box<dyn Fn(usize) -> Box<dyn Policy>>,
}

impl Entry {
    fn new<P: Policy + 'static>(name: impl Into<String>, make: impl Fn() -> P + 'static) -> Self {
        Self {
            name: name.into(),
            make: Box::new(move |_| Box::new(make())),
        }
    }

    /// Gathering alone.
    pub(crate) fn gathering(window: Duration) -> Self {
        let name = format!("TTL + gathering, {window:?}");
        Self::new(name, move || Gather::new(window))
    }
}

/// Those without filling, gathering with a window of its own.
pub(crate) fn without_filling(window: Duration) -> Vec<Entry> {
    vec![
        Entry::new("pass-through", OneByOne::forgetful),
        Entry::new("TTL cache", OneByOne::caching),
        Entry::gathering(window),
    ]
}

/// Those that use the free room of calls; the last one is whose calls are the budget of all.
pub(crate) fn with_filling(trace: &Trace) -> Vec<Entry> {
    vec![
        Entry::new("+ filled by expiry", || Fill::new(GATHER, By::Expiry, None)),
        Entry::new("+ filled by next miss", || {
            Fill::new(GATHER, By::NextMiss, None)
        }),
        Entry::new("+ leaving ahead of misses", || {
            Fill::new(GATHER, By::NextMiss, Some(AHEAD))
        }),
        desk(trace),
    ]
}

/// The gateway's own.
fn desk(trace: &Trace) -> Entry {
    let names = Names::new(&trace.panel);
    Entry {
        name: "panelgate's desk".to_owned(),
        make: Box::new(move |panel| Box::new(Desk::new(&names, panel, DUE_EVERY))),
    }
}

/// A panel that allows ten calls a second has so much for looks that nobody waits for.
const DUE_EVERY: Duration = Duration::from_millis(333);
/// How long asked ids wait for company where free room is filled anyway: the gateway's default.
const GATHER: Duration = Duration::from_millis(25);
/// How long before a predicted miss a call leaves for it.
const AHEAD: Duration = Duration::from_secs(4);
/// The windows that gathering alone is tried with. With a longer one a call comes back after [`WAIT`](crate::knobs::WAIT).
pub(crate) const WINDOWS: [Duration; 7] = [
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
    Duration::from_millis(1250),
];
