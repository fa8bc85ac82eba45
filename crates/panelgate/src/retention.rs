//! Old orders leave the store for an archive, a page at a time: when somebody says so, or once a day.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use panelgate_domain::time::Timestamp;
use panelgate_store::StoreError;
use panelgate_store::model::Kept;
use panelgate_store::sqlite::SqliteStore;

use crate::clock;
use crate::config::Retention;

/// What became of old orders.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Orders that went, or would.
    pub(crate) orders: u64,
    /// Those that stay, and why.
    pub(crate) kept: BTreeMap<Kept, u64>,
}

/// How much time whoever else uses the store has after each page, as a multiple of what the page took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Somebody waits for it.
    AskedFor = 1,
    /// Nobody does.
    Background = 19,
}

/// Archives all that may go; without a file, only counts it.
///
/// If the future is dropped, or the process ends, what was copied and not removed is done again by the next run.
///
/// # Errors
/// [`StoreError::NoArchive`] if the file is something else; those of the store, and of the file.
pub(crate) async fn archive(
    store: &SqliteStore,
    before: Timestamp,
    to: Option<&Path>,
    now: Timestamp,
    pace: Pace,
) -> Result<Outcome, StoreError> {
    let file = match to {
        Some(path) => Some(store.archive_file(path).await?),
        None => None,
    };
    let mut outcome = Outcome::default();
    let mut from = None;
    loop {
        let begun = Instant::now();
        let page = Arc::new(store.select_old(before, from).await?);
        for (why, orders) in &page.kept {
            *outcome.kept.entry(*why).or_default() += orders;
        }
        let chosen = page.orders();
        let gone = match &file {
            Some(file) if chosen > 0 => {
                store.copy_to_archive(file, &page).await?;
                store.leave_stubs(file, &page, now).await?
            }
            _ => chosen,
        };
        outcome.orders += gone;
        if gone < chosen {
            *outcome.kept.entry(Kept::ChangedSince).or_default() += chosen - gone;
        }
        from = page.next;
        if from.is_none() {
            return Ok(outcome);
        }
        if file.is_some() {
            tokio::time::sleep(begun.elapsed().saturating_mul(pace as u32)).await;
        }
    }
}

/// Archives what has become old enough, now and once a day, until it is dropped. What fails is tried again the next day.
pub(crate) async fn keep_up(store: Arc<SqliteStore>, retention: Retention, recheck_for: Duration) {
    let mut days = tokio::time::interval(A_DAY);
    loop {
        days.tick().await;
        let now = clock::now();
        let Some(before) = oldest_kept(retention.months, recheck_for, now) else {
            return;
        };
        let file = retention.folder.join(name(now));
        match archive(&store, before, Some(&file), now, Pace::Background).await {
            Ok(Outcome { orders: 0, .. }) => {}
            Ok(Outcome { orders, .. }) => {
                tracing::info!(orders, file = %file.display(), "old orders were archived");
            }
            Err(error) => {
                tracing::error!(%error, file = %file.display(), "old orders could not be archived");
            }
        }
    }
}

/// What ended before stays no longer; but as long as its end may change by itself, it does. `None` if there was no such time.
pub(crate) fn oldest_kept(months: u32, recheck_for: Duration, now: Timestamp) -> Option<Timestamp> {
    let before = clock::months_before(months, now)?;
    Some(before.min(now.before(recheck_for)))
}

/// An archive for each year, of the day on which an order is archived.
fn name(now: Timestamp) -> String {
    let date = clock::date(clock::day_of(now));
    let year = date.split('-').next().unwrap_or_default();
    format!("orders-{year}.db")
}

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
