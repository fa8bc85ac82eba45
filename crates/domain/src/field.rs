//! The parameters of an order, by what they mean; how they are spelt is the business of `wire`.

use serde::{Deserialize, Serialize};

/// One parameter of an order besides its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Link to the page.
    Link,
    /// Needed quantity, per run.
    Quantity,
    /// Runs of a drip-feed.
    Runs,
    /// Minutes between the runs of a drip-feed.
    Interval,
    /// List of keywords.
    Keywords,
    /// List of comments.
    Comments,
    /// List of user names.
    Usernames,
    /// List of hashtags.
    Hashtags,
    /// One hashtag.
    Hashtag,
    /// One user name, or a URL to scrape users from.
    Username,
    /// A media URL.
    Media,
    /// Which answer of a poll.
    AnswerNumber,
    /// List of groups.
    Groups,
    /// Country of visitors.
    Country,
    /// Device of visitors, 1 to 5.
    Device,
    /// Where visitors come from, 1 to 3.
    TypeOfTraffic,
    /// For traffic of type 1.
    GoogleKeyword,
    /// For traffic of type 2.
    ReferringUrl,
    /// Least quantity for a post of a subscription.
    Min,
    /// Largest quantity for a post of a subscription.
    Max,
    /// New posts of a subscription.
    Posts,
    /// Existing posts of a subscription.
    OldPosts,
    /// Minutes before an order is made for a post.
    Delay,
    /// Last day of a subscription, `d/m/Y`.
    Expiry,
}

impl Field {
    /// Every field, in the order of the API's documentation.
    pub const ALL: [Self; 24] = [
        Self::Link,
        Self::Quantity,
        Self::Runs,
        Self::Interval,
        Self::Keywords,
        Self::Comments,
        Self::Usernames,
        Self::Hashtags,
        Self::Hashtag,
        Self::Username,
        Self::Media,
        Self::AnswerNumber,
        Self::Groups,
        Self::Country,
        Self::Device,
        Self::TypeOfTraffic,
        Self::GoogleKeyword,
        Self::ReferringUrl,
        Self::Min,
        Self::Max,
        Self::Posts,
        Self::OldPosts,
        Self::Delay,
        Self::Expiry,
    ];

    /// Lists, one item a line; they are normalised before anything is counted or forwarded.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::Keywords | Self::Comments | Self::Usernames | Self::Hashtags | Self::Groups
        )
    }
}
