//! A real gateway and real panels, each a process, under load: they are killed, stopped and ended at seeded moments. When all is
//! well again, the panels' books, the customers' histories and the gateway's store have to tell the same story.
//!
//! A seed decides what happens after how many answers; the rest is up to the machine, so that a run is not repeated exactly.
//!
//! Start with [`kills`]; `process` starts and ends, `shop` is the folder they live in, `customers` make the load, `judge`
//! looks at the end.

mod customers;
mod http;
mod judge;
mod process;
mod shop;

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use panelgate_tally::Tally;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::customers::Customers;
use crate::shop::Shop;

/// Lets so many things happen to the processes of one gateway, this program. Violations name the seed.
#[must_use]
pub fn kills(program: &Path, seed: u64, times: u64) -> Tally {
    let mut tally = Tally::default();
    tally.count("kills · runs", 1);
    if let Err(error) = run(program, seed, times, &mut tally) {
        tally.violation(format!("kills, seed {seed}: {error:#}"));
    }
    tally
}

fn run(program: &Path, seed: u64, times: u64, tally: &mut Tally) -> anyhow::Result<()> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut shop = Shop::open(program)?;
    let customers = Customers::start(&shop.url()?, shop.key());
    for _ in 0..times {
        customers.until_answered(dice.random_range(3..20));
        let event = Event::drawn(&mut dice);
        tally.count(format!("kills · {}", event.name()), 1);
        tally.count("kills", 1);
        happen(event, &mut shop, &customers, &mut dice)?;
    }
    customers.until_answered(10);
    let histories = customers.end();
    shop.heal()?;
    shop.until_at_rest()?;
    for wrong in judge::judge(&mut shop, &histories, tally)? {
        tally.violation(format!("kills, seed {seed}: {wrong}"));
    }
    Ok(())
}

/// What happens to a process.
#[derive(Clone, Copy, Debug)]
enum Event {
    KillGateway,
    EndGateway,
    KillPanel(usize),
    KillBoth(usize),
    StopGateway,
    StopPanel(usize),
}

impl Event {
    fn drawn(dice: &mut StdRng) -> Self {
        let panel = dice.random_range(0..shop::PANELS.len());
        match dice.random_range(0..20) {
            0..8 => Self::KillGateway,
            8..11 => Self::EndGateway,
            11..14 => Self::KillPanel(panel),
            14..16 => Self::KillBoth(panel),
            16..18 => Self::StopGateway,
            _ => Self::StopPanel(panel),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::KillGateway => "gateway killed",
            Self::EndGateway => "gateway ended",
            Self::KillPanel(_) => "panel killed",
            Self::KillBoth(_) => "both killed",
            Self::StopGateway => "gateway stopped",
            Self::StopPanel(_) => "panel stopped",
        }
    }
}

fn happen(
    event: Event,
    shop: &mut Shop,
    customers: &Customers,
    dice: &mut StdRng,
) -> anyhow::Result<()> {
    // A stop has a length, like a fault; nothing is waited for.
    let length = Duration::from_millis(dice.random_range(5..400));
    match event {
        Event::KillGateway => {
            shop.gateway()?.kill()?;
            shop.serve()?;
        }
        Event::EndGateway => {
            let code = shop.gateway()?.end()?;
            ensure!(code == Some(0), "the gateway ended with {code:?}");
            shop.serve()?;
        }
        Event::KillPanel(panel) => {
            shop.panel(panel)?.kill()?;
            // It is missed, sometimes.
            customers.until_answered(dice.random_range(0..4));
            shop.start_panel(panel, true)?;
        }
        Event::KillBoth(panel) => {
            shop.panel(panel)?.kill()?;
            shop.gateway()?.kill()?;
            shop.start_panel(panel, true)?;
            shop.serve()?;
        }
        Event::StopGateway => shop.gateway()?.stop_for(length)?,
        Event::StopPanel(panel) => shop.panel(panel)?.stop_for(length)?,
    }
    customers.at(&shop.url()?);
    Ok(())
}
