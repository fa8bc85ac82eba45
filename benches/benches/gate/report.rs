//! The run as a document: tables in Markdown, figures in SVG.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hdrhistogram::Histogram;
use panelgate_benches::plot::{self, Axis, Bar, Series};

use crate::books::Books;
use crate::goals::{self, Goal};
use crate::latency::{FLOOD, Latency};
use crate::looks::{CONNECTIONS, Look};
use crate::open::Outcome;
use crate::orders::{IN_FLIGHT, Orders};

/// All that was measured.
pub(crate) struct Run {
    pub(crate) facts: String,
    pub(crate) syncs: Histogram<u64>,
    pub(crate) looks: Vec<Look>,
    pub(crate) orders: Orders,
    pub(crate) latencies: [Latency; 2],
    pub(crate) books: Books,
    pub(crate) seconds: u64,
}

impl Run {
    /// Writes `gate.md` and its figures.
    pub(crate) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("created");
        let [adds, statuses] = &self.latencies;
        let commit = milliseconds(self.syncs.value_at_quantile(0.5));
        let goals = goals::all(&self.looks, &self.orders, adds, commit);
        let mut text = String::new();
        self.head(&mut text);
        table(
            &mut text,
            "Goals",
            &["what", "measured", "goal", "met"],
            &goals
                .iter()
                .map(|goal| goal.row().to_vec())
                .collect::<Vec<_>>(),
        );
        self.looks(&mut text);
        self.orders(&mut text);
        self.latency(&mut text, adds);
        self.latency(&mut text, statuses);
        println!("{text}");
        fs::write(folder.join("gate.md"), text).expect("written");
        draw_goals(folder, &goals);
        for (name, latency) in [("add", adds), ("status", statuses)] {
            draw_latency(&folder.join(format!("gate-{name}.svg")), latency);
            draw_flood(&folder.join(format!("gate-{name}-flood.svg")), latency);
        }
    }

    fn head(&self, text: &mut String) {
        let per_second = 1e3 / milliseconds_of(self.syncs.mean());
        let (half, most) = (
            milliseconds(self.syncs.value_at_quantile(0.5)),
            milliseconds(self.syncs.value_at_quantile(0.99)),
        );
        let Books {
            orders,
            at_the_panel,
            told,
        } = self.books;
        let seconds = self.seconds;
        write!(
            text,
            "# The whole server and its peers\n\nWritten by `cargo bench -p panelgate-benches --bench gate` in {seconds} s; \
             [Performance](../performance.md) says what it means.\n\n| | |\n| --- | --- |\n{}\
             | disk | {per_second:.0} times a second 4 KiB appended and `fdatasync`; one takes {half:.3} ms in the median, {most:.3} ms at p99 |\n\
             | books | {orders} orders in the store, {at_the_panel} at the panel, {told} numbers told to customers, all different; `panelgate verify`: all invariants hold |\n",
            self.facts
        )
        .expect("memory");
    }

    fn looks(&self, text: &mut String) {
        let mut rows = Vec::new();
        for look in &self.looks {
            for (name, round) in &look.rows {
                let row = match round {
                    Some(round) => vec![
                        format!("{:.0}", round.per_second),
                        look.ratio(name)
                            .map_or_else(String::new, |ratio| format!("{ratio:.2}")),
                        percent(round.server),
                        percent(round.load),
                    ],
                    None => vec![
                        "skipped: nginx is not installed".to_owned(),
                        String::new(),
                        String::new(),
                        String::new(),
                    ],
                };
                let mut cells = vec![
                    format!("{}, {} bytes", look.name, look.bytes),
                    (*name).to_owned(),
                ];
                cells.extend(row);
                rows.push(cells);
            }
        }
        let columns = [
            "what",
            "asked",
            "requests/s",
            "panelgate ÷ it",
            "server's core",
            "load's core",
        ];
        table(
            text,
            &format!("Requests that only look, {CONNECTIONS} connections"),
            &columns,
            &rows,
        );
    }

    fn orders(&self, text: &mut String) {
        let Orders {
            gateway,
            store,
            store_fewer,
            naive,
            ..
        } = &self.orders;
        let ratio = |peer: f64| format!("{:.2}", gateway.per_second / peer);
        let row = |name: &str, figure: f64| {
            vec![
                name.to_owned(),
                format!("{figure:.0}"),
                ratio(figure),
                String::new(),
                String::new(),
            ]
        };
        let mut through_http = row(
            "panelgate: through HTTP to a panel that answers at once",
            gateway.per_second,
        );
        through_http[3] = percent(gateway.server);
        through_http[4] = percent(gateway.load);
        let rows = [
            through_http,
            row("the store alone, many transactions a commit", *store),
            row("the same, 64 at a time", *store_fewer),
            row("the store alone, a commit for each transaction", *naive),
        ];
        let columns = [
            "who",
            "orders/s",
            "panelgate ÷ it",
            "server's core",
            "load's core",
        ];
        table(
            text,
            &format!("Orders, {IN_FLIGHT} at a time, two transactions each"),
            &columns,
            &rows,
        );
    }

    fn latency(&self, text: &mut String, latency: &Latency) {
        let row = |name: String, outcome: &Outcome| {
            let mut cells = vec![name];
            let counts = [outcome.done, outcome.refused, outcome.cut, outcome.given_up];
            cells.extend(counts.iter().map(ToString::to_string));
            cells.extend(
                [0.5, 0.9, 0.99, 0.999, 1.0].map(|part| format!("{:.2}", outcome.at(part))),
            );
            cells
        };
        let named = |part: f64| {
            format!(
                "{:.0} % of the knee, {:.0}/s",
                part * 100.0,
                part * latency.knee
            )
        };
        let mut rows: Vec<Vec<String>> = latency
            .parts
            .iter()
            .map(|(part, outcome)| row(named(*part), outcome))
            .collect();
        rows.push(row(named(3.0), &latency.flood.outcome));
        rows.extend(latency.direct.iter().map(|(part, outcome)| {
            row(
                format!("straight to the panel, {:.0}/s", part * latency.knee),
                outcome,
            )
        }));
        let columns = [
            "open loop",
            "done",
            "refused",
            "cut",
            "given up",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "p99.9 ms",
            "largest ms",
        ];
        let heading = format!(
            "{} by a fixed schedule; the knee is {:.0}/s",
            latency.name, latency.knee
        );
        table(text, &heading, &columns, &rows);
        let recovered = match latency.flood.recovered {
            Some(seconds) => {
                format!("{seconds} s after the flood, at half the knee, it is as before")
            }
            None => "it was not as before when the run ended".to_owned(),
        };
        writeln!(text, "\nThe flood comes over {FLOOD} connections; refused: `Too many requests`; given up: no connection was free for 2 s; {recovered}.").expect("memory");
    }
}

fn table(text: &mut String, heading: &str, columns: &[&str], rows: &[Vec<String>]) {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    write!(text, "\n## {heading}\n\n").expect("memory");
    text.push_str(&line(columns.to_vec()));
    text.push_str(&line(vec!["---"; columns.len()]));
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
}

fn draw_goals(folder: &Path, goals: &[Goal]) {
    let bars = goals.iter().filter(|goal| goal.at_least);
    let bars = bars.filter_map(|goal| {
        Some(Bar {
            name: goal.name.replace('`', ""),
            value: goal.value?,
            goal: goal.goal,
        })
    });
    plot::bars(
        &folder.join("gate-goals.svg"),
        "panelgate ÷ its peers, in one run; the mark is the goal",
        &bars.collect::<Vec<_>>(),
    );
}

fn draw_latency(path: &Path, latency: &Latency) {
    let line = |name: String, outcome: &Outcome| Series {
        name,
        points: QUANTILES
            .iter()
            .map(|part| (1.0 / (1.0 - part), outcome.at(*part)))
            .collect(),
    };
    let parts = latency
        .parts
        .iter()
        .map(|(part, outcome)| line(format!("{:.0} % of the knee", part * 100.0), outcome));
    let direct = latency.direct.iter().map(|(part, outcome)| {
        line(
            format!("straight to the panel, {:.0} %", part * 100.0),
            outcome,
        )
    });
    let title = format!(
        "{} from the moment it was due",
        latency.name.replace('`', "")
    );
    let x = Axis {
        name: "slowest one of so many (2: median, 100: p99)",
        is_log: true,
    };
    let y = Axis {
        name: "milliseconds",
        is_log: true,
    };
    plot::lines(path, &title, x, y, &parts.chain(direct).collect::<Vec<_>>());
}

#[expect(clippy::cast_precision_loss, reason = "places in a figure")]
fn draw_flood(path: &Path, latency: &Latency) {
    let seconds = || latency.flood.seconds.iter().enumerate();
    let line = |name: &str, figure: fn(&Outcome) -> f64| Series {
        name: name.to_owned(),
        points: seconds()
            .map(|(second, outcome)| (second as f64, figure(outcome)))
            .collect(),
    };
    let series = [
        line("done", |outcome| outcome.done as f64),
        line("refused", |outcome| outcome.refused as f64),
        line("given up", |outcome| outcome.given_up as f64),
        line("p99 in ms", |outcome| outcome.at(0.99)),
    ];
    let title = format!(
        "{} at three times the knee, then at half of it",
        latency.name.replace('`', "")
    );
    let x = Axis {
        name: "second in which it was due",
        is_log: false,
    };
    let y = Axis {
        name: "requests in a second; milliseconds",
        is_log: true,
    };
    plot::lines(path, &title, x, y, &series);
}

fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn milliseconds(nanoseconds: u64) -> f64 {
    milliseconds_of(nanoseconds as f64)
}

fn milliseconds_of(nanoseconds: f64) -> f64 {
    nanoseconds / 1e6
}

const QUANTILES: [f64; 10] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
