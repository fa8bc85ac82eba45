use panelgate_domain::money::Money;
use panelgate_domain::status::StatusWord;
use proptest::prelude::*;

use super::*;
use crate::fixtures::order;

const ID: OrderId = OrderId(1);

fn fact(at: i64, remains: i64) -> Fact {
    Fact {
        word: StatusWord::InProgress,
        remains: Some(remains),
        ..Fact::accepted(Timestamp(at))
    }
}

fn placed(version: i64, fact: Fact) -> Order {
    Order {
        fact: Some(fact),
        ..order(version, OrderState::Placed)
    }
}

/// A book with order 1, placed, with a fact of time 10.
fn book() -> Book {
    let book = Book::new();
    book.put(placed(1, fact(10, 90)));
    book
}

fn known(book: &Book) -> Order {
    book.get(ID).expect("it is in memory")
}

#[test]
fn seeing_the_same_again_makes_a_fact_younger_and_nothing_dirty() {
    let book = book();
    assert_eq!(book.keep(ID, fact(20, 90), None, None), Kept::SeenAgain);
    assert_eq!(known(&book).fact, Some(fact(20, 90)));
    assert_eq!(book.dirty(), 0);
}

#[test]
fn an_older_fact_changes_nothing_but_its_flag_is_heard() {
    let book = book();
    assert_eq!(
        book.keep(ID, fact(9, 80), None, Some(Timestamp(1))),
        Kept::Older
    );
    assert_eq!((known(&book), book.dirty()), (placed(1, fact(10, 90)), 0));
    assert_eq!(
        book.keep(ID, fact(9, 80), Some("odd".into()), None),
        Kept::News
    );
    let order = known(&book);
    assert_eq!(
        (order.fact, order.flag.as_deref()),
        (Some(fact(10, 90)), Some("odd"))
    );
}

#[test]
fn all_that_is_new_is_written_once() {
    let charged = Fact {
        charge: Some(Money::from_micros(5)),
        ..fact(20, 80)
    };
    let counted = Fact {
        start_count: Some(7),
        runs: Some(1),
        ..charged
    };
    let book = book();
    for (n, (fact, flag, doubt)) in [
        (fact(20, 80), None, None),
        (charged, None, None),
        (counted, None, None),
        (counted, Some("odd"), None),
        (counted, Some("odder"), Some(Timestamp(99))),
        (counted, None, None),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(
            book.keep(ID, fact, flag.map(str::to_owned), doubt),
            Kept::News,
            "{n}"
        );
        let [learned] = book.take_dirty(9).try_into().expect("one order");
        assert_eq!(
            (learned.order, learned.fact, learned.doubt),
            (ID, fact, doubt)
        );
        assert_eq!(learned.flag, known(&book).flag);
        assert_eq!((book.dirty(), book.take_dirty(9).len()), (0, 0));
    }
    assert_eq!(known(&book).flag.as_deref(), Some("odd"));
}

#[test]
fn the_oldest_news_are_taken_first_and_given_back_as_old_as_they_were() {
    let book = Book::new();
    for id in [3, 1, 2] {
        book.put(Order {
            id: OrderId(id),
            ..placed(1, fact(10, 90))
        });
        book.keep(OrderId(id), fact(100 - id, 80), None, None);
    }
    let ids = |learned: &[Learned]| learned.iter().map(|one| one.order.0).collect::<Vec<_>>();
    let first = book.take_dirty(1);
    assert_eq!((ids(&first), book.dirty()), (vec![3], 2));
    book.mark_dirty_again(first);
    assert_eq!(book.dirty_since(), Some(Timestamp(97)));
    assert_eq!(ids(&book.take_dirty(9)), [3, 2, 1]);
}

#[test]
fn what_is_given_back_does_not_undo_what_was_learned_since() {
    let book = book();
    book.keep(ID, fact(20, 80), Some("odd".into()), Some(Timestamp(50)));
    let taken = book.take_dirty(9);
    // A commit that knew nothing of the look, then another look.
    book.put(placed(2, fact(10, 90)));
    book.keep(ID, fact(30, 70), None, None);
    book.mark_dirty_again(taken);
    let [learned] = book.take_dirty(9).try_into().expect("one order");
    assert_eq!((learned.fact, learned.doubt), (fact(30, 70), None));
    assert_eq!(learned.flag.as_deref(), Some("odd"));
}

#[test]
fn a_commit_that_does_not_know_of_a_look_keeps_fact_doubt_and_flag() {
    let book = book();
    book.keep(ID, fact(20, 80), Some("odd".into()), Some(Timestamp(50)));
    let kept = book.put(Order {
        revision: 9,
        ..placed(2, fact(10, 90))
    });
    assert_eq!((kept.version, kept.revision), (2, 9));
    assert_eq!(
        (kept.fact, kept.doubt),
        (Some(fact(20, 80)), Some(Timestamp(50)))
    );
    assert_eq!(kept.flag.as_deref(), Some("odd"));
    assert_eq!((known(&book), book.dirty()), (kept, 1));
}

#[test]
fn a_commit_that_says_what_was_to_be_written_leaves_nothing_to_write() {
    let book = book();
    book.keep(ID, fact(20, 80), None, None);
    book.put(placed(2, fact(20, 80)));
    assert_eq!(book.dirty(), 0);
    book.keep(ID, fact(30, 70), None, None);
    book.put(placed(3, fact(40, 60)));
    assert_eq!((known(&book).fact, book.dirty()), (Some(fact(40, 60)), 0));
}

/// A look, a write of it under way, another look of the same moment that says what the store still has, a commit.
#[test]
fn a_write_under_way_does_not_outlive_what_was_learned_in_the_same_moment() {
    let book = book();
    book.put(placed(2, fact(20, 80)));
    book.keep(ID, fact(20, 70), None, None);
    let [under_way] = book.take_dirty(9).try_into().expect("one order");
    book.keep(ID, fact(20, 80), None, None);
    book.put(placed(3, fact(20, 80)));
    assert_eq!(book.dirty(), 0, "the store says it");
    book.put(placed(4, under_way.fact));
    let [learned] = book.take_dirty(9).try_into().expect("one order");
    assert_eq!(learned.fact, fact(20, 80));
}

#[test]
fn a_flag_that_is_not_written_yet_survives_a_newer_fact() {
    let book = book();
    book.keep(ID, fact(20, 80), Some("odd".into()), None);
    book.put(placed(2, fact(30, 70)));
    let [learned] = book.take_dirty(9).try_into().expect("one order");
    assert_eq!(
        (learned.fact, learned.flag.as_deref()),
        (fact(30, 70), Some("odd"))
    );
}

#[test]
fn nothing_dirty_survives_a_close_and_the_closing_fact_stays() {
    let book = book();
    book.keep(ID, fact(20, 80), Some("odd".into()), None);
    let taken = book.take_dirty(9);
    book.put(placed(2, fact(20, 80)));
    book.keep(ID, fact(30, 70), None, None);
    let closing = Order {
        fact: Some(fact(25, 75)),
        ..order(3, OrderState::Closed)
    };
    book.put(closing.clone());
    assert_eq!((book.dirty(), book.take_dirty(9).len()), (0, 0));
    // Whatever comes late finds it closed.
    book.mark_dirty_again(taken);
    assert_eq!(book.keep(ID, fact(40, 60), None, None), Kept::NotPlaced);
    assert_eq!(book.put(placed(2, fact(50, 50))), closing);
    assert_eq!((known(&book), book.dirty()), (closing, 0));
}

#[test]
fn only_placed_orders_are_learned_of() {
    let book = Book::new();
    assert_eq!(book.keep(ID, fact(20, 80), None, None), Kept::NotPlaced);
    book.put(order(1, OrderState::Unconfirmed));
    assert_eq!(book.keep(ID, fact(20, 80), None, None), Kept::NotPlaced);
    assert_eq!(
        book.keep(OrderId(-1), fact(20, 80), None, None),
        Kept::NotPlaced
    );
    assert_eq!(book.dirty(), 0);
}

/// A step in the life of order 1, beside a store that writes late.
#[derive(Clone, Debug)]
enum Step {
    Look {
        at: i64,
        remains: i64,
        is_odd: bool,
    },
    /// A commit that knows only what is in the store.
    Commit,
    Take,
    /// What was taken last is written, or not.
    Write {
        succeeds: bool,
    },
    Close,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (10_i64..100, 0_i64..4, any::<bool>())
            .prop_map(|(at, remains, is_odd)| Step::Look { at, remains, is_odd }),
        3 => Just(Step::Commit),
        3 => Just(Step::Take),
        3 => any::<bool>().prop_map(|succeeds| Step::Write { succeeds }),
        1 => Just(Step::Close),
    ]
}

/// As the store learns.
fn write(stored: &mut Order, learned: Learned) {
    if stored.state != OrderState::Placed {
        return;
    }
    if stored.fact.is_none_or(|fact| fact.at <= learned.fact.at) {
        stored.fact = Some(learned.fact);
        stored.doubt = learned.doubt;
    }
    stored.flag = stored.flag.take().or(learned.flag);
    stored.version += 1;
}

proptest! {
    #[test]
    fn after_all_is_written_the_store_knows_what_memory_knows(steps in proptest::collection::vec(any_step(), 1..60)) {
        let mut stored = placed(1, fact(10, 9));
        let book = Book::new();
        book.put(stored.clone());
        let mut taken = Vec::new();
        let mut newest = 10;
        for step in steps.into_iter().chain([Step::Write { succeeds: false }]) {
            match step {
                Step::Look { at, remains, is_odd } => {
                    let kept = book.keep(ID, fact(at, remains), is_odd.then(|| "odd".to_owned()), None);
                    if kept != Kept::NotPlaced {
                        newest = newest.max(at);
                    }
                }
                Step::Commit => {
                    stored.version += 1;
                    book.put(stored.clone());
                }
                Step::Take => taken.extend(book.take_dirty(1)),
                Step::Write { succeeds: true } => {
                    for learned in taken.drain(..) {
                        write(&mut stored, learned);
                    }
                    book.put(stored.clone());
                }
                Step::Write { succeeds: false } => book.mark_dirty_again(std::mem::take(&mut taken)),
                Step::Close => {
                    stored.version += 1;
                    stored.state = OrderState::Closed;
                    book.put(stored.clone());
                }
            }
            prop_assert!(book.dirty() <= usize::from(stored.state == OrderState::Placed));
        }
        for learned in book.take_dirty(9) {
            write(&mut stored, learned);
        }
        let order = known(&book);
        if stored.state == OrderState::Placed {
            prop_assert_eq!(order.fact.map(|fact| fact.at.0), Some(newest));
            let (here, there) = (order.fact.expect("placed"), stored.fact.expect("placed"));
            prop_assert!(here.says_the_same(&there), "{here:?} {there:?}");
            prop_assert_eq!(order.flag, stored.flag);
        } else {
            prop_assert_eq!(order, stored);
        }
    }
}
