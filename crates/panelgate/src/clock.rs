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

/// The UTC day in which a moment lies, in days since 1970-01-01.
pub(crate) const fn day_of(at: Timestamp) -> i64 {
    at.0.div_euclid(MILLISECONDS_A_DAY)
}

/// The first moment of the last `days` UTC days, of which `now` is in the last one.
pub(crate) fn start_of_last(days: u32, now: Timestamp) -> Timestamp {
    let first = day_of(now) - i64::from(days) + 1;
    Timestamp(first.saturating_mul(MILLISECONDS_A_DAY))
}

/// So many calendar months before a moment, in UTC.
pub(crate) fn months_before(months: u32, now: Timestamp) -> Option<Timestamp> {
    let now = jiff::Timestamp::from_millisecond(now.0).ok()?;
    let months = jiff::Span::new().try_months(i64::from(months)).ok()?;
    let before = now.to_zoned(jiff::tz::TimeZone::UTC).checked_sub(months);
    Some(Timestamp(before.ok()?.timestamp().as_millisecond()))
}

/// A day as a date: 2026-11-20.
pub(crate) fn date(day: i64) -> String {
    let start = Timestamp(day.saturating_mul(MILLISECONDS_A_DAY));
    let text = text(start);
    text.split_once('T')
        .map_or(text.clone(), |(date, _)| date.to_owned())
}

const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_in_utc() {
        let now = Timestamp(1_795_000_000_123);
        assert_eq!(date(day_of(now)), "2026-11-18");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(text(start_of_last(1, now)), "2026-11-18T00:00:00.000Z");
        assert_eq!(text(start_of_last(30, now)), "2026-10-20T00:00:00.000Z");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let now = Timestamp(1_795_000_000_123);
        let before = |months| months_before(months, now).map(text);
        assert_eq!(before(12).as_deref(), Some("2025-11-18T11:06:40.123Z"));
        assert_eq!(before(9).as_deref(), Some("2026-02-18T11:06:40.123Z"));
        assert_eq!(before(u32::MAX), None);
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(
            text(Timestamp(1_795_000_000_123)),
            "2026-11-18T11:06:40.123Z"
        );
        assert_eq!(text(Timestamp(i64::MAX)), i64::MAX.to_string());
    }
}
