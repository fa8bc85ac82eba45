//! What a desk is told about its panel.

use std::num::NonZeroU32;
use std::time::Duration;

use panelgate_domain::family::Share;
use panelgate_domain::ids::{Currency, PanelName};
use panelgate_domain::money::Money;
use secrecy::SecretString;
use url::Url;

use crate::transport::Transport;

/// Everything a desk knows about its panel; replaced as a whole by [`crate::Desk::reconfigure`].
#[derive(Clone, Debug)]
pub struct PanelSettings {
    /// Its name in the configuration.
    pub name: PanelName,
    /// Where every call goes, as it stands: nothing is appended.
    pub url: Url,
    /// Our key there.
    pub key: SecretString,
    /// The currency of its rates, charges and balance.
    pub currency: Currency,
    /// False: no new orders, everything else goes on.
    pub orders: bool,
    /// Most calls per second, of all kinds together, in any one second.
    pub requests_per_second: NonZeroU32,
    /// Most calls under way at once; 0 counts as 1. If there is more than one slot, one is never an order's.
    pub max_in_flight: u32,
    /// How long a call is waited for.
    pub timeout: Duration,
    /// How long, from its beginning, the answer to an `add` is still listened for.
    pub late_answer: Duration,
    /// Most ids in one `status` call; 0 counts as 1.
    pub status_batch: usize,
    /// So many open questions, and the panel gets no new order.
    pub max_unconfirmed: u32,
    /// So much held for open questions, in the gateway's currency, and the panel gets no new order; `None`: no such bound.
    pub max_unconfirmed_money: Option<Money>,
    /// To find out what became of an order, so many ids that may be its are asked about at most; 0: none.
    pub probe_ids: u32,
    /// Whether what was found out decides, where it leaves no other reading.
    pub resolve_by_evidence: bool,
    /// True: `http` and private or loopback addresses are fine.
    pub allow_private: bool,
    /// What a post of a subscription is to its money: whether the panel charges each when it is made, or all at once.
    pub posts: Share,
    /// Error texts of this panel beyond the built-in lists.
    pub refusals: Refusals,
    /// A panel that is down is tried again so often at least.
    pub back_off: Duration,
    /// How long an asked id waits for company before its call leaves.
    pub gather: Duration,
    /// How long a fact is as good as new.
    pub fresh_for: Duration,
    /// Longest time between two looks at a live order.
    pub look_at_least_every: Duration,
    /// Where its connections come from.
    pub transport: Transport,
}

impl PanelSettings {
    /// A panel with the contract's defaults for everything else: on the network, at a public address, over TLS.
    #[must_use]
    pub fn new(name: PanelName, url: Url, key: SecretString, currency: Currency) -> Self {
        Self {
            name,
            url,
            key,
            currency,
            orders: true,
            requests_per_second: NonZeroU32::new(10).expect("10 is not 0"),
            max_in_flight: 8,
            timeout: Duration::from_secs(20),
            late_answer: Duration::from_secs(120),
            status_batch: 100,
            max_unconfirmed: 20,
            max_unconfirmed_money: None,
            probe_ids: 0,
            resolve_by_evidence: false,
            allow_private: false,
            posts: Share::Post,
            refusals: Refusals::default(),
            back_off: Duration::from_secs(10),
            gather: Duration::from_millis(25),
            fresh_for: Duration::from_secs(15),
            look_at_least_every: Duration::from_secs(60 * 60),
            transport: Transport::Network,
        }
    }
}

/// Error texts of one panel, as globs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// The order was refused.
    pub order: Vec<String>,
    /// The panel takes no order now.
    pub panel: Vec<String>,
    /// We ask too often.
    pub throttled: Vec<String>,
}

/// Why a desk cannot work with its settings.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A desk keeps its panel for life.
    #[error("these are the settings of panel {given}, not of {desk}")]
    OtherPanel {
        /// Whose desk it is.
        desk: PanelName,
        /// Whose settings they are.
        given: PanelName,
    },
    /// Nothing an HTTP request can be sent to.
    #[error("`{0}` is no address of a panel")]
    Url(Url),
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}
