//! One exchange, as a template.

/// How many orders RFC 9112 sees.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Adds {
    /// Nothing is left to a server's choice.
    Are(usize),
    /// A server may refuse to read on.
    AtMost(usize),
}

/// Bytes that a customer sends. In a template stand
///
/// - `{ADD}`: a whole request with the hidden `add`, after which the connection closes;
/// - `{ADDS}` and `{ADDX}`: its length, in decimal and hexadecimal digits;
/// - `{LOOK}`: a form that asks for the balance; `{LOOKS}` and `{LOOKX}`: its length;
/// - `{FORM}`: a form with an `add` of another link; `{FORMS}` and `{FORMX}`: its length;
/// - `{HEAD}`: a head's first lines, without its end.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    template: Vec<u8>,
    pub(crate) adds: Adds,
}

/// A template and how many orders it means.
pub(crate) fn case(name: &'static str, template: impl AsRef<[u8]>, adds: Adds) -> Case {
    Case {
        name,
        template: template.as_ref().to_vec(),
        adds,
    }
}

impl Case {
    /// What the visible `add` is for, if there is one.
    pub(crate) fn link(&self) -> String {
        format!("https://example.com/{}", self.name.replace(' ', "-"))
    }

    /// What the hidden one is for.
    pub(crate) fn hidden_link(&self) -> String {
        format!("{}-hidden", self.link())
    }

    /// The template, filled.
    pub(crate) fn bytes(&self, key: &str) -> Vec<u8> {
        let form =
            |link: &str| format!("key={key}&action=add&service=1001&quantity=10&link={link}");
        let hidden = form(&self.hidden_link());
        let add = format!(
            "{HEAD}Content-Length: {}\r\nConnection: close\r\n\r\n{hidden}",
            hidden.len()
        );
        let look = format!("key={key}&action=balance");
        let form = form(&self.link());
        let mut bytes = self.template.clone();
        for (name, text) in [("ADD", &add), ("LOOK", &look), ("FORM", &form)] {
            bytes = replace(&bytes, &format!("{{{name}S}}"), &text.len().to_string());
            bytes = replace(
                &bytes,
                &format!("{{{name}X}}"),
                &format!("{:x}", text.len()),
            );
            bytes = replace(&bytes, &format!("{{{name}}}"), text);
        }
        let bytes = replace(&bytes, "{KEY}", key);
        replace(&bytes, "{HEAD}", HEAD)
    }
}

const HEAD: &str =
    "POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";

fn replace(bytes: &[u8], what: &str, by: &str) -> Vec<u8> {
    let (mut replaced, mut rest) = (Vec::new(), bytes);
    let what = what.as_bytes();
    while let Some(at) = rest.windows(what.len()).position(|part| part == what) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(by.as_bytes());
        rest = &rest[at + what.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
