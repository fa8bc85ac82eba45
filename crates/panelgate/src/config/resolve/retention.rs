//! `[retention]`: when orders that have ended leave the store.

use std::path::Path;

use super::scope::Scope;
use crate::config::spanned::Spanned;
use crate::config::value::{Read, Wrong};
use crate::config::{Retention, raw};

/// `None` if it is not written, or wrong and reported.
pub(super) fn resolve(main: &raw::Main, beside: &Path, scope: &mut Scope<'_>) -> Option<Retention> {
    let written = main.retention.as_ref()?;
    let (table, raw) = (written.span(), written.get_ref());
    let months = scope.require(&table, "months", &raw.months, BOTH);
    let months = months.and_then(|written| counted(written, scope));
    let folder = scope.require(&table, "folder", &raw.folder, BOTH);
    let folder = folder.and_then(|written| scope.read_one(written, named));
    Some(Retention {
        months: months?,
        folder: beside.join(folder?),
    })
}

fn counted(written: &Spanned<i64>, scope: &mut Scope<'_>) -> Option<u32> {
    let months = u32::try_from(*written.get_ref()).ok();
    let months = months.filter(|months| (1..=1_200).contains(months));
    if months.is_none() {
        scope.error(
            &written.span(),
            format!("{} is out of bounds", written.get_ref()),
            "expected 1 to 1200",
            "write how many months orders stay after their end, for example months = 12",
        );
    }
    months
}

fn named(text: &str) -> Read<String> {
    match text.trim().is_empty() {
        false => Ok(text.to_owned()),
        true => Err(Wrong {
            title: "no folder".to_owned(),
            expected: "expected the name of one",
            mend: "write for example \"archive\", relative to this file".to_owned(),
        }),
    }
}

const BOTH: &str = r#"add months = 12 and folder = "archive", or remove [retention]"#;
