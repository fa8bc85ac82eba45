use std::time::Duration;

use panelgate_domain::catalogue::{HandMade, Import};
use panelgate_domain::offer::Offer;
use panelgate_domain::overrides::Says;
use panelgate_domain::rate::Rate;
use panelgate_domain::routing::Strategy;
use panelgate_upstream::PanelSettings;

use super::*;
use crate::scene::{Scene, panel, rules, unreachable};

fn list(panel: PanelName, currency: &str) -> OfferList {
    let offer = Offer {
        id: "1".into(),
        name: "Followers".into(),
        category: "Instagram".into(),
        type_word: "Default".into(),
        rate: Rate::parse("0.9").expect("a rate"),
        min: 10,
        max: 1_000,
        refill: true,
        cancel: true,
        dripfeed: None,
    };
    OfferList {
        panel,
        currency: currency.into(),
        offers: vec![offer],
        unreadable: Vec::new(),
    }
}

#[tokio::test]
async fn a_list_that_comes_after_its_panel_has_gone_is_dropped() {
    let scene = Scene::with_orders(1).await;
    let gone = PanelName::from("gone");
    let taken = scene
        .core()
        .take_over_list(&gone, list(gone.clone(), "USD"));
    assert!(matches!(taken.await, Err(SyncError::UnknownPanel(_))));
    assert!(scene.core().lists.lock().is_empty());
    assert_eq!(scene.store.offers().await.expect("read"), []);
}

#[tokio::test]
async fn a_list_that_was_on_its_way_while_its_currency_changed_is_in_the_new_one() {
    let scene = Scene::with_orders(1).await;
    let core = scene.core();
    let taken = core.take_over_list(&panel(), list(panel(), "INR")).await;
    assert!(taken.expect("kept"));
    assert_eq!(core.lists.lock()[&panel()].currency, "USD".into());
    let baselines = scene.store.baselines().await.expect("read");
    assert_eq!(baselines[&panel()][&"1".into()].currency, "USD".into());
}

/// A reload reads lists and baselines from the store and puts them into memory: what is approved between the two would be lost.
#[tokio::test]
async fn nothing_is_approved_while_a_reload_reads_what_was() {
    let scene = Scene::with_orders(1).await;
    let under_way = scene.core().syncing.lock().await;
    let mut reload = Box::pin(scene.engine().reload(rules(), vec![unreachable()]));
    let waits = tokio::time::timeout(Duration::from_millis(200), &mut reload).await;
    assert!(waits.is_err());
    drop(under_way);
    reload.await.expect("reloaded");
}

/// Its list is months old when it comes back, and what it costs now is not asked for before the pause of that task is over.
#[tokio::test]
async fn a_panel_that_has_gone_is_followed_anew_when_it_comes_back() {
    let scene = Scene::with_orders(1).await;
    let beta = PanelName::from("beta");
    let both = || {
        let beta = PanelSettings {
            name: beta.clone(),
            ..unreachable()
        };
        vec![unreachable(), beta]
    };
    let reload = async |panels| scene.engine().reload(rules(), panels).await.expect("taken");
    reload(both()).await;
    assert!(scene.core().followed.contains_key(&beta));
    reload(vec![unreachable()]).await;
    assert!(!scene.core().followed.contains_key(&beta));
    reload(both()).await;
    assert!(scene.core().followed.contains_key(&beta));
}

/// Its last list is another panel's.
#[tokio::test]
async fn a_panel_that_has_moved_is_followed_anew() {
    let scene = Scene::with_orders(1).await;
    let beta = |host: &str| PanelSettings {
        name: "beta".into(),
        url: url::Url::parse(&format!("http://{host}:9/")).expect("a URL"),
        ..unreachable()
    };
    let followed = async |beta: PanelSettings| {
        let panels = vec![unreachable(), beta];
        scene.engine().reload(rules(), panels).await.expect("taken");
        scene
            .core()
            .followed
            .get(&"beta".into())
            .expect("followed")
            .clone()
    };
    let first = followed(beta("127.0.0.1")).await;
    let same = followed(beta("127.0.0.1")).await;
    assert!(!first.is_cancelled() && !same.is_cancelled());
    let moved = followed(beta("127.0.0.2")).await;
    assert!(first.is_cancelled() && !moved.is_cancelled());
}

/// The list is known then, but nobody sells by it.
#[tokio::test]
async fn a_market_that_could_not_be_built_is_built_by_the_next_sync() {
    let scene = Scene::with_orders(1).await;
    let core = scene.core();
    let key: ImportKey = (panel(), "1".into());
    let ids = scene.store.assign_services(vec![key.clone()], Vec::new());
    let id = ids.await.expect("assigned")[&key];
    let mut wanted = rules();
    wanted.definitions.imports = vec![Import::whole(panel())];
    let mut wrong = wanted.clone();
    wrong.definitions.hand_made = vec![HandMade {
        id,
        name: "Followers".into(),
        category: "Instagram".into(),
        says: Says::default(),
        strategy: Strategy::Priority,
        avoid: None,
        routes: Vec::new(),
    }];
    let empty = |rules| Arc::new(Market::new(Arc::new(rules), Catalogue::default()));
    core.market.store(empty(wrong));
    let failed = core.take_over_list(&panel(), list(panel(), "USD")).await;
    assert!(matches!(failed, Err(SyncError::IdTaken { .. })));

    core.market.store(empty(wanted));
    let taken = core.take_over_list(&panel(), list(panel(), "USD")).await;
    assert!(!taken.expect("the same list"));
    assert!(core.market.load().catalogue.service(id).is_some());
}
