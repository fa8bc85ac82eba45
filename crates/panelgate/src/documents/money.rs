//! The worked examples in `docs/money.md`, computed.

use panelgate_domain::family::Kind;
use panelgate_domain::markup::{Method, Terms};
use panelgate_domain::money::Money;
use panelgate_domain::rate::{Charging, Rate};
use panelgate_domain::service_type::ServiceType;
use panelgate_domain::settlement::{Basis, Verdict};
use panelgate_domain::spec::Quantity;
use panelgate_domain::status::{Fact, StatusWord};
use panelgate_domain::time::Timestamp;
use rust_decimal::Decimal;

use super::rows;

#[test]
fn rates_follow_from_costs() {
    for row in rows("money.md", "rates") {
        let [cost, exchange, percent, fixed, min_rate, round_up_to, rate] = cells(&row);
        let terms = Terms {
            method: Method::OnTop {
                percent: decimal(percent),
                fixed: decimal(fixed),
                tiers: Vec::new(),
            },
            min_rate: decimal(min_rate),
            round_up_to: decimal(round_up_to),
            ..Terms::percent(Decimal::ZERO)
        };
        let cost = decimal(cost).checked_mul(decimal(exchange));
        let computed = terms.rate(cost.expect("it fits")).expect("it fits");
        assert_eq!(computed.to_string(), rate, "{row:?}");
    }
}

#[test]
fn prices_follow_from_rates() {
    for row in rows("money.md", "prices") {
        let [kind, _, counted, rate, price] = cells(&row);
        let kind = ServiceType::parse(kind).expect("a type");
        let rate = Rate::parse(rate).expect("a rate");
        let computed = rate.price(kind.charging(), number(counted));
        assert_eq!(computed, Some(money(price)), "{row:?}");
    }
}

#[test]
fn ends_split_prices() {
    for row in rows("money.md", "ends") {
        let [price, quantity, runs, word, remains, runs_done, taken, back] = cells(&row);
        let basis = Basis {
            price: money(price),
            charging: Charging::PerThousand,
            quantity: Quantity {
                per_run: number(quantity),
                runs: number(runs),
            },
            kind: Kind::Single,
        };
        let fact = Fact {
            word: StatusWord::parse(word).expect("a word"),
            charge: None,
            start_count: None,
            remains: remains.parse().ok(),
            runs: runs_done.parse().ok(),
            at: Timestamp(0),
        };
        let Verdict::Settle(settlement) = basis.settle(&fact) else {
            panic!("{row:?}: the formula cannot say");
        };
        let computed = (settlement.taken, settlement.released);
        assert_eq!(computed, (money(taken), money(back)), "{row:?}");
    }
}

#[track_caller]
fn cells<const N: usize>(row: &[String]) -> [&str; N] {
    let cells: Vec<&str> = row.iter().map(String::as_str).collect();
    cells.try_into().expect("as many cells as headings")
}

#[track_caller]
fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal number")
}

#[track_caller]
fn money(text: &str) -> Money {
    Money::parse(text).expect("an amount")
}

#[track_caller]
fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
