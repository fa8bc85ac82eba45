//! Speed claims. Each is a ratio taken in one run against something named, because machines differ and are noisy.
//!
//! `cargo bench -p panelgate-benches --bench store`, `--bench edge` and `--bench book` print a table each.

pub mod orders;
pub mod table;
