//! `status`: a running gateway at one glance; on a terminal again and again, in place.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::operate;
use crate::config::{Config, Keys};
use crate::control::protocol::{PanelRow, Request, Response};
use crate::control::status::{MoneyToday, Orders, Requests, Status};
use crate::output::{self, Cell, Form, Listing, count};

/// Does what the command says.
pub(crate) async fn run(path: &Path, json: bool) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let status = look(&config).await?;
    if json {
        output::say(&serde_json::to_string(&status)?)?;
    } else if output::is_terminal() {
        watch(&config, status).await?;
    } else {
        output::say(&text(&status, None))?;
    }
    Ok(())
}

async fn look(config: &Config) -> anyhow::Result<Status> {
    match operate::answer(config, &Request::Status {}).await? {
        Response::Status(status) => Ok(*status),
        Response::Failed { why, .. } => anyhow::bail!(why.join("\n")),
        _ => anyhow::bail!("the server's answer makes no sense; is it another version?"),
    }
}

/// Until Ctrl-C.
async fn watch(config: &Config, mut status: Status) -> anyhow::Result<()> {
    let (mut looked, mut earlier) = (Instant::now(), None);
    loop {
        output::redraw(&text(&status, earlier.as_ref()))?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let next = look(config).await?;
        let took = looked.elapsed();
        looked += took;
        let requests = std::mem::replace(&mut status, next).requests;
        earlier = Some(Earlier { requests, took });
    }
}

/// What was counted at the last look, and how long ago.
struct Earlier {
    requests: Vec<Requests>,
    took: Duration,
}

fn text(status: &Status, earlier: Option<&Earlier>) -> String {
    let parts = [
        (
            "requests, since the start",
            requests(&status.requests, earlier),
        ),
        ("orders that have not ended", orders(&status.orders)),
        ("panels", panels(&status.panels)),
        ("money today", money(&status.money_today)),
    ];
    let mut text = head(status);
    for (title, listing) in parts {
        let listing = output::text(&listing, Form::Text);
        text += &format!("\n\n{title}\n{}", listing.trim_end());
    }
    text
}

fn head(status: &Status) -> String {
    let (hours, minutes) = (status.runs_for / 3_600, status.runs_for / 60 % 60);
    let mut head = format!(
        "panelgate {}, runs for {hours} h {minutes} min, rules {}",
        status.version, status.revision
    );
    if !status.last_reload_successful {
        head += ", the last reload failed";
    }
    if status.paused {
        head += ", all panels paused";
    }
    head
}

fn requests(requests: &[Requests], earlier: Option<&Earlier>) -> Listing {
    let before: HashMap<_, _> = earlier
        .iter()
        .flat_map(|earlier| &earlier.requests)
        .map(|was| ((&was.action, &was.result), was.requests))
        .collect();
    let per_second = |now: &Requests| {
        let milliseconds = u64::try_from(earlier?.took.as_millis()).ok()?;
        let was = before.get(&(&now.action, &now.result)).unwrap_or(&0);
        let tenths = now.requests.saturating_sub(*was) * 10_000;
        let tenths = tenths.checked_div(milliseconds)?;
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    };
    let rows = requests.iter().map(|now| {
        vec![
            now.action.clone().into(),
            now.result.clone().into(),
            count(now.requests),
            per_second(now).into(),
        ]
    });
    Listing::new(&["action", "result", "requests", "per_second"], rows)
}

fn orders(orders: &[Orders]) -> Listing {
    let rows = orders.iter().map(|orders| {
        vec![
            orders.panel.clone().into(),
            orders.state.clone().into(),
            count(orders.orders),
        ]
    });
    Listing::new(&["panel", "state", "orders"], rows)
}

/// What changes from moment to moment; `panels list` has the rest.
fn panels(panels: &[PanelRow]) -> Listing {
    let rows = panels.iter().map(|row| {
        vec![
            row.panel.clone().into(),
            row.state.clone().into(),
            row.currency.clone().into(),
            row.balance.clone().into(),
            row.days_left.clone().into(),
            count(row.orders),
            row.oldest_fact.map_or(Cell::Empty, count),
            row.ids_per_call.clone().into(),
            row.rate_used.clone().into(),
            count(row.queued as u64),
        ]
    });
    let headings = [
        "panel",
        "state",
        "currency",
        "balance",
        "days_left",
        "orders",
        "oldest_fact",
        "ids_per_call",
        "rate_used",
        "queued",
    ];
    Listing::new(&headings, rows)
}

fn money(money: &[MoneyToday]) -> Listing {
    let rows = money.iter().map(|money| {
        vec![
            count(money.orders),
            money.currency.clone().into(),
            money.revenue.clone().into(),
            money.held.clone().into(),
            money.cost_currency.clone().into(),
            money.cost.clone().into(),
        ]
    });
    let headings = [
        "orders",
        "currency",
        "revenue",
        "held",
        "cost_currency",
        "cost",
    ];
    Listing::new(&headings, rows)
}

/// What changes is seen soon, and a look costs a few transactions.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_a_second_are_those_between_two_looks() {
        let seen = |requests| {
            vec![Requests {
                action: "add".to_owned(),
                result: "ok".to_owned(),
                requests,
            }]
        };
        let earlier = Earlier {
            requests: seen(100),
            took: Duration::from_secs(2),
        };
        let listing = |earlier| output::text(&requests(&seen(125), earlier), Form::Csv);
        assert!(listing(Some(&earlier)).contains("add,ok,125,12.5"));
        assert!(listing(None).trim_end().ends_with("add,ok,125,"));
    }
}
