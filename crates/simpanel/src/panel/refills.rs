//! Refills: ids of their own, one open refill per order, none twice within a day.

use std::collections::HashMap;
use std::time::Duration;

use panelgate_domain::action::AskedId;
use panelgate_domain::fault::Refusal;
use panelgate_domain::ids::RefillId;
use panelgate_domain::status::RefillWord;

use crate::order::{REFILL_TAKES, SimOrder};

/// Every refill that was ever granted, by its id, which counts from 1.
#[derive(Debug, Default)]
pub(crate) struct Refills {
    asked: Vec<Duration>,
    last_of_order: HashMap<i64, Duration>,
}

impl Refills {
    /// Grants a refill of a completed order.
    pub(super) fn ask(&mut self, order: &SimOrder, now: Duration) -> Result<RefillId, Refusal> {
        if now.saturating_sub(order.ends) >= REFILL_DAYS {
            return Err(Refusal::RefillDaysOver);
        }
        let last = self.last_of_order.get(&order.id);
        if last.is_some_and(|last| now.saturating_sub(*last) < BETWEEN_REFILLS) {
            return Err(Refusal::RefillTooSoon);
        }
        self.last_of_order.insert(order.id, now);
        self.asked.push(now);
        let id = i64::try_from(self.asked.len()).expect("there are fewer refills than 2⁶³");
        Ok(RefillId(id))
    }

    pub(super) fn status(&self, id: &AskedId, now: Duration) -> Result<RefillWord, Refusal> {
        let place = id.number().and_then(|id| usize::try_from(id - 1).ok());
        let asked = place.and_then(|place| self.asked.get(place));
        let age = now.saturating_sub(*asked.ok_or(Refusal::RefillNotFound)?);
        Ok(if age < REFILL_STARTS {
            RefillWord::Pending
        } else if age < REFILL_TAKES {
            RefillWord::InProgress
        } else {
            RefillWord::Completed
        })
    }
}

const REFILL_STARTS: Duration = Duration::from_secs(10);
const BETWEEN_REFILLS: Duration = Duration::from_secs(24 * 60 * 60);
const REFILL_DAYS: Duration = Duration::from_secs(30 * 24 * 60 * 60);
