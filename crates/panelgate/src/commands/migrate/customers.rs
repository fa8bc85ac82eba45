//! Customers and what they have.

use std::collections::HashMap;
use std::path::Path;

use panelgate_domain::money::Money;
pub(super) use panelgate_store::model::MovingCustomer as Customer;

use super::findings::Findings;
use super::sheet::{Cells, Columns, Rows, each_row, money, no_debt};
use crate::cli;

const COLUMNS: Columns = Columns {
    needed: &["name", "balance"],
    optional: &["group", "credit_limit"],
};

pub(super) fn read(file: Option<&Path>, found: &mut Findings) -> anyhow::Result<Rows<Customer>> {
    let mut names = HashMap::new();
    each_row(file, &COLUMNS, found, |cells| customer(cells, &mut names))
}

fn customer(cells: &mut Cells<'_>, names: &mut HashMap<String, usize>) -> Option<Customer> {
    let name = cells.read("name", cli::name);
    let group = cells.read_if_there("group", cli::name);
    let limit = cells.read_if_there("credit_limit", no_debt);
    let balance = cells.read("balance", money);
    let name = name?;
    cells.once("name", name.clone(), names)?;
    // Whose money is wrong is a customer for all that: nothing moves, and their orders are looked at too.
    let (limit, balance) = limit.zip(balance).unwrap_or_default();
    Some(Customer {
        name,
        group: group.flatten(),
        credit_limit: limit.unwrap_or(Money::ZERO),
        balance,
    })
}
