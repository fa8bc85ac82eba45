//! `services explain`: offer, cost, exchange, rule, rounding, margin, one line each, and what the offer cost lately.

use anyhow::{Context, anyhow};
use panelgate_domain::catalogue::{Basis, Route, Service};
use panelgate_domain::customer::Customer;
use panelgate_domain::ids::ServiceId;
use panelgate_domain::markup::{Method, OnLoss, Terms};
use panelgate_domain::quote::{self, Guard, Pricing};
use panelgate_domain::rate::Charging;
use panelgate_domain::routing::Strategy;
use panelgate_domain::service_type::Counting;
use panelgate_domain::spec::Quantity;
use panelgate_domain::sync::ChangeKind;
use panelgate_store::Store;
use panelgate_store::model::HistoryLine;
use rust_decimal::Decimal;

use super::services::{ANYBODY, Market};
use crate::clock;
use crate::config::Config;
use crate::output;

/// Says how the price of a service comes about, for anybody or for one customer.
pub(super) async fn run(
    config: &Config,
    store: &dyn Store,
    market: &Market,
    id: i64,
    customer: Option<String>,
    quantity: Option<u64>,
) -> anyhow::Result<()> {
    let customer = match customer {
        Some(name) => Some(store.customer_named(&name).await?.customer),
        None => None,
    };
    let buyer = customer.as_ref().map_or(ANYBODY, Customer::buyer);
    let service = sold(config, market, ServiceId(id))?;
    let pricing = quote::pricing(service, &config.markup, buyer, &market.exchange)
        .context("its price leaves the bounds of money: it is not sold to this customer")?;
    let view = View {
        config,
        market,
        service,
        pricing,
    };
    let mut lines = view.about_service();
    lines.extend(view.about_rate());
    if let Some(quantity) = quantity {
        lines.extend(view.about_order(quantity)?);
    }
    lines.extend(history(store, service).await?);
    for (name, text) in lines {
        output::say(&format!("{name:<9} {}", output::printable(&text)))?;
    }
    Ok(())
}

/// What the service's offers cost lately, newest first, and what happened to them.
async fn history(store: &dyn Store, service: &Service) -> anyhow::Result<Lines> {
    let mut told: Vec<(&Route, HistoryLine)> = Vec::new();
    for route in &service.routes {
        let lines = store.offer_history(&route.panel, &route.offer, LAST_COSTS);
        told.extend(lines.await?.into_iter().map(|line| (route, line)));
    }
    told.sort_by_key(|(_, line)| std::cmp::Reverse(line.at));
    told.truncate(usize::try_from(LAST_COSTS).expect("a few lines"));
    let several = service.routes.len() > 1;
    let lines = told.into_iter().map(|(route, line)| {
        let HistoryLine { change, actor, at } = line;
        let day = clock::date(clock::day_of(at));
        let of = match several {
            true => format!("{} offer {} ", route.panel, route.offer),
            false => String::new(),
        };
        let by = actor.map(|actor| format!(" by {actor}"));
        let text = match change.text.is_empty() {
            true => String::new(),
            false => format!(": {}", change.text),
        };
        let (rate, currency, kind) = (change.rate, change.currency, happened(change.kind));
        let by = by.unwrap_or_default();
        format!("{day} {of}at {rate} {currency}, {kind}{by}{text}")
    });
    let names = std::iter::once("history").chain(std::iter::repeat(""));
    Ok(names.zip(lines).collect())
}

/// The service, or why there is none.
fn sold<'a>(config: &Config, market: &'a Market, id: ServiceId) -> anyhow::Result<&'a Service> {
    market.catalogue.service(id).ok_or_else(|| {
        let made = config
            .definitions
            .hand_made
            .iter()
            .any(|made| made.id == id);
        let label = format!("service {id}");
        let skipped = market.catalogue.skipped().iter();
        let reason = skipped
            .filter(|skipped| made && skipped.offer == label)
            .map(|skipped| skipped.reason.to_string())
            .next();
        match reason {
            Some(reason) => anyhow!("service {id} is not sold: {reason}"),
            None => {
                anyhow!("there is no service {id}: `panelgate services list` shows what is sold")
            }
        }
    })
}

const fn happened(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Cost => "another cost",
        ChangeKind::Retyped => "another type",
        ChangeKind::Limits => "other limits",
        ChangeKind::Appeared
        | ChangeKind::Vanished
        | ChangeKind::Renamed
        | ChangeKind::Approved => kind.word(),
    }
}

struct View<'a> {
    config: &'a Config,
    market: &'a Market,
    service: &'a Service,
    pricing: Pricing<'a>,
}

type Lines = Vec<(&'static str, String)>;

impl View<'_> {
    fn about_service(&self) -> Lines {
        let service = self.service;
        let per = per(service);
        let mut lines = vec![
            ("service", format!("{} {}", service.id, service.name)),
            ("category", service.category.clone()),
            ("type", service.service_type.name().to_owned()),
            ("limits", format!("{} to {}", service.min, service.max)),
        ];
        if let Some(description) = &service.description {
            lines.push(("describes", description.clone()));
        }
        if service.routes.len() > 1 {
            lines.push(("strategy", service.strategy.word().to_owned()));
        }
        for (index, route) in service.routes.iter().enumerate() {
            let basis = if index == service.basis {
                ", the basis of the price"
            } else {
                ""
            };
            let Route {
                panel,
                offer,
                cost,
                currency,
                weight,
                held,
            } = route;
            let weight = match service.strategy {
                Strategy::Weighted => format!(", weight {weight}"),
                Strategy::Priority | Strategy::Cheapest => String::new(),
            };
            let text = format!("{panel} offer {offer} at {cost} {currency} {per}{weight}{basis}");
            lines.push(("route", text));
            if let Some(Basis { rate, currency }) = held {
                let text = format!(
                    "this cost waits for approval; the price is made from {rate} {currency} {per}"
                );
                lines.push(("", text));
            }
        }
        lines
    }

    fn about_rate(&self) -> Lines {
        let (ours, per) = (&self.config.money.currency, per(self.service));
        let Pricing {
            rate,
            cost,
            terms,
            rule,
        } = &self.pricing;
        let (_, currency) = self.service.basis().priced_from();
        let exchange = match self.market.exchange.rate_of(currency) {
            Some(worth) if currency != ours => {
                format!("1 {currency} is worth {} {ours}", worth.normalize())
            }
            _ => "none needed".to_owned(),
        };
        let step = terms.round_up_to;
        let rounding = match terms.exact(*cost) {
            Some(exact) => format!("{} up to a multiple of {step}", exact.normalize()),
            None => format!("up to a multiple of {step}"),
        };
        let mut lines = vec![
            ("exchange", exchange),
            ("cost", format!("{} {ours} {per}", cost.normalize())),
            (
                "rule",
                format!("{}: {}", rule.unwrap_or("[default]"), written(terms)),
            ),
        ];
        lines.extend(self.matched_costs(*rule).map(|costs| ("", costs)));
        lines.extend(tiers(terms).map(|tier| ("", tier)));
        if !terms.min_rate.is_zero() {
            let floor = terms.min_rate.normalize();
            lines.push(("floor", format!("never below {floor} {ours} {per}")));
        }
        lines.push(("rounding", rounding));
        lines.push(("rate", format!("{rate} {ours} {per}")));
        lines.push(("margin", margin(rate.decimal(), *cost)));
        if !self.pricing.is_sold() {
            lines.push(("", NOT_SOLD.to_owned()));
        } else if !quote::is_covered(self.service, &self.pricing, &self.market.exchange) {
            lines.push(("", NOT_COVERED.to_owned()));
        }
        lines
    }

    /// The costs that the rule is for, if it says so.
    fn matched_costs(&self, rule: Option<&str>) -> Option<String> {
        let mut rules = self.config.markup.rules.iter();
        let range = rules
            .find(|known| Some(known.name.as_str()) == rule)?
            .when
            .cost;
        match (range.from, range.below) {
            (None, None) => None,
            (Some(from), None) => Some(format!("for costs from {from} on")),
            (None, Some(below)) => Some(format!("for costs below {below}")),
            (Some(from), Some(below)) => Some(format!("for costs from {from} to below {below}")),
        }
    }

    fn about_order(&self, quantity: u64) -> anyhow::Result<Lines> {
        let (service, ours) = (self.service, &self.config.money.currency);
        let charging = service.service_type.charging();
        let quantity = Quantity {
            per_run: match charging {
                Charging::Flat => 1,
                Charging::PerThousand => quantity,
            },
            runs: 1,
        };
        let total = quantity.total();
        let exchange = &self.market.exchange;
        let rate = quote::rate_of_order(service, &self.pricing, exchange, total);
        let price = rate.and_then(|rate| Some((rate, rate.price(charging, total)?)));
        let (rate, price) =
            price.context("the price of so many is too large to be an amount of money")?;
        let discounted = if rate == self.pricing.rate {
            String::new()
        } else {
            format!(", by its tier at {rate} {}", per(service))
        };
        let mut lines = vec![("order", format!("{total} for {price} {ours}{discounted}"))];
        if charging == Charging::PerThousand && !(service.min..=service.max).contains(&total) {
            lines.push((
                "",
                "outside its limits: such an order is refused".to_owned(),
            ));
        }
        if service.service_type.counting() == Counting::Posts {
            lines.push((
                "",
                "of one post: as much is held for each that a subscription may have".to_owned(),
            ));
        }
        for route in &service.routes {
            let cost = quote::cost(route, charging, quantity);
            let cost = cost.context("the cost of so many is too large to be an amount of money")?;
            let terms = self.pricing.terms;
            let thousand = quote::cost_in_ours(route, exchange);
            let verdict = match quote::guard(price, thousand, charging, total, terms) {
                Guard::Covered => "covered",
                Guard::AcceptedLoss => "a loss that the rule accepts",
                Guard::RefusedLoss => "a loss: this route is skipped",
            };
            let in_ours = exchange.to_ours(cost.to_decimal(), &route.currency);
            let margin = in_ours.map(|cost| margin(price.to_decimal(), cost));
            let text = format!(
                "{} costs {cost} {}: {verdict}, margin {}",
                route.panel,
                route.currency,
                margin.unwrap_or_else(|| "unknown".to_owned())
            );
            lines.push(("", text));
        }
        Ok(lines)
    }
}

fn per(service: &Service) -> &'static str {
    match service.service_type.charging() {
        Charging::PerThousand => "per 1000",
        Charging::Flat => "per package",
    }
}

fn written(terms: &Terms) -> String {
    let on_loss = match terms.on_loss {
        OnLoss::Refuse => "refused",
        OnLoss::Accept => "accepted",
    };
    let method = match &terms.method {
        Method::OnTop { percent, fixed, .. } => format!("cost + {percent} % + {fixed} per 1000"),
        Method::Absolute(rate) => format!("{rate}, whatever the cost"),
    };
    format!(
        "{method}; a margin below {} % is a loss and {on_loss}",
        terms.min_margin_percent
    )
}

fn tiers(terms: &Terms) -> impl Iterator<Item = String> + '_ {
    let tiers = match &terms.method {
        Method::OnTop { tiers, .. } => tiers.as_slice(),
        Method::Absolute(_) => &[],
    };
    let tiers = tiers.iter();
    tiers.map(|tier| format!("from {} units: cost + {} %", tier.from, tier.percent))
}

/// What is left of a price, and how much of the cost that is.
fn margin(price: Decimal, cost: Decimal) -> String {
    let left = price.checked_sub(cost);
    let percent = left
        .and_then(|left| left.checked_mul(Decimal::ONE_HUNDRED))
        .and_then(|left| left.checked_div(cost))
        .map(|percent| percent.round_dp(2).normalize());
    match (left, percent) {
        (Some(left), Some(percent)) => format!("{} ({percent} % of the cost)", left.normalize()),
        (Some(left), None) => left.normalize().to_string(),
        (None, _) => "unknown".to_owned(),
    }
}

const NOT_COVERED: &str = "the cost that waits for approval is not covered: it is not sold, and not listed, until it is approved";
const NOT_SOLD: &str = "less than the cost and the least margin: it is not sold, and not listed, unless on_loss is \"accept\"";

/// So much of the history is shown.
const LAST_COSTS: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_amounts_and_shares_of_the_cost() {
        let cost = Decimal::new(90, 2);
        assert_eq!(
            margin(Decimal::new(108, 2), cost),
            "0.18 (20 % of the cost)"
        );
        assert_eq!(
            margin(Decimal::new(80, 2), cost),
            "-0.1 (-11.11 % of the cost)"
        );
        assert_eq!(margin(Decimal::ONE, Decimal::ZERO), "1");
    }
}
