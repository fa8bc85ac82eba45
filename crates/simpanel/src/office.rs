//! Where requests meet the panel: each is booked, counted against the limit, offered to the faults, and served. One mutex.

use std::io;
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use panelgate_domain::action::Ids;
use panelgate_domain::fault::Refusal;
use panelgate_domain::time::Timestamp;
use panelgate_wire::reply;
use panelgate_wire::request::{self, Raw};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::books::file::{self, AcceptedOrder, BooksFile};
use crate::books::{Books, Request};
use crate::catalogue::SimCatalogue;
use crate::clock::SimClock;
use crate::error::SimError;
use crate::fault::answer::{Answer, Scene};
use crate::fault::plan::RunningPlan;
use crate::fault::rule::orders_of;
use crate::fault::{Cut, Fault, Stage, Wait};
use crate::limit::Limit;
use crate::panel::Panel;
use crate::settings::SimSettings;

/// The shared heart of a running panel.
#[derive(Debug)]
pub(crate) struct Office {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    settings: SimSettings,
    opened: (Timestamp, Instant),
    /// Ends the panel, also when its books cannot be written any more.
    pub(crate) stop: CancellationToken,
}

#[derive(Debug)]
struct State {
    panel: Panel,
    plan: RunningPlan,
    limit: Limit,
    file: Option<BooksFile>,
    /// So many orders are in it.
    written: usize,
    /// The file could not be written: nothing is answered from here on.
    broken: bool,
}

/// A booked request that waits to be served.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    /// When it was booked, by the panel's clock.
    since: Duration,
    request: request::Request,
    over_limit: bool,
    fault: Option<Fault>,
}

/// What becomes of the connection, and the answer if there is one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole(Answer),
    Half(Answer),
    Silence,
    Close,
    Reset,
}

// === impl Office ===

impl Office {
    pub(crate) fn open(settings: SimSettings, stop: CancellationToken) -> Result<Self, SimError> {
        let catalogue = settings.catalogue.load(&settings.currency, settings.seed)?;
        let mut panel = Panel::new(&settings, catalogue);
        let file = match &settings.books_file {
            None => None,
            Some(path) => {
                let failed = |source| SimError::File {
                    path: path.clone(),
                    source,
                };
                let books = BooksFile::open(path).map_err(failed)?;
                let past = file::accepted(path).map_err(failed)?;
                panel.take_over(&with_ages(past, &settings.clock));
                Some(books)
            }
        };
        let written = panel.books.orders.len();
        let state = State {
            panel,
            plan: RunningPlan::new(settings.faults.clone(), settings.seed),
            limit: Limit::new(settings.limit_per_second),
            file,
            written,
            broken: false,
        };
        Ok(Self {
            state: Mutex::new(state),
            changed: watch::Sender::new(()),
            settings,
            opened: (machine_time(), Instant::now()),
            stop,
        })
    }

    /// Books a request that was read to its end and decides what goes wrong with it.
    pub(crate) fn receive(&self, raw: &Raw<'_>, path: &str) -> Ticket {
        let request = request::read(raw);
        let action = request.action.as_ref().ok();
        let mut state = self.state();
        let over_limit = state.limit.is_exceeded(Instant::now());
        let fault = if over_limit {
            None
        } else {
            let now = state.panel.books.now;
            state.plan.strike(action, now)
        };
        let number = state.next_number();
        let booked = Request {
            fault: fault.clone(),
            over_limit,
            read: fault
                .as_ref()
                .is_none_or(|fault| fault.stage() != Stage::Unread),
            clock: state.panel.books.now,
            ..Request::new(number, self.time(), path, action)
        };
        self.book(&mut state, booked);
        Ticket {
            number,
            since: state.panel.books.now,
            request,
            over_limit,
            fault,
        }
    }

    /// Books a request whose body did not arrive.
    pub(crate) fn receive_part(&self, path: &str) {
        let mut state = self.state();
        let number = state.next_number();
        let booked = Request {
            read: false,
            clock: state.panel.books.now,
            ..Request::new(number, self.time(), path, None)
        };
        self.book(&mut state, booked);
    }

    /// Does what is asked, as far as the fault lets it.
    pub(crate) fn serve(&self, ticket: &Ticket) -> Delivery {
        let mut state = self.state();
        if state.broken {
            return Delivery::Close;
        }
        let scene = Scene {
            key: ticket.request.key.as_deref().unwrap_or_default(),
            last_order: state.panel.books.orders.last().map(|order| order.id),
            asked_order: asked_order(ticket),
        };
        let fault = ticket.fault.as_ref();
        let honest = match fault.map_or(Stage::Done, Fault::stage) {
            Stage::Done => Answer::json(self.work(&mut state, ticket)),
            Stage::Read | Stage::Unread => Answer::json(Bytes::new()),
        };
        if state.broken {
            return Delivery::Close;
        }
        let Some(fault) = fault else {
            return Delivery::Whole(honest);
        };
        let own = fault.own_answer(scene);
        let answer = own.unwrap_or_else(|| fault.distort(honest, scene));
        match fault.cut() {
            Cut::None => Delivery::Whole(answer),
            Cut::HalfWay => Delivery::Half(answer),
            Cut::Silence => Delivery::Silence,
            Cut::Close => Delivery::Close,
            Cut::Reset => Delivery::Reset,
        }
    }

    /// The whole answer to a request was handed to its connection.
    pub(crate) fn answered(&self, number: u64) {
        let mut state = self.state();
        let place = usize::try_from(number - 1).expect("numbers count what is in memory");
        state.panel.books.requests[place].answered = true;
        self.changed.send_replace(());
    }

    /// Looks at the books as they are at this moment.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&self.state().panel.books)
    }

    /// Resolves when the books are as wanted. Dropping it changes nothing.
    pub(crate) async fn until(&self, mut wanted: impl FnMut(&Books) -> bool) {
        let (mut changed, mut moved) = (self.changed.subscribe(), self.settings.clock.moves());
        while !self.look(&mut wanted) {
            tokio::select! {
                biased;
                // The sender lives in `self`.
                _ = changed.changed() => {}
                () = self.settings.clock.moved(&mut moved) => {}
            }
        }
    }

    /// Changes the panel in the middle of its work.
    pub(crate) fn panel<T>(&self, change: impl FnOnce(&mut Panel) -> T) -> T {
        let mut state = self.state();
        let outcome = change(&mut state.panel);
        self.write_orders(&mut state);
        drop(state);
        self.changed.send_replace(());
        outcome
    }

    pub(crate) fn plan<T>(&self, change: impl FnOnce(&mut RunningPlan) -> T) -> T {
        change(&mut self.state().plan)
    }

    /// What was admitted before does not count.
    pub(crate) fn set_limit(&self, per_second: Option<NonZeroU32>) {
        self.state().limit = Limit::new(per_second);
    }

    pub(crate) fn set_catalogue(&self, catalogue: &SimCatalogue) -> Result<(), SimError> {
        let list = catalogue.load(&self.settings.currency, self.settings.seed)?;
        self.panel(|panel| panel.set_catalogue(list));
        Ok(())
    }

    pub(crate) fn clock(&self) -> &SimClock {
        &self.settings.clock
    }

    fn work(&self, state: &mut State, ticket: &Ticket) -> Bytes {
        if ticket.over_limit {
            return reply::refusal(Refusal::TooManyRequests);
        }
        if ticket.request.key.as_ref() != Some(&self.settings.key) {
            return reply::refusal(Refusal::InvalidApiKey);
        }
        let action = match &ticket.request.action {
            Ok(action) => action,
            Err(refusal) => return reply::refusal(*refusal),
        };
        let answer = state.panel.answer(action, ticket.number);
        self.write_orders(state);
        self.changed.send_replace(());
        answer
    }

    /// Writes orders that are new, accepted or spawned.
    fn write_orders(&self, state: &mut State) {
        let orders = &state.panel.books.orders[state.written..];
        let written = match &mut state.file {
            Some(file) => orders
                .iter()
                .try_for_each(|order| file.order(order, self.time())),
            None => Ok(()),
        };
        state.written = state.panel.books.orders.len();
        self.check(state, written);
    }

    fn book(&self, state: &mut State, request: Request) {
        if let Some(file) = &mut state.file {
            let written = file.request(&request);
            self.check(state, written);
        }
        state.panel.books.requests.push(request);
        self.changed.send_replace(());
    }

    /// A panel that cannot write its books must not answer: what it did would never be known.
    fn check(&self, state: &mut State, written: io::Result<()>) {
        if let Err(error) = written {
            tracing::error!(%error, "the books cannot be written: the panel stops");
            state.broken = true;
            self.stop.cancel();
        }
    }

    /// Everything, with the panel moved on to this moment.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.panel.move_to(self.settings.clock.now());
        self.write_orders(&mut state);
        state
    }

    /// The machine's time, never going back while the panel runs.
    fn time(&self) -> Timestamp {
        let (opened, since) = self.opened;
        opened.after(since.elapsed())
    }
}

// === impl State ===

impl State {
    fn next_number(&self) -> u64 {
        self.panel.books.requests.len() as u64 + 1
    }
}

// === impl Ticket ===

impl Ticket {
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) const fn since(&self) -> Duration {
        self.since
    }

    pub(crate) fn wait(&self) -> Wait {
        self.fault.as_ref().map_or(Wait::No, Fault::wait)
    }
}

/// The order that a request names in the singular form.
fn asked_order(ticket: &Ticket) -> Option<i64> {
    let action = ticket.request.action.as_ref().ok()?;
    match orders_of(action)? {
        Ids::One(id) => id.number(),
        Ids::Many(_) => None,
    }
}

/// How old they are on a clock that has run at its speed ever since.
fn with_ages(orders: Vec<AcceptedOrder>, clock: &SimClock) -> Vec<(AcceptedOrder, Duration)> {
    let now = machine_time();
    let age = |order: &AcceptedOrder| clock.would_run(now.since(order.at));
    let with_age = |order| {
        let age = age(&order);
        (order, age)
    };
    orders.into_iter().map(with_age).collect()
}

fn machine_time() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "a simulated panel is another machine: its books have their own time"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(0).after(since.unwrap_or_default())
}
