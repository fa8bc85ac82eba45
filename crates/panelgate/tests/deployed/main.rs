//! The gateway as something that a system runs: restarted under load, supervised, confined.

mod behind;
mod confined;
mod contained;
mod guide;
mod line;
mod load;
mod manifests;
mod package;
mod proxies;
mod restarts;
mod stops;
mod supervised;

#[path = "../support/mod.rs"]
mod support;
