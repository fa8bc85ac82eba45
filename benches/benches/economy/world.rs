//! Customers, panels and time: one event after the other, each run the same.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use crate::clients::Clients;
use crate::knobs::{END, PATIENCE, ROUND_TRIP, WAIT};
use crate::memory::Memory;
use crate::policy::{Ask, Policy, Ready, RequestNo};
use crate::tally::Tally;
use crate::trace::{OrderNo, Trace};

/// What differs between the runs over one trace.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// Least time between two calls to one panel.
    pub(crate) apart: Duration,
    pub(crate) next: Next,
}

/// When the next request of a sweep comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// After the answer to the one before, as real clients do it. Slow answers mean fewer polls.
    WhenAnswered,
    /// As if each answer came at once. Every policy gets the same polls.
    ByTheClock,
}

/// What happens at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A customer's next request comes.
    Poll(usize),
    /// A panel's next call may be ready.
    Wake(usize),
    /// A call has come back.
    Return(u64),
    /// A request has waited long enough.
    GiveUp(RequestNo),
}

struct World<'a> {
    trace: &'a Trace,
    setting: Setting,
    clients: Clients<'a>,
    memory: Memory,
    panels: Vec<Panel>,
    requests: HashMap<RequestNo, Request>,
    calls: HashMap<u64, Call>,
    /// Counts requests, calls and events.
    numbers: u64,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    tally: Tally,
}

struct Panel {
    policy: Box<dyn Policy>,
    /// The rate lets no call leave before.
    open_from: Duration,
    /// The next wake that is not over.
    wake: Option<Duration>,
}

struct Request {
    customer: usize,
    first: OrderNo,
    end: OrderNo,
    since: Duration,
    /// Panels that have not answered.
    parts: usize,
}

struct Call {
    panel: usize,
    ids: Vec<OrderNo>,
    left: Duration,
}

/// Runs a trace through a policy, of which each panel gets its own.
pub(crate) fn run(
    trace: &Trace,
    setting: Setting,
    policy: impl Fn(usize) -> Box<dyn Policy>,
) -> Tally {
    let panel = |number| Panel {
        policy: policy(number),
        open_from: Duration::ZERO,
        wake: None,
    };
    let mut world = World {
        trace,
        setting,
        clients: Clients::new(trace),
        memory: Memory::new(trace.panel.len()),
        panels: (0..trace.panels).map(panel).collect(),
        requests: HashMap::new(),
        calls: HashMap::new(),
        numbers: 0,
        events: BinaryHeap::new(),
        tally: Tally::new(trace),
    };
    for (customer, of) in trace.customers.iter().enumerate() {
        world.plan(of.first, Event::Poll(customer));
    }
    while let Some(Reverse((now, _, event))) = world.events.pop()
        && now < END
    {
        match event {
            Event::Poll(customer) => world.poll(customer, now),
            Event::Wake(panel) => {
                world.panels[panel].wake.take_if(|wake| *wake <= now);
                world.send(panel, now);
            }
            Event::Return(call) => world.returned(call, now),
            Event::GiveUp(request) => world.give_up(request, now),
        }
    }
    world.tally
}

impl World<'_> {
    fn poll(&mut self, customer: usize, now: Duration) {
        let ids = self.clients.next_request(customer);
        let mut parts: Vec<Vec<OrderNo>> = vec![Vec::new(); self.panels.len()];
        let mut stale = 0;
        for order in ids.clone() {
            let panel = self.trace.panel[order as usize];
            let policy = &mut self.panels[panel].policy;
            self.memory.polled(order, now);
            self.tally.bound.polled(order, panel, now);
            policy.polled(order, &self.memory);
            if !policy.remembers() || !self.memory.is_fresh(order, now) {
                parts[panel].push(order);
                stale += 1;
            }
        }
        self.tally.asked(ids.len(), stale, now);
        if self.setting.next == Next::ByTheClock {
            self.plan_next(customer, now);
        }
        let request = Request {
            customer,
            first: ids.start,
            end: ids.end,
            since: now,
            parts: parts.iter().filter(|part| !part.is_empty()).count(),
        };
        if request.parts == 0 {
            self.answer(&request, now);
            return;
        }
        self.ask(request, parts, now);
    }

    fn ask(&mut self, request: Request, parts: Vec<Vec<OrderNo>>, now: Duration) {
        let number = self.number();
        let remembers = self.panels[0].policy.remembers();
        let patience = if remembers { WAIT } else { PATIENCE };
        self.requests.insert(number, request);
        self.plan(now + patience, Event::GiveUp(number));
        for (panel, ids) in parts.into_iter().enumerate() {
            if !ids.is_empty() {
                let ask = Ask {
                    request: number,
                    ids,
                };
                self.panels[panel].policy.ask(ask, now);
                self.send(panel, now);
            }
        }
    }

    /// Sends what is ready and allowed, and comes back when more may be.
    fn send(&mut self, panel: usize, now: Duration) {
        loop {
            let Panel {
                policy, open_from, ..
            } = &mut self.panels[panel];
            let at = match policy.ready(now) {
                Ready::Idle => return,
                Ready::Now => *open_from,
                Ready::At(at) => at.max(*open_from),
            };
            if at > now {
                return self.wake(panel, at);
            }
            let ids = policy.take(now, &self.memory);
            if ids.is_empty() {
                return;
            }
            *open_from = now + self.setting.apart;
            let number = self.number();
            let call = Call {
                panel,
                ids,
                left: now,
            };
            self.calls.insert(number, call);
            self.plan(now + ROUND_TRIP, Event::Return(number));
        }
    }

    fn returned(&mut self, number: u64, now: Duration) {
        let call = self.calls.remove(&number).expect("a call returns once");
        for order in &call.ids {
            self.memory.learned(*order, now);
        }
        self.tally.looked(&call.ids, call.left);
        let policy = &mut self.panels[call.panel].policy;
        for request in policy.finished(&call.ids, now, &self.memory) {
            if let Some(waiting) = self.requests.get_mut(&request) {
                waiting.parts -= 1;
                if waiting.parts == 0 {
                    let done = self.requests.remove(&request).expect("it is there");
                    self.answer(&done, now);
                }
            }
        }
        self.send(call.panel, now);
    }

    fn give_up(&mut self, number: RequestNo, now: Duration) {
        let Some(request) = self.requests.remove(&number) else {
            return;
        };
        for panel in &mut self.panels {
            panel.policy.gave_up(number);
        }
        if self.panels[0].policy.remembers() {
            self.answer(&request, now);
        } else {
            self.tally.failed(request.since, now);
            self.go_on(request.customer, now);
        }
    }

    fn answer(&mut self, request: &Request, now: Duration) {
        let ids = request.first..request.end;
        self.tally.answered(ids, &self.memory, request.since, now);
        self.go_on(request.customer, now);
    }

    /// A request was answered, in whatever way.
    fn go_on(&mut self, customer: usize, now: Duration) {
        if self.setting.next == Next::WhenAnswered {
            self.plan_next(customer, now);
        }
    }

    fn plan_next(&mut self, customer: usize, now: Duration) {
        let at = self.clients.next_time(customer, now);
        self.plan(at, Event::Poll(customer));
    }

    fn wake(&mut self, panel: usize, at: Duration) {
        let known = &mut self.panels[panel].wake;
        if known.is_none_or(|known| at < known) {
            *known = Some(at);
            self.plan(at, Event::Wake(panel));
        }
    }

    fn plan(&mut self, at: Duration, event: Event) {
        let number = self.number();
        self.events.push(Reverse((at, number, event)));
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}
