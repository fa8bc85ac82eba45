//! Invariant 4 for orders that had ended when they moved here: they were paid for before the books begin, so nothing was held or taken
//! here. What they say was taken is their price, less what was given back since.

use panelgate_domain::order::{Order, OrderState};
use panelgate_domain::status::Final;

use super::orders::Sums;
use super::{Findings, written};

pub(super) fn check(order: &Order, sums: &Sums, found: &mut Findings) {
    let id = order.id;
    let resolving = sums.hold.transfers + sums.take.transfers + sums.release.transfers;
    let untouched = resolving == 0 && order.state == OrderState::Closed;
    found.check(4, untouched && sums.strangers == 0, || {
        format!(
            "order {id} had ended when it moved here, and is {} with {resolving} transfers of its hold and {} of somebody else's money",
            order.state, sums.strangers
        )
    });
    let before = match order.ended {
        Some(Final::Canceled) | None => 0,
        Some(Final::Completed | Final::Partial) => i128::from(order.price.micros()),
    };
    let kept = before - sums.refund.micros;
    let said = order.taken.map(|taken| i128::from(taken.micros()));
    found.check(4, kept >= 0 && said == Some(kept), || {
        format!(
            "order {id} was charged {} before it moved here, {} was given back since, and it says {}",
            written(before),
            written(sums.refund.micros),
            said.map_or("nothing".to_owned(), written)
        )
    });
}
