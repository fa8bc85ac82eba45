//! The seventeen service types: what each needs, how it is counted and charged.
//!
//! Source: the API's documentation and `protocol.md` §2.

use std::fmt;

use crate::field::Field;
use crate::rate::Charging;

/// A service type of the panel API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "the names are the field's own and say what there is to say"
)]
pub enum ServiceType {
    Default,
    Package,
    Seo,
    CustomComments,
    Mentions,
    MentionsWithHashtags,
    MentionsCustomList,
    MentionsHashtag,
    MentionsUserFollowers,
    MentionsMediaLikers,
    CustomCommentsPackage,
    CommentLikes,
    Poll,
    CommentReplies,
    InvitesFromGroups,
    Subscriptions,
    WebTraffic,
}

/// How an order of a type is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// By the `quantity` that the customer sends.
    Quantity,
    /// By the lines of a list; a sent `quantity` is ignored.
    Lines(Field),
    /// One package.
    One,
    /// By posts, each between `min` and `max`.
    Posts,
}

/// Whether an order must have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it there is no order.
    Required,
    /// May be left out.
    Optional,
    /// Required if another field has this value, otherwise ignored.
    IfEquals(Field, &'static str),
}

use Field as F;
use Need::{IfEquals, Optional, Required};

impl ServiceType {
    /// Every type, in the order of the API's documentation.
    pub const ALL: [Self; 17] = [
        Self::Default,
        Self::Package,
        Self::Seo,
        Self::CustomComments,
        Self::Mentions,
        Self::MentionsWithHashtags,
        Self::MentionsCustomList,
        Self::MentionsHashtag,
        Self::MentionsUserFollowers,
        Self::MentionsMediaLikers,
        Self::CustomCommentsPackage,
        Self::CommentLikes,
        Self::Poll,
        Self::CommentReplies,
        Self::InvitesFromGroups,
        Self::Subscriptions,
        Self::WebTraffic,
    ];

    /// The documented name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "Default",
            Self::Package => "Package",
            Self::Seo => "SEO",
            Self::CustomComments => "Custom Comments",
            Self::Mentions => "Mentions",
            Self::MentionsWithHashtags => "Mentions with Hashtags",
            Self::MentionsCustomList => "Mentions Custom List",
            Self::MentionsHashtag => "Mentions Hashtag",
            Self::MentionsUserFollowers => "Mentions User Followers",
            Self::MentionsMediaLikers => "Mentions Media Likers",
            Self::CustomCommentsPackage => "Custom Comments Package",
            Self::CommentLikes => "Comment Likes",
            Self::Poll => "Poll",
            Self::CommentReplies => "Comment Replies",
            Self::InvitesFromGroups => "Invites from Groups",
            Self::Subscriptions => "Subscriptions",
            Self::WebTraffic => "Web Traffic",
        }
    }

    /// Reads a panel's word for a type: any case, `_` and `-` for blanks, and the aliases that real lists contain.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let folded: String = text.trim().to_lowercase().replace(['_', '-'], " ");
        let words: Vec<&str> = folded.split_whitespace().collect();
        let folded = words.join(" ");
        let alias = match folded.as_str() {
            "custom comment" => Some(Self::CustomComments),
            "custom comment package" => Some(Self::CustomCommentsPackage),
            "subscription" => Some(Self::Subscriptions),
            "comment reply" => Some(Self::CommentReplies),
            "mention" => Some(Self::Mentions),
            _ => None,
        };
        alias.or_else(|| {
            Self::ALL
                .into_iter()
                .find(|t| t.name().eq_ignore_ascii_case(&folded))
        })
    }

    /// How its orders are counted.
    #[must_use]
    pub const fn counting(self) -> Counting {
        match self {
            Self::Package | Self::CustomCommentsPackage => Counting::One,
            Self::CustomComments | Self::CommentReplies => Counting::Lines(F::Comments),
            Self::MentionsCustomList => Counting::Lines(F::Usernames),
            Self::Subscriptions => Counting::Posts,
            _ => Counting::Quantity,
        }
    }

    /// How its orders are charged.
    #[must_use]
    pub const fn charging(self) -> Charging {
        match self {
            Self::Package | Self::CustomCommentsPackage => Charging::Flat,
            _ => Charging::PerThousand,
        }
    }

    /// The fields of its orders, in the order of the API's documentation. What is not here is ignored.
    #[must_use]
    pub const fn fields(self) -> &'static [(Field, Need)] {
        match self {
            Self::Default => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Runs, Optional),
                (F::Interval, Optional),
            ],
            Self::Package => &[(F::Link, Required)],
            Self::Seo => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Keywords, Required),
            ],
            Self::CustomComments | Self::CustomCommentsPackage => {
                &[(F::Link, Required), (F::Comments, Required)]
            }
            Self::Mentions => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Usernames, Required),
            ],
            Self::MentionsWithHashtags => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Usernames, Required),
                (F::Hashtags, Required),
            ],
            Self::MentionsCustomList => &[(F::Link, Required), (F::Usernames, Required)],
            Self::MentionsHashtag => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Hashtag, Required),
            ],
            Self::MentionsUserFollowers | Self::CommentLikes => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Username, Required),
            ],
            Self::MentionsMediaLikers => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Media, Required),
            ],
            Self::Poll => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::AnswerNumber, Required),
            ],
            Self::CommentReplies => &[
                (F::Link, Required),
                (F::Username, Required),
                (F::Comments, Required),
            ],
            Self::InvitesFromGroups => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Groups, Required),
            ],
            Self::Subscriptions => &[
                (F::Username, Required),
                (F::Min, Required),
                (F::Max, Required),
                (F::Posts, Optional),
                (F::OldPosts, Optional),
                (F::Delay, Required),
                (F::Expiry, Optional),
            ],
            Self::WebTraffic => &[
                (F::Link, Required),
                (F::Quantity, Required),
                (F::Runs, Optional),
                (F::Interval, Optional),
                (F::Country, Required),
                (F::Device, Required),
                (F::TypeOfTraffic, Required),
                (F::GoogleKeyword, IfEquals(F::TypeOfTraffic, "1")),
                (F::ReferringUrl, IfEquals(F::TypeOfTraffic, "2")),
            ],
        }
    }

    /// Whether `runs` and `interval` mean something.
    #[must_use]
    pub fn can_drip(self) -> bool {
        self.fields().iter().any(|(field, _)| *field == F::Runs)
    }
}

impl fmt::Display for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_in_every_spelling() {
        for kind in ServiceType::ALL {
            assert_eq!(ServiceType::parse(kind.name()), Some(kind));
            assert_eq!(
                ServiceType::parse(&kind.name().to_lowercase().replace(' ', "_")),
                Some(kind)
            );
        }
        assert_eq!(
            ServiceType::parse("Custom Comment"),
            Some(ServiceType::CustomComments)
        );
        assert_eq!(ServiceType::parse("Special"), None);
        assert_eq!(ServiceType::parse(""), None);
    }

    #[test]
    fn what_is_counted_is_required() {
        for kind in ServiceType::ALL {
            let counted = match kind.counting() {
                Counting::Quantity => F::Quantity,
                Counting::Lines(field) => field,
                Counting::One => F::Link,
                Counting::Posts => F::Max,
            };
            assert!(kind.fields().contains(&(counted, Required)), "{kind}");
        }
    }
}
