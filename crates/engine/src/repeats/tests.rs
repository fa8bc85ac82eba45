use panelgate_domain::action::Add;
use panelgate_domain::fault::Effect;

use super::*;
use crate::Cx;
use crate::clock::Clock;
use crate::scene::{Hands, Scene};

/// An `add` that became order 7, and whose answer nobody heard.
fn lost(core: &Arc<Core>) -> Same {
    let same = [1, 2];
    let (hearing, tell) = Repeats::begin(core, same, None);
    tell.send_replace(Outcome::Opened(OrderId(7)));
    drop(hearing);
    same
}

fn order(taken: Option<(Hearing, watch::Receiver<Outcome>)>) -> Option<(Hearing, Outcome)> {
    taken.map(|(hearing, outcome)| (hearing, *outcome.borrow()))
}

fn wait(now: &Hands, by: Duration) {
    now.advance(by);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_until_it_is_heard() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    let same = lost(core);
    for _ in 0..3 {
        let (hearing, outcome) = order(Repeats::take_up(core, same, None)).expect("lost");
        assert_eq!(outcome, Outcome::Opened(OrderId(7)));
        // While somebody may hear it, the same again is another order.
        assert!(Repeats::take_up(core, same, None).is_none());
        drop(hearing);
        wait(&scene.now, Duration::from_secs(119));
    }
    let (hearing, _) = order(Repeats::take_up(core, same, None)).expect("lost");
    hearing.heard();
    assert!(Repeats::take_up(core, same, None).is_none());
    assert!(core.repeats.adds.is_empty());
}

#[tokio::test]
async fn what_was_lost_long_ago_is_nobodys_repeat() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    let same = lost(core);
    wait(&scene.now, LOST_FOR + Duration::from_millis(1));
    assert!(Repeats::take_up(core, same, None).is_none());
    // The next loss clears it away.
    let other = [3, 4];
    drop(Repeats::begin(core, other, None));
    assert!(!core.repeats.adds.contains_key(&same));
    assert!(core.repeats.adds.contains_key(&other));
}

#[tokio::test]
async fn what_was_refused_is_tried_anew() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    let same = [1, 2];
    let (hearing, tell) = Repeats::begin(core, same, None);
    tell.send_replace(Outcome::Nothing);
    drop(hearing);
    assert!(Repeats::take_up(core, same, None).is_none());
}

#[tokio::test]
async fn no_more_is_remembered_than_there_is_room_for() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    for n in 0..u64::try_from(MOST).expect("small") + 5 {
        core.repeats.load([n, 0], OrderId(1), scene.now.now());
    }
    assert_eq!(core.repeats.adds.len(), MOST);
    assert!(Repeats::take_up(core, [4, 0], None).is_none());
    assert!(Repeats::take_up(core, [5, 0], None).is_some());
}

struct Client(std::sync::atomic::AtomicBool);

impl Asker for Client {
    fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn who_has_gone_need_not_be_answered_first() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    let same = [1, 2];
    let client = Arc::new(Client(false.into()));
    let asker: Arc<dyn Asker> = client.clone();
    let (first, tell) = Repeats::begin(core, same, Some(Arc::downgrade(&asker)));
    assert!(Repeats::take_up(core, same, None).is_none());
    client.0.store(true, Ordering::Relaxed);
    let (second, mut outcome) = Repeats::take_up(core, same, None).expect("nobody waits for it");
    tell.send_replace(Outcome::Opened(OrderId(7)));
    assert_eq!(*outcome.borrow_and_update(), Outcome::Opened(OrderId(7)));
    // The first answer has nothing to say any more, whatever becomes of it.
    drop(first);
    assert!(Repeats::take_up(core, same, None).is_none());
    second.heard();
    assert!(core.repeats.adds.is_empty());
}

#[tokio::test]
async fn what_is_on_its_way_at_the_end_is_lost() {
    let scene = Scene::with_orders(0).await;
    let core = &scene.engine().0;
    let (_hearing, tell) = Repeats::begin(core, [1, 2], None);
    assert_eq!(core.repeats.lost_lately(core.now()), []);
    tell.send_replace(Outcome::Opened(OrderId(7)));
    let lost = core.repeats.lost_lately(core.now());
    assert_eq!(lost, [(OrderId(7), core.now())]);
}

/// What it became could not be handed on any more.
#[tokio::test]
async fn nothing_is_ordered_after_the_end() {
    let scene = Scene::with_orders(1).await;
    let customer = scene.store.customer(scene.ann).await.expect("read");
    let cx = Cx {
        customer: Arc::new(customer),
    };
    scene.engine().stop().await;
    let answer = scene.engine().add(&cx, Add::default(), None).await;
    let fault = answer.expect_err("too late");
    assert_eq!(fault.effect, Effect::Unknown, "{fault:?}");
}
