//! A seeded workload of families, right steps and wrong ones, against arithmetic so naive that it fits on a page.

use panelgate_domain::family::Share;
use panelgate_domain::ids::OrderId;
use panelgate_domain::money::Money;
use panelgate_domain::settlement::Verdict;
use panelgate_domain::status::{Fact, StatusWord};

use super::kin::{drip_feed, subscription};
use super::workload::Dice;
use super::world::fact;
use super::{World, decision};

/// A parent, as naive as can be.
struct Parent {
    id: OrderId,
    share: Share,
    left: i64,
    lives: bool,
}

struct Child {
    id: OrderId,
    parent: usize,
    units: i64,
    sized: bool,
    lives: bool,
    kept: i64,
    by_fact: bool,
}

/// What the books should say, in micros.
struct Naive {
    dice: Dice,
    clock: i64,
    available: i64,
    held: i64,
    parents: Vec<Parent>,
    children: Vec<Child>,
}

pub(crate) async fn families_agree_with_naive_arithmetic(world: World) {
    let world = world.funded().await;
    let mut naive = Naive {
        dice: Dice(0x9e37_79b9_7f4a_7c15),
        clock: 100,
        available: 100_000_000,
        held: 0,
        parents: Vec::new(),
        children: Vec::new(),
    };
    for step in 0..STEPS {
        naive.step(&world, step).await;
        let known = world.store.known_account(world.ann);
        let account = world.store.account(world.ann).await.expect("read");
        assert!(
            known.is_none_or(|known| known == account),
            "{known:?} is not {account:?}"
        );
        let found = (account.available.micros(), account.held.micros());
        assert_eq!(found, (naive.available, naive.held), "step {step}");
        if step % 25 == 0 {
            assert_eq!(world.store.verify().await.expect("verified"), []);
        }
    }
    assert_eq!(world.store.verify().await.expect("verified"), []);
    let short = naive.parents.iter().filter(|parent| parent.left == 0);
    let closed = naive.parents.iter().filter(|parent| !parent.lives);
    let found = (short.count(), closed.count());
    assert!(found.0 > 5 && found.1 > 10, "used up and ended: {found:?}");
}

impl Naive {
    async fn step(&mut self, world: &World, step: u64) {
        self.clock += 1;
        if step.is_multiple_of(40) {
            return self.open(world, step).await;
        }
        let parent = self.pick(self.parents.len());
        let child = self.pick(self.children.len());
        match self.dice.below(12) {
            0..=2 => self.adopt(world, parent, step).await,
            3..=4 if !self.children.is_empty() => self.size(world, child).await,
            5..=7 if !self.children.is_empty() => self.close(world, child).await,
            8 if !self.children.is_empty() => self.by_hand(world, child).await,
            9 if !self.children.is_empty() => self.later(world, child).await,
            10 if self.dice.below(3) == 0 => self.end(world, parent).await,
            _ => {}
        }
    }

    fn pick(&mut self, among: usize) -> usize {
        let among = u64::try_from(among.max(1)).expect("small");
        usize::try_from(self.dice.below(among)).expect("small")
    }

    fn micros(&mut self, most: i64) -> i64 {
        let bound = u64::try_from(most + 1).expect("not negative");
        i64::try_from(self.dice.below(bound)).expect("below")
    }

    async fn open(&mut self, world: &World, step: u64) {
        let name = format!("s{step}");
        let share = [Share::Post, Share::EqualPost, Share::Run][self.pick(3)];
        let new = match share {
            Share::Run => drip_feed(world, 2, RATE),
            Share::Post | Share::EqualPost => subscription(world, 2, RATE),
        };
        let id = world.parent(new, share, &name).await;
        let left = price(200);
        self.available -= left;
        self.held += left;
        self.parents.push(Parent {
            id,
            share,
            left,
            lives: true,
        });
    }

    async fn adopt(&mut self, world: &World, parent: usize, step: u64) {
        let (id, lives) = (self.parents[parent].id, self.parents[parent].lives);
        let spawned = world.spawned(id, &[&format!("c{step}")]).await;
        assert_eq!(spawned.len(), usize::from(lives));
        self.children.extend(spawned.into_iter().map(|id| Child {
            id,
            parent,
            units: 100,
            sized: false,
            lives: true,
            kept: 0,
            by_fact: false,
        }));
    }

    async fn size(&mut self, world: &World, child: usize) {
        let units = 50 + self.micros(50);
        let quantity = u64::try_from(units).expect("positive");
        let is_run = self.share(child) == Share::Run;
        let child = &mut self.children[child];
        world.size(child.id, quantity).await;
        if child.lives && !child.sized && !is_run {
            (child.units, child.sized) = (units, true);
        }
    }

    fn share(&self, child: usize) -> Share {
        self.parents[self.children[child].parent].share
    }

    fn price(&self, child: usize) -> i64 {
        match self.share(child) {
            Share::Post => price(self.children[child].units),
            Share::EqualPost => price(100),
            Share::Run => 0,
        }
    }

    /// What the formula takes; `None` while it cannot decide.
    fn formula(&self, child: usize, word: StatusWord, remains: i64) -> Option<i64> {
        let (units, is_sized) = (self.children[child].units, self.children[child].sized);
        let price = self.price(child);
        match (self.share(child), word) {
            (Share::Run, _) | (_, StatusWord::Canceled) => Some(0),
            (Share::EqualPost, StatusWord::Completed) => Some(price),
            _ if !is_sized => None,
            (_, StatusWord::Completed) => Some(price),
            _ => Some(price - price * remains.min(units) / units),
        }
    }

    async fn close(&mut self, world: &World, child: usize) {
        let words = [
            StatusWord::Completed,
            StatusWord::Completed,
            StatusWord::Partial,
            StatusWord::Canceled,
        ];
        let (word, remains) = (words[self.pick(4)], self.micros(110));
        let fact = fact(word, Some(remains), self.clock);
        let id = self.children[child].id;
        let Some(taken) = self.formula(child, word, remains) else {
            let verdict = world.order(id).await.basis().settle(&fact);
            assert!(matches!(verdict, Verdict::Undecided(_)), "{verdict:?}");
            return;
        };
        let closed = world.close(id, fact).await;
        assert_eq!(closed.is_ok(), self.children[child].lives, "{closed:?}");
        if closed.is_ok() {
            let taken = taken.min(self.parents[self.children[child].parent].left);
            self.take(child, taken);
            self.children[child].by_fact = true;
        }
    }

    fn take(&mut self, child: usize, taken: i64) {
        self.held -= taken;
        let child = &mut self.children[child];
        self.parents[child.parent].left -= taken;
        (child.lives, child.kept) = (false, taken);
    }

    async fn by_hand(&mut self, world: &World, child: usize) {
        let lives = self.children[child].lives;
        let left = self.parents[self.children[child].parent].left;
        let most = match lives {
            true => self.price(child).min(left),
            false => self.children[child].kept,
        };
        // Sometimes more than there is.
        let refund = self.micros(most + most / 4 + 1);
        let id = self.children[child].id;
        let settled = world
            .store
            .settle_by_hand(decision(id), Money::from_micros(refund))
            .await;
        assert_eq!(settled.is_ok(), refund <= most, "{settled:?}");
        match settled {
            Ok(_) if lives => self.take(child, most - refund),
            Ok(_) => {
                self.available += refund;
                self.children[child].kept -= refund;
            }
            Err(_) => {}
        }
    }

    async fn later(&mut self, world: &World, child: usize) {
        let remains = self.micros(100);
        let word = [StatusWord::Partial, StatusWord::Canceled][self.pick(2)];
        let Some(kept) = self.formula(child, word, remains) else {
            return;
        };
        let fact = fact(word, Some(remains), self.clock);
        let (id, before) = (self.children[child].id, self.children[child].kept);
        let Verdict::Settle(settlement) = world.order(id).await.basis().settle(&fact) else {
            panic!("{fact:?} ends nothing")
        };
        let paid = world.store.settle_later(id, fact, settlement).await;
        assert_eq!(
            paid.is_ok(),
            self.children[child].by_fact && kept < before,
            "{paid:?}"
        );
        if paid.is_ok() {
            self.available += before - kept;
            self.children[child].kept = kept;
        }
    }

    async fn end(&mut self, world: &World, parent: usize) {
        let of_it = |child: &&Child| child.parent == parent;
        let live = self.children.iter().filter(of_it).filter(|c| c.lives);
        let live = live.count();
        let (id, share) = (self.parents[parent].id, self.parents[parent].share);
        let by_hand = self.dice.below(2) == 0;
        let ended = match share {
            Share::Run => {
                let done = fact(StatusWord::Completed, Some(0), self.clock);
                world.close(id, done).await.map(drop)
            }
            _ if !self.parents[parent].lives => return,
            _ if by_hand => {
                let all = Money::from_micros(self.parents[parent].left);
                let settled = world.store.settle_by_hand(decision(id), all).await;
                settled.map(drop)
            }
            _ => {
                let ended = Fact {
                    runs: Some(0),
                    ..fact(StatusWord::Canceled, None, self.clock)
                };
                world.store.close_parent(id, ended).await.map(drop)
            }
        };
        let may = self.parents[parent].lives && (share == Share::Run || live == 0);
        assert_eq!(ended.is_ok(), may, "{ended:?}");
        if may {
            let left = self.parents[parent].left;
            self.held -= left;
            if share != Share::Run {
                self.available += left;
            }
            self.parents[parent].lives = false;
        }
    }
}

/// 33.3 micros a unit, rounded up.
fn price(units: i64) -> i64 {
    (units * 333 + 9) / 10
}

const RATE: &str = "0.0333";

const STEPS: u64 = 2_000;
