//! Markup on random rules: who it matches, what covers what, and that no price is a loss.
//!
//! `PROPTEST_CASES` asks for more of each than the usual 256.

mod covers;
mod first_match;
mod prices;
mod words;

use proptest::prelude::ProptestConfig;

/// Failures are reproduced by the seed that is printed, not from files.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
