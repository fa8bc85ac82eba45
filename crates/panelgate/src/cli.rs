//! The command line, as clap reads it. What a command does is in [`crate::commands`].

mod customers;
mod reports;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;
use panelgate_domain::ids::Currency;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;

pub(crate) use customers::{Customer, CustomerSet, Key};
pub(crate) use reports::{By, Report, ReportPanels, ReportProfit, SheetForm, SimulateMarkup};
pub(crate) use values::{OptionChange, moment, name, reference};
use values::{currency, money, order_state, prepaid, refund, speed};

/// A reseller gateway for the panel API v2
#[derive(Debug, Parser)]
#[command(name = "panelgate", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// The main configuration file; markup.toml and services.toml lie beside it
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "config/panelgate.toml"
    )]
    pub(crate) config: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Two simulated panels, the gateway and a funded customer, in a scratch folder, until Ctrl-C
    Demo(Demo),
    /// Run the gateway
    Serve,
    /// Validate the configuration: every file, every error at once
    Check {
        /// Also ask each panel for its balance and its services
        #[arg(long)]
        online: bool,
    },
    /// Check the invariants of the books; exits 0 only if all hold
    Verify,
    /// Customers and their money
    #[command(subcommand)]
    Customer(Customer),
    /// Customers' keys
    #[command(subcommand)]
    Key(Key),
    /// What is sold
    #[command(subcommand)]
    Services(Services),
    /// What customers bought
    #[command(subcommand)]
    Orders(Orders),
    /// Upstream panels
    #[command(subcommand)]
    Panels(Panels),
    /// What was earned
    #[command(subcommand)]
    Report(Report),
    /// What past orders would have earned under other rules
    ///
    /// Prices the orders that were opened in the last days again, by FILE in the place of markup.toml, and shows what they
    /// would have earned beside what they did, by service and customer. With the rules in force both are the same to the last
    /// digit.
    ///
    /// `lost` are orders that the loss guard would have refused at their panel's price: they earn and cost nothing. `unpriced`
    /// are those whose service is gone; they count as they were. Services, limits and groups are taken as they are now; costs
    /// as they were. Where a cost has moved since, it is that of the order's placement, which is known to six decimals. Profits are
    /// in our currency, by the exchange rates that are configured now. Orders that are not closed have no revenue.
    SimulateMarkup(SimulateMarkup),
    /// Move another panel's customers here: balances, keys, orders and the ids of services
    ///
    /// Without `--yes` nothing is written: every row is checked, everything that is wrong is named with its file and line, and what
    /// would move is added up. With it everything moves, or nothing. What is here already just so is left as it is, so the same files
    /// may come again. docs/moving-customers.md has the columns of the files and what becomes of each row. No server may be running then.
    Migrate(Migrate),
    /// Send no new orders to any panel; everything else goes on
    Pause,
    /// Send new orders again
    Resume,
    /// Let the running server read markup, services and panels again
    Reload,
    /// The running server at one glance; on a terminal again and again, until Ctrl-C
    Status {
        /// Once, as an object
        #[arg(long)]
        json: bool,
    },
    /// Let the running server log more, or less, until its next start
    LogLevel {
        /// A level (error, warn, info, debug, trace), or levels by part: info,panelgate_edge=debug
        levels: String,
    },
    /// Copy the store to a new file, also while the gateway runs
    ///
    /// The copy is one moment of the store, checked, and can be restored by this program or a later one. Keep it on another disk.
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Move old orders that have ended to a file, also while the gateway runs
    ///
    /// What hangs on an order goes to the file: what was bought, where it was sent, its history. What stays in the store is what its
    /// customer sees of it, so that `status` answers for ever, and every transfer of its money: no report of earnings changes, and
    /// `verify` checks that none did. The file is an SQLite database; it is made, or added to if it is an archive of this store.
    ///
    /// Orders stay where something may still happen to them or be found out by them; the rows say how many and why. Nothing about an archived order changes
    /// any more: it can neither be settled nor refilled. May be cut off at any moment and done again.
    Archive(Archive),
    /// Make a store of a backup, in the place of the one that is there
    ///
    /// What happened after the backup is not in it. So orders that were open or on their way then become unconfirmed: they are
    /// never sent by themselves, and `orders list --state unconfirmed` names them; ids of orders, refills and services go on a
    /// million later, where none can have been given out since; idempotency keys are forgotten; and no new order leaves until
    /// `panelgate resume`. The store that was there is kept beside it under another name.
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Whether the gateway of this configuration runs and can take orders; exits 0 only then
    Healthcheck,
    /// Completions for a shell, to standard output
    Completions {
        /// Which
        shell: Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// Which; it is made if it is not there
        folder: PathBuf,
    },
    /// Run one simulated panel until Ctrl-C
    Sim(Sim),
}

/// `archive`
#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// Orders that ended, and that nothing happened to since, before so many months
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=1_200))]
    pub(crate) older_than: u32,
    /// The file that they go to
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub(crate) to: Option<PathBuf>,
    /// Only say what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) as_json: AsJson,
}

/// `migrate`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").required(true).multiple(true))]
pub(crate) struct Migrate {
    /// CSV: name, balance; group, credit_limit
    #[arg(long, value_name = "FILE", group = "files")]
    pub(crate) customers: Option<PathBuf>,
    /// CSV: customer, key; label
    #[arg(long, value_name = "FILE", group = "files")]
    pub(crate) keys: Option<PathBuf>,
    /// CSV: id, customer, service, link, quantity, charge, status, created; start_count, remains, panel, upstream_id, cost, type,
    /// refill, cancel
    #[arg(long, value_name = "FILE", group = "files")]
    pub(crate) orders: Option<PathBuf>,
    /// CSV: id, panel, offer; name
    #[arg(long, value_name = "FILE", group = "files")]
    pub(crate) services: Option<PathBuf>,
    /// Do it; without this, it is only checked
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where customers connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where metrics and health are
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    pub(crate) operator_listen: SocketAddr,
    /// Where to keep the store; by default it is gone afterwards
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `services …`
#[derive(Debug, Subcommand)]
pub(crate) enum Services {
    /// What is sold, at the price of customers without a group
    List {
        /// What is not sold instead, and why
        #[arg(long)]
        skipped: bool,
        /// What is sold otherwise than services.toml says, and why
        #[arg(long, conflicts_with = "skipped")]
        notes: bool,
        #[command(flatten)]
        as_json: AsJson,
    },
    /// Get the panels' lists now
    Sync {
        /// Only this panel's
        #[arg(long)]
        panel: Option<String>,
    },
    /// What can be sold, for a spreadsheet
    ///
    /// A row for each service. `name`, `category`, `min`, `max`, `description` and `sell` may be edited and imported again; what
    /// follows is for people: where a service comes from, its rate for customers without a group, cost and margin, per 1000 or
    /// per package. Those with `sell = false` are among them, so that an import can put them on sale again; what is not sold for
    /// another reason is not: `services list --skipped` names it. In CSV, text that looks like a formula begins with an apostrophe, which an import takes off again.
    Export {
        /// How it is written
        #[arg(long, value_enum, default_value_t = SheetForm::Csv)]
        format: SheetForm,
    },
    /// Write what an edited export changes into services.toml
    ///
    /// Cells that are as they were exported change nothing; the others are written into the service if it is made by hand, else
    /// into its `[[override]]`. An empty cell takes the override away. Services and columns that are left out stay as they are,
    /// columns that are for people are never read. The new file is validated as a whole before it takes the place of the old
    /// one; comments and order stay. Limits that leave a service no quantity are refused: it is `sell` that takes services off.
    Import {
        /// CSV (separated by commas, semicolons or tabs) or JSON
        file: PathBuf,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// What waits for approval, and what changed files would alter
    Diff {
        /// Ask the panels too: what the next sync would alter
        #[arg(long)]
        fetch: bool,
        #[command(flatten)]
        as_json: AsJson,
    },
    /// Say that offers are right as they are now: cost, name, type, limits
    #[command(group = ArgGroup::new("approved").required(true))]
    Approve {
        /// Those behind our services with these ids
        #[arg(group = "approved")]
        services: Vec<i64>,
        /// Those of this panel, and its list if that is not believed
        #[arg(long, group = "approved")]
        panel: Option<String>,
        /// All of them; lists that are not believed stay so
        #[arg(long, group = "approved")]
        all: bool,
    },
    /// How the price of a service comes about, and what its offers cost lately
    Explain {
        /// Our id
        id: i64,
        /// For this customer
        #[arg(long, value_name = "NAME")]
        customer: Option<String>,
        /// Of an order of so many
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        quantity: Option<u64>,
    },
}

/// `orders …`
#[derive(Debug, Subcommand)]
pub(crate) enum Orders {
    /// Orders, newest first
    ///
    /// At most `--limit` of them; what is left out is said on standard error, and how to go on. A script that wants all of them,
    /// however many there are, says `--limit 0`.
    List(OrdersList),
    /// One order: its whole history, raw upstream texts included
    Show {
        /// Our id
        order: i64,
    },
    /// Say what became of an order whose panel never did, or of many at once
    Resolve(Resolve),
    /// Give back money of a placed or closed order
    Settle {
        /// Our id
        order: i64,
        /// How much: more than nothing, at most what is held or was taken
        #[arg(long, value_name = "AMOUNT", value_parser = refund)]
        refund: Money,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reason: String,
    },
    /// Close an order that was not sent yet; its money goes back
    Cancel {
        /// Our id
        order: i64,
        /// Why
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reason: String,
    },
}

/// `orders list`
#[derive(Debug, Args)]
pub(crate) struct OrdersList {
    /// In this state
    #[arg(long, value_parser = order_state())]
    pub(crate) state: Option<OrderState>,
    /// Of this customer
    #[arg(long, value_name = "NAME")]
    pub(crate) customer: Option<String>,
    /// Last placed at this panel
    #[arg(long)]
    pub(crate) panel: Option<String>,
    /// That this subscription or drip-feed has spawned
    #[arg(long, value_name = "ORDER")]
    pub(crate) parent: Option<i64>,
    /// Only those that wait for an operator
    #[arg(long)]
    pub(crate) flagged: bool,
    /// Only those before this one: where a list that was cut off goes on
    #[arg(long, value_name = "ORDER")]
    pub(crate) before: Option<i64>,
    /// At most so many; 0 for all. Without it: 10,000 on a terminal, all of them elsewhere
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) as_json: AsJson,
}

/// `orders resolve`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("outcome").required(true))]
pub(crate) struct Resolve {
    /// Our id; without it: all unconfirmed orders of a panel and a time
    #[arg(required_unless_present = "panel", conflicts_with_all = ["panel", "from", "to"])]
    pub(crate) order: Option<i64>,
    /// The panel has it under this id
    #[arg(
        long,
        value_name = "UPSTREAM_ID",
        group = "outcome",
        requires = "order"
    )]
    pub(crate) placed: Option<String>,
    /// The panel does not have it; its money goes back
    #[arg(long, group = "outcome")]
    pub(crate) not_placed: bool,
    /// All unconfirmed orders of this panel that it will not answer any more, and that no evidence speaks for
    #[arg(long, requires_all = ["from", "to"])]
    pub(crate) panel: Option<String>,
    /// Sent to it at or after: 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Sent to it before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = reference)]
    pub(crate) reason: String,
    /// Do it; without this, many orders are only listed
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `panels …`
#[derive(Debug, Subcommand)]
pub(crate) enum Panels {
    /// The panels and how they are doing
    List(AsJson),
    /// Send no new orders to a panel; everything else goes on
    Pause {
        /// Which
        panel: String,
    },
    /// Send new orders to a panel again
    Resume {
        /// Which
        panel: String,
    },
    /// Say that a panel on a new host is the one that has its orders
    Adopt {
        /// Which
        panel: String,
    },
    /// Book what was paid to a panel; the same reference twice books once
    Deposit {
        /// To whom
        panel: String,
        /// How much, in the panel's currency
        #[arg(value_parser = money, allow_negative_numbers = true)]
        amount: Money,
        /// Unique among all bookings
        #[arg(long, value_parser = reference)]
        reference: String,
    },
}

/// `sim`
#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// How many services to make up
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20,
        conflicts_with = "catalogue"
    )]
    pub(crate) services: usize,
    /// A panel's answer to `services` to serve instead
    #[arg(long, value_name = "FILE")]
    pub(crate) catalogue: Option<PathBuf>,
    /// The same seed makes the same panel
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How much faster than the clock orders are worked on
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    pub(crate) speed: f64,
    /// The only key it knows
    #[arg(long, default_value = "sim-key", value_parser = reference)]
    pub(crate) key: String,
    /// The currency of its prices
    #[arg(long, default_value = "USD", value_parser = currency)]
    pub(crate) currency: Currency,
    /// What was paid in advance
    #[arg(long, value_name = "AMOUNT", default_value = "1000000", value_parser = prepaid)]
    pub(crate) balance: Money,
    /// What goes wrong, as TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Where to write one line of JSON per request and per order
    #[arg(long, value_name = "FILE")]
    pub(crate) books: Option<PathBuf>,
}

/// `--json`
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct AsJson {
    /// As an array of objects
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_commands_in_the_documentation_are_these() {
        let mut cli = Cli::command().term_width(HELP_WIDTH);
        cli.build();
        let mut text = String::new();
        help(&mut cli, &mut text);
        crate::documents::check_part("commands.md", "commands", &text);
    }

    /// The help of a command, then that of its parts.
    fn help(command: &mut clap::Command, text: &mut String) {
        let name = command.get_bin_name().unwrap_or("panelgate").to_owned();
        let said = command.render_long_help().to_string();
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        *text += &format!("## {name}\n\n```text\n{}\n```\n\n", lines.join("\n").trim());
        for part in command.get_subcommands_mut() {
            help(part, text);
        }
    }

    /// What fits beside the table of contents.
    const HELP_WIDTH: usize = 100;

    #[test]
    fn the_configuration_is_named_anywhere_on_the_line() {
        for line in [
            "panelgate --config x.toml check",
            "panelgate check --config x.toml",
            "panelgate customer --config x.toml list",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).expect("valid");
            assert_eq!(cli.config, PathBuf::from("x.toml"));
        }
    }

    #[test]
    fn adjustments_go_both_ways() {
        for (amount, micros) in [("-5", -5_000_000), ("+5", 5_000_000), ("0.5", 500_000)] {
            let line = ["panelgate", "customer", "adjust", "ann", amount];
            let rest = ["--reference", "r", "--reason", "t"];
            let cli = Cli::try_parse_from(line.iter().chain(&rest)).expect("valid");
            let Command::Customer(Customer::Adjust { amount, .. }) = cli.command else {
                panic!("another command")
            };
            assert_eq!(amount.micros(), micros);
        }
    }
}
