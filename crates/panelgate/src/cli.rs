//! The command line, as clap reads it. What a command does is in [`crate::commands`].

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand};
use panelgate_domain::ids::Currency;
use panelgate_domain::money::Money;
use panelgate_domain::order::OrderState;
use panelgate_domain::time::Timestamp;

/// A reseller gateway for the panel API v2
#[derive(Debug, Parser)]
#[command(name = "panelgate", version, about, disable_help_subcommand = true)]
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
    /// Send no new orders to any panel; everything else goes on
    Pause,
    /// Send new orders again
    Resume,
    /// Let the running server read markup, services and panels again
    Reload,
    /// Run one simulated panel until Ctrl-C
    Sim(Sim),
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

/// `customer …`
#[derive(Debug, Subcommand)]
pub(crate) enum Customer {
    /// Add a customer with an empty account
    Add {
        /// Unique name
        #[arg(value_parser = name)]
        name: String,
        /// Price group
        #[arg(long, value_parser = name)]
        group: Option<String>,
        /// How far the account may go below zero
        #[arg(long, value_name = "AMOUNT", value_parser = credit_limit, default_value = "0")]
        credit_limit: Money,
    },
    /// Change a customer; what is not named stays
    Set(CustomerSet),
    /// All customers, by name
    List(AsJson),
    /// One customer and their money
    Show {
        /// Who
        name: String,
        #[command(flatten)]
        as_json: AsJson,
    },
    /// Book a payment; the same reference twice books once
    Topup {
        /// Who paid
        name: String,
        /// How much, more than nothing
        #[arg(value_parser = money, allow_negative_numbers = true)]
        amount: Money,
        /// Unique among all bookings
        #[arg(long, value_parser = reference)]
        reference: String,
        /// For the statement
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Correct an account, in either direction
    Adjust {
        /// Whose
        name: String,
        /// How much: 5 or -5
        #[arg(value_parser = money, allow_hyphen_values = true)]
        amount: Money,
        /// Unique among all bookings
        #[arg(long, value_parser = reference)]
        reference: String,
        /// For the statement
        #[arg(long, value_name = "TEXT", value_parser = reference)]
        reason: String,
    },
    /// All that happened to what a customer can spend, oldest first
    Statement {
        /// Whose
        name: String,
        /// As comma-separated values
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        #[command(flatten)]
        as_json: AsJson,
    },
}

/// `customer set`
#[derive(Debug, Args)]
pub(crate) struct CustomerSet {
    /// Who
    pub(crate) name: String,
    /// Price group; an empty text takes it away
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// How far the account may go below zero
    #[arg(long, value_name = "AMOUNT", value_parser = credit_limit)]
    pub(crate) credit_limit: Option<Money>,
    /// Whether the customer's keys stop to work
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) disabled: Option<bool>,
}

/// `key …`
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it: it is shown this once
    Issue {
        /// Whose
        name: String,
        /// A note for the list
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
    },
    /// All keys of a customer, oldest first
    List {
        /// Whose
        name: String,
        #[command(flatten)]
        as_json: AsJson,
    },
    /// End a key for ever
    Revoke {
        /// Its first 8 characters
        prefix: String,
    },
    /// Take over keys of another panel, one a line
    Import {
        /// Whose
        name: String,
        /// Read them from standard input, where no process list shows them
        #[arg(long, required = true)]
        stdin: bool,
    },
}

/// `services …`
#[derive(Debug, Subcommand)]
pub(crate) enum Services {
    /// What is sold, at the price of customers without a group
    List {
        /// What is not sold instead, and why
        #[arg(long)]
        skipped: bool,
        #[command(flatten)]
        as_json: AsJson,
    },
    /// Get the panels' lists now
    Sync {
        /// Only this panel's
        #[arg(long)]
        panel: Option<String>,
    },
    /// How the price of a service comes about
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
        /// How much, at most what is held or was taken
        #[arg(long, value_name = "AMOUNT", value_parser = money)]
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
    /// Only those that wait for an operator
    #[arg(long)]
    pub(crate) flagged: bool,
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
    /// All unconfirmed orders of this panel
    #[arg(long, requires_all = ["from", "to"])]
    pub(crate) panel: Option<String>,
    /// Opened at or after: 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Opened before
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
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) speed: f64,
    /// The only key it knows
    #[arg(long, default_value = "sim-key")]
    pub(crate) key: String,
    /// The currency of its prices
    #[arg(long, default_value = "USD", value_parser = currency)]
    pub(crate) currency: Currency,
    /// What was paid in advance
    #[arg(long, value_name = "AMOUNT", default_value = "1000000", value_parser = money)]
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

fn money(text: &str) -> Result<Money, String> {
    Money::parse(text).map_err(|error| error.to_string())
}

/// A moment as people and lists write it: RFC 3339.
fn moment(text: &str) -> Result<Timestamp, String> {
    let parsed: Result<jiff::Timestamp, _> = text.parse();
    parsed
        .map(|at| Timestamp(at.as_millisecond()))
        .map_err(|_| "a time such as 2026-11-20T08:00:00Z".to_owned())
}

fn credit_limit(text: &str) -> Result<Money, String> {
    let limit = money(text)?;
    if limit < Money::ZERO {
        return Err("a credit limit is 0 or more".to_owned());
    }
    Ok(limit)
}

fn currency(text: &str) -> Result<Currency, String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_uppercase());
    if letters && (3..=5).contains(&text.len()) {
        Ok(Currency::from(text))
    } else {
        Err("3 to 5 capital letters, such as USD".to_owned())
    }
}

/// A name people type: no control characters, no blanks around it.
fn name(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.chars().count());
    if fits && text.trim() == text && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 characters, no blanks around them and none that cannot be printed".to_owned())
    }
}

/// A text that must say something.
fn reference(text: &str) -> Result<String, String> {
    let fits = (1..=200).contains(&text.trim().chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err("1 to 200 characters that can be printed".to_owned())
    }
}

fn order_state() -> impl TypedValueParser<Value = OrderState> {
    let words = OrderState::ALL.iter().map(|state| state.word());
    PossibleValuesParser::new(words)
        .map(|word| OrderState::parse(&word).expect("only words of states are possible"))
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
