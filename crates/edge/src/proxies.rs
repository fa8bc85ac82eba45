//! Whom a request comes from, where proxies stand in between. What a proxy says about it is believed of the trusted ones only, and
//! of what they say only as much as they have seen themselves: the rightmost address that is none of theirs.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::{FORWARDED, HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::forwarded;

/// The proxies that are trusted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(crate) const fn new(trusted: Vec<IpNet>) -> Self {
        Self(trusted)
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The client behind a peer. A proxy writes one of the two headers and passes on what it got of the other one; so where both
    /// are there and name different clients, one of them may be the client's own invention, and neither is believed.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let listed = self.rightmost(peer, headers, &X_FORWARDED_FOR, list);
        let forwarded = self.rightmost(peer, headers, &FORWARDED, elements);
        match (listed, forwarded) {
            (Some(one), Some(other)) if one != other => peer,
            (one, other) => one.or(other).unwrap_or(peer),
        }
    }

    /// Goes from the last hop to the first, as far as trusted proxies vouch for it; `None` if the header is not there.
    fn rightmost(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        read: impl Fn(&str) -> Vec<Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let lines: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
        let hops = lines.iter().rev().flat_map(|line| {
            let hops = line.to_str().map_or_else(|_| vec![None], &read);
            hops.into_iter().rev()
        });
        let mut nearest = peer;
        for hop in hops.take(HOPS) {
            // What stands left of something that is no address cannot be vouched for.
            let Some(hop) = hop else { break };
            nearest = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        (!lines.is_empty()).then_some(nearest)
    }
}

fn list(line: &str) -> Vec<Option<IpAddr>> {
    line.split(',').map(address).collect()
}

fn elements(line: &str) -> Vec<Option<IpAddr>> {
    let hops = forwarded::hops(line).unwrap_or_else(|| vec![None]);
    hops.iter()
        .map(|hop| hop.as_deref().and_then(address))
        .collect()
}

/// An address as proxies write it: with a port or without, IPv6 with brackets or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']');
    let address = text.parse::<IpAddr>().ok();
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    let address = address.or_else(|| bracketed()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    address.map(|address| address.to_canonical())
}

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Bound of the proxies in a row that are looked at.
const HOPS: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies() -> Proxies {
        let nets = ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"];
        Proxies::new(nets.map(|net| net.parse().expect("a net")).into())
    }

    #[track_caller]
    fn check(peer: &str, lines: &[(&'static str, &[u8])], client: &str) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_bytes(value).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        let seen = proxies().client(peer.parse().expect("an address"), &headers);
        assert_eq!(seen.to_string(), client);
    }

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    #[test]
    fn the_rightmost_address_that_no_proxy_has_is_the_client() {
        check("10.0.0.1", &[(X, b"203.0.113.7")], "203.0.113.7");
        check("10.0.0.1", &[(X, b"203.0.113.7:4711")], "203.0.113.7");
        check("10.0.0.1", &[(X, b"[2001:db8::1]:4711")], "2001:db8::1");
        check("10.0.0.1", &[(X, b"2001:db8::1")], "2001:db8::1");
        check("::ffff:10.0.0.1", &[(X, b"203.0.113.7")], "203.0.113.7");
        check(
            "127.0.0.1",
            &[(X, b"203.0.113.7, 10.1.1.1 ,10.2.2.2")],
            "203.0.113.7",
        );
        check(
            "fd00::1",
            &[(F, b"For=203.0.113.7;proto=https")],
            "203.0.113.7",
        );
        check(
            "10.0.0.1",
            &[(F, br#"for=203.0.113.7, for="[fd00::5]:80";by=10.0.0.1"#)],
            "203.0.113.7",
        );
        check("10.0.0.1", &[(X, b"10.0.0.9")], "10.0.0.9");
        check("10.0.0.1", &[], "10.0.0.1");
    }

    #[test]
    fn strangers_are_who_they_are() {
        check("203.0.113.7", &[(X, b"6.6.6.6")], "203.0.113.7");
        check("203.0.113.7", &[(F, b"for=6.6.6.6")], "203.0.113.7");
        check("203.0.113.7", &[(X, b"10.0.0.1")], "203.0.113.7");
    }

    #[test]
    fn what_a_client_invents_is_never_believed() {
        let real = "203.0.113.7";
        check("10.0.0.1", &[(X, b"6.6.6.6, 203.0.113.7")], real);
        check("10.0.0.1", &[(X, b"10.0.0.2, 6.6.6.6,203.0.113.7")], real);
        check("10.0.0.1", &[(X, b"6.6.6.6"), (X, b"203.0.113.7")], real);
        check("10.0.0.1", &[(X, b"\xff\xfe"), (X, b"203.0.113.7")], real);
        check("10.0.0.1", &[(F, b"for=6.6.6.6, for=203.0.113.7")], real);
        // The proxy writes one header, and passes on the other.
        check(
            "10.0.0.1",
            &[(X, b"203.0.113.7"), (F, b"for=6.6.6.6")],
            "10.0.0.1",
        );
        check(
            "10.0.0.1",
            &[(X, b"203.0.113.7"), (F, b"for=_hidden")],
            "10.0.0.1",
        );
        check(
            "10.0.0.1",
            &[(X, b"6.6.6.6"), (F, b"for=203.0.113.7")],
            "10.0.0.1",
        );
        check(
            "10.0.0.1",
            &[(X, b"203.0.113.7"), (F, b"for=203.0.113.7")],
            real,
        );
        // A quote that swallows what the proxy adds, and a name of a host that is written like another hop.
        check(
            "10.0.0.1",
            &[(F, br#"for=6.6.6.6;by=", for="203.0.113.7""#)],
            "10.0.0.1",
        );
        check(
            "10.0.0.1",
            &[(F, br#"for=203.0.113.7;host="a, for=6.6.6.6""#)],
            real,
        );
    }

    proptest! {
        /// Whatever a client writes before it, the proxy's own addition is believed, or nothing is.
        #[test]
        fn nothing_written_before_moves_what_the_proxy_adds(first in r#"[for=6;," \\.:\[\]a-]{0,40}"#) {
            let peer = "10.0.0.1".parse().expect("an address");
            let real: IpAddr = "203.0.113.7".parse().expect("an address");
            for (name, added, may_fail) in [
                (X, "203.0.113.7", false),
                (F, "for=203.0.113.7;proto=https", true),
                (F, "for=\"203.0.113.7:80\"", true),
                (F, "by=\"10.0.0.1\";for=203.0.113.7", true),
            ] {
                let mut headers = HeaderMap::new();
                let line = format!("{first}, {added}");
                let line = HeaderValue::from_str(&line).expect("a value");
                headers.append(HeaderName::from_static(name), line);
                let client = proxies().client(peer, &headers);
                prop_assert!(client == real || may_fail && client == peer, "{headers:?}: {client}");
            }
        }
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        for nonsense in [
            "",
            "unknown",
            "_hidden",
            "203.0.113.7 6.6.6.6",
            "::1%",
            "1.2.3",
            "[::1",
        ] {
            let line = format!("6.6.6.6, {nonsense}, 10.0.0.2");
            check("10.0.0.1", &[(X, line.as_bytes())], "10.0.0.2");
        }
        let many = ["10.0.0.2"; 2_000].join(",");
        let line = format!("6.6.6.6,{many}");
        check("10.0.0.1", &[(X, line.as_bytes())], "10.0.0.2");
    }
}
