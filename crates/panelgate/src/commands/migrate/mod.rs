//! `migrate`: another panel's customers move here, with what is theirs.
//!
//! [`customers`], [`keys`], [`services`] and [`orders`] read a file each, [`sheet`] is what they have in common, [`findings`] has all
//! that is wrong. What is here already is the store's to compare with; it moves everything in one transaction.

mod customers;
mod findings;
mod keys;
mod orders;
mod services;
mod sheet;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use panelgate_domain::ids::PanelName;
use panelgate_store::model::{Clash, Item, Moved, Moving, Tally};
use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Moves, Store};

use self::findings::Findings;
use self::sheet::Rows;
use super::alone::is_missing;
use crate::cli::Migrate;
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Cell, Form, Listing};
use crate::store::{Missing, with_store, with_store_to_itself};

/// Checks the files, says what would move, and moves it if that is wanted.
pub(crate) async fn run(path: &Path, args: Migrate) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let mut found = Findings::default();
    let files = Files::read(&config, &args, &mut found)?;
    let unsold = files.unsold_panels(&config);
    let (moving, places) = files.split();
    let moved = if args.yes && found.is_empty() {
        output::busy("moving everything in", move_in(&config, moving)).await?
    } else {
        output::busy("looking at what moves", plan(&config, moving)).await?
    };
    for clash in &moved.clashes {
        places.tell(clash, &mut found);
    }
    if !found.is_empty() {
        return Err(anyhow!("nothing is moved:\n{found}"));
    }
    output::list(&listing(&config, &moved), Form::Text)?;
    for panel in unsold {
        output::note(&format!(
            "services.toml imports nothing from {panel}: its services keep their ids, and are sold once it does"
        ));
    }
    output::note(&format!("orders go on at {}", moved.next_order));
    if !args.yes {
        output::note("nothing is written: with --yes all of that moves");
    }
    Ok(())
}

/// What is wanted, as it is read.
struct Files {
    customers: Rows<customers::Customer>,
    keys: Rows<keys::Key>,
    services: Rows<services::Service>,
    orders: Rows<orders::Order>,
}

/// Where it is in the files.
struct Places([findings::Places; 4]);

impl Files {
    fn read(config: &Config, args: &Migrate, found: &mut Findings) -> anyhow::Result<Self> {
        Ok(Self {
            customers: customers::read(args.customers.as_deref(), found)?,
            keys: keys::read(args.keys.as_deref(), found)?,
            services: services::read(args.services.as_deref(), config, found)?,
            orders: orders::read(args.orders.as_deref(), config, found)?,
        })
    }

    /// Panels whose services move, and of which nothing is imported.
    fn unsold_panels(&self, config: &Config) -> BTreeSet<PanelName> {
        let imports = &config.definitions.imports;
        let panels = self.services.items.iter().map(|service| &service.panel);
        let unsold = panels.filter(|panel| !imports.iter().any(|import| import.panel == **panel));
        unsold.cloned().collect()
    }

    fn split(self) -> (Arc<Moving>, Places) {
        let moving = Moving {
            customers: self.customers.items,
            keys: self.keys.items,
            services: self.services.items,
            orders: self.orders.items,
            actor: super::actor(),
            at: clock::now(),
        };
        let places = [
            self.customers.places,
            self.keys.places,
            self.services.places,
            self.orders.places,
        ];
        (Arc::new(moving), Places(places))
    }
}

impl Places {
    fn tell(&self, clash: &Clash, found: &mut Findings) {
        let [customers, keys, services, orders] = &self.0;
        let (places, at) = match clash.what {
            Item::Customer(at) => (customers, at),
            Item::Key(at) => (keys, at),
            Item::Service(at) => (services, at),
            Item::Order(at) => (orders, at),
        };
        found.add(places.of(at), clash.field, clash.why.clone());
    }
}

/// Nobody else may use the store: a server has orders, ids and customers in its memory.
async fn move_in(config: &Config, moving: Arc<Moving>) -> anyhow::Result<Moved> {
    with_store_to_itself(config, Missing::Create, async |store| {
        Ok(store.move_in(moving).await?)
    })
    .await
}

async fn plan(config: &Config, moving: Arc<Moving>) -> anyhow::Result<Moved> {
    let planned = with_store(config, Missing::Refuse, async |store| {
        Ok(store.plan_move(Arc::clone(&moving)).await?)
    });
    match planned.await {
        Err(error) if is_missing(&error) => plan_from_nothing(config, moving).await,
        planned => planned,
    }
}

/// There is no store yet, and it is not made for a look at it.
async fn plan_from_nothing(config: &Config, moving: Arc<Moving>) -> anyhow::Result<Moved> {
    let folder = tempfile::tempdir()?;
    let options = Options {
        create: true,
        ..Options::default()
    };
    let store = SqliteStore::open(&folder.path().join("empty.db"), Role::Beside, options)?;
    store.fix_currency(&config.money.currency).await?;
    let planned = store.plan_move(moving).await;
    store.close().await;
    Ok(planned?)
}

fn listing(config: &Config, moved: &Moved) -> Listing {
    let ours = config.money.currency.as_str();
    let counted = |what: &'static str, tally: Tally, adds_up_to: &'static str| {
        let money = !adds_up_to.is_empty();
        vec![
            what.into(),
            output::count(tally.new),
            output::count(tally.before),
            adds_up_to.into(),
            money.then(|| tally.sum.to_string()).into(),
            money.then(|| ours.to_owned()).into(),
        ]
    };
    let mut rows = vec![
        counted("customers", moved.customers, "opening balances"),
        counted("keys", moved.keys, ""),
        counted("services", moved.services, ""),
        counted("closed orders", moved.closed, "charged before"),
        counted("live orders", moved.live, "held"),
    ];
    for (currency, cost) in &moved.costs {
        let cells = [
            "live orders".into(),
            Cell::Empty,
            Cell::Empty,
            "paid to panels".into(),
            cost.to_string().into(),
            currency.as_str().into(),
        ];
        rows.push(cells.into());
    }
    Listing::new(&["what", "new", "here", "money", "sum", "currency"], rows)
}
