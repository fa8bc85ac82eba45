//! `report …`: what was earned, as the ledger has it. How the panels see it is [`reconcile`].

use std::path::Path;

use panelgate_domain::exchange::Exchange;
use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::{Money, Rounding};
use panelgate_store::reports::{Group, Grouping, Profit};
use rust_decimal::Decimal;

use super::reconcile;
use crate::cli::{By, Report, ReportProfit};
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Cell, Listing};
use crate::store::{Missing, with_store};

/// Does what the command says.
pub(crate) async fn run(path: &Path, command: Report) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    match command {
        Report::Profit(args) => profit(&config, args).await,
        Report::Drift(args) => reconcile::drift(&config, args).await,
        Report::Charges(args) => reconcile::charges(&config, args).await,
    }
}

async fn profit(config: &Config, args: ReportProfit) -> anyhow::Result<()> {
    let profits = with_store(config, Missing::Refuse, async |store| {
        let since = args
            .days
            .map(|days| clock::start_of_last(days, clock::now()));
        let profit = store.profit(grouping(&args.by), since);
        Ok(output::busy("adding up the ledger", profit).await?)
    })
    .await?;
    output::list(
        &listing(&args, &profits, &configured(config)),
        args.form.form(),
    )?;
    Ok(())
}

/// All configured exchange rates. Old ones too: what was earned is to be known even where nothing is sold any more.
pub(super) fn configured(config: &Config) -> Exchange {
    Exchange::new(config.money.currency.clone(), config.money.rates.clone())
}

fn grouping(by: &[By]) -> Grouping {
    Grouping {
        day: by.contains(&By::Day),
        panel: by.contains(&By::Panel),
        service: by.contains(&By::Service),
        customer: by.contains(&By::Customer),
    }
}

/// Groups stand in the order in which they were asked for, and rows are sorted by them.
fn listing(args: &ReportProfit, profits: &[Profit], exchange: &Exchange) -> Listing {
    let mut by: Vec<By> = Vec::new();
    for group in &args.by {
        if !by.contains(group) {
            by.push(*group);
        }
    }
    let mut profits: Vec<&Profit> = profits.iter().collect();
    profits.sort_by(|one, other| {
        let compared = by.iter().map(|by| compare(*by, &one.group, &other.group));
        compared.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let headings: Vec<_> = by.iter().map(|by| heading(*by)).chain(FIGURES).collect();
    let rows = profits.into_iter().map(|profit| {
        let groups = by.iter().map(|by| cell(*by, &profit.group));
        groups.chain(figures(profit, exchange)).collect()
    });
    Listing::new(&headings, rows)
}

fn heading(by: By) -> &'static str {
    match by {
        By::Day => "day",
        By::Panel => "panel",
        By::Service => "service",
        By::Customer => "customer",
    }
}

fn compare(by: By, one: &Group, other: &Group) -> std::cmp::Ordering {
    match by {
        By::Day => one.day.cmp(&other.day),
        By::Panel => one.panel.cmp(&other.panel),
        By::Service => one.service.cmp(&other.service),
        By::Customer => one.customer.cmp(&other.customer),
    }
}

fn cell(by: By, group: &Group) -> Cell {
    match by {
        By::Day => group.day.map(clock::date).into(),
        By::Panel => group.panel.as_ref().map(PanelName::as_str).into(),
        By::Service => group.service.map(|service| service.0).into(),
        By::Customer => group.customer.as_deref().into(),
    }
}

const FIGURES: [&str; 9] = [
    "orders",
    "currency",
    "revenue",
    "held",
    "cost_currency",
    "cost",
    "cost_converted",
    "profit",
    "margin_percent",
];

fn figures(profit: &Profit, exchange: &Exchange) -> [Cell; 9] {
    let earned = Earned::new(
        profit.revenue,
        profit.cost,
        &profit.group.currency,
        exchange,
    );
    [
        output::count(profit.orders),
        exchange.ours().as_str().into(),
        profit.revenue.into(),
        profit.held.into(),
        profit.group.currency.as_str().into(),
        profit.cost.into(),
        earned.cost.into(),
        earned.profit.into(),
        earned.margin_percent.into(),
    ]
}

/// What is left of revenue, in our currency, as far as it can be known.
pub(super) struct Earned {
    /// The cost, rounded up.
    pub(super) cost: Option<Money>,
    /// Revenue − cost.
    pub(super) profit: Option<Money>,
    /// The profit in percent of the cost, if there is one, to two decimals.
    pub(super) margin_percent: Option<String>,
}

impl Earned {
    /// Of what was taken in our currency and what was paid in another.
    pub(super) fn new(
        revenue: Money,
        cost: Money,
        currency: &Currency,
        exchange: &Exchange,
    ) -> Self {
        let cost = exchange
            .to_ours(cost.to_decimal(), currency)
            .and_then(|cost| Money::from_decimal(cost, Rounding::Up));
        let profit = cost.and_then(|cost| revenue.checked_sub(cost));
        let margin_percent =
            cost.and_then(|cost| Self::percent(revenue.to_decimal(), cost.to_decimal()));
        Self {
            cost,
            profit,
            margin_percent,
        }
    }

    /// What is left of a price in percent of the cost.
    pub(super) fn percent(price: Decimal, cost: Decimal) -> Option<String> {
        let left = price.checked_sub(cost)?.checked_mul(Decimal::ONE_HUNDRED)?;
        let percent = left.checked_div(cost)?;
        Some(format!("{:.2}", percent.round_dp(2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(rate: Option<Decimal>) -> Exchange {
        let rates = rate.map(|rate| (Currency::from("EUR"), rate)).into_iter();
        Exchange::new("USD".into(), rates.collect())
    }

    #[test]
    fn costs_are_converted_and_rounded_up() {
        let (revenue, cost) = (Money::from_micros(3_000_000), Money::from_micros(2_000_001));
        let exchange = euros(Some(Decimal::new(11, 1)));
        let earned = Earned::new(revenue, cost, &"EUR".into(), &exchange);
        assert_eq!(earned.cost, Some(Money::from_micros(2_200_002)));
        assert_eq!(earned.profit, Some(Money::from_micros(799_998)));
        assert_eq!(earned.margin_percent.as_deref(), Some("36.36"));
    }

    #[test]
    fn without_a_rate_there_is_no_profit_and_without_cost_no_margin() {
        let revenue = Money::from_micros(3_000_000);
        let unknown = Earned::new(revenue, revenue, &"EUR".into(), &euros(None));
        assert!(unknown.cost.is_none() && unknown.profit.is_none());
        let free = Earned::new(revenue, Money::ZERO, &"USD".into(), &euros(None));
        assert_eq!((free.profit, free.margin_percent), (Some(revenue), None));
    }
}
