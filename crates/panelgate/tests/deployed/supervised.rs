//! What a supervisor hears: the real datagrams of `Type=notify`.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rusqlite::Connection;

use crate::support::{Files, Gateway, PATIENCE, panel, until};

/// A supervisor's socket.
struct Ear(UnixDatagram);

impl Ear {
    /// What is said next; `None` if it is quiet for so long.
    fn next(&self, within: Duration) -> Option<String> {
        let mut bytes = [0; 1024];
        self.0.set_read_timeout(Some(within)).expect("set");
        let length = self.0.recv(&mut bytes).ok()?;
        Some(String::from_utf8(bytes[..length].to_vec()).expect("text"))
    }

    /// Waits for a word; pings in between are no news.
    #[track_caller]
    fn until(&self, word: &str) -> String {
        loop {
            let said = self.next(PATIENCE);
            let said = said.unwrap_or_else(|| panic!("it never said `{word}`"));
            if said.lines().any(|line| line == word) {
                return said;
            }
            assert_eq!(said, PING, "before `{word}`");
        }
    }
}

const PING: &str = "WATCHDOG=1\n";
/// Pings come twice in this time.
const WATCHDOG: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_hears_how_it_goes() {
    let panel = panel().await;
    let mut gateway = Gateway::prepare(&[("alpha", &panel)], Files::default());
    let place = gateway.path("notify");
    let ear = Ear(UnixDatagram::bind(&place).expect("a socket"));
    let mut command = gateway.command(&["serve"]);
    command
        .env("NOTIFY_SOCKET", &place)
        .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
    gateway.listen(command);

    let said = ear.until("READY=1");
    assert!(
        said.contains("STATUS=customers: http://127.0.0.1:"),
        "{said}"
    );
    assert_eq!(ear.next(PATIENCE).as_deref(), Some(PING));
    assert_eq!(ear.next(PATIENCE).as_deref(), Some(PING));

    gateway.hang_up();
    let said = ear.until("RELOADING=1");
    assert!(said.contains("\nMONOTONIC_USEC="), "{said}");
    ear.until("READY=1");

    // The writer cannot answer while somebody else writes: nobody may be told that all is well.
    let other = Connection::open(gateway.path("panelgate.db")).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let under_way = 2;
    let pings = (0..=under_way).filter(|_| ear.next(2 * WATCHDOG).is_some());
    assert!(
        pings.count() <= under_way,
        "it is told that a blocked writer is well"
    );
    other.execute_batch("ROLLBACK").expect("released");
    assert_eq!(ear.next(PATIENCE).as_deref(), Some(PING));

    gateway.ask_to_end();
    ear.until("STOPPING=1");
    let code = until("it has ended", || std::future::ready(gateway.ended())).await;
    assert_eq!(code, 0);
}
