//! Who waits for which ids.

use std::collections::HashMap;

use super::{Ask, RequestNo};
use crate::trace::OrderNo;

/// Each request waits for several ids; each id may have several requests that wait for it.
#[derive(Default)]
pub(super) struct Waiting {
    requests: HashMap<OrderNo, Vec<RequestNo>>,
    left: HashMap<RequestNo, usize>,
}

impl Waiting {
    /// Notes who waits, and returns those of the ids that nobody waited for until now.
    pub(super) fn join(&mut self, ask: Ask) -> Vec<OrderNo> {
        self.left.insert(ask.request, ask.ids.len());
        let mut new = ask.ids;
        new.retain(|order| {
            let requests = self.requests.entry(*order).or_default();
            requests.push(ask.request);
            requests.len() == 1
        });
        new
    }

    /// These ids were looked at. Returned is who waited for the last of its ids.
    pub(super) fn finished(&mut self, ids: &[OrderNo]) -> Vec<RequestNo> {
        let mut told = Vec::new();
        for request in ids
            .iter()
            .filter_map(|id| self.requests.remove(id))
            .flatten()
        {
            let left = self
                .left
                .get_mut(&request)
                .expect("whoever waits for an id is counted");
            *left -= 1;
            if *left == 0 {
                self.left.remove(&request);
                told.push(request);
            }
        }
        told
    }
}
