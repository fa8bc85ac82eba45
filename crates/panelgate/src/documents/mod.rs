//! Parts of the documentation that are made from the code, and figures in it that the code computes. Tests compare them; with
//! `PANELGATE_REWRITE=1` they write anew what is made.

mod api;
mod events;
mod money;
mod reference;

use std::path::{Path, PathBuf};

/// What stands between `<!-- begin NAME -->` and `<!-- end NAME -->` in a file of `docs/` has to be this.
#[track_caller]
pub(crate) fn check_part(file: &str, name: &str, made: &str) {
    let path = path(file);
    let text = std::fs::read_to_string(&path).expect("it is there");
    let (begin, end) = (
        format!("<!-- begin {name} -->"),
        format!("<!-- end {name} -->"),
    );
    let (before, rest) = text.split_once(&begin).expect("where it begins");
    let (_, after) = rest.split_once(&end).expect("where it ends");
    let wanted = format!("{before}{begin}\n\n{}\n\n{end}{after}", made.trim());
    compare(&path, &text, &wanted);
}

/// All of a file of `docs/` has to be this.
#[track_caller]
pub(crate) fn check_whole(file: &str, made: &str) {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    compare(&path, &text, made);
}

/// The rows of the table that comes after `<!-- checked: NAME -->` in a file of `docs/`, without its heading.
#[track_caller]
fn rows(file: &str, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path(file)).expect("it is there");
    let marker = format!("<!-- checked: {name} -->");
    let (_, after) = text.split_once(&marker).expect("where it begins");
    let table = after
        .trim_start()
        .lines()
        .take_while(|line| !line.is_empty());
    let rows: Vec<Vec<String>> = table.skip(2).map(cells).collect();
    assert!(!rows.is_empty(), "{file}: no rows after {marker}");
    rows
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(file)
}

#[track_caller]
fn compare(path: &Path, text: &str, wanted: &str) {
    if text == wanted {
        return;
    }
    if std::env::var_os("PANELGATE_REWRITE").is_some() {
        std::fs::write(path, wanted).expect("written");
        return;
    }
    let differs = text
        .lines()
        .zip(wanted.lines())
        .position(|(old, new)| old != new);
    let at = differs.unwrap_or_else(|| text.lines().count().min(wanted.lines().count()));
    panic!(
        "{} is not what the code says, from line {} on; PANELGATE_REWRITE=1 writes it anew.\n  there: {:?}\n  code:  {:?}",
        path.display(),
        at + 1,
        text.lines().nth(at),
        wanted.lines().nth(at)
    );
}
