//! How a panel speaks where panels differ: learned from its answers, kept, and used from then on.

use std::fmt;

use crate::ledger::words;

/// A way in which a panel departs from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PanelTrait {
    /// It does not know `orders`: it is asked for one status at a time.
    SingularStatus,
    /// It does not know `orders` of `cancel`: it is asked for one cancel at a time.
    SingularCancel,
    /// It answers many statuses with a list instead of a map.
    ListStatus,
}

words! { PanelTrait {
    SingularStatus = "singular_status", SingularCancel = "singular_cancel", ListStatus = "list_status",
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for known in PanelTrait::ALL {
            assert_eq!(PanelTrait::parse(known.word()), Some(*known));
        }
        assert_eq!(PanelTrait::parse("SingularStatus"), None);
    }
}
