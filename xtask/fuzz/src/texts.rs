//! Numbers, and files that operators write.

use panelgate_domain::money::Money;
use panelgate_domain::rate::Rate;
use panelgate_simpanel::FaultPlan;

/// An amount prints what it reads.
pub fn money(bytes: &[u8]) {
    if let Some(Ok(amount)) = std::str::from_utf8(bytes).ok().map(Money::parse) {
        assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
    }
}

/// A rate prints what it reads.
pub fn rate(bytes: &[u8]) {
    if let Some(rate) = std::str::from_utf8(bytes).ok().and_then(Rate::parse) {
        assert_eq!(Rate::parse(&rate.to_string()), Some(rate));
    }
}

/// The plan of a simulated panel's faults, in both of its languages.
pub fn fault_plan(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        _ = toml::from_str::<FaultPlan>(text);
        _ = serde_json::from_str::<FaultPlan>(text);
    }
}
