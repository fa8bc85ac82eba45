//! `simulate-markup`: what the orders of the last days would have earned under another `markup.toml`.

use std::path::Path;

use panelgate_domain::exchange::Exchange;
use panelgate_domain::money::Money;
use panelgate_engine::{Bought, Compared, Earned, Outcome, simulate};

use super::archive;
use super::report::{self, configured};
use super::services::Market;
use crate::cli::SimulateMarkup;
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Cell, Listing};
use crate::store::{Missing, with_store};

/// Prices the orders again; both configurations have to be valid as a whole.
pub(crate) async fn run(path: &Path, args: SimulateMarkup) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let other = Config::load_with_markup(path, &args.file, Keys::Leave)?;
    if !other.warnings.is_empty() {
        output::note(&other.warnings.render(output::colours()));
    }
    let exchange = configured(&config);
    let outcomes = with_store(&config, Missing::Refuse, async |store| {
        let market = Market::load(&config, store).await?;
        let rules = Compared {
            catalogue: &market.catalogue,
            exchange: &exchange,
            live: &config.markup,
            other: &other.markup,
        };
        let since = clock::start_of_last(args.days, clock::now());
        archive::note_horizon(store, since).await?;
        let simulated = simulate(store, rules, since);
        Ok(output::busy("pricing the orders again", simulated).await?)
    })
    .await?;
    output::list(&listing(&outcomes, &exchange), args.form.form())?;
    for line in summary(&outcomes, &exchange) {
        output::note(&line);
    }
    Ok(())
}

fn listing(outcomes: &[(Bought, Outcome)], exchange: &Exchange) -> Listing {
    let rows = outcomes.iter().map(|(bought, outcome)| {
        let was = earned(bought, &outcome.was, exchange);
        let would_be = earned(bought, &outcome.would_be, exchange);
        vec![
            bought.service.0.into(),
            bought.customer.as_str().into(),
            output::count(outcome.orders),
            output::count(outcome.lost),
            output::count(outcome.unpriced),
            exchange.ours().as_str().into(),
            outcome.was.revenue.into(),
            outcome.would_be.revenue.into(),
            bought.currency.as_str().into(),
            outcome.was.cost.into(),
            outcome.would_be.cost.into(),
            was.profit.into(),
            would_be.profit.into(),
            change(was.profit, would_be.profit),
        ]
    });
    Listing::new(HEADINGS, rows)
}

const HEADINGS: &[&str] = &[
    "service",
    "customer",
    "orders",
    "lost",
    "unpriced",
    "currency",
    "revenue_was",
    "revenue",
    "cost_currency",
    "cost_was",
    "cost",
    "profit_was",
    "profit",
    "change",
];

fn earned(bought: &Bought, earned: &Earned, exchange: &Exchange) -> report::Earned {
    report::Earned::new(earned.revenue, earned.cost, &bought.currency, exchange)
}

fn change(was: Option<Money>, would_be: Option<Money>) -> Cell {
    let change = would_be.zip(was);
    change
        .and_then(|(would_be, was)| would_be.checked_sub(was))
        .into()
}

/// What the rows add up to, for people.
fn summary(outcomes: &[(Bought, Outcome)], exchange: &Exchange) -> Vec<String> {
    let ours = exchange.ours();
    let count = |of: fn(&Outcome) -> u64| outcomes.iter().map(|(_, one)| of(one)).sum::<u64>();
    let amount = |of: fn(&Outcome) -> Money| {
        let amounts = outcomes.iter().map(|(_, one)| of(one));
        add(amounts.map(Some)).map_or_else(|| UNKNOWN.to_owned(), |sum| sum.to_string())
    };
    let profit = |of: fn(&Outcome) -> &Earned| {
        let profits = outcomes
            .iter()
            .map(|(bought, one)| earned(bought, of(one), exchange).profit);
        add(profits).map_or_else(|| UNKNOWN.to_owned(), |sum| sum.to_string())
    };
    let mut lines = vec![format!(
        "{} orders: revenue {} {ours}, was {}; profit {}, was {}; {} lost to the guard",
        count(|one| one.orders),
        amount(|one| one.would_be.revenue),
        amount(|one| one.was.revenue),
        profit(|one| &one.would_be),
        profit(|one| &one.was),
        count(|one| one.lost),
    )];
    match count(|one| one.unpriced) {
        0 => {}
        unpriced => lines.push(format!(
            "{unpriced} of them could not be priced again, as their service is gone or its price too large: \
             they count as they were, with a revenue of {} {ours}",
            amount(|one| one.unpriced_revenue),
        )),
    }
    lines
}

const UNKNOWN: &str = "unknown";

/// `None` if one of them is unknown, or if they are too much to add.
fn add(mut amounts: impl Iterator<Item = Option<Money>>) -> Option<Money> {
    amounts.try_fold(Money::ZERO, |sum, amount| sum.checked_add(amount?))
}
