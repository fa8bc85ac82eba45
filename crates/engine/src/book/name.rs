//! What a panel calls an order, in the record itself: most ids are numbers, and a pointer to each would cost more than it.

use panelgate_domain::ids::UpstreamId;

/// An upstream id, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Name {
    /// Not placed yet.
    #[default]
    None,
    /// In place.
    Short {
        /// How many of the bytes count.
        len: u8,
        /// UTF-8, then zeros.
        text: [u8; INLINE],
    },
    /// Too long for that.
    Long(Box<str>),
}

impl Name {
    pub(super) fn new(id: Option<&UpstreamId>) -> Self {
        let Some(id) = id.map(UpstreamId::as_str) else {
            return Self::None;
        };
        let mut text = [0; INLINE];
        match (u8::try_from(id.len()), text.get_mut(..id.len())) {
            (Ok(len), Some(place)) => {
                place.copy_from_slice(id.as_bytes());
                Self::Short { len, text }
            }
            _ => Self::Long(id.into()),
        }
    }

    /// The text.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Short { len, text } => Some(
                std::str::from_utf8(&text[..usize::from(*len)]).expect("copied from whole text"),
            ),
            Self::Long(text) => Some(text),
        }
    }

    pub(super) fn upstream_id(&self) -> Option<UpstreamId> {
        self.as_str().map(UpstreamId::from)
    }
}

/// All of a `u64`, and most short tokens; with its length and kind it fills three words.
const INLINE: usize = 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_short: bool) {
        let id = UpstreamId::from(text);
        let name = Name::new(Some(&id));
        assert_eq!(name.upstream_id(), Some(id));
        assert_eq!(matches!(name, Name::Short { .. }), is_short);
    }

    #[test]
    fn ids_come_back_as_they_were_and_long_ones_are_boxed() {
        check("", true);
        check("18446744073709551615", true);
        check("ééééééééééé", true);
        check("ééééééééééé1", false);
        check("4f7c2e9a-7a0b-4a51-9b63-2f1f64b7f6f0", false);
        assert_eq!(Name::new(None).upstream_id(), None);
    }

    #[test]
    fn a_name_takes_three_words() {
        assert_eq!(size_of::<Name>(), 24);
    }
}
