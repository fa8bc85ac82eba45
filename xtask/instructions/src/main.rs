//! Asks a gateway in this process for one thing after the other, each in a function of its own, so that callgrind can tell what each
//! of them takes. Gateway and client share one thread; the panel has another, which does not count.
//!
//! `tests/regression.rs` runs it.

mod house;

use house::House;

fn main() {
    let mut house = House::open();
    let order = house.order();
    let orders: Vec<String> = (0..ORDERS).map(|_| house.order()).collect();
    let mut status = house.question(&format!("action=status&order={order}"));
    let mut statuses = house.question(&format!("action=status&orders={}", orders.join(",")));
    let mut balance = house.question("action=balance");
    let mut services = house.question("action=services");
    let mut add = house.question(house::ADD);
    // What is made when it is first needed does not count.
    for question in [
        &mut status,
        &mut statuses,
        &mut balance,
        &mut services,
        &mut add,
    ] {
        house.ask(question, 5);
    }
    measured::status(&mut house, &mut status);
    measured::status_of_100(&mut house, &mut statuses);
    measured::balance(&mut house, &mut balance);
    measured::services(&mut house, &mut services);
    measured::add(&mut house, &mut add);
}

/// What is counted. The name of each function is the name of its figure, and each asks as often as it prints.
mod measured {
    use super::house::{House, Question};

    macro_rules! measured {
        ($($name:ident: $times:literal;)*) => {$(
            #[inline(never)]
            pub(super) fn $name(house: &mut House, question: &mut Question) {
                println!(concat!(stringify!($name), " ", $times));
                house.ask(question, $times);
            }
        )*};
    }

    measured! {
        status: 600;
        status_of_100: 60;
        balance: 601;
        services: 602;
        add: 100;
    }
}

/// In the answer about many.
const ORDERS: usize = 100;
