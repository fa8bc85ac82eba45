//! `[server]`, `[operator]`, `[store]`, `[orders]` and `[status]`.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::scope::{Scope, flag};
use super::tls;
use crate::config::raw::{self, List, Maybe};
use crate::config::source::Sources;
use crate::config::spanned::Spanned;
use crate::config::value::{self, Read, Wrong};
use crate::config::{Keys, Limits, Orders, Server, Status, Tls};
use crate::control;

/// The parts of the configuration that need a restart, but for the money.
pub(super) struct Fixed {
    pub(super) server: Server,
    pub(super) tls: Option<Tls>,
    pub(super) operator_listen: SocketAddr,
    pub(super) store_path: PathBuf,
    pub(super) orders: Orders,
    pub(super) status: Status,
}

pub(super) fn resolve(
    main: &raw::Main,
    sources: &Sources,
    keys: Keys,
    scope: &mut Scope<'_>,
) -> Fixed {
    let server = server(section(&main.server), scope);
    let customers = section(&main.server).and_then(|server| server.listen.as_ref());
    let operator_listen = operator(section(&main.operator), server.listen, customers, scope);
    let tls = section(&main.server).and_then(|server| server.tls.as_ref());
    Fixed {
        tls: tls::resolve(tls, sources.folder(), keys, scope),
        operator_listen,
        store_path: store_path(section(&main.store), sources.folder(), scope),
        orders: orders(section(&main.orders), scope),
        status: status(section(&main.status), scope),
        server,
    }
}

fn section<T>(section: &Maybe<T>) -> Option<&T> {
    section.as_ref().map(Spanned::get_ref)
}

fn server(raw: Option<&raw::Server>, scope: &mut Scope<'_>) -> Server {
    let empty = raw::Server::default();
    let raw = raw.unwrap_or(&empty);
    let listen = scope.read(&raw.listen, value::address);
    Server {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        is_tls: raw.tls.is_some(),
        paths: paths(&raw.paths, scope),
        public_url: scope.read(&raw.public_url, public_url),
        get_add: flag(&raw.get_add, false),
        stop_within: scope
            .read(&raw.stop_within, value::duration)
            .unwrap_or(STOP_WITHIN),
        proxy_protocol: proxy_protocol(raw, scope),
        trusted_proxies: trusted_proxies(&raw.trusted_proxies, scope),
        limits: limits(section(&raw.limits), scope),
    }
}

/// None, unless they are named.
fn trusted_proxies(list: &List<String>, scope: &mut Scope<'_>) -> Vec<IpNet> {
    let written = list.iter().flat_map(|list| list.get_ref());
    let nets = written.filter_map(|text| scope.read_one(text, value::net));
    nets.collect()
}

/// Whoever says whose a connection is has to be trusted.
fn proxy_protocol(raw: &raw::Server, scope: &mut Scope<'_>) -> bool {
    let is_wanted = flag(&raw.proxy_protocol, false);
    let trusted = raw.trusted_proxies.as_ref();
    if let Some(written) = &raw.proxy_protocol
        && is_wanted
        && trusted.is_none_or(|list| list.get_ref().is_empty())
    {
        scope.error(
            &written.span(),
            "nobody may say whose a connection is",
            "expected `trusted_proxies` beside it",
            "name the proxies: trusted_proxies = [\"10.0.0.5\"]",
        );
    }
    is_wanted
}

fn paths(list: &List<String>, scope: &mut Scope<'_>) -> Vec<String> {
    let Some(written) = list else {
        return vec!["/api/v2".to_owned()];
    };
    if written.get_ref().is_empty() {
        scope.error(
            &written.span(),
            "an API without a path",
            "expected at least one path",
            "leave the key out for its default: paths = [\"/api/v2\"]",
        );
        return Vec::new();
    }
    let mut paths = scope.read_list(list, path);
    paths.sort();
    paths.dedup();
    paths
}

/// A trailing `/` is the same place, so it is dropped.
fn path(text: &str) -> Read<String> {
    let wrong = |title: String, mend: &str| Wrong {
        title,
        expected: "expected a path such as \"/api/v2\"",
        mend: mend.to_owned(),
    };
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#%".contains(&byte));
    let path = text.trim_end_matches('/');
    if !text.starts_with('/') || !plain {
        return Err(wrong(
            format!("`{text}` is no path"),
            "begin it with / and use no blanks, ?, # or %",
        ));
    }
    if path.is_empty() {
        return Err(wrong(
            "`/` is the page for customers".to_owned(),
            "give the API a path of its own",
        ));
    }
    Ok(path.to_owned())
}

/// It stands in examples that customers copy into shells and programs, so it has nothing in it that means something there.
fn public_url(text: &str) -> Read<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    let is_url = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_url && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Wrong {
        title: format!("`{text}` is no URL for customers"),
        expected: "expected the address of this API as customers reach it",
        mend: "write for example \"https://panel.example/api/v2\"".to_owned(),
    })
}

fn limits(raw: Option<&raw::Limits>, scope: &mut Scope<'_>) -> Limits {
    let empty = raw::Limits::default();
    let raw = raw.unwrap_or(&empty);
    let body_bytes = scope.whole(&raw.body_bytes, 1_024..=67_108_864, 1_048_576);
    Limits {
        connections: scope.whole(&raw.connections, 1..=1_000_000, 10_000),
        per_address: scope.whole(&raw.per_address, 1..=1_000_000, 1_000),
        head: scope.read(&raw.head, value::lasting).unwrap_or(HEAD),
        body: scope.read(&raw.body, value::lasting).unwrap_or(BODY),
        write: scope.read(&raw.write, value::lasting).unwrap_or(WRITE),
        body_bytes,
        bodies_bytes: bodies_bytes(&raw.bodies_bytes, body_bytes, scope),
        add_per_second: rate(&raw.add_per_second, 100, scope),
        reads_per_second: rate(&raw.reads_per_second, 1_000, scope),
        wrong_keys_per_minute: rate(&raw.wrong_keys_per_minute, 60, scope),
    }
}

/// The largest body has to fit.
fn bodies_bytes(written: &Maybe<i64>, body_bytes: usize, scope: &mut Scope<'_>) -> usize {
    let bytes = scope.whole(written, 1_024..=68_719_476_736, 67_108_864);
    if let Some(written) = written
        && bytes < body_bytes
    {
        scope.error(
            &written.span(),
            "there would be no room for one body",
            format!("expected at least {body_bytes}, which is `body_bytes`"),
            "leave the key out for its default, or make bodies smaller",
        );
    }
    bytes
}

/// How often something may be done within a time.
pub(super) fn rate(number: &Maybe<i64>, default: u32, scope: &mut Scope<'_>) -> NonZeroU32 {
    let number: u32 = scope.whole(number, 1..=1_000_000, default);
    NonZeroU32::new(number).expect("the bounds begin at 1")
}

fn operator(
    raw: Option<&raw::Operator>,
    customers: SocketAddr,
    customers_written: Option<&Spanned<String>>,
    scope: &mut Scope<'_>,
) -> SocketAddr {
    let written = raw.map_or(&None, |raw| &raw.listen);
    let listen = scope.read(written, value::address);
    let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8081)));
    // One of the two is written: their defaults differ.
    if let Some(written) = written.as_ref().or(customers_written)
        && meet(listen, customers)
    {
        scope.error(
            &written.span(),
            format!("operators would get {listen}, which is the customers' listener"),
            "expected a port of its own",
            "what operators see is never served on the customers' port: choose another one",
        );
    }
    listen
}

/// Whether two listeners want the same port; 0 is any free one.
fn meet(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (everywhere || one.ip() == other.ip())
}

fn store_path(raw: Option<&raw::Store>, folder: &Path, scope: &mut Scope<'_>) -> PathBuf {
    let written = raw.map_or(&None, |raw| &raw.url);
    let path = scope.read(written, sqlite_path);
    let path = folder.join(path.unwrap_or_else(|| "data/panelgate.db".to_owned()));
    let length = control::socket_path(&path).as_os_str().len();
    if length > LONGEST_SOCKET {
        let title = "the path of the store is too long";
        let label = format!("{length} bytes with `.sock`, expected at most {LONGEST_SOCKET}");
        let mend = "the socket for commands lies beside the store, and its path has to be short: move the store up";
        match written {
            Some(written) => scope.error(&written.span(), title, label, mend),
            None => scope.error_file(format!("{title}: {label}"), mend),
        }
    }
    path
}

fn sqlite_path(url: &str) -> Read<String> {
    let wrong = |title: String, mend: &str| Wrong {
        title,
        expected: "expected \"sqlite:PATH\"",
        mend: mend.to_owned(),
    };
    let path = url
        .strip_prefix("sqlite:")
        .map(|path| path.strip_prefix("//").unwrap_or(path));
    match path {
        None => Err(wrong(
            format!("`{url}` is no store this program knows"),
            "write \"sqlite:data/panelgate.db\"; PostgreSQL is not supported yet",
        )),
        Some("" | ":memory:") => Err(wrong(
            format!("`{url}` names no file"),
            "the books have to outlive the process: write \"sqlite:data/panelgate.db\"",
        )),
        Some(path) => Ok(path.to_owned()),
    }
}

fn orders(raw: Option<&raw::Orders>, scope: &mut Scope<'_>) -> Orders {
    let empty = raw::Orders::default();
    let raw = raw.unwrap_or(&empty);
    let add_wait = scope
        .read(&raw.add_wait, value::lasting)
        .unwrap_or(ADD_WAIT);
    warn_if_slow(&raw.add_wait, add_wait, scope);
    Orders {
        add_wait,
        route_wait: scope
            .read(&raw.route_wait, value::lasting)
            .unwrap_or(ROUTE_WAIT),
        open_for: scope
            .read(&raw.open_for, value::lasting)
            .unwrap_or(OPEN_FOR),
        open_max: scope.whole(&raw.open_max, 0..=10_000_000, 10_000),
        late_answer: scope
            .read(&raw.late_answer, value::duration)
            .unwrap_or(LATE_ANSWER),
        evidence_after: scope
            .read(&raw.evidence_after, value::lasting)
            .unwrap_or(EVIDENCE_AFTER),
    }
}

fn status(raw: Option<&raw::Status>, scope: &mut Scope<'_>) -> Status {
    let empty = raw::Status::default();
    let raw = raw.unwrap_or(&empty);
    let wait = scope
        .read(&raw.wait, value::duration)
        .unwrap_or(STATUS_WAIT);
    warn_if_slow(&raw.wait, wait, scope);
    let look = scope.read(&raw.look_at_least_every, value::lasting);
    Status {
        wait,
        gather: scope.read(&raw.gather, value::duration).unwrap_or(GATHER),
        fresh_for: scope
            .read(&raw.fresh_for, value::duration)
            .unwrap_or(FRESH_FOR),
        look_at_least_every: look.unwrap_or(LOOK_AT_LEAST_EVERY),
        recheck_for: scope
            .read(&raw.recheck_for, value::duration)
            .unwrap_or(RECHECK_FOR),
    }
}

/// Deadlines shrink inwards: the listener answers by 9.5 s whatever the engine does.
fn warn_if_slow(written: &Maybe<String>, wait: Duration, scope: &mut Scope<'_>) {
    if let Some(written) = written
        && wait > LONGEST_WAIT
    {
        scope.warn(
            &written.span(),
            "longer than customers wait",
            "more than \"9s\" is cut off by the listener's own deadline",
            "old clients give up after 10 seconds: leave the key out for its default",
        );
    }
}

/// Unix takes 104 to 108 bytes, and the socket is made under a name of its own first.
const LONGEST_SOCKET: usize = 100;

const STOP_WITHIN: Duration = Duration::from_secs(25);
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(15);
const WRITE: Duration = Duration::from_secs(60);
const ADD_WAIT: Duration = Duration::from_secs(8);
const ROUTE_WAIT: Duration = Duration::from_secs(2);
const OPEN_FOR: Duration = Duration::from_secs(2 * 60 * 60);
const EVIDENCE_AFTER: Duration = Duration::from_secs(5 * 60);
const LATE_ANSWER: Duration = Duration::from_secs(120);
const STATUS_WAIT: Duration = Duration::from_millis(1_500);
const GATHER: Duration = Duration::from_millis(25);
const FRESH_FOR: Duration = Duration::from_secs(15);
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(60 * 60);
const RECHECK_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const LONGEST_WAIT: Duration = Duration::from_secs(9);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_files() {
        assert_eq!(sqlite_path("sqlite:data/a.db"), Ok("data/a.db".into()));
        assert_eq!(sqlite_path("sqlite:///var/a.db"), Ok("/var/a.db".into()));
        for bad in ["postgres://x/y", "data/a.db", "sqlite:", "sqlite::memory:"] {
            assert!(sqlite_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn listeners_meet_on_a_port_of_the_same_address() {
        let meet = |one: &str, other: &str| {
            super::meet(one.parse().expect("valid"), other.parse().expect("valid"))
        };
        assert!(meet("127.0.0.1:80", "127.0.0.1:80"));
        assert!(meet("0.0.0.0:80", "127.0.0.1:80"));
        assert!(meet("127.0.0.1:80", "[::]:80"));
        assert!(!meet("127.0.0.1:80", "127.0.0.2:80"));
        assert!(!meet("0.0.0.0:80", "127.0.0.1:81"));
        assert!(!meet("0.0.0.0:0", "0.0.0.0:0"));
    }

    #[test]
    fn customers_can_copy_the_public_url() {
        for good in ["https://panel.example/api/v2", "http://[::1]:8080/v2"] {
            assert_eq!(public_url(good), Ok(good.into()));
        }
        for bad in [
            "panel.example",
            "ftp://a/b",
            "https://a/'b",
            "https://a/?b",
            "https://u@a/",
            "https://a/$(b)",
            "",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_lose_their_last_slash() {
        assert_eq!(path("/api/v2/"), Ok("/api/v2".into()));
        for bad in ["api", "/", "", "/a b", "/a?b"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
