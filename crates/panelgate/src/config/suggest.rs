//! "Did you mean …?"

/// The candidate that a slip of the finger would turn into `written`, if there is one.
pub(crate) fn closest<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    let near = candidates.iter().map(|candidate| {
        let slips = strsim::damerau_levenshtein(&written, &candidate.to_lowercase());
        (slips, *candidate)
    });
    let tolerated = 1 + written.chars().count() / 4;
    near.filter(|(slips, _)| *slips <= tolerated)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// A hint for a name that does not exist: the one that was probably meant, or all there are.
pub(crate) fn mend(written: &str, candidates: &[&str], none: &str) -> String {
    match (closest(written, candidates), candidates) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => none.to_owned(),
        (None, all) => format!("there are: {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_forgiven_and_other_words_are_not() {
        let panels = ["alpha", "beta"];
        assert_eq!(closest("alhpa", &panels), Some("alpha"));
        assert_eq!(closest("Beta", &panels), Some("beta"));
        assert_eq!(closest("gamma", &panels), None);
        assert_eq!(mend("x", &[], "add one"), "add one");
        assert_eq!(mend("gamma", &panels, ""), "there are: alpha, beta");
    }
}
