//! The gateway that is measured, its panel and its customer, who has 100 orders.

use std::path::{Path, PathBuf};

use panelgate_benches::gateway::{self, Gateway};
use panelgate_simpanel::SimPanel;
use tokio::runtime::Runtime;

use crate::ask::{Ask, Heard};
use crate::closed::Server;
use crate::line::{Line, post};
use crate::machine::SERVER;

/// All that runs during a run.
pub(crate) struct Shop {
    /// The load, the panel, and nothing else: one thread.
    pub(crate) runtime: Runtime,
    pub(crate) gateway: Gateway,
    pub(crate) panel: SimPanel,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) key: String,
    /// The number of a service, as text.
    pub(crate) service: String,
    /// What the panel calls it.
    pub(crate) offer: String,
    /// The first orders.
    pub(crate) orders: Vec<i64>,
}

impl Shop {
    pub(crate) fn open(binary: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let within = env!("CARGO_TARGET_TMPDIR");
        let panel = runtime.block_on(gateway::panel());
        let gateway = Gateway::start(binary, Some(SERVER), within, &panel, LIMITS);
        let key = gateway.customer();
        let folder = tempfile::tempdir_in(within).expect("a folder");
        let mut shop = Self {
            runtime,
            gateway,
            panel,
            folder,
            key,
            service: String::new(),
            offer: "1".to_owned(),
            orders: Vec::new(),
        };
        shop.service = shop.first_service();
        shop.orders = shop.first_orders();
        shop
    }

    pub(crate) fn server(&self) -> Server {
        Server {
            address: self.gateway.address,
            process: self.gateway.id(),
        }
    }

    /// The form of an action of this customer, with more fields.
    pub(crate) fn form(&self, action: &str, more: &str) -> String {
        format!("key={}&action={action}{more}", self.key)
    }

    /// What is answered to a form now.
    pub(crate) fn answer(&self, form: &str, more_headers: &str) -> Vec<u8> {
        let (address, request) = (self.gateway.address, post(form, more_headers));
        let asked = self.runtime.spawn(async move {
            let mut line = Line::to(address).await.expect("connected");
            line.ask(&request).await.expect("an answer").to_vec()
        });
        self.runtime.block_on(asked).expect("no panic")
    }

    /// The panel's list is there soon after the start.
    fn first_service(&self) -> String {
        let form = self.form("services", "");
        loop {
            let list = self.answer(&form, "");
            let list = String::from_utf8(list).expect("text");
            let first = list.strip_prefix("[{\"service\":");
            if let Some((number, _)) = first.and_then(|first| first.split_once(',')) {
                return number.to_owned();
            }
        }
    }

    fn first_orders(&self) -> Vec<i64> {
        let (address, ask) = (self.gateway.address, Ask::add(&self.key, &self.service));
        let placed = self.runtime.spawn(async move {
            let mut line = Line::to(address).await.expect("connected");
            let mut orders = Vec::new();
            while orders.len() < 100 {
                match ask.put(&mut line).await.expect("an answer") {
                    Heard::Order(order) => orders.push(order),
                    other => panic!("{other:?} to a first order"),
                }
            }
            orders
        });
        self.runtime.block_on(placed).expect("no panic")
    }

    /// The folder in which peers keep what they need.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// Connections that wait for their next request are kept.
const LIMITS: &str = "head = \"10m\"\n";
