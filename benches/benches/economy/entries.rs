//! The policies that are compared.

use std::time::Duration;

use crate::policy::Policy;
use crate::policy::fill::{By, Fill};
use crate::policy::gather::Gather;
use crate::policy::one_by_one::OneByOne;

/// A policy by name; makes one for each panel.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) make: Box<dyn Fn() -> Box<dyn Policy>>,
}

impl Entry {
    fn new<P: Policy + 'static>(name: impl Into<String>, make: impl Fn() -> P + 'static) -> Self {
        Self {
            name: name.into(),
            make: Box::new(move || Box::new(make())),
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
pub(crate) fn with_filling() -> Vec<Entry> {
    vec![
        Entry::new("+ filled by expiry", || Fill::new(GATHER, By::Expiry, None)),
        Entry::new("+ filled by next miss", || {
            Fill::new(GATHER, By::NextMiss, None)
        }),
        Entry::new("+ leaving ahead of misses", || {
            Fill::new(GATHER, By::NextMiss, Some(AHEAD))
        }),
    ]
}

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
