//! `[sync]`: how the panels' lists are followed, and how much of a change is believed.

use std::time::Duration;

use panelgate_domain::sync::{OnRename, Policy};
use rust_decimal::Decimal;

use super::scope::Scope;
use crate::config::spanned::Spanned;
use crate::config::value::{self, Read, Wrong};
use crate::config::{Sync, raw};

pub(super) fn resolve(main: &raw::Main, scope: &mut Scope<'_>) -> Sync {
    let empty = raw::Sync::default();
    let raw = main.sync.as_ref().map_or(&empty, Spanned::get_ref);
    let default = Policy::default();
    let policy = Policy {
        quarantine_percent: scope
            .read(&raw.quarantine_percent, quarantine)
            .unwrap_or(default.quarantine_percent),
        shrink_guard: scope
            .read(&raw.shrink_guard, share)
            .unwrap_or(default.shrink_guard),
        on_rename: scope
            .read(&raw.on_rename, on_rename)
            .unwrap_or(default.on_rename),
    };
    let least = scope.read(&raw.at_least_every, value::lasting);
    let most = scope.read(&raw.at_most_every, value::lasting);
    let (at_least_every, at_most_every) = (
        least.unwrap_or(AT_LEAST_EVERY),
        most.unwrap_or(AT_MOST_EVERY),
    );
    // One of the two is written: their defaults are in order.
    let written = raw.at_most_every.as_ref().or(raw.at_least_every.as_ref());
    if let Some(written) = written
        && at_most_every > at_least_every
    {
        scope.error(
            &written.span(),
            "`at_most_every` is longer than `at_least_every`",
            "expected the shortest and the longest time between two syncs",
            "write for example at_most_every = \"10m\" and at_least_every = \"6h\"",
        );
    }
    Sync {
        policy,
        at_least_every,
        at_most_every,
    }
}

fn quarantine(text: &str) -> Read<Decimal> {
    let percent = value::decimal(text)?;
    if percent >= Decimal::ZERO {
        return Ok(percent);
    }
    Err(Wrong {
        title: format!("`{text}` is below zero"),
        expected: "expected a percentage of 0 or more, in quotes",
        mend: "\"20\" lets a cost move by a fifth without asking, \"0\" asks about every move"
            .into(),
    })
}

fn share(text: &str) -> Read<Decimal> {
    let percent = value::decimal(text)?;
    if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) {
        return Ok(percent);
    }
    Err(Wrong {
        title: format!("`{text}` is no part of a list"),
        expected: "expected a percentage from 0 to 100, in quotes",
        mend: "\"50\" doubts a list that keeps less than half of the last one".into(),
    })
}

fn on_rename(text: &str) -> Read<OnRename> {
    match text {
        "keep" => Ok(OnRename::Keep),
        "disable" => Ok(OnRename::Disable),
        _ => Err(Wrong {
            title: format!("`{text}` says nothing about renamed offers"),
            expected: "expected \"keep\" or \"disable\"",
            mend: "\"keep\" sells on under the old name, \"disable\" waits for `services approve`"
                .into(),
        }),
    }
}

const AT_LEAST_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
const AT_MOST_EVERY: Duration = Duration::from_secs(10 * 60);
