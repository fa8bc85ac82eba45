//! `report …` and `simulate-markup`, and the forms of what is made for spreadsheets.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::output::Form;

/// `report …`
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// Revenue, cost and profit, from the ledger
    ///
    /// Every figure is a sum of transfers, and the day that counts is that of the transfer, in UTC: an order that is opened on
    /// Monday, charged by its panel on Monday and completed on Tuesday is one of Monday's orders, Monday's cost and Tuesday's
    /// revenue. A later refund lowers the revenue of the day on which it is paid.
    ///
    /// `orders` were opened; `revenue` was taken and not given back since; `held` is still reserved for them. `cost` is what
    /// panels charged, later corrections included, in `cost_currency`; `cost_converted` is the same in ours by the exchange
    /// rate that is configured now, however old it is and whatever it was then, rounded up. There is no conversion, and no
    /// profit, for currencies without a rate. `margin_percent` is the profit in percent of the cost.
    Profit(ReportProfit),
    /// By how much panels' balances differ from the books, since when, and which orders may be why
    ///
    /// A balance is held against the books whenever it was polled and no order was on its way. A line begins where the difference
    /// (`drift`) became another one; `change` is by how much. A payment that nobody booked raises it, and so does what a panel paid
    /// back without saying so; a charge that no order of ours has lowers it. `unknown` names orders that were sent in the time before
    /// that line and whose outcome is not known, `unknown_cost` is what they were to cost; `uncharged` names those that ended
    /// in that time without a word about their charge.
    Drift(ReportPanels),
    /// Orders for which a panel charges something else than was expected
    Charges(ReportPanels),
}

/// `report drift` and `report charges`
#[derive(Debug, Args)]
pub(crate) struct ReportPanels {
    /// Of this panel only
    #[arg(long)]
    pub(crate) panel: Option<String>,
    /// Of the last N UTC days, today included: balances that were polled, orders that were opened
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) form: ReportForm,
}

/// `report profit`
#[derive(Debug, Args)]
pub(crate) struct ReportProfit {
    /// Grouped by these, separated by commas
    #[arg(
        long,
        value_name = "GROUP",
        value_enum,
        value_delimiter = ',',
        required = true
    )]
    pub(crate) by: Vec<By>,
    /// Only transfers of the last N UTC days, today included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    #[command(flatten)]
    pub(crate) form: ReportForm,
}

/// What a report is grouped by; `--by` takes several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The UTC day of the transfer
    Day,
    /// The panel of the order's last placement
    Panel,
    /// Our id of what was bought
    Service,
    /// Who bought it
    Customer,
}

/// `simulate-markup`
#[derive(Debug, Args)]
pub(crate) struct SimulateMarkup {
    /// Rules to try, as in markup.toml
    pub(crate) file: PathBuf,
    /// Orders opened in the last N UTC days, today included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) form: ReportForm,
}

/// `--json` or `--csv`
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ReportForm {
    /// As an array of objects
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As comma-separated values; text that looks like a formula gets an apostrophe in front
    #[arg(long)]
    csv: bool,
}

impl ReportForm {
    /// The form that was asked for.
    pub(crate) const fn form(self) -> Form {
        if self.csv {
            Form::Csv
        } else {
            Form::json_if(self.json)
        }
    }
}

/// `--format`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SheetForm {
    /// Comma-separated values
    Csv,
    /// An array of objects
    Json,
}

impl SheetForm {
    /// The form that was asked for.
    pub(crate) const fn form(self) -> Form {
        match self {
            Self::Csv => Form::Csv,
            Self::Json => Form::Json,
        }
    }
}
