//! Looks for a secret in bytes, whatever hides its letters: case, URLs, JSON, pages, Base64, hexadecimal digits.

use std::fs;
use std::path::Path;

/// So much of a secret is not to be seen; keys are known to operators by their first 8 letters.
const PART: usize = 12;

/// Everything that was found of secrets in some bytes, a line each.
pub(super) fn find(secrets: &[&str], place: &str, bytes: &[u8]) -> Vec<String> {
    let views = [
        ("as it is", bytes.to_vec()),
        ("in a URL", percent_decoded(bytes)),
        ("in JSON", json_decoded(bytes)),
        ("in a page", page_decoded(bytes)),
    ];
    let phases = (0..4).map(|phase| ("in Base64", base64_decoded(bytes, phase)));
    let halves = (0..2).map(|half| ("in digits", hexadecimal_decoded(bytes, half)));
    let mut found = Vec::new();
    for (how, view) in views.into_iter().chain(phases).chain(halves) {
        let view = String::from_utf8_lossy(&view.to_ascii_lowercase()).into_owned();
        let held = secrets.iter().filter(|secret| holds_part(secret, &view));
        found.extend(held.map(|secret| format!("{secret} stands {how} in {place}")));
    }
    found
}

/// The same in every file below a folder, but for those with these names.
pub(super) fn find_in_folder(secrets: &[&str], folder: &Path, but: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("listed");
        let (path, kind) = (entry.path(), entry.file_type().expect("known"));
        let name = entry.file_name();
        if kind.is_dir() {
            found.extend(find_in_folder(secrets, &path, but));
        } else if kind.is_file() && !but.iter().any(|one| name == **one) {
            let bytes = fs::read(&path).expect("read");
            found.extend(find(secrets, &path.display().to_string(), &bytes));
        }
    }
    found
}

fn holds_part(secret: &str, lowered: &str) -> bool {
    let secret = secret.to_ascii_lowercase();
    let parts = secret.as_bytes().windows(PART.min(secret.len()));
    parts
        .map(|part| std::str::from_utf8(part).expect("secrets are ASCII here"))
        .any(|part| lowered.contains(part))
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    replaced(bytes, |rest| {
        let digits = rest.strip_prefix(b"%")?.get(..2)?;
        Some((number(digits)?, 3))
    })
}

fn json_decoded(bytes: &[u8]) -> Vec<u8> {
    let unicode = replaced(bytes, |rest| {
        let digits = rest.strip_prefix(b"\\u00")?.get(..2)?;
        Some((number(digits)?, 6))
    });
    // Logs are JSON that holds JSON: twice.
    let once = |bytes: &[u8]| {
        replaced(bytes, |rest| {
            let escaped = *rest.strip_prefix(b"\\")?.first()?;
            b"/\"\\".contains(&escaped).then_some((escaped, 2))
        })
    };
    once(&once(&unicode))
}

fn page_decoded(bytes: &[u8]) -> Vec<u8> {
    const MARKS: [(&[u8], u8); 6] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&#39;", b'\''),
        (b"&#039;", b'\''),
    ];
    replaced(bytes, |rest| {
        let (mark, byte) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
        Some((*byte, mark.len()))
    })
}

fn replaced(bytes: &[u8], meant: impl Fn(&[u8]) -> Option<(u8, usize)>) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(first) = rest.first() {
        let (byte, length) = meant(rest).unwrap_or((*first, 1));
        decoded.push(byte);
        rest = &rest[length..];
    }
    decoded
}

fn number(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Every run of letters of Base64, without so many at its beginning.
fn base64_decoded(bytes: &[u8], phase: usize) -> Vec<u8> {
    let runs = bytes.split(|byte| base64_value(*byte).is_none());
    let decoded = runs.filter(|run| run.len() >= PART).map(|run| {
        let values = run[phase..].iter().filter_map(|byte| base64_value(*byte));
        let values: Vec<u32> = values.map(u32::from).collect();
        values
            .chunks_exact(4)
            .flat_map(|four| {
                let bits = four.iter().fold(0_u32, |bits, value| bits << 6 | value);
                bits.to_be_bytes().into_iter().skip(1)
            })
            .collect::<Vec<u8>>()
    });
    decoded.collect::<Vec<_>>().join(&b'\n')
}

fn base64_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn hexadecimal_decoded(bytes: &[u8], half: usize) -> Vec<u8> {
    let runs = bytes.split(|byte| !byte.is_ascii_hexdigit());
    let decoded = runs
        .filter(|run| run.len() >= 2 * PART)
        .map(|run| run[half..].chunks_exact(2).filter_map(number).collect());
    decoded.collect::<Vec<Vec<u8>>>().join(&b'\n')
}

#[test]
fn secrets_are_found_however_they_are_hidden() {
    let secret = ["Can4ry/Key'0123456789"];
    for hidden in [
        "x Can4ry/Key'0123456789 y",
        "x CAN4RY/KEY'0123456789 y",
        "x 4ry/Key'01234 y",
        "key=Can4ry%2FKey%270123456789",
        r"Can4ry\/Key\u00270123456789",
        r#"\"Can4ry\\/Key'0123456789\""#,
        "Can4ry/Key&#39;0123456789",
        "Q2FuNHJ5L0tleScwMTIzNDU2Nzg5",
        "key is a2V5PUNhbjRyeS9LZXknMDEyMzQ1Njc4OQ==",
        "43616e3472792f4b65792730313233343536373839",
    ] {
        assert!(
            !find(&secret, "a text", hidden.as_bytes()).is_empty(),
            "{hidden}"
        );
    }
    assert!(find(&secret, "a text", b"Can4ry/Key and nothing more").is_empty());
}
