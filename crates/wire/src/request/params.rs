//! The parameters of a request, whatever encoding they came in.

/// Decoded parameters in the order sent: names folded and without brackets, values trimmed and never empty.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

/// A body or query that cannot be read, or holds too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Most parameters of one request; a hundred ids and long lists of comments fit.
pub(super) const MAX_PARAMS: usize = 10_000;
/// Longest name that means something, with room for an index.
const LONGEST_NAME: usize = 64;

impl Params {
    /// Adds a parameter. Blank ones are absent ones; `name[]` and `name[0]` are `name`.
    pub(super) fn push(&mut self, name: &str, value: &str) -> Result<(), Malformed> {
        let value = value.trim();
        let name = folded(name);
        if value.is_empty() || name.is_empty() || name.len() > LONGEST_NAME {
            return Ok(());
        }
        if self.0.len() >= MAX_PARAMS {
            return Err(Malformed);
        }
        self.0.push((name, value.to_owned()));
        Ok(())
    }

    /// Adds those parameters of `other` whose names are not here yet.
    pub(super) fn fill_up_from(&mut self, other: Self) {
        let own = self.0.len();
        for (name, value) in other.0 {
            if !self.0[..own].iter().any(|(known, _)| *known == name) {
                self.0.push((name, value));
            }
        }
    }

    /// Every value under the first of these names that has any.
    pub(super) fn all<'p>(&'p self, names: &[&str]) -> Vec<&'p str> {
        let under = |wanted: &str| -> Vec<&'p str> {
            let named = self.0.iter().filter(|(name, _)| name == wanted);
            named.map(|(_, value)| value.as_str()).collect()
        };
        let mut found = names.iter().map(|name| under(name));
        found.find(|values| !values.is_empty()).unwrap_or_default()
    }

    /// The last value under the first of these names that has any.
    pub(super) fn last(&self, names: &[&str]) -> Option<&str> {
        let last = |wanted: &&str| {
            let mut named = self.0.iter().rev().filter(|(name, _)| name == wanted);
            named.next().map(|(_, value)| value.as_str())
        };
        names.iter().find_map(last)
    }
}

/// The name in lower case and without an index.
pub(super) fn folded(name: &str) -> String {
    let base = name.split('[').next().unwrap_or_default();
    base.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let mut params = Params::default();
        for (name, value) in pairs {
            params.push(name, value).expect("few");
        }
        params
    }

    #[test]
    fn names_fold_and_blanks_are_absent() {
        let read = params(&[("Orders[0]", "1"), ("orders[]", " 2 "), ("orders", " ")]);
        assert_eq!(read.all(&["orders"]), ["1", "2"]);
        assert_eq!(read.last(&["nothing", "orders"]), Some("2"));
        assert_eq!(read.last(&["nothing"]), None);
    }

    #[test]
    fn what_is_there_wins() {
        let mut body = params(&[("order", "1")]);
        body.fill_up_from(params(&[("order", "2"), ("key", "k"), ("key", "l")]));
        assert_eq!(body.all(&["order"]), ["1"]);
        assert_eq!(body.all(&["key"]), ["k", "l"]);
    }

    #[test]
    fn parameters_are_bounded() {
        let mut params = Params::default();
        for _ in 0..MAX_PARAMS {
            params.push("a", "1").expect("within the bound");
        }
        assert_eq!(params.push("a", "1"), Err(Malformed));
    }
}
