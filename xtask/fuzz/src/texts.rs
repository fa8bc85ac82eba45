//! Numbers, words, and the plan of a simulated panel's faults.

use panelgate_domain::fault::Refusal;
use panelgate_domain::money::Money;
use panelgate_domain::placement::About;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_simpanel::FaultPlan;
use panelgate_wire::refusal::{self, Classifier, Meaning};

use crate::answers::decimal;

/// An amount is what is written, and prints what it reads.
pub fn money(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let read = Money::parse(text);
    if let Ok(amount) = read {
        assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
    }
    // More digits than a decimal has are no amount, even if they are zeros.
    if let Some((micros, is_exact)) = decimal(text.trim_matches(' '), 6).filter(|_| text.len() < 28)
    {
        let fits = i64::try_from(micros).ok().filter(|_| is_exact);
        assert_eq!(read.ok().map(Money::micros), fits, "{text}");
    }
}

/// A rate prints what it reads, and its price is rounded up.
pub fn rate(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let rate = lines.next().and_then(Rate::parse);
    if let Some(rate) = rate {
        assert_eq!(Rate::parse(&rate.to_string()), Some(rate));
    }
    let quantity: Option<u32> = lines.next().and_then(|line| line.trim().parse().ok());
    // Thousandths of 10⁻⁶: what one unit costs at this rate.
    let exact = text.lines().next().and_then(|line| decimal(line.trim(), 9));
    if let (Some(rate), Some(quantity), Some((nano, true))) = (rate, quantity, exact) {
        let million = 1_000_000;
        let up = (nano * i128::from(quantity) + million - 1).div_euclid(million);
        let price = rate.price(Charging::PerThousand, quantity.into());
        let fits = i64::try_from(up).ok();
        assert_eq!(price.map(Money::micros), fits, "{text}");
    }
}

/// What an error text means does not hang on how it is dressed, its number stands in it, and our own text for it means the same.
/// Lines before the last are a panel's own globs.
pub fn refusal(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (globs, text) = text.rsplit_once('\n').unwrap_or(("", &text));
    let listed = Classifier::default();
    let meaning = listed.classify(text);
    if text.len() < 400 {
        let dressed = format!(" \t{}. ", text.to_lowercase().replace(' ', "  "));
        assert_eq!(listed.classify(&dressed), meaning, "{text}");
    }
    if let Meaning::Refused(About::Order(told)) = meaning {
        let again = listed.classify(&refusal::text(told));
        assert_eq!(again, meaning, "{text}");
        if let Refusal::QuantityBelow(number @ 1..) | Refusal::QuantityAbove(number @ 1..) = told {
            let digits = text.replace(|c: char| c == ',' || c.is_whitespace(), "");
            assert!(
                number == u64::MAX || digits.contains(&number.to_string()),
                "{text}"
            );
        }
    }
    let own: Vec<String> = globs.lines().map(ToOwned::to_owned).collect();
    let own = Classifier::new(&[], &[], &own);
    assert!(own.classify(text) == Meaning::Throttled || own.classify(text) == meaning);
}

/// The plan of a simulated panel's faults, in both of its languages.
pub fn fault_plan(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        _ = toml::from_str::<FaultPlan>(text);
        _ = serde_json::from_str::<FaultPlan>(text);
    }
}
