//! The PROXY protocol, versions 1 and 2: before anything else, a proxy says on the connection whose it is. Read to its last byte and
//! not one further: what follows is the client's.

use std::io;
use std::net::IpAddr;

use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Reads it; answers whose the connection is, `None` if it is the proxy's own (it looks whether we live), or if it does not say.
///
/// # Errors
/// What came is no such header.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let mut bytes = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut bytes).await?;
    if bytes == SIGNATURE {
        read_block(stream, &mut bytes).await?;
    } else if bytes.starts_with(WORD) {
        read_line(stream, &mut bytes).await?;
    } else {
        return Err(nonsense());
    }
    let config = ParseConfig {
        include_tlvs: false,
        ..ParseConfig::default()
    };
    match ProxyHeader::parse(&bytes, config) {
        Ok((header, length)) if length == bytes.len() => {
            let client = header.proxied_address();
            Ok(client.map(|client| client.source.ip().to_canonical()))
        }
        _ => Err(nonsense()),
    }
}

/// Version 2 says how long it is.
async fn read_block(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [_, _, high, low] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST_BLOCK {
        return Err(nonsense());
    }
    bytes.extend(head);
    let begin = bytes.len();
    bytes.resize(begin + length, 0);
    stream.read_exact(&mut bytes[begin..]).await.map(drop)
}

/// Version 1 ends with its line. It is short; what comes behind it must stay where it is.
async fn read_line(stream: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> io::Result<()> {
    while bytes.last() != Some(&b'\n') {
        if bytes.len() == LONGEST_LINE {
            return Err(nonsense());
        }
        bytes.push(stream.read_u8().await?);
    }
    Ok(())
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no PROXY header")
}

/// How version 2 begins. The shortest header of version 1 is longer.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// How version 1 begins.
const WORD: &[u8] = b"PROXY ";
/// As its specification says.
const LONGEST_LINE: usize = 107;
/// Addresses and a few extensions; a certificate that is passed on would be the longest of them.
const LONGEST_BLOCK: usize = 4_096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is read of these bytes, and what is left for whoever reads on.
    async fn read_of(mut bytes: &[u8]) -> (Result<Option<String>, io::ErrorKind>, &[u8]) {
        let read = read(&mut bytes).await;
        let read = read.map(|client| client.map(|client| client.to_string()));
        (read.map_err(|error| error.kind()), bytes)
    }

    fn block(command: u8, family: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).expect("short").to_be_bytes();
        [SIGNATURE, &[command, family], &length, content].concat()
    }

    #[tokio::test]
    async fn clients_are_named_and_what_follows_is_left() {
        let four = [203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80];
        let longer = [&four[..], &[0x04, 0, 2, 1, 1]].concat();
        let mut six = [0; 36];
        six[..2].copy_from_slice(&[0x20, 0x01]);
        six[15] = 1;
        for (header, client) in [
            (
                b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\r\n".to_vec(),
                Some("203.0.113.7"),
            ),
            (
                b"PROXY TCP6 2001::1 ::1 4711 80\r\n".to_vec(),
                Some("2001::1"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN 6.6.6.6 6.6.6.6 1 2\r\n".to_vec(), None),
            (block(0x21, 0x11, &four), Some("203.0.113.7")),
            (block(0x21, 0x11, &longer), Some("203.0.113.7")),
            (block(0x21, 0x21, &six), Some("2001::1")),
            (block(0x20, 0x11, &four), None),
            (block(0x20, 0x00, &[]), None),
        ] {
            let bytes = [&header[..], b"POST / HTTP/1.1\r\n"].concat();
            let (read, rest) = read_of(&bytes).await;
            assert_eq!(read, Ok(client.map(str::to_owned)), "{header:?}");
            assert_eq!(rest, b"POST / HTTP/1.1\r\n");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            first in prop_oneof![Just(&b""[..]), Just(SIGNATURE), Just(b"PROXY TCP4 ".as_slice())],
            rest in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [first, rest.as_slice()].concat();
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let (_, left) = runtime.expect("a runtime").block_on(read_of(&bytes));
            prop_assert!(bytes.ends_with(left));
        }
    }

    #[tokio::test]
    async fn nonsense_is_refused_and_bounded() {
        let endless = [b"PROXY TCP4 ", &[b'1'; 200][..]].concat();
        let long = block(0x21, 0x11, &[0; LONGEST_BLOCK + 1]);
        for bytes in [
            &b"POST /api/v2 HTTP/1.1\r\n\r\n"[..],
            b"PROXY TCP4 203.0.113.7 10.0.0.1 4711\r\n\r\n",
            b"PROXY TCP4 2001::1 10.0.0.1 4711 80\r\n",
            b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80 x\r\n",
            b"PROXY TCP4 203.0.113.7 10.0.0.1 4711 80\n\n",
            b"PROXY SCTP 203.0.113.7 10.0.0.1 4711 80\r\n",
            &endless,
            &long,
            &block(0x31, 0x11, &[0; 12]),
            &block(0x21, 0x11, &[0; 4]),
            &block(0x21, 0x99, &[0; 12]),
        ] {
            let read = read_of(bytes).await.0;
            assert_eq!(read, Err(io::ErrorKind::InvalidData), "{bytes:?}");
        }
        let cut = read_of(b"PROXY TCP4 203.").await.0;
        assert_eq!(cut, Err(io::ErrorKind::UnexpectedEof));
    }
}
