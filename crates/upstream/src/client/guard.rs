//! Keeps calls away from private networks: a configuration, or somebody's DNS, must not turn the gateway against its own
//! neighbours.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

/// Why a call was not even tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Guarded {
    /// Keys do not travel in clear text.
    #[error("the panel's URL is not https and `allow_private` is false")]
    NotHttps,
    /// Loopback, private, link-local and the like.
    #[error("{0} is no public address and `allow_private` is false")]
    Private(IpAddr),
}

/// A resolver that finds public addresses only, unless private ones are allowed. It judges the very addresses that are
/// connected to, so a name that changes its mind later gains nothing.
#[derive(Clone, Debug)]
pub(crate) struct GuardedResolver<R> {
    inner: R,
    allow_private: bool,
}

type Resolving = Pin<Box<dyn Future<Output = io::Result<std::vec::IntoIter<SocketAddr>>> + Send>>;

impl<R> GuardedResolver<R> {
    /// Guards a resolver.
    pub(crate) const fn new(inner: R, allow_private: bool) -> Self {
        Self {
            inner,
            allow_private,
        }
    }
}

impl<R> Service<Name> for GuardedResolver<R>
where
    R: Service<Name, Error = io::Error>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Future: Send + 'static,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, name: Name) -> Resolving {
        let resolving = self.inner.call(name);
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolving.await?.collect();
            if allow_private {
                return Ok(found.into_iter());
            }
            let (public, private): (Vec<_>, Vec<_>) = found
                .into_iter()
                .partition(|address| is_public(address.ip()));
            match private.first() {
                Some(address) if public.is_empty() => {
                    Err(io::Error::other(Guarded::Private(address.ip())))
                }
                _ => Ok(public.into_iter()),
            }
        })
    }
}

/// Judges what needs no resolver: the scheme, and an address written into the URL.
pub(crate) fn check(uri: &Uri) -> Result<(), Guarded> {
    if uri.scheme() != Some(&http::uri::Scheme::HTTPS) {
        return Err(Guarded::NotHttps);
    }
    let host = uri.host().unwrap_or_default();
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match literal.parse() {
        Ok(address) if !is_public(address) => Err(Guarded::Private(address)),
        _ => Ok(()),
    }
}

/// Whether an address is meant to be reached over the internet. An address that carries an IPv4 one is as public as that.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99);
    !special
}

/// Only 2000::/3 is given out for the internet. Everything else is refused without being known by name: loopback, private and
/// link-local addresses, multicast, 100::/64, 64:ff9b:1::/48, and the ways of old to write an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(embedded) = embedded_v4(address) {
        return is_public_v4(embedded);
    }
    let [first, second, ..] = address.segments();
    let given_out = first & 0xe000 == 0x2000;
    // 2001::/23 is for protocols, Teredo among them; documentation is 2001:db8::/32 and 3fff::/20.
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || (first == 0x3fff && second < 0x1000);
    given_out && !special
}

/// The IPv4 address that a mapped, translated (NAT64) or tunnelled (6to4) one leads to.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bytes = address.octets();
    let at = |from: usize| {
        Ipv4Addr::new(
            bytes[from],
            bytes[from + 1],
            bytes[from + 2],
            bytes[from + 3],
        )
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(at(12)),
        [0x2002, ..] => Some(at(2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::str::FromStr;

    use tower::ServiceExt;

    use super::*;

    #[track_caller]
    fn check_all(addresses: &[&str], expected: bool) {
        for text in addresses {
            assert_eq!(
                is_public(text.parse().expect("an address")),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_of_ipv4_are_told_apart() {
        let private = [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ];
        check_all(&private, false);
        let public = [
            "1.1.1.1",
            "93.184.216.34",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.3.1",
        ];
        check_all(&public, true);
    }

    #[test]
    fn addresses_of_ipv6_are_told_apart() {
        let private = [
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            // Discarded.
            "100::1",
            "100:0:0:1::1",
            // For protocols, benchmarks, documentation and segments.
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "5f00::1",
            // Not given out.
            "1::1",
            "4000::1",
        ];
        check_all(&private, false);
        let public = [
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ];
        check_all(&public, true);
    }

    #[test]
    fn an_address_that_carries_one_of_ipv4_is_as_public_as_that() {
        let private = [
            // Mapped.
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            // Translated: by everyone's prefix, and by one of a network's own.
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::10.0.0.1",
            "64:ff9b:1::1.1.1.1",
            "64:ff9b:1:ffff:a00:0:100::",
            "64:ff9b:2::1.1.1.1",
            // Tunnelled.
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2002:c0a8:101::1",
            "2002:a9fe:a9fe::1",
            // Teredo, whose client's address is inverted: 10.0.0.1 here.
            "2001:0:4136:e378:8000:63bf:f5ff:fffe",
            "2001::1",
            // Compatible, and translated as of old.
            "::127.0.0.1",
            "::10.0.0.1",
            "::1.1.1.1",
            "::ffff:0:127.0.0.1",
            "::ffff:0:1.1.1.1",
        ];
        check_all(&private, false);
        let public = ["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"];
        check_all(&public, true);
    }

    #[test]
    fn urls_are_judged_as_they_stand() {
        for (url, expected) in [
            ("https://panel.example/api/v2", Ok(())),
            ("https://1.1.1.1/api/v2", Ok(())),
            ("http://panel.example/api/v2", Err(Guarded::NotHttps)),
            (
                "https://127.0.0.1:8443/",
                Err(Guarded::Private(Ipv4Addr::LOCALHOST.into())),
            ),
            (
                "https://[::1]/",
                Err(Guarded::Private(Ipv6Addr::LOCALHOST.into())),
            ),
        ] {
            assert_eq!(check(&url.parse().expect("a URL")), expected, "{url}");
        }
    }

    /// Resolves every name to the same addresses.
    #[derive(Clone)]
    struct Fixed(Vec<SocketAddr>);

    impl Service<Name> for Fixed {
        type Response = std::vec::IntoIter<SocketAddr>;
        type Error = io::Error;
        type Future = Ready<io::Result<Self::Response>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Name) -> Self::Future {
            ready(Ok(self.0.clone().into_iter()))
        }
    }

    async fn resolve(addresses: &[&str], allow_private: bool) -> io::Result<Vec<SocketAddr>> {
        let addresses = addresses
            .iter()
            .map(|text| text.parse().expect("an address"));
        let resolver = GuardedResolver::new(Fixed(addresses.collect()), allow_private);
        let name =
            Name::from_str("panel.example").map_err(|_| -> Infallible { unreachable!("a name") });
        let Ok(name) = name;
        resolver.oneshot(name).await.map(Iterator::collect)
    }

    #[tokio::test]
    async fn private_addresses_behind_a_name_are_left_out() {
        let mixed = ["10.0.0.1:443", "1.1.1.1:443"];
        let found = resolve(&mixed, false).await.expect("one is public");
        assert_eq!(found, ["1.1.1.1:443".parse().expect("an address")]);
        assert!(resolve(&mixed[..1], false).await.is_err());
        assert_eq!(resolve(&mixed, true).await.expect("all").len(), 2);
    }
}
