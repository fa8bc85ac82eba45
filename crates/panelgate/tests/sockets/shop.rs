//! A gateway that buys from raw panels, one service each, and a customer.

use panelgate_simpanel::SimPanel;
use serde_json::Value;

use crate::panel::RawPanel;
use crate::script::Script;
use crate::support::{self, Files, Gateway};

/// What every order costs: 100 at 1.20 per thousand.
pub(crate) const PRICE: f64 = 0.12;
/// What the customer has.
const FUNDS: &str = "100";

pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
    pub(crate) key: String,
    pub(crate) panels: Vec<RawPanel>,
}

impl Shop {
    /// One panel per script; services have the scripts' names.
    pub(crate) async fn open(scripts: impl IntoIterator<Item = (&str, Script)>) -> Self {
        let (mut panels, mut main, mut services) = (Vec::new(), String::new(), String::new());
        for (number, (name, script)) in scripts.into_iter().enumerate() {
            let panel = RawPanel::start(name, script).await;
            main += &format!(
                "[panels.raw{number}]\nurl = \"{}\"\nkey = {{ file = \"raw.key\" }}\ncurrency = \"USD\"\nallow_private = true\n{}",
                panel.url(),
                Files::default().panels,
            );
            services += &format!("[[import]]\npanel = \"raw{number}\"\n");
            panels.push(panel);
        }
        let files = Files {
            main,
            services,
            ..Files::default()
        };
        let none: [(&str, &SimPanel); 0] = [];
        let mut gateway = Gateway::prepare(&none, files);
        std::fs::write(gateway.path("raw.key"), "raw-key").expect("written");
        gateway.serve();
        let key = gateway.customer("ann", FUNDS);
        let shop = Self {
            gateway,
            key,
            panels,
        };
        shop.sells_all().await;
        shop
    }

    /// Waits until every panel's service is sold.
    pub(crate) async fn sells_all(&self) {
        support::until("every panel's list is here", || async {
            let list = self.gateway.api(&self.key, "services", &[]).await;
            let listed = list.as_array().map_or(0, Vec::len);
            (listed == self.panels.len()).then_some(())
        })
        .await;
    }

    /// Orders 100 of the service with this name; the link tells its orders apart.
    pub(crate) async fn add(&self, name: &str, link: &str) -> Result<u64, String> {
        let service = self.gateway.service_named(&self.key, name).await;
        self.gateway.add(&self.key, &service, link, 100).await
    }

    /// The ids of all orders in this state.
    pub(crate) fn in_state(&self, state: &str) -> Vec<u64> {
        let list = ["orders", "list", "--state", state, "--json"];
        let rows: Value = serde_json::from_str(&self.gateway.run(&list)).expect("JSON");
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| row["order"].as_u64().expect("an id"))
            .collect()
    }

    /// How many orders the customer has paid for, or pays for.
    pub(crate) async fn paid_for(&self) -> f64 {
        let funds: f64 = FUNDS.parse().expect("a number");
        let balance: f64 = self
            .gateway
            .balance(&self.key)
            .await
            .parse()
            .expect("a number");
        ((funds - balance) / PRICE * 1e6).round() / 1e6
    }
}
