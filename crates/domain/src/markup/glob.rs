//! Patterns in rules and imports.

use wildmatch::WildMatch;

/// A pattern with `*` and `?` that ignores case.
#[derive(Clone, Debug, PartialEq)]
pub struct Glob {
    pattern: Vec<char>,
    compiled: WildMatch,
}

impl Glob {
    /// Compiles a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.to_lowercase();
        Self {
            pattern: pattern.chars().collect(),
            compiled: WildMatch::new(&pattern),
        }
    }

    /// Whether the whole text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.matches(&text.to_lowercase())
    }

    /// Whether everything that `other` matches is matched by this too. It may miss that (`*a*` and `a*a` together …), but what
    /// it says is so.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(&self.pattern, &other.pattern)
    }
}

/// `other` as a text in which `*` stands for anything: only a `*` may take it, and a `?` takes one character, known or not.
///
/// Looks back only to the last `*`, as matching of texts does; a `*` that took too little takes one more.
fn covers(mut pattern: &[char], mut other: &[char]) -> bool {
    let takes = |one: char, two: char| match one {
        '?' => two != '*',
        literal => literal == two && two != '?',
    };
    let mut star: Option<(&[char], &[char])> = None;
    loop {
        match (pattern, other) {
            (['*', rest @ ..], _) => {
                star = Some((rest, other));
                pattern = rest;
            }
            ([], []) => return true,
            ([one, rest @ ..], [two, more @ ..]) if takes(*one, *two) => {
                (pattern, other) = (rest, more);
            }
            _ => {
                let Some((after, [_, more @ ..])) = star else {
                    return false;
                };
                star = Some((after, more));
                (pattern, other) = (after, more);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wide: &str, narrow: &str, expected: bool) {
        let covers = Glob::new(wide).covers(&Glob::new(narrow));
        assert_eq!(covers, expected, "{wide} covers {narrow}");
    }

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        check("*", "Instagram*", true);
        check("Instagram*", "instagram LIKES*", true);
        check("*likes*", "*real likes fast*", true);
        check("a?c", "abc", true);
        check("a?c", "a?c", true);
        check("a?*", "ab*", true);
        check("**", "*", true);
        check("*a*b", "a*ab", true);
        check("", "", true);
    }

    #[test]
    fn a_pattern_does_not_cover_what_is_not() {
        check("Instagram*", "*", false);
        check("a?", "a*", false);
        check("abc", "a?c", false);
        check("a*", "*a", false);
        check("*likes", "*likes*", false);
        check("a", "ab", false);
        check("?*", "*", false);
    }
}
