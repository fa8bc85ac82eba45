//! The header `Forwarded` (RFC 7239), to the letter: what is only nearly right may be a client's work on what a proxy has added.

/// Whom each element is for, in their order; `None` if the line is not what it should be.
pub(crate) fn hops(line: &str) -> Option<Vec<Option<String>>> {
    let (mut hops, mut rest) = (Vec::new(), line);
    loop {
        let (hop, after) = element(rest)?;
        hops.push(hop);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return after.is_empty().then_some(hops),
        }
    }
}

/// Pairs with `;` between them; one `for` at most.
fn element(text: &str) -> Option<(Option<String>, &str)> {
    let (mut hop, mut rest) = (None, text);
    loop {
        let (name, after) = rest.trim_start().split_once('=')?;
        let (value, after) = value(after)?;
        if name.is_empty() || !name.bytes().all(is_of_a_token) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && hop.replace(value).is_some() {
            return None;
        }
        let after = after.trim_start();
        match after.strip_prefix(';') {
            Some(after) => rest = after,
            None => return Some((hop, after)),
        }
    }
}

/// A token or a quoted text, and what comes after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| !is_of_a_token(byte));
        let (value, after) = text.split_at(end.unwrap_or(text.len()));
        return (!value.is_empty()).then(|| (value.to_owned(), after));
    };
    let (mut value, mut characters) = (String::new(), quoted.chars());
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

const fn is_of_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_say_whom_they_are_for() {
        let read = |line| {
            let hops = hops(line)?.into_iter().map(Option::unwrap_or_default);
            Some(hops.collect::<Vec<_>>().join(" | "))
        };
        for (line, expected) in [
            ("for=192.0.2.60", "192.0.2.60"),
            ("FOR=a;proto=http ; by=b , for=c", "a | c"),
            (r#"for="[2001:db8::1]:80""#, "[2001:db8::1]:80"),
            (r#"by="a, for=x";for="b\"c""#, r#"b"c"#),
            ("proto=http, for=a", " | a"),
        ] {
            assert_eq!(read(line).as_deref(), Some(expected), "{line}");
        }
        for wrong in [
            "",
            "for",
            "for=",
            "=a",
            "for=a for=b",
            "for=a;for=b",
            r#"for="a"#,
            r#"for="a"b"#,
            "for=[::1]",
            "for=a,",
            "f r=a",
        ] {
            assert_eq!(hops(wrong), None, "{wrong}");
        }
    }
}
