//! The files of a gateway.

/// What is written into the folder.
pub struct Files {
    /// More of `[server]`.
    pub server: String,
    /// More of `[server.limits]`.
    pub limits: String,
    /// The section `[status]`.
    pub status: String,
    /// The limits that every panel has.
    pub panels: String,
    /// Goes to the end of `panelgate.toml`, after the panels.
    pub main: String,
    pub markup: String,
    pub services: String,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            server: String::new(),
            limits: String::new(),
            status: STATUS.to_owned(),
            panels: LIMITS.to_owned(),
            main: String::new(),
            markup: "[default]\npercent = \"20\"\n".to_owned(),
            services: String::new(),
        }
    }
}

impl Files {
    /// What comes before the panels.
    pub(super) fn head(&self) -> String {
        format!(
            "{SERVER}{}{SERVER_LIMITS}{}{BASE}[status]\n{}",
            self.server, self.limits, self.status
        )
    }
}

const SERVER: &str = r#"
[server]
listen = "127.0.0.1:0"
"#;

const SERVER_LIMITS: &str = r#"
[server.limits]
add_per_second = 100_000
reads_per_second = 1_000_000
"#;

const BASE: &str = r#"
[operator]
listen = "127.0.0.1:0"
[store]
url = "sqlite:panelgate.db"
"#;

const STATUS: &str = r#"
fresh_for = "100ms"
gather = "5ms"
look_at_least_every = "1s"
"#;

const LIMITS: &str = r#"
requests_per_second = 2000
max_in_flight = 64
timeout = "1s"
max_unconfirmed = 10000
"#;
