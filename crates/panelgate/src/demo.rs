//! `demo`: two simulated panels, the gateway, a funded customer, and lines to paste. Everything is real but the panels.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use panelgate_domain::catalogue::{Definitions, HandMade, Import, WantedRoute};
use panelgate_domain::customer::Customer;
use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{Currency, PanelName, ServiceId};
use panelgate_domain::markup::{Markup, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::overrides::Says;
use panelgate_domain::routing::Strategy;
use panelgate_simpanel::{SimClock, SimPanel, SimSettings};
use panelgate_store::model::{Booking, NewCustomer, OrderFilter};
use panelgate_store::{Store, StoreError};
use panelgate_upstream::PanelSettings;

use crate::cli::Demo;
use crate::clock;
use crate::commands::key;
use crate::output;
use crate::signals;
use crate::sockets::Handed;
use crate::wiring::{Gateway, GatewaySettings, MarketSettings};

/// Runs until Ctrl-C.
pub(crate) async fn run(args: Demo) -> anyhow::Result<()> {
    let stop = signals::stop()?;
    let scratch = tempfile::Builder::new()
        .prefix("panelgate-demo-")
        .tempdir()
        .context("no scratch folder")?;
    let folder = args.data.as_deref().unwrap_or(scratch.path());
    let first_upstream = (clock::now().0 - SIMULATED_SINCE) / 1000;
    let alpha = simulated("alpha", 1, first_upstream).await?;
    let beta = simulated("beta", 2, first_upstream).await?;
    let settings = settings(
        folder,
        args.listen,
        args.operator_listen,
        &[("alpha", &alpha), ("beta", &beta)],
    )?;
    let gateway = Gateway::start(settings, Handed::default()).await?;
    let customer = funded_customer(gateway.store.as_ref()).await?;
    let key = key::issue(gateway.store.as_ref(), customer.id, None).await?;
    let next = next_order(gateway.store.as_ref()).await?;
    output::say(&welcome(&gateway, &key, folder, next))?;
    stop.await;
    gateway.stop().await;
    alpha.stop().await;
    beta.stop().await;
    Ok(())
}

/// A panel whose orders take seconds instead of minutes. It forgets them when it ends but the store does not, so its ids go on
/// where no earlier run can have come: nobody orders more than once a second all the time.
async fn simulated(key: &str, seed: u64, first_order: i64) -> anyhow::Result<SimPanel> {
    let settings = SimSettings {
        key: key.to_owned(),
        seed,
        first_order,
        clock: SimClock::real(SPEED),
        ..SimSettings::default()
    };
    Ok(SimPanel::start(settings).await?)
}

fn settings(
    folder: &Path,
    listen: SocketAddr,
    operator_listen: SocketAddr,
    panels: &[(&str, &SimPanel)],
) -> anyhow::Result<GatewaySettings> {
    let currency = Currency::from("USD");
    Ok(GatewaySettings {
        store: folder.join("panelgate.db"),
        listen,
        operator_listen,
        stop_within: STOP_WITHIN,
        edge: panelgate_edge::Settings::default(),
        engine: panelgate_engine::Settings {
            fresh_for: FRESH_FOR,
            look_at_least_every: LOOK_AT_LEAST_EVERY,
            ..panelgate_engine::Settings::new(currency.clone())
        },
        market: market(currency),
        panels: panels
            .iter()
            .map(|(name, panel)| panel_settings(name, panel))
            .collect::<anyhow::Result<_>>()?,
    })
}

/// One service with two routes, and alpha's whole list; 20 % on top of everything.
fn market(currency: Currency) -> MarketSettings {
    let default = Terms::percent(20.into());
    let route = |panel: &str| WantedRoute {
        panel: panel.into(),
        offer: "1".into(),
        weight: 1,
    };
    let followers = HandMade {
        id: FOLLOWERS,
        name: "Followers".to_owned(),
        category: "Demo".to_owned(),
        says: Says::default(),
        strategy: Strategy::Priority,
        avoid: None,
        routes: vec![route("alpha"), route("beta")],
    };
    let alpha = Import::whole("alpha".into());
    MarketSettings {
        markup: Markup {
            default,
            rules: Vec::new(),
        },
        definitions: Definitions {
            imports: vec![alpha],
            hand_made: vec![followers],
            ..Definitions::default()
        },
        exchange: Exchange::new(currency, BTreeMap::new()),
        text: *b"panelgate demo, its first rules.",
    }
}

fn panel_settings(name: &str, panel: &SimPanel) -> anyhow::Result<PanelSettings> {
    Ok(PanelSettings {
        requests_per_second: NonZeroU32::new(20).expect("20 is not 0"),
        timeout: Duration::from_secs(5),
        late_answer: Duration::from_secs(30),
        allow_private: true,
        fresh_for: FRESH_FOR,
        look_at_least_every: LOOK_AT_LEAST_EVERY,
        ..PanelSettings::new(
            PanelName::from(name),
            panel.url().parse()?,
            name.to_owned().into(),
            Currency::from("USD"),
        )
    })
}

/// The demo's customer; one that is there from an earlier run keeps what it has.
async fn funded_customer(store: &dyn Store) -> anyhow::Result<Customer> {
    let new = NewCustomer {
        name: CUSTOMER.to_owned(),
        group: None,
        credit_limit: Money::ZERO,
        at: clock::now(),
    };
    let customer = match store.add_customer(new).await {
        Ok(customer) => customer,
        Err(StoreError::Exists { .. }) => store.customer_named(CUSTOMER).await?.customer,
        Err(error) => return Err(error.into()),
    };
    let booking = Booking {
        customer: customer.id,
        amount: Money::from_micros(100_000_000),
        reference: "demo".to_owned(),
        note: Some("to play with".to_owned()),
        actor: "demo".to_owned(),
        at: clock::now(),
    };
    store.top_up(booking).await?;
    Ok(customer)
}

/// The id that the next order gets.
async fn next_order(store: &dyn Store) -> anyhow::Result<i64> {
    let newest = OrderFilter {
        limit: 1,
        ..OrderFilter::default()
    };
    let newest = store.list_orders(newest).await?;
    Ok(newest.first().map_or(0, |order| order.id.0) + 1)
}

/// What to paste; `first` is the id of the first order.
fn welcome(gateway: &Gateway, key: &str, folder: &Path, first: i64) -> String {
    let (second, third) = (first + 1, first + 2);
    let url = format!("http://{}/api/v2", gateway.address());
    let operators = format!("http://{}", gateway.operator_address());
    let call =
        |comment: &str, form: &str| format!("# {comment}\ncurl -s {url} -d key={key} {form}");
    let order = |comment: &str, link: &str| {
        let form = format!(
            "-d action=add -d service={FOLLOWERS} -d quantity=100 -d link=https://example.com/{link}"
        );
        call(comment, &form)
    };
    let lines = [
        call(
            "the price list, and what the demo's customer can spend",
            "-d action=services | head -c 300; echo",
        ),
        call("what there is to spend", "-d action=balance"),
        order(
            "an order: Pending, In progress, Completed within ten seconds",
            "post",
        ),
        call(
            "how it is doing",
            &format!("-d action=status -d order={first}"),
        ),
        order(
            "one that ends Partial: 30 % of its price comes back",
            "partial",
        ),
        order("one that stays Pending long enough to cancel it", "slow"),
        call(
            "ask the panel to cancel it; the money is back when the panel says Canceled",
            &format!("-d action=cancel -d orders={third}"),
        ),
        call(
            "all three, and the balance",
            &format!("-d action=status -d orders={first},{second},{third}"),
        ),
        call("what is left", "-d action=balance"),
        format!("# what Prometheus sees\ncurl -s {operators}/metrics | grep ^panelgate_orders"),
    ];
    format!(
        "panelgate demo: two simulated panels, one gateway, store in {}\n\
         URL        {url}\nkey        {key}\noperators  {operators}\n\n{}\n\nCtrl-C ends it.",
        folder.display(),
        lines.join("\n")
    )
}

/// Short, so that a demo shows something.
const FRESH_FOR: Duration = Duration::from_secs(1);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(10);
/// Its panels take no longer.
const STOP_WITHIN: Duration = Duration::from_secs(5);
const CUSTOMER: &str = "demo";
const FOLLOWERS: ServiceId = ServiceId(1);

/// 2026-01-01, in milliseconds.
const SIMULATED_SINCE: i64 = 1_767_225_600_000;

/// Orders of the simulated panels live for 35 to 105 seconds of their own time.
const SPEED: f64 = 15.0;
