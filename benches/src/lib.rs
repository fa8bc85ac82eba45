//! Speed claims. Each is a ratio taken in one run against something named, because machines differ and are noisy.
//!
//! `cargo bench -p panelgate-benches --bench gate` asks the whole server and its peers, and writes `docs/figures/gate.md`;
//! `--bench parts` times the parts of an answer, each alone. `--bench book`, `--bench big` and `--bench market` print a table each.
//! `--bench economy` counts calls in virtual time: its figures are the same on every machine;
//! `--bench live` polls a whole gateway with the same trace, smaller and faster, for about six minutes.
//! `--bench slow` puts an honest client beside a thousand slow ones.

pub mod arguments;
pub mod big;
pub mod binary;
pub mod gateway;
pub mod orders;
pub mod plot;
pub mod settings;
pub mod table;
