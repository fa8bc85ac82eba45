//! The panel on the wire, seen by a client that shares no code with it.

mod catalogues;
mod faults;
mod support;
mod whole_api;
