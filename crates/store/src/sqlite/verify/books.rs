//! Invariants 1 to 3: transfers, balances, credit limits.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::{Findings, written};
use crate::api::Result;

/// One entry with its transfer and account.
struct Line {
    transfer: i64,
    kind: String,
    amount_of_transfer: i64,
    currency_of_transfer: String,
    amount: i64,
    account_kind: String,
    currency: String,
}

/// Invariant 1: the entries of each transfer sum to 0, and so do all entries per currency.
///
/// Stricter: a transfer has two entries of its own amount and currency, on the accounts that its kind says.
pub(super) fn transfers_balance(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT t.id AS transfer, t.kind, t.amount AS amount_of_transfer, t.currency AS currency_of_transfer,
                e.amount, a.kind AS account_kind, a.currency
         FROM transfers t JOIN entries e ON e.transfer = t.id JOIN accounts a ON a.id = e.account
         ORDER BY t.id, e.id",
    )?;
    let mut per_currency: BTreeMap<String, i128> = BTreeMap::new();
    let mut lines: Vec<Line> = Vec::new();
    for line in query.query_map([], line)? {
        let line = line?;
        *per_currency.entry(line.currency.clone()).or_default() += i128::from(line.amount);
        if lines
            .first()
            .is_some_and(|first| first.transfer != line.transfer)
        {
            check_transfer(&lines, found);
            lines.clear();
        }
        lines.push(line);
    }
    check_transfer(&lines, found);
    for (currency, sum) in per_currency {
        found.check(1, sum == 0, || {
            format!("all entries in {currency} sum to {}", written(sum))
        });
    }
    no_strays(connection, found)
}

fn check_transfer(lines: &[Line], found: &mut Findings) {
    let Some(first) = lines.first() else { return };
    let (id, kind, amount) = (
        first.transfer,
        &first.kind,
        i128::from(first.amount_of_transfer),
    );
    let sum: i128 = lines.iter().map(|line| i128::from(line.amount)).sum();
    found.check(1, sum == 0, || {
        format!(
            "the entries of transfer {id} ({kind}) sum to {}",
            written(sum)
        )
    });
    let from = lines.iter().find(|line| line.amount < 0);
    let to = lines.iter().find(|line| line.amount > 0);
    let (Some(from), Some(to), 2) = (from, to, lines.len()) else {
        return found.add(
            1,
            format!(
                "transfer {id} ({kind}) has {} entries, not one each way",
                lines.len()
            ),
        );
    };
    found.check(1, i128::from(to.amount) == amount, || {
        format!(
            "transfer {id} ({kind}) of {} has entries of {}",
            written(amount),
            written(to.amount.into())
        )
    });
    found.check(
        1,
        may_go(kind, &from.account_kind, &to.account_kind),
        || {
            format!(
                "transfer {id} ({kind}) goes from {} to {}",
                from.account_kind, to.account_kind
            )
        },
    );
    let currency = &first.currency_of_transfer;
    found.check(
        1,
        from.currency == *currency && to.currency == *currency,
        || {
            format!(
                "transfer {id} ({kind}) in {currency} goes from {} to {}",
                from.currency, to.currency
            )
        },
    );
}

/// The table of `money.md`.
fn may_go(kind: &str, from: &str, to: &str) -> bool {
    matches!(
        (kind, from, to),
        ("top_up", "outside", "available")
            | ("adjustment", "outside", "available")
            | ("adjustment", "available", "outside")
            | ("hold", "available", "held")
            | ("take", "held", "sales")
            | ("release", "held", "available")
            | ("refund", "sales", "available")
            | ("deposit", "outside", "prepaid")
            | ("charge", "prepaid", "cost")
            | ("credit", "cost", "prepaid")
    )
}

fn no_strays(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT 'transfer ' || id || ' has no entries' FROM transfers t
         WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.transfer = t.id)
         UNION ALL
         SELECT 'entry ' || id || ' has no transfer or no account' FROM entries e
         WHERE NOT EXISTS (SELECT 1 FROM transfers t WHERE t.id = e.transfer)
            OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = e.account)",
    )?;
    for text in query.query_map([], |row| row.get(0))? {
        found.add(1, text?);
    }
    Ok(())
}

/// Invariant 2: each account's balance is the sum of its entries, and each entry goes on where the one before it ended.
pub(super) fn balances_chain(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut accounts = connection.prepare("SELECT id, kind, balance FROM accounts ORDER BY id")?;
    let mut entries = connection
        .prepare("SELECT id, amount, balance_after FROM entries WHERE account = ?1 ORDER BY id")?;
    let mut rows = accounts.query([])?;
    while let Some(row) = rows.next()? {
        let (account, kind, balance): (i64, String, i64) =
            (row.get("id")?, row.get("kind")?, row.get("balance")?);
        let (mut sum, mut before) = (0_i128, 0_i128);
        let mut lines = entries.query([account])?;
        while let Some(line) = lines.next()? {
            let (id, amount, after): (i64, i64, i64) = (line.get(0)?, line.get(1)?, line.get(2)?);
            sum += i128::from(amount);
            let expected = before + i128::from(amount);
            found.check(2, expected == i128::from(after), || {
                format!(
                    "entry {id} leaves {} on account {account} ({kind}), not {}",
                    written(after.into()),
                    written(expected)
                )
            });
            before = i128::from(after);
        }
        found.check(2, sum == i128::from(balance), || {
            format!(
                "account {account} ({kind}) says {}, its entries sum to {}",
                written(balance.into()),
                written(sum)
            )
        });
    }
    Ok(())
}

/// Invariant 3: no hold was taken below the credit limit valid at that commit.
pub(super) fn holds_were_covered(connection: &Connection, found: &mut Findings) -> Result<()> {
    let mut query = connection.prepare(
        "SELECT t.order_id, e.id, e.balance_after, e.credit_limit
         FROM transfers t JOIN entries e ON e.transfer = t.id JOIN accounts a ON a.id = e.account
         WHERE t.kind = 'hold' AND a.kind = 'available'",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (order, entry): (Option<i64>, i64) = (row.get(0)?, row.get(1)?);
        let after: i128 = row.get::<_, i64>(2)?.into();
        let limit: Option<i64> = row.get(3)?;
        let covered = limit.is_some_and(|limit| after >= -i128::from(limit));
        found.check(3, covered, || {
            let limit = limit.map_or("none".to_owned(), |limit| written(limit.into()));
            let order = order.unwrap_or_default();
            format!(
                "the hold of order {order} (entry {entry}) left {}, with a credit limit of {limit}",
                written(after)
            )
        });
    }
    Ok(())
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        transfer: row.get("transfer")?,
        kind: row.get("kind")?,
        amount_of_transfer: row.get("amount_of_transfer")?,
        currency_of_transfer: row.get("currency_of_transfer")?,
        amount: row.get("amount")?,
        account_kind: row.get("account_kind")?,
        currency: row.get("currency")?,
    })
}
