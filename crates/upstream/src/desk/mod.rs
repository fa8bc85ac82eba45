//! The desk of one panel: its limits, its memory, and the only door to it.

pub(crate) mod admission;
pub(crate) mod class;
pub(crate) mod rests;

mod add;
mod keeper;
mod limits;
mod pace;
mod permits;
mod queue;
mod snapshot;
mod usage;

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use panelgate_domain::ids::{CustomerId, OfferId, PanelName, UpstreamId};
use panelgate_domain::money::Money;
use panelgate_domain::panel_trait::PanelTrait;
use panelgate_domain::placement::PanelTrouble;
use panelgate_wire::answer::Balance;
use panelgate_wire::refusal::Classifier;
use parking_lot::Mutex;
use rustls::ClientConfig;
use secrecy::ExposeSecret;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::add::{Late, Placed};
use self::admission::{Admission, NotAdmitted, Permit};
use self::class::Class;
use self::rests::{Bounds, Rest, Rests};
pub use self::snapshot::DeskSnapshot;
use self::usage::Minute;
pub use self::usage::Usage;
use crate::breaker::Pass;
use crate::calls::cancel::{self, Wish};
use crate::calls::merge::Merge;
use crate::calls::refill_status::{self, Answered};
use crate::client::{self, Client};
use crate::looking::{self, Reports, Watch};
use crate::lookout::Outlook;
use crate::metrics::{DeskMetrics, Metrics};
use crate::redact::Redactor;
use crate::settings::{OpenError, PanelSettings};

/// The desk of one panel. Every call to the panel leaves through it. A clone is the same desk.
///
/// A desk runs tasks of its own until [`Desk::close`]; dropping the last clone does not end them.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    panel: PanelName,
    setup: ArcSwap<Setup>,
    tls: ClientConfig,
    admission: Arc<Admission>,
    rests: Mutex<Rests>,
    state_changed: Notify,
    watch: Watch,
    reports: Weak<dyn Reports>,
    metrics: DeskMetrics,
    minute: Mutex<Minute>,
    traits: Mutex<BTreeSet<PanelTrait>>,
    listeners: Arc<Semaphore>,
    cancels: Merge<Wish>,
    refill_looks: Merge<Answered>,
    tasks: TaskTracker,
    closing: CancellationToken,
}

/// What follows from the settings; replaced as a whole. A call keeps the one it began with.
pub(crate) struct Setup {
    pub(crate) settings: Arc<PanelSettings>,
    pub(crate) client: Client,
    pub(crate) classifier: Classifier,
    pub(crate) redactor: Redactor,
}

impl Setup {
    fn new(settings: PanelSettings, tls: ClientConfig) -> Result<Self, OpenError> {
        let refusals = &settings.refusals;
        Ok(Self {
            client: Client::new(&settings, tls)?,
            classifier: Classifier::new(&refusals.order, &refusals.panel, &refusals.throttled),
            redactor: Redactor::new(&settings.key),
            settings: Arc::new(settings),
        })
    }
}

// === the life of a desk ===

impl Desk {
    /// Opens a desk: no connection yet, but its tasks begin, so a tokio runtime must be running.
    ///
    /// `reports` is weak because whoever receives reports usually owns the desk.
    ///
    /// # Errors
    /// The settings cannot work.
    pub fn open(
        settings: PanelSettings,
        reports: Weak<dyn Reports>,
        metrics: &Metrics,
    ) -> Result<Self, OpenError> {
        let tls = client::tls().map_err(OpenError::Tls)?;
        let metrics = metrics.of_desk(&settings.name);
        let admission = Admission::new(&settings, metrics.queue());
        let panel = settings.name.clone();
        let setup = Setup::new(settings, tls.clone())?;
        let desk = Self(Arc::new(Inner {
            panel,
            watch: Watch::new(&setup),
            setup: ArcSwap::from_pointee(setup),
            tls,
            admission: Arc::new(admission),
            rests: Mutex::new(Rests::default()),
            state_changed: Notify::new(),
            reports,
            metrics,
            minute: Mutex::new(Minute::new(Instant::now())),
            traits: Mutex::default(),
            listeners: Arc::new(Semaphore::new(add::MAX_LISTENERS)),
            cancels: Merge::new(),
            refill_looks: Merge::new(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        }));
        desk.show_state();
        desk.spawn(looking::run(desk.clone()));
        desk.spawn(cancel::run(desk.clone()));
        desk.spawn(refill_status::run(desk.clone()));
        desk.spawn(keeper::run(desk.clone()));
        Ok(desk)
    }

    /// Other settings from now on. Calls under way end as they began. Another URL or key makes it another account: what
    /// the panel refused before, and the failures counted, are forgotten.
    ///
    /// # Errors
    /// The settings cannot work, or are another panel's; nothing has changed then.
    pub fn reconfigure(&self, settings: PanelSettings) -> Result<(), OpenError> {
        if settings.name != self.0.panel {
            return Err(OpenError::OtherPanel {
                desk: self.0.panel.clone(),
                given: settings.name,
            });
        }
        let new = Setup::new(settings, self.0.tls.clone())?;
        let old = self.0.setup.swap(Arc::new(new));
        let settings = self.settings();
        let same_key = old.settings.key.expose_secret() == settings.key.expose_secret();
        if !same_key || old.settings.url != settings.url {
            self.0.rests.lock().moved();
            self.0.traits.lock().clear();
            self.0.watch.with(|lookout| lookout.set_singular(false));
            self.0.admission.forget_failures();
        }
        self.0.admission.set_limits(&settings);
        self.changed();
        Ok(())
    }

    /// Ends the desk: nobody is admitted any more, looks and late answers are given up, whoever waits in
    /// [`Desk::ask`] is told. Returns when the calls that must not be cut off have ended, each by its own `timeout`.
    pub async fn close(&self) {
        self.0.admission.close();
        self.0.closing.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.0.metrics.forget(&self.settings().currency);
    }

    /// The settings as they are now.
    #[must_use]
    pub fn settings(&self) -> Arc<PanelSettings> {
        Arc::clone(&self.0.setup.load().settings)
    }

    /// Whose desk it is.
    #[must_use]
    pub fn panel(&self) -> &PanelName {
        &self.0.panel
    }
}

// === may an order go ===

impl Desk {
    /// Whether an order of this offer may be sent now. Limits are another matter: see [`Desk::admit`].
    ///
    /// # Errors
    /// Why not; the first reason of several.
    pub fn takes_orders(&self, offer: &OfferId) -> Result<(), Rest> {
        let route = || self.0.rests.lock().of_route(offer);
        self.panel_rest().or_else(route).map_or(Ok(()), Err)
    }

    /// What we can spend there, as last polled, in the panel's currency.
    #[must_use]
    pub fn polled_balance(&self) -> Option<Money> {
        self.0.rests.lock().balance()
    }

    /// Shows how long calls wait for the panel's limits. To be called now and then: nothing happens while they just wait.
    pub fn show_queue_ages(&self) {
        self.0
            .metrics
            .show_queue_ages(self.0.admission.queue_ages());
    }

    /// The operator pauses the panel (no new orders, everything else goes on) or resumes it.
    pub fn set_paused(&self, paused: bool) {
        self.0.rests.lock().set_paused(paused);
        self.changed();
    }

    /// An outcome that the desk took for known is not: an accepted id that another order has already. Unknown outcomes of
    /// [`Desk::add`] have been counted without this. `stake`: what is held for the order, in the gateway's currency.
    pub fn question_opened(&self, stake: Money) {
        self.0.rests.lock().question_opened(stake);
        self.changed();
    }

    /// An unknown outcome of this desk is known now: by a late answer, evidence, or an operator.
    pub fn question_closed(&self, stake: Money) {
        self.0.rests.lock().question_closed(stake);
        self.changed();
    }

    /// A permit, if there is one at once and it is nobody else's turn.
    #[must_use]
    pub fn try_admit(&self, class: Class) -> Option<Permit> {
        self.0.admission.try_admit(class)
    }

    /// A permit, waited for at most `within`. Dropping the future leaves the queue and spends nothing.
    ///
    /// # Errors
    /// The time is over, too many wait, or the desk is closed.
    pub async fn admit(&self, class: Class, within: Duration) -> Result<Permit, NotAdmitted> {
        self.0.admission.admit(class, within).await
    }

    /// A customer wants orders to be looked at. Resolves when a call for each of the ids has ended and [`Reports::reported`] has
    /// returned. Ids that many ask for are asked once; ids under way are not asked again. What finds no place in a full
    /// queue is left out, and so is everything once the desk is closed.
    ///
    /// Dropping the future cancels nothing.
    pub async fn ask(&self, customer: CustomerId, ids: Vec<UpstreamId>) {
        // While the panel is down its first answer will be late: what is known has to do.
        let wait = self.0.admission.pass() == Pass::All;
        self.0.watch.ask(customer, &ids, wait).await;
    }

    /// Looks at an order from now on, when its outlook says so; also after its outlook has changed.
    pub fn follow(&self, ids: &[UpstreamId]) {
        let outlook = |id: &UpstreamId| self.outlook(id);
        self.0.watch.with(|lookout| {
            ids.iter().for_each(|id| lookout.follow(id, &outlook));
        });
    }

    /// How the panel speaks, as found out before: see [`Reports::learned`].
    pub fn remember(&self, what: PanelTrait) {
        self.take_note(what);
    }
}

// === for the rest of the crate ===

impl Desk {
    pub(crate) fn setup(&self) -> Arc<Setup> {
        self.0.setup.load_full()
    }

    pub(crate) fn metrics(&self) -> &DeskMetrics {
        &self.0.metrics
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    pub(crate) fn outlook(&self, id: &UpstreamId) -> Option<Outlook> {
        self.reports()?.outlook(&self.0.panel, id)
    }

    pub(crate) fn reports(&self) -> Option<Arc<dyn Reports>> {
        self.0.reports.upgrade()
    }

    /// Runs a task that [`Desk::close`] waits for.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks.spawn(task);
    }

    /// Resolves when the desk is being closed.
    pub(crate) async fn closing(&self) {
        self.0.closing.cancelled().await;
    }

    /// A call leaves.
    pub(crate) fn called(&self) {
        self.0.minute.lock().called(Instant::now());
    }

    /// It asks for the statuses of so many orders.
    pub(crate) fn asked(&self, ids: usize) {
        self.0.minute.lock().asked(ids, Instant::now());
    }

    /// A call ended, with an answer that makes sense or without.
    pub(crate) fn heard(&self, answer: bool) {
        if answer {
            self.0.admission.succeeded();
        } else {
            self.0.admission.failed();
        }
        self.changed();
    }

    /// The panel said that we ask too often.
    pub(crate) fn throttled(&self, retry_after: Option<Duration>) {
        self.0.admission.slow_down(retry_after);
        tracing::warn!(panel = %self.0.panel, ?retry_after, "the panel says that we ask too often");
    }

    pub(crate) fn balance_polled(&self, balance: &Balance) {
        self.0.rests.lock().polled(balance.amount);
        // Never the currency that the panel names: it would be an unbounded label.
        let currency = &self.settings().currency;
        self.0.metrics.show_balance(currency, balance.amount);
        self.changed();
    }

    pub(crate) fn services_read(&self) {
        self.0.rests.lock().synced();
    }

    /// Whether the panel is known not to understand `orders` in `cancel`.
    pub(crate) fn cancels_singly(&self) -> bool {
        self.0.traits.lock().contains(&PanelTrait::SingularCancel)
    }

    /// It was found out how the panel speaks; told once.
    pub(crate) async fn learned(&self, what: PanelTrait) {
        let new = self.take_note(what);
        if let Some(reports) = self.reports().filter(|_| new) {
            reports.learned(&self.0.panel, what).await;
        }
    }

    /// From now on the panel is asked as it speaks. Whether that is new.
    fn take_note(&self, what: PanelTrait) -> bool {
        if what == PanelTrait::SingularStatus {
            self.0.watch.with(|lookout| lookout.set_singular(true));
        }
        self.0.traits.lock().insert(what)
    }

    /// How the panel departs from the protocol, as far as is known.
    pub(crate) fn traits(&self) -> Vec<PanelTrait> {
        self.0.traits.lock().iter().copied().collect()
    }

    pub(crate) fn cancels(&self) -> &Merge<Wish> {
        &self.0.cancels
    }

    pub(crate) fn refill_looks(&self) -> &Merge<Answered> {
        &self.0.refill_looks
    }

    fn refused(&self, trouble: PanelTrouble, offer: &OfferId) {
        tracing::warn!(panel = %self.0.panel, ?trouble, %offer, "the panel refuses orders");
        self.0.rests.lock().refused(trouble, offer, Instant::now());
        self.changed();
    }

    fn listeners(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.listeners)
    }

    fn admission(&self) -> &Admission {
        &self.0.admission
    }

    /// The first reason why the panel takes no order at all.
    fn panel_rest(&self) -> Option<Rest> {
        self.panel_rests().into_iter().next()
    }

    /// All reasons why the panel takes no order at all.
    fn panel_rests(&self) -> Vec<Rest> {
        let settings = self.settings();
        let bounds = Bounds {
            orders: settings.max_unconfirmed,
            stake: settings.max_unconfirmed_money,
        };
        let remembered = self.0.rests.lock().of_panel(Instant::now(), bounds);
        let off = (!settings.orders).then_some(Rest::OrdersOff);
        let broken = (self.0.admission.pass() != Pass::All).then_some(Rest::Breaker);
        remembered.into_iter().chain(off).chain(broken).collect()
    }

    fn next_rest_end(&self) -> Option<Instant> {
        self.0.rests.lock().next_end(Instant::now())
    }

    fn changed(&self) {
        self.show_state();
        self.0.state_changed.notify_one();
    }

    fn show_state(&self) {
        self.0.metrics.show_rests(&self.panel_rests());
    }

    fn state_changed(&self) -> Notified<'_> {
        self.0.state_changed.notified()
    }
}
