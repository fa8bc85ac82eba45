//! The panel on the wire, seen by a client that shares no code with it.

mod faults;
mod support;
mod whole_api;
