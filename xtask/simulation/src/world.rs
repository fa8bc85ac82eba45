//! A world: panels, the gateway's process as it comes and goes, and the time in which all of it happens.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use panelgate_domain::field::Field;
use panelgate_domain::ids::PanelName;
use panelgate_domain::money::Money;
use panelgate_engine::{Engine, Parts, Settings};
use panelgate_simpanel::{SimCatalogue, SimClock, SimPanel, SimSettings};
use panelgate_store::Store;
use panelgate_store::model::OrderStory;
use panelgate_store::sqlite::{Options, Role, SqliteStore, Work};
use panelgate_upstream::{PanelSettings, Transport};
use parking_lot::Mutex;
use prometheus::Registry;
use tokio_util::sync::CancellationToken;

use crate::auditor;
use crate::boundary::Boundary;
use crate::clock::WallClock;
use crate::history::History;
use crate::life::Life;
use crate::mishap::Mishaps;
use crate::network::Way;
use crate::plan::{PanelPlan, Plan};
use crate::shop;
use crate::trace::Trace;

/// A world.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) panels: Vec<(PanelName, Arc<SimPanel>)>,
    pub(crate) clock: Arc<WallClock>,
    pub(crate) mishaps: Arc<Mishaps>,
    pub(crate) trace: Arc<Trace>,
    pub(crate) history: Mutex<History>,
    pub(crate) offer: Mutex<Offer>,
    /// The trouble is over.
    pub(crate) calm: CancellationToken,
    /// All have ended, and panels have second thoughts.
    pub(crate) is_late: AtomicBool,
    file: PathBuf,
    running: Mutex<Option<Running>>,
}

/// The process, while it runs.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) life: Life,
    pub(crate) store: Arc<Boundary>,
}

/// What the operators have decided about prices and routes.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) revision: u64,
    pub(crate) percent: i64,
    pub(crate) routes: Vec<PanelName>,
}

impl World {
    /// A world without a process yet; its store is made in this folder.
    pub(crate) fn new(plan: Plan, folder: &Path, mishaps: Mishaps, trace: Trace) -> Self {
        let names = ["alpha", "beta", "gamma", "delta"].map(PanelName::from);
        let panels: Vec<_> = names
            .into_iter()
            .zip(&plan.panels)
            .zip(1..)
            .map(|((name, panel), number)| {
                let settings = SimSettings {
                    balance: Money::from_micros(panel.balance),
                    catalogue: SimCatalogue::Json(shop::list(5 * number)),
                    seed: plan
                        .seed
                        .wrapping_mul(31)
                        .wrapping_add(number.unsigned_abs()),
                    clock: SimClock::real(panel.speed),
                    outcomes: panel.outcomes,
                    first_order: panel.first_order,
                    refuses_active_links: panel.refuses_active_links,
                    limit_per_second: panel.limit,
                    ..SimSettings::default()
                };
                let built = SimPanel::detached(settings).expect("a list of our own");
                panel
                    .faults
                    .iter()
                    .cloned()
                    .for_each(|rule| built.plan(rule));
                (name, Arc::new(built))
            })
            .collect();
        let routes = panels.iter().map(|(name, _)| name.clone()).collect();
        Self {
            plan,
            panels,
            clock: Arc::new(WallClock::new()),
            mishaps: Arc::new(mishaps),
            trace: Arc::new(trace),
            history: Mutex::default(),
            offer: Mutex::new(Offer {
                revision: 1,
                percent: 20,
                routes,
            }),
            calm: CancellationToken::new(),
            is_late: AtomicBool::new(false),
            file: folder.join("panelgate.db"),
            running: Mutex::new(None),
        }
    }

    /// Waits, and says whether there is still trouble then.
    pub(crate) async fn is_troubled_after(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.calm.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// The process, if it runs.
    pub(crate) fn running(&self) -> Option<Running> {
        self.running.lock().clone()
    }

    pub(crate) fn panel(&self, name: &PanelName) -> &SimPanel {
        let found = self.panels.iter().find(|(known, _)| known == name);
        &found.expect("orders are at panels of this world").1
    }

    /// A file beside the store.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.file.with_file_name(name)
    }

    /// Opens the store without mishaps, for whoever looks at it from outside.
    pub(crate) fn open(&self) -> SqliteStore {
        let options = Options {
            create: true,
            work: Work::Inline,
            ..Options::default()
        };
        SqliteStore::open(&self.file, Role::Serve, options).expect("nobody else has it open")
    }

    /// Starts the process. `None` if it ended before it ran; the next try is a new process.
    pub(crate) async fn start(&self) -> Option<Running> {
        let life = Life::default();
        let store = Arc::new(Boundary::new(
            Arc::new(self.open()),
            life.clone(),
            Arc::clone(&self.mishaps),
            Arc::clone(&self.trace),
        ));
        let registry = Registry::new();
        let offer = self.offer.lock().clone();
        let parts = Parts {
            store: Arc::<Boundary>::clone(&store),
            clock: Arc::<WallClock>::clone(&self.clock),
            settings: Settings {
                open_for: OPEN_FOR,
                fresh_for: FRESH_FOR,
                look_at_least_every: LOOK_EVERY,
                evidence_after: SEARCH_AFTER,
                ..self.pace()
            },
            rules: shop::rules(offer.revision, offer.percent, &offer.routes),
            panels: self.panel_settings(&life),
            metrics: panelgate_engine::Metrics::register(&registry).expect("a registry of its own"),
            upstream_metrics: panelgate_upstream::Metrics::register(&registry)
                .expect("a registry of its own"),
        };
        self.trace.note("start");
        match life.or_end(Engine::start(parts)).await {
            Some(Ok(engine)) => {
                let running = Running {
                    engine,
                    life,
                    store,
                };
                *self.running.lock() = Some(running.clone());
                Some(running)
            }
            Some(Err(error)) => {
                self.trace.note(format_args!("no start: {error}"));
                life.end();
                self.close(&store).await;
                None
            }
            None => {
                self.close(&store).await;
                None
            }
        }
    }

    /// The process has crashed.
    pub(crate) async fn bury(&self, dead: Running) {
        self.trace.note("dead");
        dead.life.end();
        *self.running.lock() = None;
        // It cannot do anything any more; this only ends its timers.
        let engine = dead.engine;
        tokio::spawn(async move { engine.stop().await });
        self.close(&dead.store).await;
    }

    /// The process ends in good order; or crashes while it tries to.
    pub(crate) async fn stop(&self, running: Running) {
        self.trace.note("stop");
        *self.running.lock() = None;
        if running.life.or_end(running.engine.stop()).await.is_none() {
            self.trace.note("dead while stopping");
        }
        running.life.end();
        self.close(&running.store).await;
    }

    /// Lets go of the file of a process that has ended, whose memory has to agree with it.
    async fn close(&self, store: &Boundary) {
        let Some(mut store) = store.give_up() else {
            return;
        };
        // What is under way notices the end of its process with its next step.
        for _ in 0..MOST_STEPS {
            match Arc::try_unwrap(store) {
                Ok(free) => {
                    let wrongs = auditor::false_balances(&free).await;
                    self.history.lock().complaints.extend(wrongs);
                    return free.close().await;
                }
                Err(used) => store = used,
            }
            tokio::task::yield_now().await;
        }
        panic!("a dead process holds on to its store");
    }

    /// How often the process does what it does unasked.
    fn pace(&self) -> Settings {
        let usual = Settings::new("USD".into());
        if !self.is_late.load(Ordering::Relaxed) {
            return usual;
        }
        // Hours in which hardly anything happens.
        Settings {
            foreign_every: Duration::from_secs(60),
            resend_every: Duration::from_secs(60),
            balance_every: Duration::from_secs(600),
            ..usual
        }
    }

    pub(crate) fn panel_settings(&self, life: &Life) -> Vec<PanelSettings> {
        let settings = |((name, panel), plan): (&(PanelName, Arc<SimPanel>), &PanelPlan)| {
            let url = format!("http://{}.example/api/v2", name.as_str());
            PanelSettings {
                requests_per_second: NonZeroU32::new(20).expect("not 0"),
                max_in_flight: if plan.repeats_ids() { 1 } else { 4 },
                timeout: Duration::from_secs(10),
                late_answer: Duration::from_secs(if self.plan.searches { 12 } else { 60 }),
                probe_ids: if self.plan.searches { 200 } else { 0 },
                resolve_by_evidence: self.plan.searches,
                allow_private: true,
                fresh_for: FRESH_FOR,
                look_at_least_every: LOOK_EVERY,
                transport: Transport::Given(Arc::new(Way::new(
                    Arc::clone(panel),
                    life.clone(),
                    Arc::clone(&self.mishaps),
                ))),
                ..PanelSettings::new(
                    name.clone(),
                    url.parse().expect("a URL"),
                    KEY.to_owned().into(),
                    "USD".into(),
                )
            }
        };
        self.panels
            .iter()
            .zip(&self.plan.panels)
            .map(settings)
            .collect()
    }
}

/// The link of an order, which its customer used for nothing else.
pub(crate) fn link_of(story: &OrderStory) -> &str {
    story.order.spec.field(Field::Link).unwrap_or_default()
}

/// Our key at the panels, some of which repeat it when things go wrong.
pub(crate) const KEY: &str = "sim-key";
const MOST_STEPS: usize = 100_000;
const OPEN_FOR: Duration = Duration::from_secs(300);
const FRESH_FOR: Duration = Duration::from_secs(5);
const SEARCH_AFTER: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl Running {
    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }
}
