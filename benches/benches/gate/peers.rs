//! What panelgate is compared with. Each peer is a process of its own on the server's core: this program again, or nginx.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use panelgate_benches::binary::{self, Running};

use crate::closed::Server;
use crate::machine::{NGINX, SERVER};
use crate::{bare, rows};

/// A server that runs until this is dropped.
pub(crate) struct Peer {
    running: Running,
    address: SocketAddr,
}

impl Peer {
    pub(crate) fn server(&self) -> Server {
        Server {
            address: self.address,
            process: self.running.id(),
        }
    }

    /// A bare server that reads the body and answers these bytes.
    pub(crate) fn fixed(folder: &Path, body: &[u8]) -> Self {
        let file = folder.join("fixed");
        fs::write(&file, body).expect("written");
        Self::again(&["fixed", path(&file)])
    }

    /// A bare server that reads the form, looks key and orders up in maps, and renders. It knows the orders of this answer to
    /// `status`.
    pub(crate) fn lookup(folder: &Path, key: &str, orders: &[u8]) -> Self {
        let file = folder.join("orders");
        fs::write(&file, orders).expect("written");
        Self::again(&["lookup", path(&file), key])
    }

    /// nginx, which keeps what this server answers, by the body of the request; `None` where it is not installed.
    pub(crate) fn nginx(folder: &Path, of: SocketAddr) -> Option<Self> {
        if !Path::new(NGINX).exists() {
            return None;
        }
        let address = binary::closed_port();
        let folder = folder.join(format!("nginx-{}", address.port()));
        fs::create_dir(&folder).expect("created");
        let configuration = include_str!("nginx.conf")
            .replace("LISTEN", &address.to_string())
            .replace("UPSTREAM", &of.to_string())
            .replace("FOLDER", path(&folder));
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration).expect("written");
        let arguments = ["-p", path(&folder), "-c", path(&file), "-e", "stderr"];
        let running = Running::on(Some(SERVER), Path::new(NGINX), &arguments, "epoll");
        Some(Self { running, address })
    }

    fn again(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().expect("this program");
        let arguments = [&[PEER], arguments].concat();
        let running = Running::on(Some(SERVER), &program, &arguments, LISTENS);
        let address = running.line.trim().trim_start_matches(LISTENS);
        Self {
            address: address.parse().expect("an address"),
            running,
        }
    }
}

/// Lets the store write orders without a gateway around it, in a process on the server's core; how many a second.
pub(crate) fn rows_per_second(folder: &Path, batch: usize, callers: usize, seconds: f64) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let numbers = [batch.to_string(), callers.to_string(), seconds.to_string()];
    let output = binary::command(&program, Some(SERVER))
        .args([PEER, "rows", path(folder)])
        .args(numbers)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let figure = String::from_utf8_lossy(&output.stdout);
    figure.trim().parse().expect("a figure")
}

/// Is the peer that the arguments name; `false` if they name none.
pub(crate) fn is_one(arguments: &[String]) -> bool {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [PEER, "fixed", body] => bare::fixed(&fs::read(body).expect("read")),
        [PEER, "lookup", orders, key] => bare::lookup(&fs::read(orders).expect("read"), key),
        [PEER, "rows", folder, batch, callers, seconds] => {
            let number = |text: &str| text.parse().expect("a number");
            let seconds = seconds.parse().expect("seconds");
            rows::write(Path::new(folder), number(batch), number(callers), seconds);
        }
        _ => return false,
    }
    true
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

const PEER: &str = "--peer";

/// What a peer says when it may be asked.
pub(crate) const LISTENS: &str = "listens at ";
