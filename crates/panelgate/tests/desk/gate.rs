//! A door before a panel: while it is closed, connections are refused.

use std::net::SocketAddr;

use panelgate_simpanel::SimPanel;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

/// A door; its address stays its own while it is closed.
pub(crate) struct Gate {
    address: SocketAddr,
    panel: SocketAddr,
    /// Bound, and nobody listens.
    closed: Option<TcpSocket>,
    passing: CancellationToken,
}

impl Gate {
    /// An open one.
    pub(crate) fn before(panel: &SimPanel) -> Self {
        let socket = bound(([127, 0, 0, 1], 0).into());
        let mut gate = Self {
            address: socket.local_addr().expect("it is bound"),
            panel: panel.address(),
            closed: Some(socket),
            passing: CancellationToken::new(),
        };
        gate.open();
        gate
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/v2", self.address)
    }

    pub(crate) fn open(&mut self) {
        let socket = self.closed.take().expect("it is closed");
        let listener = socket.listen(1024).expect("it listens");
        self.passing = CancellationToken::new();
        let pass = pass(listener, self.panel, self.passing.clone());
        tokio::spawn(self.passing.clone().run_until_cancelled_owned(pass));
    }

    /// Cuts every connection that passes.
    pub(crate) async fn close(&mut self) {
        self.passing.cancel();
        self.closed = Some(
            crate::support::until("the address is free", || async {
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.set_reuseaddr(true).expect("allowed");
                socket.bind(self.address).ok().map(|()| socket)
            })
            .await,
        );
    }
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("allowed");
    socket.bind(address).expect("it is free");
    socket
}

async fn pass(listener: TcpListener, panel: SocketAddr, passing: CancellationToken) {
    loop {
        let (mut client, _) = listener.accept().await.expect("accepted");
        let through = async move {
            if let Ok(mut server) = TcpStream::connect(panel).await {
                // However it ends, both sides see it.
                _ = copy_bidirectional(&mut client, &mut server).await;
            }
        };
        tokio::spawn(passing.clone().run_until_cancelled_owned(through));
    }
}
