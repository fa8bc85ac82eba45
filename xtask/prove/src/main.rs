//! `cargo xtask`: proofs that take longer than tests may.

mod campaign;
mod gateway;
mod report;
mod table;
mod text;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use panelgate_tally::Tally;

use crate::report::{Proof, Report};

#[derive(Parser)]
#[command(name = "cargo xtask", about)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lets simulated worlds come and go, cuts the power, kills processes, searches for bytes that break a parser, and writes a report of
    /// all runs.
    Prove {
        /// How many simulated worlds; 500 if nothing else is asked for.
        #[arg(long)]
        seeds: Option<u64>,
        /// How many power cuts, and as many more after them.
        #[arg(long, default_value_t = 0)]
        power: u64,
        /// How often a process of a gateway or a panel is killed, stopped or ended.
        #[arg(long, default_value_t = 0)]
        kills: u64,
        /// Seconds of processor time for each target of `xtask/fuzz`; needs Linux and a C++ compiler.
        #[arg(long, default_value_t = 0)]
        fuzz_seconds: u64,
        /// Only these targets.
        #[arg(long)]
        target: Vec<String>,
        /// Goes on where the last run ended, and adds to its report; otherwise a new report begins with seed 0.
        #[arg(long)]
        resume: bool,
        /// Where the report is kept, as JSON; beside it, as Markdown.
        #[arg(long, default_value = "target/proof.json")]
        report: PathBuf,
    },
    /// Lets one thing go wrong at a time, at every effect of several stories.
    Singles,
    /// Lets one call of SQLite's fail at a time, in every way.
    Faults,
    /// Lets one world come and go, and prints everything that happens in it.
    Seed {
        /// Which.
        seed: u64,
    },
}

fn main() -> anyhow::Result<()> {
    match Line::parse().command {
        Command::Prove {
            seeds,
            power,
            kills,
            fuzz_seconds,
            target,
            resume,
            report,
        } => {
            let nothing_else = power == 0 && kills == 0 && fuzz_seconds == 0;
            let mut report = Report::open(report, resume)?;
            report.prove(
                Proof::Seeds,
                seeds.unwrap_or(if nothing_else { 500 } else { 0 }),
            )?;
            report.prove(Proof::Power, power)?;
            report.prove(Proof::Kills, kills)?;
            if fuzz_seconds > 0 {
                campaign::search(fuzz_seconds, &target, &mut report)?;
            }
            show(report.all())
        }
        Command::Faults => {
            let mut all = Tally::default();
            for way in panelgate_powerloss::WAYS {
                all.add(&panelgate_powerloss::faults(way, 0, 1));
            }
            show(&all)
        }
        Command::Singles => show(&panelgate_simulation::singles()),
        Command::Seed { seed } => {
            let outcome = panelgate_simulation::run(seed, true);
            for line in &outcome.lines {
                println!("{line}");
            }
            println!("hash {:016x}", outcome.hash);
            show(&outcome.counted)
        }
    }
}

/// Prints what was counted, and what went wrong when; violations are an error.
fn show(tally: &Tally) -> anyhow::Result<()> {
    for (what, times) in tally.counts() {
        println!("{times:>10}  {what}");
    }
    println!("\n{}\n", table::of(tally));
    for text in tally.texts() {
        println!("{text}");
    }
    let violations = tally.violations();
    anyhow::ensure!(violations == 0, "{violations} violations");
    Ok(())
}
