//! What `verify` finds.

/// A broken invariant that `verify` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in `money.md`.
    pub invariant: u8,
    /// What is wrong, with ids and amounts.
    pub text: String,
}
