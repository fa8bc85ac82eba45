//! Listening sockets that somebody else holds and hands over, as systemd does (`LISTEN_FDS`, `LISTEN_PID`, `LISTEN_FDNAMES`).
//! While one process takes the place of another, the kernel queues connections at them and refuses none.

use std::fmt;
use std::net::{SocketAddr, TcpListener as StdListener};

use anyhow::{Context, bail};
use listenfd::ListenFd;
use tokio::net::TcpListener;

use crate::environment;

/// What was handed over; nothing, usually.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// For customers.
    pub(crate) customers: Option<StdListener>,
    /// For operators.
    pub(crate) operators: Option<StdListener>,
}

/// Which of the two listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Customers,
    Operators,
}

impl Handed {
    /// Takes the sockets, and the variables that tell of them out of the environment: no other thread may run yet.
    ///
    /// # Errors
    /// One of them is no TCP socket, or nobody could say what it is for.
    pub(crate) fn take() -> anyhow::Result<Self> {
        let names = environment::variable("LISTEN_FDNAMES");
        let mut sockets = ListenFd::from_env();
        let mut handed = Self::default();
        for (at, name) in purposes(sockets.len(), names.as_deref())?
            .into_iter()
            .enumerate()
        {
            let socket = sockets.take_tcp_listener(at);
            let socket = socket.with_context(|| format!("the socket for {name} cannot be used"))?;
            let place = match name {
                For::Customers => &mut handed.customers,
                For::Operators => &mut handed.operators,
            };
            if place.is_some() {
                bail!("two sockets for {name} were handed over: one address a listener");
            }
            *place = socket;
        }
        Ok(handed)
    }
}

/// The socket that was handed over, or a new one at an address.
///
/// # Errors
/// Somebody else listens there, usually.
pub(crate) async fn listen(
    handed: Option<StdListener>,
    address: SocketAddr,
) -> anyhow::Result<TcpListener> {
    let Some(socket) = handed else {
        return TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"));
    };
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket).context("cannot listen on the socket that was handed over")
}

/// What each socket is for. A single one without a name of ours is the customers': that is what a plain socket unit hands over.
fn purposes(sockets: usize, names: Option<&str>) -> anyhow::Result<Vec<For>> {
    let names: Vec<&str> = names.map_or_else(Vec::new, |names| names.split(':').collect());
    let purpose = |at: usize| match names.get(at).copied() {
        Some("customers") => Ok(For::Customers),
        Some("operators") => Ok(For::Operators),
        _ if sockets == 1 => Ok(For::Customers),
        name => bail!(
            "nobody knows what the socket `{}` is for: name it `customers` or `operators` (FileDescriptorName=)",
            name.unwrap_or("")
        ),
    };
    (0..sockets).map(purpose).collect()
}

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customers => "customers",
            Self::Operators => "operators",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_sockets_are_for() {
        let read = |sockets, names| purposes(sockets, names).ok();
        let (customers, operators) = (For::Customers, For::Operators);
        assert_eq!(read(0, None), Some(vec![]));
        assert_eq!(read(1, None), Some(vec![customers]));
        assert_eq!(read(1, Some("panelgate.socket")), Some(vec![customers]));
        assert_eq!(read(1, Some("operators")), Some(vec![operators]));
        assert_eq!(
            read(2, Some("operators:customers")),
            Some(vec![operators, customers])
        );
        assert_eq!(read(2, Some("customers:other")), None);
        assert_eq!(read(2, None), None);
    }
}
