//! From the text of one value to a type that cannot be wrong. Pure, but for `secret`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::markup::{Glob, OnLoss};
use panelgate_domain::money::Money;
use panelgate_domain::service_type::ServiceType;
use rust_decimal::Decimal;
use secrecy::SecretString;

use super::suggest;
use crate::environment;

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong.
    pub(crate) title: String,
    /// What was expected.
    pub(crate) expected: &'static str,
    /// How to mend it.
    pub(crate) mend: String,
}

/// A value or why it is none.
pub(crate) type Read<T> = Result<T, Wrong>;

/// `1500ms`, `10s`, `2h30m`, `30d`; a day has 24 hours. A bare number has no unit and is refused.
pub(crate) fn duration(text: &str) -> Read<Duration> {
    let wrong = |title: String| Wrong {
        title,
        expected: "expected a duration with its unit",
        mend: "write for example \"1500ms\", \"10s\", \"2h30m\" or \"30d\"".into(),
    };
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong(format!("`{text}` has no unit")));
    }
    let span = SpanParser::new().parse_span(text).ok();
    let exact = span.and_then(|span| {
        span.to_duration(SpanRelativeTo::days_are_24_hours())
            .ok()
            .and_then(|exact| Duration::try_from(exact).ok())
    });
    exact.ok_or_else(|| wrong(format!("`{text}` is no duration")))
}

/// A duration above zero.
pub(crate) fn lasting(text: &str) -> Read<Duration> {
    match duration(text)? {
        Duration::ZERO => Err(Wrong {
            title: format!("`{text}` is no time at all"),
            expected: "expected a duration above zero",
            mend: "leave the key out for its default".into(),
        }),
        lasting => Ok(lasting),
    }
}

/// An address, or a net of them.
pub(crate) fn net(text: &str) -> Read<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| Wrong {
        title: format!("`{text}` is no address and no net"),
        expected: "expected an IP address or a net",
        mend: "write for example \"127.0.0.1\", \"10.0.0.0/8\" or \"fd00::/8\"".into(),
    })
}

/// Plain decimal text, exactly.
pub(crate) fn decimal(text: &str) -> Read<Decimal> {
    let plain = text
        .strip_prefix('-')
        .unwrap_or(text)
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    Decimal::from_str_exact(text)
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| Wrong {
            title: format!("`{text}` is no number"),
            expected: "expected a decimal number in quotes",
            mend: "write digits and a point: \"12.5\", without a percent sign, a currency or thousands separators".into(),
        })
}

/// A decimal above zero.
pub(crate) fn positive(text: &str) -> Read<Decimal> {
    let number = decimal(text)?;
    if number > Decimal::ZERO {
        return Ok(number);
    }
    Err(Wrong {
        title: format!("`{text}` is not above zero"),
        expected: "expected a number above zero",
        mend: "write what one unit of that currency is worth in ours".into(),
    })
}

/// An amount of our currency above zero.
pub(crate) fn amount(text: &str) -> Read<Money> {
    let wrong = |title: String| Wrong {
        title,
        expected: "expected an amount of our currency above zero",
        mend: "write for example \"250.00\"".into(),
    };
    match Money::parse(text) {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err(wrong(format!("`{text}` is not above zero"))),
        Err(why) => Err(wrong(format!("`{text}` is no amount: {why}"))),
    }
}

/// An amount per 1000 or per package, not negative.
pub(crate) fn cost(text: &str) -> Read<Decimal> {
    let number = decimal(text)?;
    if number >= Decimal::ZERO {
        return Ok(number);
    }
    Err(Wrong {
        title: format!("`{text}` is below zero"),
        expected: "expected an amount per 1000, in our currency",
        mend: "write for example \"1.50\"".into(),
    })
}

/// What rates are rounded up to: at least, and a whole number of, the smallest unit of money.
pub(crate) fn step(text: &str) -> Read<Decimal> {
    let number = decimal(text)?;
    if number >= Decimal::new(1, 6) && number.normalize().scale() <= 6 {
        return Ok(number);
    }
    Err(Wrong {
        title: format!("rates cannot be rounded up to `{text}`"),
        expected: "expected at least \"0.000001\", and at most 6 decimals",
        mend: "\"0.000001\" is the finest, \"0.01\" is usual".into(),
    })
}

/// Three to five capital letters.
pub(crate) fn currency(text: &str) -> Read<Currency> {
    let letters = text.bytes().all(|byte| byte.is_ascii_uppercase());
    if letters && (3..=5).contains(&text.len()) {
        return Ok(Currency::from(text));
    }
    Err(Wrong {
        title: format!("`{text}` is no currency code"),
        expected: "expected 3 to 5 capital letters",
        mend: match text.trim().to_ascii_uppercase() {
            upper if upper != text && currency(&upper).is_ok() => {
                format!("did you mean `{upper}`?")
            }
            _ => "write a code such as USD, EUR or INR".into(),
        },
    })
}

/// A panel's name: it is a label in metrics and a word on the command line.
pub(crate) fn panel_name(text: &str) -> Read<PanelName> {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    if (1..=32).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(PanelName::from(text));
    }
    Err(Wrong {
        title: format!("`{text}` is no name for a panel"),
        expected: "expected 1 to 32 of a-z, 0-9, - and _",
        mend: "write a short name in lower case such as [panels.alpha]".into(),
    })
}

/// An address to listen on.
pub(crate) fn address(text: &str) -> Read<SocketAddr> {
    text.parse().map_err(|_| Wrong {
        title: format!("`{text}` is no address to listen on"),
        expected: "expected an IP address and a port",
        mend: "write for example \"127.0.0.1:8080\", \"0.0.0.0:8080\" or \"[::1]:8080\"".into(),
    })
}

/// A pattern that can match something.
pub(crate) fn glob(text: &str) -> Read<Glob> {
    not_blank(text).map(|text| Glob::new(&text))
}

/// Text with something in it.
pub(crate) fn not_blank(text: &str) -> Read<String> {
    if text.trim().is_empty() {
        return Err(Wrong {
            title: "an empty text".into(),
            expected: "expected at least one character",
            mend: "leave the key out if it does not matter".into(),
        });
    }
    Ok(text.to_owned())
}

/// A text that has to be there.
pub(crate) fn name(text: &str) -> Read<String> {
    not_blank(text).map_err(|wrong| Wrong {
        mend: "write what people will know it by".into(),
        ..wrong
    })
}

/// A service type in any of its spellings.
pub(crate) fn service_type(text: &str) -> Read<ServiceType> {
    ServiceType::parse(text).ok_or_else(|| Wrong {
        title: format!("`{text}` is no service type"),
        expected: "expected a type of the panel API",
        mend: suggest::mend(text, &ServiceType::ALL.map(ServiceType::name), ""),
    })
}

/// What happens to an order at a loss.
pub(crate) fn on_loss(text: &str) -> Read<OnLoss> {
    match text {
        "refuse" => Ok(OnLoss::Refuse),
        "accept" => Ok(OnLoss::Accept),
        _ => Err(Wrong {
            title: format!("`{text}` does not say what happens to a loss"),
            expected: "expected \"refuse\" or \"accept\"",
            mend: suggest::mend(text, &["refuse", "accept"], ""),
        }),
    }
}

/// The secret in an environment variable.
pub(crate) fn secret_in_environment(name: &str) -> Read<SecretString> {
    let value = environment::variable(name).filter(|value| !value.trim().is_empty());
    let value = value.ok_or_else(|| {
        let (title, name) = if is_variable(name) {
            (format!("the environment variable {name} is not set"), name)
        } else {
            ("an environment variable that is not set".to_owned(), "NAME")
        };
        Wrong {
            title,
            expected: "expected the name of a variable that holds the key",
            mend: format!(
                "export {name}=… before the start, or keep the key in a file: {{ file = \"PATH\" }}"
            ),
        }
    })?;
    Ok(value.trim().into())
}

/// Whether it looks like a name of a variable; if not, it may be the key itself and is not repeated.
fn is_variable(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(allowed) && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The secret in a file; a line break at its end does not count. `$CREDENTIALS_DIRECTORY/` before its name is where systemd puts
/// what `LoadCredential=` names.
pub(crate) fn secret_in_file(folder: &Path, name: &str) -> Read<SecretString> {
    let path = match name.strip_prefix(CREDENTIALS) {
        Some(name) => credentials()?.join(name),
        None => folder.join(name),
    };
    let wrong = |title: String| Wrong {
        title,
        expected: "expected a file that holds the key and nothing else",
        mend: format!(
            "write the key into {}, readable by this user only",
            path.display()
        ),
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| wrong(format!("cannot read {}: {error}", path.display())))?;
    match text.trim() {
        "" => Err(wrong(format!("{} is empty", path.display()))),
        key => Ok(key.into()),
    }
}

fn credentials() -> Read<PathBuf> {
    let folder = environment::variable("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    folder.ok_or_else(|| Wrong {
        title: "`CREDENTIALS_DIRECTORY` is not set".into(),
        expected: "expected to be run by systemd, which sets it",
        mend: "its unit needs LoadCredential=; elsewhere name a file".into(),
    })
}

const CREDENTIALS: &str = "$CREDENTIALS_DIRECTORY/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_days_have_24_hours() {
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2h30m"), Ok(Duration::from_secs(9_000)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for bad in ["5", "", "-5s", "1mo", "PT5S", "soon"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(lasting("0s").is_err());
    }

    #[test]
    fn decimals_are_plain() {
        assert_eq!(decimal("-1.50"), Ok(Decimal::new(-150, 2)));
        for bad in ["20%", "1e3", "1,000", "", "--1", "+1", " 1", "."] {
            assert!(decimal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn steps_are_whole_micros() {
        assert_eq!(step("0.000001"), Ok(Decimal::new(1, 6)));
        assert!(step("0.0000015").is_err());
        assert!(step("0").is_err());
    }

    #[test]
    fn currencies_and_names_of_panels_are_words() {
        assert_eq!(currency("USDT"), Ok("USDT".into()));
        assert_eq!(
            currency("usd").map_err(|wrong| wrong.mend),
            Err("did you mean `USD`?".into())
        );
        assert!(currency("US").is_err());
        assert!(panel_name("a-b_9").is_ok());
        assert!(panel_name("Alpha").is_err());
        assert!(panel_name(&"x".repeat(33)).is_err());
    }
}
