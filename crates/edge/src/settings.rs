//! The edge's knobs; `contract.md` has their defaults.

use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;

use crate::certificate::Certificate;

/// How the customers' listener behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The paths of the API; a trailing `/` is the same place.
    pub paths: Vec<String>,
    /// The API's URL on the page for customers; `None`: what their browsers call us.
    pub public_url: Option<String>,
    /// Whether `add` may come by GET.
    pub get_add: bool,
    /// What TLS shows; without one there is no TLS.
    pub certificate: Option<Certificate>,
    /// Proxies that are believed when they say who a client is.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether their connections begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Open connections in all.
    pub connections: usize,
    /// Open connections of one address; of IPv6, of one /64. Behind a trusted proxy: requests at a time.
    pub per_address: usize,
    /// Time for a TLS handshake, for a head, and for an idle connection to say something.
    pub head: Duration,
    /// Time for a body.
    pub body: Duration,
    /// Time for a client to take an answer, from when it has to wait for it on.
    pub write: Duration,
    /// Size of a body.
    pub body_bytes: usize,
    /// Memory for all bodies together, beyond what each has for itself; at least `body_bytes`. Who needs more of it than is
    /// left gets `Too many requests`.
    pub bodies_bytes: usize,
    /// `add`, `refill` and `cancel` per key and second.
    pub add_per_second: NonZeroU32,
    /// Other requests per key and second.
    pub reads_per_second: NonZeroU32,
    /// Wrong keys per address (of IPv6, per /64) and minute that are answered as such.
    pub wrong_keys_per_minute: NonZeroU32,
    /// Time for an answer: a little less than old clients wait.
    pub answer: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            paths: vec!["/api/v2".to_owned()],
            public_url: None,
            get_add: false,
            certificate: None,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            connections: 10_000,
            per_address: 1_000,
            head: Duration::from_secs(10),
            body: Duration::from_secs(15),
            write: Duration::from_secs(60),
            body_bytes: 1_048_576,
            bodies_bytes: 67_108_864,
            add_per_second: NonZeroU32::new(100).expect("100 is not 0"),
            reads_per_second: NonZeroU32::new(1_000).expect("1000 is not 0"),
            wrong_keys_per_minute: NonZeroU32::new(60).expect("60 is not 0"),
            answer: Duration::from_millis(9_500),
        }
    }
}
