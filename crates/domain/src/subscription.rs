//! The fields of a subscription: read, checked, and written as a panel wants them.
//!
//! Source: the API's documentation; what clients make of it, `protocol.md` §2.

use jiff::Timestamp as Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::fault::Refusal;
use crate::field::Field;
use crate::spec::{Fields, Limits, PerPost, Quantity};
use crate::time::Timestamp;

/// What the house allows, whatever the service. By default a number of posts has to be named, and no day is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribing {
    /// New posts of a subscription whose customer names no number; `None`: a number has to be named.
    pub max_posts: Option<u64>,
    /// Now: a subscription cannot end on a day that is over.
    pub now: Timestamp,
}

impl Default for Subscribing {
    fn default() -> Self {
        Self {
            max_posts: None,
            now: Timestamp(0),
        }
    }
}

/// Checks the fields and normalises them. Quantity: the largest one for a post, as often as there may be posts.
pub(crate) fn quantity(fields: &mut Fields, limits: &Limits) -> Result<Quantity, Refusal> {
    let per_post = per_post(fields, limits)?;
    let posts = posts(fields, limits.subscribing.max_posts)?;
    delay(fields)?;
    expiry(fields, limits.subscribing.now)?;
    Ok(Quantity {
        per_run: per_post.max,
        runs: posts,
    })
}

fn per_post(fields: &mut Fields, limits: &Limits) -> Result<PerPost, Refusal> {
    let least = limits.min.max(1);
    let below = || Refusal::QuantityBelow(least);
    let min = number(fields, Field::Min, below)?.unwrap_or(0);
    let max = number(fields, Field::Max, below)?.unwrap_or(0);
    if min < least {
        return Err(below());
    }
    if max > limits.max {
        return Err(Refusal::QuantityAbove(limits.max));
    }
    if max < min {
        return Err(Refusal::QuantityBelow(min));
    }
    Ok(PerPost { min, max })
}

/// New and old ones together. `0` is how some clients say "no limit". The panel is told the limit that is paid for.
fn posts(fields: &mut Fields, most: Option<u64>) -> Result<u64, Refusal> {
    let wrong = || Refusal::IncorrectPosts;
    let new = number(fields, Field::Posts, wrong)?.or(most);
    let new = new.filter(|posts| *posts > 0).ok_or_else(wrong)?;
    let old = number(fields, Field::OldPosts, wrong)?.unwrap_or(0);
    fields.insert(Field::Posts, new.to_string());
    let all = new.checked_add(old);
    all.filter(|posts| *posts <= MOST_POSTS).ok_or_else(wrong)
}

fn delay(fields: &mut Fields) -> Result<(), Refusal> {
    let text = fields.get(&Field::Delay).map_or("", String::as_str);
    let minutes: u64 = text.parse().map_err(|_| Refusal::IncorrectDelay)?;
    if !DELAYS.contains(&minutes) {
        return Err(Refusal::IncorrectDelay);
    }
    fields.insert(Field::Delay, minutes.to_string());
    Ok(())
}

fn expiry(fields: &mut Fields, now: Timestamp) -> Result<(), Refusal> {
    let Some(text) = fields.get(&Field::Expiry) else {
        return Ok(());
    };
    let date = read_date(text).ok_or(Refusal::IncorrectExpiry)?;
    if is_over(date, now) {
        return Err(Refusal::IncorrectExpiry);
    }
    let written = format!("{:02}/{:02}/{}", date.day(), date.month(), date.year());
    fields.insert(Field::Expiry, written);
    Ok(())
}

/// `d/m/Y`, with `.` or `-` for `/`. What can only be `m/d/Y` is that, for clients send it, and `Y-m-d` is clear anyway.
fn read_date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['/', '.', '-']).map(str::trim).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    let date = |year: &str, month: &str, day: &str| {
        let is_year = year.len() == 4;
        let year = year.parse().ok().filter(|_| is_year)?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    };
    if first.len() == 4 {
        return date(first, second, third);
    }
    date(third, second, first).or_else(|| date(third, first, second))
}

/// Everywhere on earth.
fn is_over(date: Date, now: Timestamp) -> bool {
    let Ok(now) = Instant::from_millisecond(now.0) else {
        return false;
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    today.yesterday().is_ok_and(|yesterday| date < yesterday)
}

/// `None` for nothing and for 0.
fn number(
    fields: &mut Fields,
    field: Field,
    wrong: impl Fn() -> Refusal,
) -> Result<Option<u64>, Refusal> {
    let Some(text) = fields.remove(&field) else {
        return Ok(None);
    };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = text.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
    if number == 0 {
        return Ok(None);
    }
    fields.insert(field, number.to_string());
    Ok(Some(number))
}

/// The delays that there are, in minutes, from the API's documentation.
pub const DELAYS: [u64; 19] = [
    0, 5, 10, 15, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 360, 420, 480, 540, 600,
];
/// A panel's answer names them all.
pub const MOST_POSTS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service_type::ServiceType;
    use crate::spec::OrderSpec;

    const FIELDS: [(Field, &str); 4] = [
        (Field::Username, "someone"),
        (Field::Min, "50"),
        (Field::Max, "100"),
        (Field::Delay, "30"),
    ];

    fn read(max_posts: Option<u64>, more: &[(Field, &str)]) -> Result<OrderSpec, Refusal> {
        let limits = Limits {
            service_type: ServiceType::Subscriptions,
            min: 10,
            max: 1_000,
            dripfeed: false,
            subscribing: Subscribing {
                max_posts,
                now: Timestamp(1_764_028_800_000), // 2025-11-25
            },
        };
        let fields = FIELDS.iter().chain(more);
        let sent = fields.map(|(field, text)| (*field, (*text).to_owned()));
        OrderSpec::read(&limits, &sent.collect())
    }

    #[track_caller]
    fn check(more: &[(Field, &str)], expected: Result<(u64, u64), Refusal>) {
        let spec = read(None, more);
        let quantity = spec.map(|spec| spec.quantity());
        let quantity = quantity.map(|quantity| (quantity.per_run, quantity.runs));
        assert_eq!(quantity, expected, "{more:?}");
    }

    #[test]
    fn posts_are_counted_and_have_to_be_bounded() {
        use Field::{OldPosts, Posts};
        check(&[(Posts, "5")], Ok((100, 5)));
        check(&[(Posts, "5"), (OldPosts, "2")], Ok((100, 7)));
        check(&[(Posts, "5"), (OldPosts, "0")], Ok((100, 5)));
        for posts in ["", "0", "-1", "many", "1001", "99999999999999999999"] {
            check(&[(Posts, posts)], Err(Refusal::IncorrectPosts));
        }
        let unlimited = read(Some(30), &[(Posts, "0"), (OldPosts, "2")]).expect("valid");
        assert_eq!(unlimited.quantity().runs, 32);
        assert_eq!(unlimited.field(Posts), Some("30"));
        assert_eq!(unlimited.per_post(), Some(PerPost { min: 50, max: 100 }));
        assert!(!unlimited.is_drip_feed());
    }

    #[test]
    fn each_post_is_within_the_limits_of_the_service() {
        use Field::{Max, Min, Posts};
        let check = |min, max, expected| {
            check(&[(Posts, "1"), (Min, min), (Max, max)], expected);
        };
        check("10", "1000", Ok((1000, 1)));
        check("9", "1000", Err(Refusal::QuantityBelow(10)));
        check("10", "1001", Err(Refusal::QuantityAbove(1000)));
        check("20", "19", Err(Refusal::QuantityBelow(20)));
        check("x", "19", Err(Refusal::QuantityBelow(10)));
        check("", "19", Err(Refusal::QuantityBelow(10)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        use Field::{Delay, Expiry, Posts, Username};
        let check = |field, text, refusal| check(&[(Posts, "1"), (field, text)], Err(refusal));
        check(Username, " ", Refusal::UsernameRequired);
        for delay in ["", "7", "-5", "x", "601"] {
            check(Delay, delay, Refusal::IncorrectDelay);
        }
        for date in [
            "x",
            "31/02/2027",
            "13/13/2027",
            "1/1/27",
            "23/11/2025",
            "5/2027",
        ] {
            check(Expiry, date, Refusal::IncorrectExpiry);
        }
    }

    #[test]
    fn dates_are_understood_as_clients_write_them() {
        for (sent, forwarded) in [
            ("31/12/2026", "31/12/2026"),
            ("1/2/2027", "01/02/2027"),
            ("12/31/2026", "31/12/2026"),
            ("31.12.2026", "31/12/2026"),
            ("31-12-2026", "31/12/2026"),
            ("2026-12-31", "31/12/2026"),
            ("24/11/2025", "24/11/2025"),
        ] {
            let spec = read(None, &[(Field::Posts, "1"), (Field::Expiry, sent)]).expect(sent);
            assert_eq!(spec.field(Field::Expiry), Some(forwarded), "{sent}");
        }
    }
}
