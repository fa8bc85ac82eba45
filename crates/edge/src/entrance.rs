//! What comes before a request: who may connect, whose a connection is, and who asks on it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use crate::line::{Line, Watched};
use crate::preamble;
use crate::proxies::Proxies;
use crate::room::{Room, Share};
use crate::settings::Settings;
use crate::tls::{self, Tls};

/// The way in.
pub(crate) struct Entrance {
    tls: Option<Tls>,
    room: Arc<Room>,
    proxies: Proxies,
    /// Trusted proxies say on each connection whose it is.
    proxy_protocol: bool,
    head: Duration,
    write: Duration,
}

/// A place for one connection; given back when dropped.
pub(crate) struct Place {
    _one_of_all: OwnedSemaphorePermit,
    _of_its_address: Option<Share>,
}

/// A connection that can be asked.
pub(crate) struct Opened {
    pub(crate) stream: tls::Stream<Watched>,
    pub(crate) line: Arc<Line>,
    /// Whose it is, as far as the connection says.
    pub(crate) peer: IpAddr,
    /// Its place among those of its address, if that was not known before.
    pub(crate) share: Option<Share>,
}

/// An address has all that it may have.
#[derive(Debug, thiserror::Error)]
#[error("too many of one address at a time")]
pub(crate) struct NoRoom;

impl Entrance {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            tls: settings.certificate.as_ref().map(Tls::new),
            room: Arc::new(Room::new(settings.connections, settings.per_address)),
            proxies: Proxies::new(settings.trusted_proxies.clone()),
            proxy_protocol: settings.proxy_protocol,
            head: settings.head,
            write: settings.write,
        }
    }

    pub(crate) const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Trusted proxies have as many connections as there are: their clients are counted one by one.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let one_of_all = self.room.enter()?;
        let of_its_address = if self.proxies.trusts(peer) {
            None
        } else {
            Some(self.room.share(peer)?)
        };
        Some(Place {
            _one_of_all: one_of_all,
            _of_its_address: of_its_address,
        })
    }

    /// A connection from its first byte to where HTTP begins.
    ///
    /// # Errors
    /// It is not what it should be, takes too long, or there is no room for its client.
    pub(crate) async fn open(&self, mut stream: TcpStream, peer: IpAddr) -> io::Result<Opened> {
        let announced = self.announced(&mut stream, peer);
        let announced = tokio::time::timeout(self.head, announced).await;
        let (peer, share) = announced.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        let (stream, line) = Watched::new(stream, self.write);
        Ok(Opened {
            stream: tls::over(self.tls(), stream, self.head).await?,
            line,
            peer,
            share,
        })
    }

    /// Whose a connection is: what a trusted proxy says, if proxies say it.
    async fn announced(
        &self,
        stream: &mut TcpStream,
        peer: IpAddr,
    ) -> io::Result<(IpAddr, Option<Share>)> {
        if !self.proxy_protocol || !self.proxies.trusts(peer) {
            return Ok((peer, None));
        }
        match preamble::read(stream).await? {
            None => Ok((peer, None)),
            Some(client) if self.proxies.trusts(client) => Ok((client, None)),
            Some(client) => {
                let share = self.room.share(client);
                Ok((client, Some(share.ok_or_else(|| io::Error::other(NoRoom))?)))
            }
        }
    }

    /// Who asks on a connection; clients that share the one of a trusted proxy are counted by what they ask.
    pub(crate) fn asks(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
    ) -> (IpAddr, Result<Option<Share>, NoRoom>) {
        let client = self.proxies.client(peer, headers);
        if !self.proxies.trusts(peer) {
            return (client, Ok(None));
        }
        let share = self.room.share(client);
        (client, share.map(Some).ok_or(NoRoom))
    }
}
