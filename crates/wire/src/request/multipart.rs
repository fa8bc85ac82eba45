//! Bodies of `multipart/form-data`. The boundary is taken from the body itself.

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use multer::Multipart;

use super::params::{Malformed, Params};

/// Reads every part; a part with a file name counts like any other. A body that breaks off means nothing at all, because
/// its last value may be cut.
pub(super) fn read(body: &[u8], params: &mut Params) -> Result<(), Malformed> {
    let boundary = boundary(body).ok_or(Malformed)?;
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::copy_from_slice(
        body,
    ))]);
    // The stream is in memory, so the future never waits for anybody.
    let all = collect(Multipart::new(whole, boundary), params).now_or_never();
    all.unwrap_or(Err(Malformed))
}

async fn collect(mut parts: Multipart<'_>, params: &mut Params) -> Result<(), Malformed> {
    while let Some(part) = parts.next_field().await.map_err(|_| Malformed)? {
        let name = part.name().map(ToOwned::to_owned);
        let bytes = part.bytes().await.map_err(|_| Malformed)?;
        if let Some(name) = name {
            params.push(&name, &String::from_utf8_lossy(&bytes))?;
        }
    }
    Ok(())
}

/// The first line without its two dashes.
fn boundary(body: &[u8]) -> Option<&str> {
    let line = body.split(|byte| *byte == b'\n').next()?;
    let boundary = line.strip_prefix(b"--")?.trim_ascii_end();
    let text = std::str::from_utf8(boundary).ok()?;
    (1..=LONGEST_BOUNDARY).contains(&text.len()).then_some(text)
}

/// The standard allows 70.
const LONGEST_BOUNDARY: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--XyZ\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nabc\r\n\
        --XyZ\r\nContent-Disposition: form-data; name=\"orders[]\"\r\nContent-Type: text/plain\r\n\r\n1\r\n\
        --XyZ\r\nContent-Disposition: form-data; name=\"orders[]\"; filename=\"x\"\r\n\r\n2\r\n--XyZ--\r\n";

    #[test]
    fn parts_are_parameters() {
        let mut params = Params::default();
        read(BODY.as_bytes(), &mut params).expect("readable");
        assert_eq!(params.last(&["key"]), Some("abc"));
        assert_eq!(params.all(&["orders"]), ["1", "2"]);
    }

    #[test]
    fn a_body_that_breaks_off_is_malformed() {
        for end in ["--XyZ--\r\n", "\r\n--XyZ--\r\n", "2\r\n--XyZ--\r\n"] {
            let cut = BODY.strip_suffix(end).expect("its end");
            assert_eq!(
                read(cut.as_bytes(), &mut Params::default()),
                Err(Malformed),
                "{end:?}"
            );
        }
        for body in ["--", "--\r\n", "--a", "--a\r\n"] {
            assert_eq!(
                read(body.as_bytes(), &mut Params::default()),
                Err(Malformed),
                "{body:?}"
            );
        }
    }
}
