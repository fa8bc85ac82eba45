use super::*;

fn report(word: &str) -> Report {
    Report {
        heard: Heard::parse(word),
        charge: None,
        start_count: None,
        remains: None,
        runs: None,
        children: Vec::new(),
    }
}

#[test]
fn panels_words_are_understood() {
    for (text, word) in [
        ("In progress", StatusWord::InProgress),
        ("IN_PROGRESS", StatusWord::InProgress),
        ("Inprogress", StatusWord::InProgress),
        ("canelled", StatusWord::Canceled),
        ("Refunded", StatusWord::Canceled),
        ("Partially Completed", StatusWord::Partial),
        ("Awaiting", StatusWord::Pending),
    ] {
        assert_eq!(Heard::parse(text), Heard::Word(word), "{text}");
    }
    assert_eq!(Heard::parse("Fail"), Heard::Failed);
    assert_eq!(Heard::parse("3"), Heard::Unknown("3".into()));
}

#[test]
fn subscriptions_have_words_of_their_own() {
    for (text, single, subscription) in [
        ("Active", Some("In progress"), Some("Active")),
        ("PAUSED", Some("In progress"), Some("Paused")),
        ("Pending", Some("Pending"), Some("Active")),
        ("In progress", Some("In progress"), Some("Active")),
        ("Expired", None, Some("Expired")),
        ("Partial", Some("Partial"), None),
        ("Completed", Some("Completed"), Some("Completed")),
        ("Cancelled", Some("Canceled"), Some("Canceled")),
    ] {
        for (kind, expected) in [(Kind::Single, single), (Kind::Subscription, subscription)] {
            let heard = report(text).of(kind).heard;
            let word = match &heard {
                Heard::Word(word) => Some(word.word()),
                _ => None,
            };
            assert_eq!(word, expected, "{text} {kind:?}");
        }
    }
    let counters = Report {
        remains: Some(1),
        start_count: Some(2),
        runs: Some(3),
        ..report("Active")
    };
    let posts = counters.of(Kind::Subscription);
    assert_eq!(
        (posts.remains, posts.start_count, posts.runs),
        (None, None, Some(3))
    );
}

#[test]
fn a_fact_keeps_what_a_report_leaves_out() {
    let mut first = report("In progress");
    first.start_count = Some(10);
    first.remains = Some(50);
    let (fact, odd) = Fact::accepted(Timestamp(1)).after(&first, 100, Timestamp(2));
    assert!(odd.is_empty());
    let (fact, _) = fact.after(&report("Refill"), 100, Timestamp(3));
    assert_eq!(
        (fact.word, fact.start_count, fact.remains),
        (StatusWord::InProgress, Some(10), Some(50))
    );
    let (same, odd) = fact.after(&report("whatever"), 100, Timestamp(4));
    assert_eq!((same, odd), (fact, vec![Oddity::UnknownWord]));
}

#[test]
fn an_end_has_its_own_numbers() {
    let mut live = report("Pending");
    live.remains = Some(100);
    let (fact, _) = Fact::accepted(Timestamp(1)).after(&live, 100, Timestamp(2));
    let (ended, _) = fact.after(&report("Partial"), 100, Timestamp(3));
    assert_eq!((ended.word, ended.remains), (StatusWord::Partial, None));
    let mut partial = report("Partial");
    partial.remains = Some(30);
    let (ended, _) = ended.after(&partial, 100, Timestamp(4));
    let (again, _) = ended.after(&report("Partial"), 100, Timestamp(5));
    assert_eq!(again.remains, Some(30));
}

#[test]
fn what_remains_of_a_refill_is_not_what_remains_of_the_order() {
    let (ended, _) = Fact::accepted(Timestamp(1)).after(
        &Report {
            remains: Some(30),
            ..report("Partial")
        },
        100,
        Timestamp(2),
    );
    for word in ["Refill", "Fail"] {
        let other = Report {
            remains: Some(80),
            runs: Some(1),
            ..report(word)
        };
        let (after, _) = ended.after(&other, 100, Timestamp(3));
        assert_eq!(
            (after.word, after.remains, after.runs),
            (StatusWord::Partial, Some(30), None),
            "{word}"
        );
    }
}

#[test]
fn lies_are_noticed() {
    let mut lying = report("Partial");
    lying.remains = Some(101);
    lying.start_count = Some(7);
    let before = Fact {
        start_count: Some(5),
        ..Fact::accepted(Timestamp(1))
    };
    let (_, odd) = before.after(&lying, 100, Timestamp(2));
    assert_eq!(
        odd,
        vec![Oddity::RemainsAboveQuantity, Oddity::StartCountChanged]
    );
}
