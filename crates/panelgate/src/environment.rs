//! The one place that reads the environment.

/// A variable, if it is set and is text.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary reads the environment, here"
    )]
    std::env::var(name).ok()
}
