//! One process after the other on a socket that somebody else holds: the kernel queues whoever comes in between.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use panelgate_simpanel::SimPanel;

use crate::load::{Load, Seen};
use crate::support::books::TWO_ROUTES;
use crate::support::{Files, Gateway, panel, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_that_the_process_is_exchanged() {
    let (alpha, beta) = (panel().await, panel().await);
    let files = Files {
        services: TWO_ROUTES.to_owned(),
        ..Files::default()
    };
    let mut gateway = Gateway::prepare(&[("alpha", &alpha), ("beta", &beta)], files);
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    serve_on(&mut gateway, &socket);
    assert_eq!(gateway.url(), format!("http://{address}/api/v2"));
    let key = gateway.customer("ann", "100000");
    gateway.services(&key).await;

    let restarts = restarts();
    let load = Load::start(address, &key);
    for _ in 0..restarts {
        let answered = &load.seen().answered;
        let enough = answered.load(Ordering::Relaxed) + BETWEEN_RESTARTS;
        until("the load goes on", || async {
            (answered.load(Ordering::Relaxed) >= enough).then_some(())
        })
        .await;
        assert_eq!(gateway.terminate(), 0);
        serve_on(&mut gateway, &socket);
    }
    let (seen, rate) = load.end().await;
    let (answered, repeated) = (&seen.answered, &seen.repeated);
    eprintln!(
        "{restarts} restarts: {answered:?} requests, {rate:.0} a second, {} orders, {repeated:?} reads repeated, the slowest took {:?}",
        seen.orders.lock().len(),
        seen.slowest.lock()
    );
    judge(&gateway, &seen, &alpha, &beta).await;
    assert!(
        repeated.load(Ordering::Relaxed) > 0,
        "no kept connection was closed: the test is too gentle"
    );
    // A machine that does other things as well is no measure.
    if is_measured() {
        assert!(*seen.slowest.lock() < SLOWEST, "{:?}", seen.slowest);
        assert!(rate > 150.0, "the test is too gentle");
    }
}

/// Nobody was refused or forgotten, and each order is at one panel, once.
async fn judge(gateway: &Gateway, seen: &Seen, alpha: &SimPanel, beta: &SimPanel) {
    assert_eq!(*seen.wrong.lock(), Vec::<String>::new());
    until("no order waits", || async {
        let waiting = gateway.run(&["orders", "list", "--state", "open", "--json"]);
        (waiting.trim() == "[]").then_some(())
    })
    .await;
    let mut placed: BTreeMap<String, u32> = BTreeMap::new();
    for books in [alpha.books(), beta.books()] {
        for link in books.add_links() {
            *placed.entry(link.to_owned()).or_default() += 1;
        }
    }
    let orders = seen.orders.lock();
    for (order, link) in orders.iter() {
        assert_eq!(placed.get(link), Some(&1), "order {order} for {link}");
    }
    assert_eq!(placed.len(), orders.len(), "what was placed was answered");
    gateway.verify();
}

/// Hands the socket over as systemd does: as descriptor 3, to a process that finds its own number in `LISTEN_PID`.
fn serve_on(gateway: &mut Gateway, socket: &TcpListener) {
    let held = socket.try_clone().expect("another handle");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", HAND_OVER])
        .arg(env!("CARGO_BIN_EXE_panelgate"))
        .arg(gateway.path("panelgate.toml"))
        .stdin(Stdio::from(OwnedFd::from(held)));
    gateway.listen(shell);
}

/// Whether somebody asked for it and has the machine to himself.
fn is_measured() -> bool {
    std::env::var_os(RESTARTS).is_some()
}

fn restarts() -> usize {
    std::env::var_os(RESTARTS).map_or(5, |wanted| {
        let wanted = wanted.into_string().expect("a number");
        wanted.parse().expect("a number")
    })
}

/// How many restarts there are to be; then the time that answers take is judged, too.
const RESTARTS: &str = "PANELGATE_TEST_RESTARTS";

const HAND_OVER: &str = r#"exec 3<&0 </dev/null
LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=customers exec "$0" serve --config "$1""#;

const BETWEEN_RESTARTS: u64 = 60;
const SLOWEST: Duration = Duration::from_secs(2);
