//! How much of the disk a store takes, and how much there is.

use std::path::Path;
use std::process::Command;

use super::Plan;

/// What a store of this size takes at most while it is made: its file, and what is sorted beside it.
#[must_use]
pub fn bytes(plan: &Plan) -> u64 {
    let orders = plan.open * OPEN_ORDER + plan.ended * ENDED_ORDER;
    let sorted = plan.orders() * SORTED;
    (orders + sorted).unsigned_abs()
}

/// What is free for everybody on the disk of this folder.
///
/// # Panics
/// The folder is not there, or `df` is not.
#[must_use]
pub fn free(folder: &Path) -> u64 {
    let mut df = Command::new("df");
    let said = df.args(["-P", "-k"]).arg(folder).output().expect("df runs");
    let said = String::from_utf8(said.stdout).expect("text");
    // Filesystem, blocks, used, available, …
    let line = said.lines().nth(1).expect("a line for the folder");
    let kilobytes = line.split_whitespace().nth(3);
    let kilobytes: u64 = kilobytes
        .and_then(|word| word.parse().ok())
        .expect("a number");
    kilobytes * 1024
}

/// With all its rows and their places in indexes, as measured.
const OPEN_ORDER: i64 = 1_200;
/// The same with what ended it.
const ENDED_ORDER: i64 = 1_500;
/// The largest index, once more, while it is sorted.
const SORTED: i64 = 100;
