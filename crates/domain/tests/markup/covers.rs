//! What covers something matches all that it matches: otherwise a good rule would be called one that never matches.

use std::cell::Cell;

use panelgate_domain::markup::Glob;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;

use crate::words::{Asked, Written, any_asked, any_condition, any_glob, any_text, found, markup};

/// A text of this pattern, with these texts where it is open.
fn instance(pattern: &str, fills: &[String]) -> String {
    let mut fills = fills.iter().cycle();
    let mut text = String::new();
    for part in pattern.chars() {
        match part {
            '*' => text.push_str(fills.next().expect("endless")),
            '?' => text.push(
                fills
                    .next()
                    .and_then(|fill| fill.chars().next())
                    .unwrap_or('a'),
            ),
            literal => text.push(literal),
        }
    }
    text
}

/// A pattern that was opened here and there; not always one that covers the other, but mostly.
fn opened(pattern: &str, choices: &[u8]) -> String {
    let mut choices = choices.iter().cycle();
    let mut wide = String::new();
    for part in pattern.chars() {
        match choices.next() {
            Some(0) => wide.push('?'),
            Some(1) => wide.push('*'),
            Some(2) => wide.extend(['*', part]),
            Some(3) => wide.extend(part.to_uppercase()),
            _ => wide.push(part),
        }
    }
    wide
}

prop_compose! {
    /// A pattern, one that is mostly wider, and texts to fill the first.
    fn any_patterns()(
        narrow in any_glob(),
        (other, is_other) in (any_glob(), prop::bool::weighted(0.3)),
        choices in proptest::collection::vec(0_u8..6, 1..6),
        fills in proptest::collection::vec(any_text(), 1..6),
    ) -> (String, String, Vec<String>) {
        let wide = if is_other { other } else { opened(&narrow, &choices) };
        (narrow, wide, fills)
    }
}

/// Something that the condition matches; what it leaves open is as in `asked`. `None` if no cost is in its range.
fn matched(condition: &Written, asked: &Asked, fills: &[String]) -> Option<Asked> {
    let text = |pattern: &Option<String>, open: &str| {
        pattern
            .as_ref()
            .map_or(open.to_owned(), |pattern| instance(pattern, fills))
    };
    // Where ranges differ shows at their ends.
    let (from, below) = (condition.cost_from, condition.cost_below);
    let last = below.map(|below| below - Decimal::new(1, 3));
    let ends = if fills.len().is_multiple_of(2) {
        [last, from]
    } else {
        [from, last]
    };
    let cost = ends.into_iter().flatten().next().unwrap_or(asked.cost);
    let ids = condition.services.as_deref().unwrap_or_default();
    let asked = Asked {
        group: condition.group.or(asked.group),
        customer: condition.customer.unwrap_or(asked.customer),
        panel: condition.panel.unwrap_or(asked.panel),
        category: text(&condition.category, &asked.category),
        name: text(&condition.service_name, &asked.name),
        service_type: condition.service_type.unwrap_or(asked.service_type),
        id: nth(ids, fills.len()).unwrap_or(asked.id),
        cost,
    };
    let matches = from.is_none_or(|from| from <= cost) && below.is_none_or(|below| cost < below);
    matches.then_some(asked)
}

fn nth(ids: &[i64], place: usize) -> Option<i64> {
    ids.iter().cycle().nth(place).copied()
}

prop_compose! {
    /// A condition and one that is mostly wider: with keys left out, patterns opened, other services, other costs.
    fn any_conditions()(
        narrow in any_condition(),
        (other, is_other) in (any_condition(), prop::bool::weighted(0.3)),
        (kept, choices) in (any::<[bool; 9]>(), proptest::collection::vec(0_u8..6, 1..6)),
        (more, dropped) in (proptest::collection::vec(1_i64..6, 0..3), 0_usize..3),
        (lower, upper) in (select(vec![-1_i64, 0, 1]), select(vec![-1_i64, 0, 1])),
    ) -> (Written, Written) {
        let open = |pattern: &String| opened(pattern, &choices);
        let wide = Written {
            group: narrow.group.filter(|_| kept[0]),
            customer: narrow.customer.filter(|_| kept[1]),
            panel: narrow.panel.filter(|_| kept[2]),
            category: narrow.category.as_ref().filter(|_| kept[3]).map(open),
            service_name: narrow.service_name.as_ref().filter(|_| kept[4]).map(open),
            service_type: narrow.service_type.filter(|_| kept[5]),
            services: narrow.services.as_ref().filter(|_| kept[6]).map(|ids| [&ids[dropped.min(ids.len())..], &more].concat()),
            cost_from: narrow.cost_from.filter(|_| kept[7]).map(|from| from + Decimal::new(lower, 2)),
            cost_below: narrow.cost_below.filter(|_| kept[8]).map(|below| below + Decimal::new(upper, 2)),
        };
        (narrow, if is_other { other } else { wide })
    }
}

/// Runs a test that says whether the one covered the other, and sees to it that this really happened.
#[track_caller]
fn check<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<bool, TestCaseError>) {
    let mut runner = TestRunner::new(crate::config());
    let (cases, covered) = (Cell::new(0), Cell::new(0));
    let ran = runner.run(strategy, |value| {
        cases.set(cases.get() + 1);
        covered.set(covered.get() + u32::from(test(value)?));
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}\n{runner}");
    }
    let (cases, covered) = (cases.get(), covered.get());
    assert!(
        covered * 4 > cases,
        "only {covered} of {cases} were covered"
    );
}

#[test]
fn a_covering_pattern_matches_what_the_other_matches() {
    check(&any_patterns(), |(narrow, wide, fills)| {
        let text = instance(&narrow, &fills);
        let (narrow, wide) = (Glob::new(&narrow), Glob::new(&wide));
        prop_assert!(narrow.matches(&text), "{} is of its own pattern", text);
        let covers = wide.covers(&narrow);
        prop_assert!(
            !covers || wide.matches(&text),
            "{:?} does not match {}",
            wide,
            text
        );
        Ok(covers)
    });
}

#[test]
fn a_covering_condition_matches_what_the_other_matches() {
    let fills = proptest::collection::vec(any_text(), 1..6);
    let strategy = (any_conditions(), any_asked(), fills);
    check(&strategy, |((narrow, wide), asked, fills)| {
        let Some(asked) = matched(&narrow, &asked, &fills) else {
            return Ok(false);
        };
        let covers = wide.compiled().covers(&narrow.compiled());
        prop_assert_eq!(found(&markup(&[narrow]), &asked), Some(0), "made to match");
        let meets = found(&markup(&[wide]), &asked).is_some();
        prop_assert!(!covers || meets, "does not match {:?}", asked);
        Ok(covers)
    });
}
