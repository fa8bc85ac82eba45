//! Wall time for commands.

use panelgate_domain::time::Timestamp;

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}

/// RFC 3339 in UTC, to the millisecond.
pub(crate) fn text(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(
            text(Timestamp(1_795_000_000_123)),
            "2026-11-18T11:06:40.123Z"
        );
        assert_eq!(text(Timestamp(i64::MAX)), i64::MAX.to_string());
    }
}
