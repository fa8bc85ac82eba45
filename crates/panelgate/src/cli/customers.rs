//! `customer …` and `key …`.

use clap::{Args, Subcommand};
use panelgate_domain::money::Money;
use panelgate_domain::time::Timestamp;

use super::AsJson;
use super::values::{OptionChange, credit_limit, moment, money, name, option, reference};

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
    ///
    /// On a terminal the newest 10,000 lines, unless `--limit` says otherwise; what is left out is said on standard error.
    Statement {
        /// Whose
        name: String,
        /// Only from then on: 2026-11-01T00:00:00Z
        #[arg(long, value_name = "TIME", value_parser = moment)]
        since: Option<Timestamp>,
        /// At most so many lines, the newest; 0 for all. Without it: 10,000 on a terminal, all of them elsewhere
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
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
    /// duplicate_window=120s: the same `add` again within that time is the same order; duplicate_window=off · link_guard=on: no
    /// second order of a service for a link while the first one lives; link_guard=off
    #[arg(long = "option", value_name = "K=V", value_parser = option)]
    pub(crate) options: Vec<OptionChange>,
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
