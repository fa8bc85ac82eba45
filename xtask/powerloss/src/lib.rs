//! The store on a disk that loses its power, or fails, at a chosen call of SQLite's.
//!
//! `shim` puts itself between SQLite and the file system of the process; [`Disk`] knows, for one folder, what was written and
//! what of it is durable. [`cuts`] tells a `script` of orders and money to the real store and, at chosen calls, looks at what
//! would be found after a power cut: that has to be the store as it was acknowledged, or one step later, and go on from there.
//! [`faults`] lets one call after the other fail instead.
//!
//! Not covered: disks that lose what they said was synced, or that damage what lies still.

mod cuts;
mod disk;
mod faults;
mod folder;

mod image;
mod ledger;
mod script;
mod shim;
mod stage;

pub use cuts::{CUTS, cuts, lying};
pub use disk::{Call, Disk, Fault};
pub use faults::{WAYS, Way, faults};
