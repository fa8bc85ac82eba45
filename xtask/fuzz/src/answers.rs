//! What panels answer to calls that may be repeated. What is read out of an answer has to stand in it.

use std::collections::HashSet;

use panelgate_domain::ids::{PanelName, UpstreamId};
use panelgate_domain::rate::Rate;
use panelgate_domain::status::{Heard, RefillWord, Report};
use panelgate_wire::answer::{self, Http, RefillOutcome};
use panelgate_wire::refusal::{Classifier, Meaning};

use crate::json::{Json, folded};

/// About one order.
pub fn status(bytes: &[u8]) {
    told_of(bytes, &["7"]);
}

/// About several: who is not named is told of nothing.
pub fn statuses(bytes: &[u8]) {
    told_of(bytes, &["7", "8", "9"]);
}

fn told_of(bytes: &[u8], asked: &[&str]) {
    let asked = ids(asked);
    let Ok(statuses) = answer::status(&http(200, bytes), &asked) else {
        return;
    };
    for (id, report) in &statuses.reports {
        assert!(asked.contains(id), "{id:?} was not asked for");
        if let Some(json) = read(bytes) {
            assert!(
                asked.len() == 1 || is_named(id, &json),
                "{id:?} is not named"
            );
            report.iter().for_each(|report| stands_in(report, &json));
        }
    }
}

/// Every number and word of a report.
fn stands_in(report: &Report, json: &Json) {
    let said = |names: &[&str], number: i128| {
        let mut numbers = json
            .scalars(names)
            .into_iter()
            .filter_map(|text| decimal(text, 0));
        let same = numbers.any(|(read, is_exact)| is_exact && read == number);
        assert!(same, "{number} is not among {names:?}");
    };
    if let Heard::Word(_) | Heard::Refill | Heard::Failed = report.heard {
        let mut words = json.scalars(&["status"]).into_iter().map(Heard::parse);
        assert!(words.any(|word| word == report.heard), "{:?}", report.heard);
    }
    if let Some(remains) = report.remains {
        said(&["remains"], remains.into());
    }
    if let Some(count) = report.start_count {
        said(&["startcount", "startcounter"], count.into());
    }
    if let Some(runs) = report.runs {
        said(&["runs", "posts"], runs.into());
    }
    assert!(
        report.charge.is_none_or(|charge| charge.micros() >= 0),
        "a charge below nothing"
    );
    let charges = json.scalars(&["charge"]);
    if let (Some(charge), [one]) = (report.charge, &charges[..])
        && let Some((micros, is_exact)) = decimal(one, 6)
    {
        // Rounded up: it is a cost.
        let up = if is_exact { micros } else { micros + 1 };
        assert_eq!(i128::from(charge.micros()), up, "{one}");
    }
}

/// A list has no more offers than bytes, each once, with the numbers that were written.
pub fn services(bytes: &[u8]) {
    let panel = PanelName::from("alpha");
    let Ok(list) = answer::services(&http(200, bytes), &panel, &"USD".into()) else {
        return;
    };
    assert!(list.offers.len() + list.unreadable.len() <= bytes.len());
    let distinct: HashSet<_> = list.offers.iter().map(|offer| &offer.id).collect();
    assert_eq!(distinct.len(), list.offers.len(), "an offer twice");
    let Some(json) = read(bytes) else {
        return;
    };
    let rates: HashSet<Rate> = parsed(&json, "rate", Rate::parse);
    let names: HashSet<String> = json.all().into_iter().map(|(name, _)| name).collect();
    for offer in &list.offers {
        let id = offer.id.as_str();
        let mut written = json.scalars(&["service", "serviceid", "id"]).into_iter();
        let is_named =
            { &mut written }.any(|text| text.trim_end_matches(".0") == id.trim_end_matches(".0"));
        assert!(
            is_named || names.contains(&folded(id)),
            "nobody named {id:?}"
        );
        assert!(
            rates.contains(&offer.rate),
            "{} is no rate of {id:?}",
            offer.rate
        );
    }
}

/// What we have there is what is written there, to the last digit that fits, rounded down.
pub fn balance(bytes: &[u8]) {
    let Ok(balance) = answer::balance(&http(200, bytes)) else {
        return;
    };
    let Some(json) = read(bytes).filter(|json| !json.repeats_a_name()) else {
        return;
    };
    let all = json.all();
    let mut amounts = { &all }
        .iter()
        .filter(|(name, _)| ["", "balance", "amount", "data"].contains(&name.as_str()))
        .filter_map(|(_, value)| value.scalar());
    if let Some((only, None)) = amounts.next().map(|only| (only, amounts.next())) {
        if let Some((micros, _)) = decimal(only, 6) {
            assert_eq!(i128::from(balance.amount.micros()), micros, "{only}");
        } else {
            assert!(
                only.contains(|c: char| c.is_ascii_digit()),
                "{balance:?} out of {only}"
            );
        }
    }
    if let Some(currency) = &balance.currency {
        let text = String::from_utf8_lossy(bytes).to_ascii_uppercase();
        assert!(
            text.contains(currency.as_str()) || text.contains('\\'),
            "{currency:?}"
        );
    }
}

/// As for `add`: an id that stands there, or nothing is known.
pub fn refill(bytes: &[u8]) {
    for status in [200, 404, 429, 500] {
        let outcome = answer::refill(&http(status, bytes), &Classifier::default());
        let json = read(bytes);
        let texts = json.as_ref().map(|json| {
            let all = json.all().into_iter();
            all.filter_map(|(_, value)| value.scalar())
                .collect::<Vec<_>>()
        });
        match outcome {
            RefillOutcome::Known(id) => {
                is_an_id(&id);
                assert_eq!(status, 200);
                let told = |texts: Vec<&str>| {
                    let mut texts = texts.into_iter();
                    texts.any(|text| {
                        text == id.as_str() || text.strip_suffix(".0") == Some(id.as_str())
                    })
                };
                assert!(texts.is_none_or(told), "nobody named {id:?}");
                let top = json.as_ref().map(Json::members).unwrap_or_default();
                let error = top.iter().find(|(name, value)| {
                    let said = |text: &str| {
                        !["", "0", "false"].contains(&text.to_ascii_lowercase().as_str())
                    };
                    ["error", "errors"].contains(&folded(name).as_str())
                        && value.scalar().is_some_and(said)
                });
                assert_eq!(error, None, "beside {id:?}");
            }
            RefillOutcome::Refused(_) | RefillOutcome::Throttled { .. } => {
                let classifier = Classifier::default();
                let listed = |text: &str| classifier.classify(text) != Meaning::Unlisted;
                let told = texts.is_none_or(|texts| texts.into_iter().any(listed));
                assert!(told, "{outcome:?} without a listed text");
                assert_ne!(status, 500, "{outcome:?}");
            }
            RefillOutcome::Unknown => {}
        }
    }
}

/// About several refills.
pub fn refill_status(bytes: &[u8]) {
    let asked = ids(&["7", "8"]);
    let Ok(words) = answer::refill_status(&http(200, bytes), &asked) else {
        return;
    };
    assert!(words.keys().all(|id| asked.contains(id)));
    let Some(json) = read(bytes) else {
        return;
    };
    for (id, word) in words {
        assert!(is_named(&id, &json), "{id:?} is not named");
        let said = |word: RefillWord| {
            let all = json.all().into_iter();
            let mut words = all.filter_map(|(_, value)| RefillWord::hear(value.scalar()?));
            words.any(|said| said == word)
        };
        assert!(
            word.is_err() || word.is_ok_and(said),
            "{id:?}: nobody said so"
        );
    }
}

/// About several wishes.
pub fn cancel(bytes: &[u8]) {
    let asked = ids(&["7", "8"]);
    let Ok(wishes) = answer::cancel(&http(200, bytes), &asked, &Classifier::default()) else {
        return;
    };
    assert!(wishes.keys().all(|id| asked.contains(id)));
    if let Some(json) = read(bytes) {
        let mut ids = wishes.keys();
        assert!(ids.all(|id| is_named(id, &json)), "{wishes:?}");
    }
}

pub(crate) fn http(status: u16, body: &[u8]) -> Http<'_> {
    Http {
        status,
        retry_after: None,
        body,
    }
}

/// The first value in the bytes that is the rest of them: notices may stand before it.
fn read(bytes: &[u8]) -> Option<Json> {
    let text = String::from_utf8_lossy(bytes);
    let clean = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    Json::parse(clean)
}

/// Whether a name or a scalar of the tree is this id.
fn is_named(id: &UpstreamId, json: &Json) -> bool {
    let id = id.as_str();
    json.all().into_iter().any(|(name, value)| {
        let told = value.scalar().map(|text| text.trim_end_matches(".0"));
        name == id || told == Some(id)
    })
}

fn parsed<T: Eq + std::hash::Hash>(
    json: &Json,
    name: &str,
    read: fn(&str) -> Option<T>,
) -> HashSet<T> {
    json.scalars(&[name]).into_iter().filter_map(read).collect()
}

/// Plain decimal text × 10^`scale`, rounded down, and whether that is exact; `None` for any other dress, or too many digits.
pub(crate) fn decimal(text: &str, scale: usize) -> Option<(i128, bool)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) {
        return None;
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    if whole.len() + fraction.len() > MOST_DIGITS {
        return None;
    }
    let kept = &fraction[..fraction.len().min(scale)];
    let number: i128 = format!("0{whole}{kept:0<scale$}").parse().ok()?;
    let is_exact = kept == fraction;
    let down = if sign < 0 && !is_exact {
        number + 1
    } else {
        number
    };
    Some((sign * down, is_exact))
}

/// As many as a decimal of the gateway surely has.
const MOST_DIGITS: usize = 24;

fn ids(ids: &[&str]) -> Vec<UpstreamId> {
    ids.iter().map(|id| UpstreamId::from(*id)).collect()
}

pub(crate) fn is_an_id(id: &UpstreamId) {
    let text = id.as_str();
    assert!(
        !text.is_empty() && text != "0" && !text.starts_with('-'),
        "{text:?} is no id"
    );
}
