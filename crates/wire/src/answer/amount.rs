//! Numbers as panels write them.

use panelgate_domain::money::{Money, Rounding};
use panelgate_domain::rate::Rate;

/// A whole number, also as `100.0`, with or without a sign; `None` for anything else, such as `Unknown`.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// A count of units, also as `100.0` or `1.0e+6`; `None` if it is negative, broken or beyond 64 bits.
pub(super) fn count(text: &str) -> Option<u64> {
    if let Ok(count) = text.trim().parse() {
        return Some(count);
    }
    let decimal = Rate::parse(text)?.decimal();
    let whole = (decimal.scale() == 0).then(|| decimal.mantissa())?;
    u64::try_from(whole).ok()
}

/// An amount of money in any dress: `1,234.56`, `₹ 1,234.56`, `12.50 EUR`, `1.5e-5`, `-3`.
pub(super) fn money(text: &str, rounding: Rounding) -> Option<Money> {
    let text = text.trim();
    if let Some(rate) = Rate::parse(text) {
        return Money::from_decimal(rate.decimal(), rounding);
    }
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let negative = text[..start].trim_end().ends_with(['-', '\u{2212}'])
        || text[..start].trim_start().starts_with(['-', '\u{2212}']);
    let rate = Rate::parse(&plain(&text[start..end])?)?;
    if negative {
        // Away from zero is down.
        let rounding = match rounding {
            Rounding::Up => Rounding::Down,
            Rounding::Down => Rounding::Up,
        };
        Money::from_decimal(rate.decimal(), rounding)?.checked_neg()
    } else {
        Money::from_decimal(rate.decimal(), rounding)
    }
}

/// A currency code in the same text, as in `12.50 EUR`.
pub(super) fn currency_code(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    words.find(|word| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Digits with one decimal point. The last separator is the point, unless it can only separate thousands.
fn plain(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let known = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
    let last = text.rfind(['.', ',']);
    let point = last.filter(|at| {
        let separator = &text[*at..=*at];
        let several = text.matches(separator).count() > 1;
        let lone_thousands = separator == "," && !text.contains('.') && text.len() - at == 4;
        !several && !lone_thousands
    });
    let digits = |part: &str| part.replace(['.', ','], "");
    known.then(|| match point {
        Some(at) => format!("{}.{}", digits(&text[..at]), digits(&text[at..])),
        None => digits(&text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, micros: Option<i64>) {
        let read = money(text, Rounding::Down).map(Money::micros);
        assert_eq!(read, micros, "{text}");
    }

    #[test]
    fn money_is_read_in_any_dress() {
        check("100.84292", Some(100_842_920));
        check("1,234.56", Some(1_234_560_000));
        check("\u{20b9} 1,234.56", Some(1_234_560_000));
        check("12.50 EUR", Some(12_500_000));
        check("$1,234,567", Some(1_234_567_000_000));
        check("1,234", Some(1_234_000_000));
        check("12,50", Some(12_500_000));
        check("1.234,56 \u{20ac}", Some(1_234_560_000));
        check("1 234.56", Some(1_234_560_000));
        check("Rs. 100", Some(100_000_000));
        check("1.5e-5", Some(15));
        check("0.00000012", Some(0));
        check("-3.5", Some(-3_500_000));
        check("- $ 0.0000001", Some(-1));
    }

    #[test]
    fn what_is_no_money_is_none() {
        for text in [
            "",
            "free",
            "-",
            "12/50",
            "1e1000000",
            "99999999999999999999",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(whole(" 157 "), Some(157));
        assert_eq!(whole("-3"), Some(-3));
        assert_eq!(whole("100.00"), Some(100));
        assert_eq!(whole("100.5"), None);
        assert_eq!(whole("Unknown"), None);
        assert_eq!(count("100.0"), Some(100));
        assert_eq!(count("1.0e+6"), Some(1_000_000));
        assert_eq!(count("18446744073709551615"), Some(u64::MAX));
        assert_eq!(count("-1"), None);
        assert_eq!(count("1.5"), None);
    }

    #[test]
    fn currency_codes() {
        assert_eq!(currency_code("12.50 EUR"), Some("EUR"));
        assert_eq!(currency_code("\u{20b9} 1,234.56"), None);
    }
}
