//! `archive`: old orders that have ended go to a file. What reports cannot see of them any more is said where they are asked.

use std::path::Path;

use panelgate_domain::time::Timestamp;
use panelgate_store::Store;

use crate::cli::Archive;
use crate::clock;
use crate::config::{Config, Keys};
use crate::output::{self, Form, Listing};
use crate::retention::{self, Outcome, Pace};
use crate::store::{Missing, with_file};

/// Archives, or says what would be.
pub(crate) async fn run(path: &Path, args: Archive) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Leave)?;
    let now = clock::now();
    let before = retention::oldest_kept(args.older_than, config.status.recheck_for, now);
    let Some(before) = before else {
        anyhow::bail!("there was nothing {} months ago", args.older_than);
    };
    let to = args.to.as_deref().filter(|_| !args.dry_run);
    let outcome = with_file(&config, Missing::Refuse, async |store| {
        let archived = retention::archive(store, before, to, now, Pace::AskedFor);
        Ok(output::busy("moving old orders out", archived).await?)
    })
    .await?;
    let form = Form::json_if(args.as_json.json);
    output::list(&listing(&outcome, args.dry_run), form)?;
    let before = clock::text(before);
    match to {
        Some(file) => output::note(&format!(
            "{} orders from before {before} went to {}",
            outcome.orders,
            file.display()
        )),
        None => output::note(&format!(
            "{} orders from before {before} would go",
            outcome.orders
        )),
    }
    Ok(())
}

fn listing(outcome: &Outcome, is_dry_run: bool) -> Listing {
    let went = if is_dry_run {
        "would_be_archived"
    } else {
        "archived"
    };
    let kept = outcome.kept.iter();
    let kept = kept.map(|(why, orders)| vec![why.word().into(), output::count(*orders)]);
    let went = vec![went.into(), output::count(outcome.orders)];
    Listing::new(
        &["outcome", "orders"],
        std::iter::once(went).chain(kept).collect::<Vec<_>>(),
    )
}

/// Says how far back something sees that looks at orders and not at money, if it was asked for more.
pub(super) async fn note_horizon(store: &dyn Store, since: Timestamp) -> anyhow::Result<()> {
    let archives = store.archives().await?.into_iter();
    let until = archives.map(|archive| archive.opened_until).max();
    if let Some(until) = until.filter(|until| *until >= since) {
        output::note(&format!(
            "orders that were opened until {} may be archived, and are not looked at",
            clock::text(until)
        ));
    }
    Ok(())
}
