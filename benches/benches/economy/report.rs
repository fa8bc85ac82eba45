//! The tables.

use std::time::Duration;

use panelgate_benches::table::print;

use crate::bound;
use crate::entries::{Entry, WINDOWS, with_filling, without_filling};
use crate::tally::Tally;
use crate::trace::Trace;
use crate::world::{Next, Setting, run};

/// Each policy in each setting, on one panel and on five.
pub(crate) fn economy() {
    for panels in [1, 5] {
        let trace = Trace::draw(SEED, panels);
        let report = Report {
            bound: bound::of_prompt_answers(&trace),
            trace,
        };
        println!(
            "\n=== {panels} panel(s), seed {SEED}: the bound is {} calls/h",
            report.bound
        );
        report.tables();
    }
    seeds();
}

/// One trace.
struct Report {
    trace: Trace,
    /// Calls that keep every poll fresh if each request is answered at once.
    bound: u64,
}

impl Report {
    fn tables(&self) {
        let window = self.best_window();
        let all = || {
            without_filling(window)
                .into_iter()
                .chain(with_filling(&self.trace))
        };
        self.table("no limit", all(), FREE);
        self.table("10 calls/s per panel", all(), spaced(LIMIT));
        let same = Setting {
            next: Next::ByTheClock,
            ..FREE
        };
        self.table("no limit, the same polls for every policy", all(), same);
        let calls = with_filling(&self.trace)
            .last()
            .map_or(0, |entry| run(&self.trace, FREE, &entry.make).calls);
        let per_panel = calls / self.trace.panels as u64;
        let apart = Duration::from_secs(3600) / u32::try_from(per_panel).unwrap_or(u32::MAX).max(1);
        self.table(
            &format!("an equal budget of {per_panel} calls/h per panel"),
            all(),
            spaced(apart),
        );
    }

    /// The window with which gathering alone needs the fewest calls for the polls it gets.
    fn best_window(&self) -> Duration {
        let tallies = WINDOWS.map(|window| {
            let tally = run(&self.trace, FREE, &Entry::gathering(window).make);
            (window, tally)
        });
        let rows: Vec<_> = tallies
            .iter()
            .map(|(window, tally)| self.row(&format!("{window:?}"), tally))
            .collect();
        print("windows of gathering alone, no limit", &COLUMNS, &rows);
        let cost = |tally: &Tally| part(tally.calls, tally.bound.calls());
        let best = tallies
            .iter()
            .min_by(|(_, one), (_, other)| cost(one).total_cmp(&cost(other)));
        best.expect("there are windows").0
    }

    fn table(&self, heading: &str, entries: impl Iterator<Item = Entry>, setting: Setting) {
        let rows: Vec<_> = entries
            .map(|entry| self.row(&entry.name, &run(&self.trace, setting, &entry.make)))
            .collect();
        print(heading, &COLUMNS, &rows);
    }

    fn row(&self, name: &str, tally: &Tally) -> Vec<String> {
        let secs = |length: Duration| format!("{:.1}", length.as_secs_f64());
        let millis = |length: Duration| length.as_millis().to_string();
        let percent = |share: u64, of: u64| format!("{:.1}", 100.0 * part(share, of));
        vec![
            name.to_owned(),
            tally.calls.to_string(),
            format!("{:.2}", part(tally.calls, self.bound)),
            format!("{:.2}", part(tally.calls, tally.bound.calls())),
            format!("{:.1}", part(tally.looks, tally.calls)),
            format!("{:.1}", part(tally.useful, tally.calls)),
            percent(tally.at_once, tally.requests),
            percent(tally.known, tally.polls),
            millis(tally.waits.mean()),
            millis(tally.waits.percentile(95)),
            secs(tally.ages.percentile(50)),
            secs(tally.ages.percentile(95)),
            percent(tally.stale, tally.polls),
            tally.errors.to_string(),
        ]
    }
}

/// How much hangs on the seed: which customer polls how often, and in how large requests.
fn seeds() {
    let mut rows = Vec::new();
    for (panels, seed) in [(1, 2), (1, 3), (1, 4), (5, 2), (5, 3), (5, 4)] {
        let trace = Trace::draw(seed, panels);
        let mut row = vec![panels.to_string(), seed.to_string()];
        for entry in with_filling(&trace) {
            let tally = run(&trace, FREE, &entry.make);
            row.push(format!("{:.2}", part(tally.calls, tally.bound.calls())));
            row.push(format!(
                "{:.1}",
                100.0 * part(tally.at_once, tally.requests)
            ));
        }
        rows.push(row);
    }
    let entries = with_filling(&Trace::draw(SEED, 1)).into_iter();
    let names: Vec<_> = entries.map(|entry| entry.name).collect();
    let mut columns = vec!["panels", "seed"];
    for name in &names {
        columns.extend([name.as_str(), "at once %"]);
    }
    print(
        "other seeds, no limit: x the bound of the run's own polls",
        &columns,
        &rows,
    );
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn part(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64
}

const fn spaced(apart: Duration) -> Setting {
    Setting {
        apart,
        next: Next::WhenAnswered,
    }
}

/// Nothing but the policy holds a call back.
const FREE: Setting = spaced(Duration::ZERO);
/// Between two calls where a panel allows ten a second.
const LIMIT: Duration = Duration::from_millis(100);
const SEED: u64 = 1;

/// `x bound` compares with the polls that would come if each answer came at once; `x own` with those that came.
const COLUMNS: [&str; 14] = [
    "policy",
    "calls/h",
    "x bound",
    "x own",
    "ids/call",
    "useful/call",
    "at once %",
    "ids known %",
    "mean wait ms",
    "p95 wait ms",
    "p50 age s",
    "p95 age s",
    "stale %",
    "errors",
];
