//! Lists as text, one item a line. Every panel counts them in its own way; after this normalisation all but two agree.

/// `\r\n` and `\r` become `\n`, lines are trimmed, blank ones dropped, the rest joined with `\n`.
#[must_use]
pub fn normalise(text: &str) -> String {
    let lines = text
        .split(['\r', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// Number of lines of a normalised text.
#[must_use]
pub fn count(normalised: &str) -> u64 {
    normalised.lines().count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_line_ends_do_not_count() {
        let text = normalise("good pic\r\n\r\n  great photo \r:)\n\n");
        assert_eq!(text, "good pic\ngreat photo\n:)");
        assert_eq!(count(&text), 3);
        assert_eq!(count(&normalise(" \r\n ")), 0);
    }
}
