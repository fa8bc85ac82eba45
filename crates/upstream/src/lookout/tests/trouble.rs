//! Calls that fail, and who is to blame.

use std::collections::BTreeSet;

use super::*;

/// A panel at which every call with one of these ids fails as a whole.
fn poisoned(poison: &[UpstreamId]) -> impl FnMut(&Round) -> Ended {
    move |round| {
        if round.ids.iter().any(|id| poison.contains(id)) {
            Ended::Spoiled { refused: false }
        } else {
            Ended::Answered(Vec::new())
        }
    }
}

fn down(_: &Round) -> Ended {
    Ended::Spoiled { refused: false }
}

fn works(_: &Round) -> Ended {
    Ended::Answered(Vec::new())
}

/// Lets seconds pass until all of these were looked at. Answers all calls.
#[track_caller]
fn until_seen(
    case: &mut Case,
    wanted: &[UpstreamId],
    mut panel: impl FnMut(&Round) -> Ended,
) -> Vec<Round> {
    let mut missing: BTreeSet<_> = wanted.iter().cloned().collect();
    let mut calls = Vec::new();
    for _ in 0..8_000 {
        for (round, ended) in case.second(&mut panel) {
            if let Ended::Answered(without) = ended {
                let seen = round.ids.iter().filter(|id| !without.contains(id));
                seen.for_each(|id| _ = missing.remove(id));
            }
            calls.push(round);
        }
        if missing.is_empty() {
            return calls;
        }
    }
    panic!("never seen: {missing:?}")
}

fn convicted(case: &Case) -> Vec<UpstreamId> {
    let outlooks = case.outlooks.borrow();
    let mut convicted: Vec<_> = outlooks
        .keys()
        .filter(|id| {
            let slot = case.lookout.ids.find(id).expect("followed");
            case.lookout.ids.at(slot).convicted
        })
        .cloned()
        .collect();
    convicted.sort();
    convicted
}

#[test]
fn ten_poisonous_ids_among_a_thousand_cost_few_calls_and_once() {
    let all = numbered("n", 1_000);
    let mut poison: Vec<_> = all.iter().step_by(97).take(10).cloned().collect();
    poison.sort();
    let good: Vec<_> = all
        .iter()
        .filter(|id| !poison.contains(id))
        .cloned()
        .collect();
    let mut case = Case::new(100);
    case.follow(Kind::Live, &all, Duration::ZERO);
    let calls = until_seen(&mut case, &good, poisoned(&poison));
    let mut rest = Vec::new();
    while convicted(&case) != poison {
        assert!(rest.len() < 140, "{:?} are not convicted", poison);
        rest.extend(case.second(&mut poisoned(&poison)));
    }
    let extra = calls.len() + rest.len() - 10;
    assert!(extra <= 140, "{extra} extra calls");
    assert!(extra >= 10, "{extra} calls cannot find ten ids");
    // From then on they rest, longer and longer, and nobody rides with them.
    let mut alone = 0;
    for _ in 0..3_600 {
        for (round, ended) in case.second(&mut poisoned(&poison)) {
            assert!(
                ended == Ended::Answered(Vec::new()) || round.ids.len() == 1,
                "{round:?}"
            );
            alone += usize::from(ended != Ended::Answered(Vec::new()));
        }
    }
    assert!(
        (10..=90).contains(&alone),
        "{alone} calls of ids that are known to fail"
    );
}

#[test]
fn ids_that_turn_poisonous_together_are_told_from_a_panel_that_is_down() {
    let all = numbered("n", 100);
    let mut poison: Vec<_> = all.iter().step_by(10).cloned().collect();
    poison.sort();
    let mut case = Case::new(20);
    case.follow(Kind::Live, &all, Duration::ZERO);
    until_seen(&mut case, &all, works);
    case.now += Duration::from_secs(3_600);
    let mut calls = 0;
    while convicted(&case) != poison {
        calls += case.second(&mut poisoned(&poison)).len();
        assert!(
            calls <= 200,
            "{:?} are all that are found",
            convicted(&case)
        );
    }
}

#[test]
fn an_id_that_stops_to_be_poisonous_rides_with_the_others_again() {
    let all = numbered("n", 30);
    let poison = ids(&["n3"]);
    let mut case = Case::new(10);
    case.follow(Kind::Live, &all, Duration::ZERO);
    while convicted(&case) != poison {
        case.second(&mut poisoned(&poison));
    }
    until_seen(&mut case, &all, works);
    assert_eq!(convicted(&case), []);
}

#[test]
fn a_panel_that_is_down_convicts_nobody_and_is_caught_up_with_at_once() {
    for orders in [1, 2, 7, 250] {
        let all = numbered("n", orders);
        let mut case = Case::new(100);
        case.follow(Kind::Live, &all, Duration::ZERO);
        until_seen(&mut case, &all, works);
        case.now += Duration::from_secs(3_600);
        for _ in 0..300 {
            case.now += Duration::from_secs(1);
            if let Some(round) = case.take() {
                case.now += Duration::from_millis(1);
                case.finish(&round, &down(&round));
            }
            assert_eq!(convicted(&case), []);
        }
        let calls = until_seen(&mut case, &all, works);
        assert!(
            calls.len() <= orders.div_ceil(100) + 9,
            "{orders} orders: {} calls",
            calls.len()
        );
    }
}

#[test]
fn the_only_order_is_convicted_when_the_panel_answers_everything_else() {
    let mut case = Case::new(100);
    case.follow(Kind::Live, &ids(&["only"]), Duration::ZERO);
    for _ in 0..60 {
        case.lookout.heard_otherwise(case.now);
        case.second(&mut down);
    }
    assert_eq!(convicted(&case), ids(&["only"]));
}

#[test]
fn asking_too_often_is_nobodys_fault() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("n", 10), Duration::ZERO);
    for _ in 0..5 {
        let round = case.take().expect("they stay due");
        assert_eq!(round.ids.len(), 10);
        case.finish(&round, &Ended::Failed);
    }
}

#[test]
fn an_id_that_is_forgotten_while_a_call_of_its_own_fails_is_forgotten_once() {
    let poison = ids(&["n3"]);
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("n", 30), Duration::ZERO);
    while convicted(&case) != poison {
        case.second(&mut poisoned(&poison));
    }
    case.now += KNOBS.longest_rest;
    let round = std::iter::from_fn(|| case.take()).find(|round| round.ids == poison);
    let round = round.expect("it is looked at alone");
    case.outlooks.borrow_mut().remove(&poison[0]);
    case.finish(&round, &down(&round));
    assert_eq!(case.lookout.ids.find(&poison[0]), None);
}

#[test]
fn suspects_that_are_freed_while_nobody_follows_them_are_forgotten_once() {
    let mut case = Case::new(2);
    case.ask(1, &ids(&["a", "b"]), "asked");
    let round = case.take().expect("two ids");
    case.finish(&round, &Ended::Spoiled { refused: false });
    let test = case.take().expect("one of them");
    case.finish(&test, &Ended::Failed);
    assert_eq!(case.lookout.watched(), 0);
}

#[test]
fn an_id_that_is_being_tested_is_judged_by_its_test() {
    for ended in [down, works] {
        let mut case = Case::new(1);
        case.follow(Kind::Live, &ids(&["a", "b"]), Duration::ZERO);
        let [a, b] = [(); 2].map(|()| case.take().expect("both are due"));
        case.finish(&a, &down(&a));
        let test = case.take().expect("somebody has to find out");
        assert_eq!(test.ids, a.ids);
        case.now += Duration::from_millis(1);
        assert_eq!(case.finish(&b, &works(&b)).convicted, []);
        let spoils = ended(&test) != works(&test);
        let judged = case.finish(&test, &ended(&test)).convicted;
        assert_eq!(judged.is_empty(), !spoils);
        assert_eq!(convicted(&case).is_empty(), !spoils);
    }
}

#[test]
fn tests_are_no_larger_than_calls_have_become() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("n", 10), Duration::ZERO);
    let round = case.take().expect("ten ids");
    case.finish(&round, &down(&round));
    case.lookout.set_knobs(Knobs { batch: 3, ..KNOBS });
    assert_eq!(case.taken().len(), 3);
}

#[test]
fn tests_take_every_other_call_at_most_while_others_wait() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &ids(&["n"]), Duration::ZERO);
    let round = case.take().expect("due");
    case.finish(&round, &down(&round));
    case.ask(1, &numbered("a", 30), "asked");
    let mut asked = 0;
    for _ in 0..6 {
        let round = case.take().expect("a test or a call");
        asked += round.slots.asked;
        // Nobody vouches for the panel, so the suspect stays one, and is tested when it has rested.
        case.finish(&round, &down(&round));
        case.now += KNOBS.fresh_for;
    }
    assert_eq!(asked, 30);
}

#[test]
fn a_call_that_left_before_the_panel_went_down_convicts_nobody() {
    let mut case = Case::new(1);
    case.follow(Kind::Live, &ids(&["a", "b"]), Duration::ZERO);
    let [a, b] = [(); 2].map(|()| case.take().expect("both are due"));
    case.now += Duration::from_millis(1);
    case.finish(&a, &down(&a));
    case.now += Duration::from_millis(1);
    assert_eq!(case.finish(&b, &works(&b)).convicted, []);
    // One that left after that shows that it is not the panel.
    let control = case.take().expect("b vouches for the panel");
    assert_eq!(control.ids, b.ids);
    assert_eq!(case.finish(&control, &works(&control)).convicted, a.ids);
}

#[test]
fn suspects_do_not_make_a_customer_wait() {
    let mut case = Case::new(2);
    case.ask(1, &ids(&["a", "b"]), "first");
    let round = case.take().expect("two ids");
    let told = case.finish(&round, &Ended::Spoiled { refused: false }).told;
    assert_eq!(told, ["first"]);
    let unheard = case
        .lookout
        .ask(CustomerId(1), &ids(&["a", "b"]), "second", case.now);
    assert_eq!(unheard, Some("second"));
}

#[test]
fn a_panel_that_knows_no_plural_is_asked_one_by_one() {
    let all = numbered("n", 30);
    let singular = |round: &Round| match round.ids.len() {
        1 => Ended::Answered(Vec::new()),
        _ => Ended::Spoiled { refused: true },
    };
    let mut case = Case::new(10);
    case.follow(Kind::Live, &all, Duration::ZERO);
    let calls = until_seen(&mut case, &all, singular);
    assert_eq!(case.lookout.batch(), 1);
    assert!(calls.len() <= 30 + 4, "{} calls", calls.len());
}

#[test]
fn a_list_that_names_no_ids_is_no_answer_to_several() {
    let all = numbered("n", 30);
    let listing = |round: &Round| match round.ids.len() {
        1 => Ended::Answered(Vec::new()),
        _ => Ended::Answered(round.ids.clone()),
    };
    let mut case = Case::new(10);
    case.follow(Kind::Live, &all, Duration::ZERO);
    until_seen(&mut case, &all, listing);
    assert_eq!(case.lookout.batch(), 1);
}

#[test]
fn a_panel_that_refuses_a_call_because_of_an_id_knows_the_plural() {
    let all = numbered("n", 30);
    let poison = ids(&["n1"]);
    let mut case = Case::new(10);
    case.follow(Kind::Live, &all, Duration::ZERO);
    let good: Vec<_> = all
        .iter()
        .filter(|id| !poison.contains(id))
        .cloned()
        .collect();
    until_seen(&mut case, &good, |round: &Round| {
        let bad = round.ids.iter().any(|id| poison.contains(id));
        if bad {
            Ended::Spoiled { refused: true }
        } else {
            Ended::Answered(Vec::new())
        }
    });
    assert_eq!(case.lookout.batch(), 10);
}

#[test]
fn an_id_that_shows_nothing_is_looked_at_less_and_less() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &ids(&["a"]), Duration::ZERO);
    let mut at = Vec::new();
    let began = case.now;
    for _ in 0..300 {
        for (round, _) in case.second(&mut |round| Ended::Answered(round.ids.clone())) {
            assert_eq!(round.ids, ids(&["a"]));
            at.push((case.now - began).as_secs());
        }
    }
    let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        gaps.len() >= 3 && gaps.windows(2).all(|pair| pair[1] > pair[0]),
        "{gaps:?}"
    );
    assert_eq!(usize::from(case.lookout.errors(&"a".into())), at.len() + 1);
}

#[test]
fn an_id_that_shows_nothing_rests_while_calls_have_room() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &ids(&["silent", "other"]), Duration::ZERO);
    let round = case.take().expect("both are due");
    case.finish(&round, &Ended::Answered(ids(&["silent"])));
    case.now += KNOBS.fresh_for / 2;
    case.ask(1, &ids(&["other"]), "waiter");
    assert_eq!(case.taken(), ids(&["other"]));
}
