//! `customer …`: customers and their money.

use std::path::Path;

use panelgate_domain::customer::Options;
use panelgate_domain::ids::CustomerId;
use panelgate_domain::money::Money;
use panelgate_store::Store;
use panelgate_store::model::{Booking, CustomerChange, CustomerRow, NewCustomer, StatementLine};

use super::{actor, is_cut, most_rows, one_more, say_booked};
use crate::cli::{Customer, CustomerSet, OptionChange};
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Cell, Form, Listing};
use crate::store::{Missing, with_store};

/// Does what the command says. `add` makes the store if there is none.
pub(crate) async fn run(path: &Path, command: Customer) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let missing = match command {
        Customer::Add { .. } => Missing::Create,
        _ => Missing::Refuse,
    };
    with_store(&config, missing, async |store| act(store, command).await).await
}

async fn act(store: &dyn Store, command: Customer) -> anyhow::Result<()> {
    match command {
        Customer::Add {
            name,
            group,
            credit_limit,
        } => add(store, name, group, credit_limit).await,
        Customer::Set(set) => change(store, set).await,
        Customer::List(as_json) => {
            let customers = store.customers().await?;
            output::list(&listing(&customers), Form::json_if(as_json.json))?;
            Ok(())
        }
        Customer::Show { name, as_json } => {
            let customer = store.customer_named(&name).await?;
            output::record(&listing(&[customer]), Form::json_if(as_json.json))?;
            Ok(())
        }
        Customer::Topup {
            name,
            amount,
            reference,
            note,
        } => {
            let customer = id_of(store, &name).await?;
            let booking = booking(customer, amount, reference, note);
            say_booked(store.top_up(booking).await?)
        }
        Customer::Adjust {
            name,
            amount,
            reference,
            reason,
        } => {
            let customer = id_of(store, &name).await?;
            let booking = booking(customer, amount, reference, Some(reason));
            say_booked(store.adjust(booking).await?)
        }
        Customer::Statement {
            name,
            since,
            limit,
            csv,
            as_json,
        } => {
            let form = match csv {
                true => Form::Csv,
                false => Form::json_if(as_json.json),
            };
            let limit = most_rows(limit, form);
            let customer = id_of(store, &name).await?;
            let mut lines = store.statement(customer, since, one_more(limit)).await?;
            if is_cut(lines.len(), limit) {
                lines.remove(0);
                output::note(
                    "older lines are left out: `--since TIME` shows those from a time on, `--limit 0` all",
                );
            }
            output::list(&statement(&lines), form)?;
            Ok(())
        }
    }
}

async fn add(
    store: &dyn Store,
    name: String,
    group: Option<String>,
    credit_limit: Money,
) -> anyhow::Result<()> {
    let new = NewCustomer {
        name,
        group,
        credit_limit,
        at: clock::now(),
    };
    let customer = store.add_customer(new).await?;
    output::say(&format!("added {}", customer.name))?;
    Ok(())
}

async fn change(store: &dyn Store, set: CustomerSet) -> anyhow::Result<()> {
    let known = store.customer_named(&set.name).await?.customer;
    let customer = known.id;
    let options = changed(known.options, &set.options);
    let change = CustomerChange {
        group: set
            .group
            .map(|group| Some(group).filter(|group| !group.trim().is_empty())),
        credit_limit: set.credit_limit,
        disabled: set.disabled,
        options: Some(options).filter(|options| *options != known.options),
    };
    let customer = store.change_customer(customer, change).await?;
    output::say(&format!("changed {}", customer.name))?;
    Ok(())
}

fn changed(mut options: Options, changes: &[OptionChange]) -> Options {
    for change in changes {
        match change {
            OptionChange::DuplicateWindow(seconds) => options.duplicate_window = *seconds,
            OptionChange::LinkGuard(on) => options.link_guard = *on,
        }
    }
    options
}

async fn id_of(store: &dyn Store, name: &str) -> anyhow::Result<CustomerId> {
    Ok(store.customer_named(name).await?.customer.id)
}

fn booking(
    customer: CustomerId,
    amount: Money,
    reference: String,
    note: Option<String>,
) -> Booking {
    Booking {
        customer,
        amount,
        reference,
        note,
        actor: actor(),
        at: clock::now(),
    }
}

fn listing(customers: &[CustomerRow]) -> Listing {
    let rows = customers.iter().map(|CustomerRow { customer, account }| {
        vec![
            customer.name.as_str().into(),
            customer.group.as_deref().into(),
            account.available.into(),
            account.held.into(),
            account.credit_limit.into(),
            account.spendable().into(),
            customer.disabled.into(),
            customer.options.duplicate_window.map(i64::from).into(),
            customer.options.link_guard.into(),
        ]
    });
    let headings = &[
        "customer",
        "group",
        "available",
        "held",
        "credit_limit",
        "spendable",
        "disabled",
        "duplicate_window",
        "link_guard",
    ];
    Listing::new(headings, rows)
}

fn statement(lines: &[StatementLine]) -> Listing {
    let rows = lines.iter().map(|line| {
        vec![
            line.at.into(),
            line.kind.as_str().into(),
            line.amount.into(),
            line.balance.into(),
            line.order.map_or(Cell::Empty, |order| order.0.into()),
            line.reference.as_str().into(),
            line.note.as_deref().into(),
        ]
    });
    let headings = &[
        "at",
        "kind",
        "amount",
        "balance",
        "order",
        "reference",
        "note",
    ];
    Listing::new(headings, rows)
}
