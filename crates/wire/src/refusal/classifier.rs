//! What a panel's error text means.

use panelgate_domain::fault::Refusal;
use panelgate_domain::placement::{About, PanelTrouble};
use wildmatch::WildMatch;

use super::listed::{LISTED, Says};

/// Reads error texts: the built-in list, extended by a panel's own globs, which come first.
#[derive(Clone, Debug, Default)]
pub struct Classifier {
    throttled: Vec<WildMatch>,
    panel: Vec<WildMatch>,
    order: Vec<WildMatch>,
}

/// What an error text says for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// We ask too often; nothing happened.
    Throttled,
    /// Nothing happened, and why. A quantity that the text does not name is 0: show the service's own limit instead.
    Refused(About),
    /// Nothing: the text is on no list.
    Unlisted,
}

impl Classifier {
    /// The built-in list and globs (`*`, `?`, any case) of texts about the order, about the panel, and of its rate limit.
    /// What an operator lists about the order is told to customers as [`Refusal::IncorrectRequest`].
    #[must_use]
    pub fn new(order: &[String], panel: &[String], throttled: &[String]) -> Self {
        let globs = |patterns: &[String]| -> Vec<WildMatch> {
            let folded = patterns.iter().map(|pattern| fold(pattern));
            let said = folded.filter(|pattern| !pattern.is_empty());
            said.map(|pattern| WildMatch::new(&pattern)).collect()
        };
        Self {
            throttled: globs(throttled),
            panel: globs(panel),
            order: globs(order),
        }
    }

    /// What the text means. Case, blanks around and between words, and a full stop at the end do not count.
    #[must_use]
    pub fn classify(&self, text: &str) -> Meaning {
        if text.len() > LONGEST_TEXT {
            return Meaning::Unlisted;
        }
        let text = fold(text);
        let bare = text.trim_end_matches(['.', ' ']);
        let any = |globs: &[WildMatch]| {
            globs
                .iter()
                .any(|glob| glob.matches(&text) || glob.matches(bare))
        };
        if any(&self.throttled) {
            Meaning::Throttled
        } else if any(&self.panel) {
            Meaning::Refused(About::Panel(PanelTrouble::Other))
        } else if any(&self.order) {
            Meaning::Refused(About::Order(Refusal::IncorrectRequest))
        } else {
            built_in(bare)
        }
    }
}

fn built_in(folded: &str) -> Meaning {
    for (says, patterns) in LISTED {
        for pattern in *patterns {
            if let Some(number) = matched(pattern, folded) {
                return meaning(*says, number);
            }
        }
    }
    Meaning::Unlisted
}

const fn meaning(says: Says, number: u64) -> Meaning {
    match says {
        Says::Throttled => Meaning::Throttled,
        Says::Order(refusal) => Meaning::Refused(About::Order(refusal)),
        Says::Below => Meaning::Refused(About::Order(Refusal::QuantityBelow(number))),
        Says::Above => Meaning::Refused(About::Order(Refusal::QuantityAbove(number))),
        Says::Panel(trouble) => Meaning::Refused(About::Panel(trouble)),
    }
}

/// The number in the place of `#`, or 0 if the pattern has none; `None` if the text does not match.
fn matched(pattern: &str, text: &str) -> Option<u64> {
    let Some((before, after)) = pattern.split_once('#') else {
        return (pattern == text).then_some(0);
    };
    let number = text.strip_prefix(before)?.strip_suffix(after)?;
    let number = number.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: String = whole.chars().filter(|c| *c != ',' && *c != ' ').collect();
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !numeric(&digits) || !numeric(fraction) {
        return None;
    }
    Some(digits.parse().unwrap_or(u64::MAX))
}

fn fold(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// No listed text comes near it.
const LONGEST_TEXT: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use PanelTrouble::{Funds, Key, Other, ServiceOff};

    #[track_caller]
    fn check(text: &str, expected: Meaning) {
        assert_eq!(Classifier::default().classify(text), expected, "{text}");
    }

    const fn order(refusal: Refusal) -> Meaning {
        Meaning::Refused(About::Order(refusal))
    }

    const fn panel(trouble: PanelTrouble) -> Meaning {
        Meaning::Refused(About::Panel(trouble))
    }

    #[test]
    fn texts_of_the_field_are_understood() {
        for (text, expected) in [
            ("Bad link", order(Refusal::BadLink)),
            (" BAD  LINK. ", order(Refusal::BadLink)),
            ("neworder.error.link_duplicate", order(Refusal::ActiveLink)),
            (
                "Quantity less than minimal 100",
                order(Refusal::QuantityBelow(100)),
            ),
            (
                "Quantity less than minimal 1,000",
                order(Refusal::QuantityBelow(1000)),
            ),
            ("Minimum quantity is 20", order(Refusal::QuantityBelow(20))),
            (
                "neworder.error.min_quantity",
                order(Refusal::QuantityBelow(0)),
            ),
            (
                "Quantity less than maximum 1000",
                order(Refusal::QuantityAbove(1000)),
            ),
            (
                "Comments field is required",
                order(Refusal::CommentsRequired),
            ),
            ("Insufficient balance", panel(Funds)),
            ("Your balance is insufficient.", panel(Funds)),
            ("Service ID does not exists", panel(ServiceOff)),
            ("invalid API key", panel(Key)),
            ("This action is Invalid", panel(Other)),
            ("Too many requests", Meaning::Throttled),
            (
                "Rate limit exceeded. Max 60 requests per minute.",
                Meaning::Throttled,
            ),
            ("Order not found.", order(Refusal::IncorrectOrderId)),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_not_listed_is_never_guessed() {
        for text in [
            "",
            "Something went wrong",
            "Bad link, but your order was created",
            "Quantity less than minimal",
            "Quantity less than minimal ten",
            "Quantity less than minimal 10 but accepted",
            "Not enough funds on balance of supplier",
        ] {
            check(text, Meaning::Unlisted);
        }
        check(&"x".repeat(LONGEST_TEXT + 1), Meaning::Unlisted);
    }

    #[test]
    fn our_own_texts_are_on_the_list() {
        for refusal in [
            Refusal::IncorrectRequest,
            Refusal::BadLink,
            Refusal::QuantityBelow(7),
            Refusal::QuantityAbove(7),
            Refusal::ActiveLink,
            Refusal::CommentsRequired,
            Refusal::IncorrectOrderId,
            Refusal::RefillDisabled,
            Refusal::OrderNotCompleted,
            Refusal::RefillTooSoon,
            Refusal::RefillDaysOver,
            Refusal::RefillNotFound,
            Refusal::CannotBeCanceled,
        ] {
            check(&super::super::text(refusal), order(refusal));
        }
        check(&super::super::text(Refusal::InvalidApiKey), panel(Key));
        check(
            &super::super::text(Refusal::IncorrectServiceId),
            panel(ServiceOff),
        );
        check(&super::super::text(Refusal::NotEnoughFunds), panel(Funds));
        check(
            &super::super::text(Refusal::TooManyRequests),
            Meaning::Throttled,
        );
    }

    #[test]
    fn a_panels_own_globs_come_first() {
        let list = |text: &str| vec![text.to_owned()];
        let own = Classifier::new(
            &list("*private account*"),
            &list("Server ? is down"),
            &list("slow down*"),
        );
        assert_eq!(
            own.classify("This is a Private Account!"),
            order(Refusal::IncorrectRequest)
        );
        assert_eq!(own.classify("server 3 is DOWN."), panel(Other));
        assert_eq!(own.classify("Slow down, please"), Meaning::Throttled);
        assert_eq!(own.classify("Bad link"), order(Refusal::BadLink));
        let careless = Classifier::new(&list("*."), &list(" "), &[]);
        assert_eq!(careless.classify("It is unclear"), Meaning::Unlisted);
        assert_eq!(careless.classify(""), Meaning::Unlisted);
    }
}
