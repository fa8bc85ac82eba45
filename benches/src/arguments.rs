//! What is said behind `--`.

/// The number behind a flag, or the usual one.
///
/// # Panics
/// It is no number.
#[must_use]
pub fn number(flag: &str, usual: i64) -> i64 {
    text(flag).map_or(usual, |word| {
        word.replace('_', "").parse().expect("a number")
    })
}

/// What stands behind a flag.
#[must_use]
pub fn text(flag: &str) -> Option<String> {
    let mut words = std::env::args().skip_while(|word| word != flag);
    words.nth(1)
}
