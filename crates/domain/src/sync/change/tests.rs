use super::*;

pub(crate) fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("a rate")
}

pub(crate) fn offer(id: &str, cost: &str) -> Offer {
    Offer {
        id: id.into(),
        name: format!("Followers {id}"),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: rate(cost),
        min: 10,
        max: 1_000,
        refill: true,
        cancel: true,
        dripfeed: None,
    }
}

pub(crate) fn list(offers: impl IntoIterator<Item = Offer>) -> OfferList {
    OfferList {
        panel: "alpha".into(),
        currency: "USD".into(),
        offers: offers.into_iter().collect(),
        unreadable: Vec::new(),
    }
}

pub(crate) fn baseline(cost: &str) -> Baseline {
    Baseline::of(&offer("1", cost), &"USD".into(), Timestamp(1))
}

/// A panel's list, and what is kept of it, sync after sync.
struct Story {
    last: Option<OfferList>,
    baselines: Baselines,
    at: i64,
}

impl Story {
    fn sync(&mut self, list: OfferList) -> Vec<(&'static str, String)> {
        self.at += 1;
        let learned = learn(
            self.last.as_ref(),
            &list,
            &self.baselines,
            &Policy::default(),
            Timestamp(self.at),
        );
        self.baselines.extend(learned.baselines);
        self.last = Some(list);
        let changes = learned.changes.into_iter();
        changes
            .map(|change| (change.kind.word(), change.offer.to_string()))
            .collect()
    }

    fn basis(&self) -> Rate {
        self.baselines[&OfferId::from("1")].basis
    }
}

fn story() -> Story {
    Story {
        last: None,
        baselines: Baselines::new(),
        at: 0,
    }
}

#[test]
fn an_unchanged_list_changes_nothing() {
    let mut story = story();
    assert_eq!(
        story.sync(list([offer("1", "1"), offer("2", "1")])),
        [("appeared", "1".into()), ("appeared", "2".into())]
    );
    let again = learn(
        story.last.as_ref(),
        &list([offer("1", "1"), offer("2", "1")]),
        &story.baselines,
        &Policy::default(),
        Timestamp(9),
    );
    assert!(again.is_nothing());
}

#[test]
fn the_price_follows_the_cost_until_it_has_crept_too_far() {
    let mut story = story();
    for (cost, basis) in [
        ("1.00", "1.00"),
        ("1.10", "1.10"),
        ("1.19", "1.19"),
        // Each step is small; together they are not.
        ("1.21", "1.19"),
        ("1.30", "1.19"),
        ("1.05", "1.05"),
    ] {
        story.sync(list([offer("1", cost)]));
        assert_eq!(story.basis(), rate(basis), "{cost}");
    }
}

#[test]
fn what_vanishes_keeps_its_baseline_until_it_is_back() {
    let mut story = story();
    story.sync(list([offer("1", "1"), offer("2", "1")]));
    assert_eq!(
        story.sync(list([offer("2", "1")])),
        [("vanished", "1".into())]
    );
    assert_eq!(
        story.sync(list([offer("1", "5"), offer("2", "1")])),
        [("appeared", "1".into())]
    );
    assert_eq!(story.basis(), rate("1"));
}

#[test]
fn what_is_approved_is_the_next_baseline() {
    let mut story = story();
    story.sync(list([offer("1", "1"), offer("2", "1"), offer("3", "1")]));
    let newer = list([offer("1", "3"), offer("2", "3")]);
    story.sync(newer.clone());
    let policy = Policy::default();
    let approve = |baselines: &Baselines, offer: &'static str| {
        let wanted = |id: &OfferId| id.as_str() == offer;
        approve(&newer, baselines, &policy, wanted, Timestamp(9))
    };
    let learned = approve(&story.baselines, "1");
    assert_eq!(learned.changes.len(), 1);
    assert_eq!(learned.changes[0].text, "cost 1.00 → 3.00 (+200 %)");
    story.baselines.extend(learned.baselines);
    story
        .baselines
        .extend(approve(&story.baselines, "3").baselines);
    let rates = ["1", "2"].map(|id| story.baselines[&OfferId::from(id)].rate);
    assert_eq!(rates, [rate("3"), rate("1")]);
    assert_eq!(
        story.baselines[&OfferId::from("3")].gone,
        Some(Timestamp(9))
    );
    assert!(approve(&story.baselines, "1").is_nothing());
}

#[test]
fn every_change_has_its_line() {
    let mut story = story();
    story.sync(list([offer("1", "1")]));
    let changed = Offer {
        name: "Likes".into(),
        type_word: "Package".into(),
        max: 5,
        ..offer("1", "1.1")
    };
    let kinds: Vec<&str> = story
        .sync(list([changed]))
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, ["cost", "renamed", "retyped", "limits"]);
}
