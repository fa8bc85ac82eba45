//! What a panel's answer does to the money of an order: from its bytes to the split of the hold.
//!
//! Source: `money.md`, "Ledger" and "Facts from a panel".

use panelgate_domain::family::{Kind, Share};
use panelgate_domain::ids::UpstreamId;
use panelgate_domain::money::Money;
use panelgate_domain::rate::Charging;
use panelgate_domain::settlement::{Basis, Verdict};
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, Final};
use panelgate_domain::time::Timestamp;
use panelgate_wire::answer;

use crate::answers::http;

/// The first line says what was ordered: price in 10⁻⁶, quantity per run, runs, and optionally words such as `flat` and
/// `subscription`. Every further line is an answer to `status`, in the order in which they come.
pub fn settlement(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let order = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let Some(basis) = basis(&order) else {
        return;
    };
    let asked = [UpstreamId::from("7")];
    let mut fact = Fact::accepted(Timestamp(0));
    for body in lines {
        let statuses = answer::status(&http(200, body), &asked);
        let reports = statuses.into_iter().flat_map(|statuses| statuses.reports);
        for report in reports.filter_map(|(_, report)| report.ok()) {
            fact = fact
                .after(&report.of(basis.kind), basis.quantity.total(), Timestamp(1))
                .0;
            check(&basis, &fact);
        }
    }
}

fn check(basis: &Basis, fact: &Fact) {
    let split = match basis.settle(fact) {
        Verdict::Settle(split) => split,
        Verdict::Live => return assert_eq!(fact.word.final_word(), None),
        Verdict::Ended(_) => return assert_eq!(basis.kind, Kind::Subscription),
        Verdict::Undecided(_) => return assert!(fact.word.final_word().is_some()),
    };
    let (price, taken, released) = (
        i128::from(basis.price.micros()),
        i128::from(split.taken.micros()),
        i128::from(split.released.micros()),
    );
    assert_eq!(taken + released, price, "{basis:?} {fact:?}");
    assert!(taken >= 0 && released >= 0, "{basis:?} {fact:?}");
    let expected = match basis.kind {
        Kind::Child {
            share: Share::Run, ..
        } => price,
        _ => refund(basis, fact),
    };
    assert_eq!(released, expected, "{basis:?} {fact:?}");
}

/// ⌊price × clamp(remains, 0, Q) / Q⌋; a drip-feed without `remains`, and one that was stopped between two runs: by its runs.
fn refund(basis: &Basis, fact: &Fact) -> i128 {
    let price = i128::from(basis.price.micros());
    let (total, runs) = (
        i128::from(basis.quantity.total()),
        i128::from(basis.quantity.runs),
    );
    let done = fact.runs.map(i128::from).filter(|_| runs > 1);
    let by_runs = |done: i128| price * (runs - done).max(0) / runs;
    match (fact.word.final_word(), fact.remains, done) {
        (Some(Final::Completed), ..) => 0,
        (Some(Final::Canceled), _, Some(done)) => by_runs(done),
        (Some(Final::Canceled), ..) => price,
        (_, Some(remains), _) => price * i128::from(remains).clamp(0, total) / total,
        (_, None, Some(done)) => by_runs(done),
        (_, None, None) => panic!("settled, and nobody knows how: {basis:?} {fact:?}"),
    }
}

/// `None` if nothing can be ordered like this.
fn basis(line: &str) -> Option<Basis> {
    let mut words = line.split_ascii_whitespace();
    let mut number = || {
        words
            .next()?
            .parse::<i64>()
            .ok()
            .filter(|number| *number >= 0)
    };
    let price = Money::from_micros(number()?);
    let mut count = || {
        number()
            .and_then(|n| u64::try_from(n).ok())
            .filter(|n| *n > 0)
    };
    let quantity = Quantity {
        per_run: count()?,
        runs: count()?,
    };
    let mut basis = Basis {
        price,
        charging: Charging::PerThousand,
        quantity,
        kind: Kind::Single,
    };
    let child = |share, is_sized| Kind::Child { share, is_sized };
    for word in words {
        match word {
            "flat" => basis.charging = Charging::Flat,
            "subscription" => basis.kind = Kind::Subscription,
            "post" => basis.kind = child(Share::Post, true),
            "unsized" => basis.kind = child(Share::Post, false),
            "equal" => basis.kind = child(Share::EqualPost, false),
            "run" => basis.kind = child(Share::Run, false),
            _ => {}
        }
    }
    Some(basis)
}
