//! `sim`: one simulated panel.

use anyhow::{Context, bail};
use panelgate_simpanel::fault::plan::FaultPlan;
use panelgate_simpanel::{SimCatalogue, SimClock, SimPanel, SimSettings};

use crate::cli::Sim;
use crate::output;
use crate::signals;

/// Runs the panel until Ctrl-C or SIGTERM.
pub(crate) async fn run(args: Sim) -> anyhow::Result<()> {
    let stop = signals::stop()?;
    let panel = SimPanel::start(settings(args)?).await?;
    output::say(&panel.url())?;
    tokio::select! {
        () = stop => {
            panel.stop().await;
            Ok(())
        }
        // Books that cannot be written are not worth a panel.
        () = panel.ended() => bail!("the panel ended by itself: its books could not be written"),
    }
}

fn settings(args: Sim) -> anyhow::Result<SimSettings> {
    let faults = match &args.faults {
        Some(path) => FaultPlan::load(path).context("the fault plan")?,
        None => FaultPlan::default(),
    };
    Ok(SimSettings {
        listen: args.listen,
        key: args.key,
        currency: args.currency,
        balance: args.balance,
        catalogue: match args.catalogue {
            Some(path) => SimCatalogue::File(path),
            None => SimCatalogue::Generated {
                services: args.services,
            },
        },
        seed: args.seed,
        clock: SimClock::real(args.speed),
        faults,
        books_file: args.books,
        ..SimSettings::default()
    })
}
