//! A key that is a part of something whose letters are not its own.

/// What of a key has to stand in a text of hexadecimal digits or Base64 that holds it. Short keys are spared: so few letters
/// stand everywhere.
pub(super) fn spellings(key: &[u8]) -> Vec<String> {
    if key.len() < SHORTEST {
        return Vec::new();
    }
    let mut spellings = vec![hexadecimal(key), base64(key, 0, true)];
    spellings.extend((0..3).map(|before| base64(key, before, false)));
    let of_urls = |text: &String| text.replace('+', "-").replace('/', "_");
    let urls: Vec<String> = spellings.iter().map(of_urls).collect();
    spellings.extend(urls);
    spellings
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The letters of Base64 that stand for these bytes alone when others are `before` them, and others behind; or, if nothing
/// `follows` that is not known, the last letter too.
fn base64(bytes: &[u8], before: usize, nothing_follows: bool) -> String {
    let bits = (before + bytes.len()) * 8;
    let first = (before * 8).div_ceil(6);
    let end = if nothing_follows {
        bits.div_ceil(6)
    } else {
        bits / 6
    };
    let bit = |at: usize| {
        let byte = at.checked_div(8).and_then(|byte| byte.checked_sub(before));
        let byte = byte.and_then(|byte| bytes.get(byte)).copied();
        byte.unwrap_or(0) >> (7 - at % 8) & 1
    };
    let letter = |letter: usize| {
        let value = (letter * 6..letter * 6 + 6).fold(0, |value, at| value << 1 | bit(at));
        char::from(LETTERS[usize::from(value)])
    };
    (first..end).map(letter).collect()
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes of a key.
const SHORTEST: usize = 6;
