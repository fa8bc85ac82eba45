//! What calls take, and when they leave.

use super::*;

#[test]
fn an_id_is_asked_for_once_and_everybody_is_told_once() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &ids(&["c"]), Duration::ZERO);
    case.ask(1, &ids(&["a", "b", "a"]), "first");
    case.ask(2, &ids(&["b"]), "second");
    let round = case.take().expect("three ids");
    assert_eq!(round.ids, ids(&["a", "b", "c"]));
    case.ask(3, &ids(&["b"]), "late");
    assert_eq!(case.taken(), []);
    let told = case.finish(&round, &Ended::Answered(Vec::new())).told;
    assert_eq!(told, ["first", "second", "late"]);
    let again = case.finish(&round, &Ended::Answered(Vec::new())).told;
    assert!(again.is_empty());
    assert_eq!((case.lookout.queued(), case.lookout.watched()), (0, 1));
}

#[test]
fn customers_take_turns() {
    let mut case = Case::new(5);
    case.ask(1, &numbered("a", 5), "1");
    case.ask(2, &numbered("b", 1), "2");
    case.ask(3, &numbered("c", 5), "3");
    assert_eq!(case.taken(), ids(&["a0", "b0", "c0", "a1", "c1"]));
    assert_eq!(case.taken(), ids(&["a2", "c2", "a3", "c3", "a4"]));
}

#[test]
fn whoever_asks_for_two_calls_is_told_after_both() {
    let mut case = Case::new(2);
    case.ask(1, &numbered("a", 3), "both");
    let (first, second) = (case.take().expect("two"), case.take().expect("one"));
    assert!(case.finish(&second, &Ended::Failed).told.is_empty());
    assert_eq!(case.finish(&first, &Ended::Failed).told, ["both"]);
}

#[test]
fn asked_ids_come_first_then_due_ones_then_ended_ones_then_those_due_next() {
    let mut case = Case::new(5);
    case.follow(Kind::Ended, &ids(&["e"]), Duration::ZERO);
    case.follow(Kind::Live, &ids(&["later"]), Duration::from_secs(99));
    case.follow(Kind::Live, &ids(&["next"]), Duration::from_secs(9));
    case.follow(Kind::Live, &ids(&["due"]), Duration::ZERO);
    case.ask(1, &ids(&["a"]), "asked");
    let round = case.take().expect("five ids");
    assert_eq!(round.ids, ids(&["a", "due", "e", "next", "later"]));
    let slots = Slots {
        asked: 1,
        due: 1,
        ahead: 2,
        recheck: 1,
        empty: 0,
    };
    assert_eq!(round.slots, slots);
}

#[test]
fn what_is_as_good_as_new_is_not_looked_at_ahead_of_its_time() {
    let mut case = Case::new(5);
    case.follow(Kind::Live, &ids(&["fresh"]), Duration::from_secs(9));
    for outlook in case.outlooks.borrow_mut().values_mut() {
        outlook.fresh_until = case.now + Duration::from_secs(1);
    }
    case.ask(1, &ids(&["a"]), "asked");
    assert_eq!(case.taken(), ids(&["a"]));
}

#[test]
fn misses_that_are_foreseen_come_before_looks_that_are_due_next() {
    let mut case = Case::new(3);
    case.follow(Kind::Live, &numbered("n", 9), Duration::from_secs(20));
    let foresee = |case: &mut Case, id: &str, after: u64| {
        let at = case.now + Duration::from_secs(after);
        let mut outlooks = case.outlooks.borrow_mut();
        outlooks
            .get_mut(&UpstreamId::from(id))
            .expect("followed")
            .next_miss = Some(at);
    };
    foresee(&mut case, "n7", 4);
    foresee(&mut case, "n8", 2);
    let outlooks = case.outlooks.borrow().clone();
    for id in numbered("n", 9) {
        case.lookout.follow(&id, &|id| outlooks.get(id).copied());
    }
    // Meanwhile the customer of n7 has polled, and will not again for a while.
    foresee(&mut case, "n7", 40);
    case.ask(1, &ids(&["a"]), "asked");
    assert_eq!(case.taken(), ids(&["a", "n8", "n0"]));
}

#[test]
fn a_fifth_of_the_places_is_kept_for_due_ids() {
    let mut case = Case::new(100);
    case.follow(Kind::Live, &numbered("d", 30), Duration::ZERO);
    case.ask(1, &numbered("a", 200), "asked");
    let round = case.take().expect("a full call");
    let slots = Slots {
        asked: 80,
        due: 20,
        ..Slots::default()
    };
    assert_eq!((round.ids.len(), round.slots), (100, slots));
}

#[test]
fn a_panel_that_takes_one_id_a_call_gives_every_fifth_to_due_ids() {
    let mut case = Case::new(1);
    case.follow(Kind::Live, &numbered("d", 30), Duration::ZERO);
    case.ask(1, &numbered("a", 30), "asked");
    let due = (0..20).filter(|_| case.take().expect("one id").slots.due == 1);
    assert_eq!(due.count(), 4);
}

#[test]
fn calls_of_single_ids_do_not_take_the_turns_of_due_ids() {
    let mut case = Case::new(1);
    case.follow(Kind::Live, &numbered("d", 30), Duration::ZERO);
    case.ask(1, &numbered("a", 60), "asked");
    let mut due = 0;
    for call in 0..40 {
        if call == 4 {
            // From here on every fifth call is one of these.
            case.follow(Kind::Alone, &numbered("odd", 30), Duration::ZERO);
        }
        let round = case.take().expect("one id");
        due += usize::from(round.ids[0].as_str().starts_with('d'));
        case.now += KNOBS.due_every / 5;
    }
    assert_eq!(due, 6);
}

#[test]
fn kept_places_are_not_wasted_if_due_ids_were_asked_for_too() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("a", 2), Duration::ZERO);
    case.ask(1, &numbered("a", 20), "asked");
    let round = case.take().expect("a full call");
    assert_eq!((round.ids, round.slots.asked), (numbered("a", 10), 10));
}

#[test]
fn a_call_leaves_when_it_is_full_or_somebody_waited_long_enough() {
    let mut case = Case::new(10);
    let now = case.now;
    assert_eq!(case.lookout.ready(now), Ready::Idle);
    case.follow(Kind::Live, &ids(&["d"]), Duration::ZERO);
    assert_eq!(case.lookout.ready(now), Ready::At(now + KNOBS.gather * 10));
    case.ask(1, &ids(&["a"]), "asked");
    assert_eq!(case.lookout.ready(now), Ready::At(now + KNOBS.gather));
    case.ask(2, &numbered("b", 9), "asked");
    assert_eq!(case.lookout.ready(now), Ready::Now);
}

#[test]
fn calls_that_nobody_waits_for_keep_to_their_part_of_the_rate() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("d", 40), Duration::ZERO);
    assert_eq!(case.lookout.ready(case.now), Ready::Now);
    assert_eq!(case.taken().len(), 10);
    let next = case.now + KNOBS.due_every;
    assert_eq!(case.lookout.ready(case.now), Ready::At(next));
    case.ask(1, &numbered("a", 10), "asked");
    assert_eq!(case.lookout.ready(case.now), Ready::Now);
}

#[test]
fn nobody_waits_for_what_is_not_looked_at() {
    let mut case = Case::new(10);
    let unheard = case.lookout.ask(CustomerId(1), &[], "nothing", case.now);
    assert_eq!(unheard, Some("nothing"));
    case.ask(1, &ids(&["a"]), "asked");
    let round = case.take().expect("one id");
    case.finish(&round, &Ended::Answered(ids(&["a"])));
    case.ask(1, &ids(&["a"]), "forgotten with its call");
}

#[test]
fn an_id_whose_owner_forgets_it_is_forgotten() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &numbered("d", 3), Duration::ZERO);
    case.outlooks.borrow_mut().remove(&UpstreamId::from("d1"));
    let round = case.take().expect("three ids");
    case.finish(&round, &Ended::Answered(Vec::new()));
    assert_eq!(case.lookout.watched(), 2);
}

#[test]
fn an_id_that_is_forgotten_before_it_is_followed_is_not_kept() {
    let mut case = Case::new(10);
    case.lookout.follow(&"gone".into(), &|_| None);
    assert_eq!(case.lookout.watched(), 0);
}

#[test]
fn an_id_that_is_forgotten_before_a_customer_misses_it_is_not_kept() {
    let mut case = Case::new(10);
    case.follow(Kind::Live, &ids(&["gone"]), Duration::from_secs(99));
    let missed = case.outlooks.borrow()[&UpstreamId::from("gone")];
    let next_miss = Some(case.now);
    case.lookout.follow(&"gone".into(), &|_| {
        Some(Outlook {
            next_miss,
            ..missed
        })
    });
    case.outlooks.borrow_mut().clear();
    case.ask(1, &ids(&["a"]), "asked");
    assert_eq!(case.taken(), ids(&["a"]));
    assert_eq!(case.lookout.watched(), 1);
}

#[test]
fn what_has_to_be_confirmed_alone_never_shares_a_call() {
    let mut case = Case::new(10);
    case.follow(Kind::Alone, &ids(&["odd"]), Duration::from_secs(9));
    let unheard = case
        .lookout
        .ask(CustomerId(1), &ids(&["odd"]), "odd", case.now);
    assert_eq!(unheard, Some("odd"));
    case.ask(1, &ids(&["a", "odd"]), "both");
    assert_eq!(case.taken(), ids(&["a"]));
    case.now += Duration::from_secs(9);
    assert_eq!(case.taken(), ids(&["odd"]));
}
