//! The simulated panels, and what their books say.

use std::time::Duration;

use panelgate_domain::time::Timestamp;
use panelgate_simpanel::{Fault, FaultRule, SimClock, SimPanel, SimSettings};

use crate::knobs::ROUND_TRIP;
use crate::line::Line;
use crate::trace::{OrderNo, Trace};

/// All panels of a run, with the orders of the trace.
pub(crate) struct Panels {
    panels: Vec<SimPanel>,
    /// The orders of each panel; the n-th has the id n + 1 there.
    orders: Vec<Vec<OrderNo>>,
}

/// A `status` call by a panel's books.
pub(crate) struct Call {
    pub(crate) panel: usize,
    /// When the panel had read it, from the beginning of the run.
    pub(crate) at: Duration,
    pub(crate) orders: Vec<OrderNo>,
}

impl Panels {
    /// Panels that have accepted every order. All orders are being worked on, and none ends during a run.
    pub(crate) async fn start(trace: &Trace) -> Self {
        let mut orders = vec![Vec::new(); trace.panels];
        for (order, panel) in (0..).zip(&trace.panel) {
            orders[*panel].push(order);
        }
        let mut panels = Vec::new();
        for orders in &orders {
            panels.push(start_with(orders.len()).await);
        }
        Self { panels, orders }
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.panels.iter().map(SimPanel::url).collect()
    }

    /// Where each order is: the panel and its id there.
    pub(crate) fn places(&self) -> Vec<(usize, i64)> {
        let mut places = vec![(0, 0); self.orders.iter().map(Vec::len).sum()];
        for (panel, orders) in self.orders.iter().enumerate() {
            for (id, order) in (1..).zip(orders) {
                places[*order as usize] = (panel, id);
            }
        }
        places
    }

    /// The calls of all panels, the earliest first.
    pub(crate) fn calls_since(&self, began: Timestamp) -> Vec<Call> {
        let mut calls = Vec::new();
        for (panel, (sim, orders)) in self.panels.iter().zip(&self.orders).enumerate() {
            let order = |id: &String| {
                let id: usize = id.parse().expect("only numbers are asked for");
                orders[id - 1]
            };
            let books = sim.books();
            calls.extend(books.status_calls().map(|call| Call {
                panel,
                at: call.at.since(began),
                orders: call.asked.iter().map(order).collect(),
            }));
        }
        calls.sort_by_key(|call| call.at);
        calls
    }
}

async fn start_with(orders: usize) -> SimPanel {
    let clock = SimClock::real(SPEED);
    let panel = SimPanel::start(SimSettings {
        clock: clock.clone(),
        ..SimSettings::default()
    });
    let panel = panel.await.expect("it starts");
    let mut line = Line::to(panel.address()).await;
    for id in 1..=orders {
        let form =
            format!("key=sim-key&action=add&service=1&link=https://example.com/{id}&quantity=100");
        let (_, answer) = line.ask(form).await.expect("an answer");
        assert_eq!(answer, format!("{{\"order\":{id}}}"), "ids count from 1");
    }
    clock.advance(PENDING);
    panel.plan(FaultRule::always(Fault::Slow(ROUND_TRIP)));
    panel
}

/// Orders live at least 35 s of the panel's time, of which a run takes few.
const SPEED: f64 = 0.05;
/// No order is pending for longer.
const PENDING: Duration = Duration::from_secs(16);
