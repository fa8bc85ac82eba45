//! The types of services: which parameters each has, and a request with all of them.

use panelgate_domain::field::Field;
use panelgate_domain::service_type::{Counting, Need, ServiceType};
use panelgate_domain::spec::DELAYS;
use panelgate_wire::name_of;

use super::examples::{self, Parameter};
use super::html::{code, escape, table};

/// A foldable part for each type.
pub(super) fn all() -> String {
    ServiceType::ALL.into_iter().map(one).collect()
}

fn one(kind: ServiceType) -> String {
    let rows = kind.fields().iter().map(|(field, need)| {
        vec![
            code(name_of(*field)),
            need_of(*need),
            escape(&about(kind, *field)),
        ]
    });
    format!(
        "<details><summary>{}</summary>\n<p>{}</p>\n{}{}</details>\n",
        escape(kind.name()),
        counted(kind),
        table(&["Parameter", "Needed", "Meaning"], rows),
        examples::request(&request(kind))
    )
}

fn need_of(need: Need) -> String {
    match need {
        Need::Required => "yes".to_owned(),
        Need::Optional => "no".to_owned(),
        Need::IfEquals(field, value) => format!("if {} is {}", code(name_of(field)), code(value)),
    }
}

/// What an order of this type costs.
fn counted(kind: ServiceType) -> String {
    match kind.counting() {
        Counting::Quantity => {
            let runs = if kind.can_drip() {
                ", of all runs together"
            } else {
                ""
            };
            format!(
                "The price is rate × {} / 1000{runs}.",
                code(name_of(Field::Quantity))
            )
        }
        Counting::Lines(field) => format!(
            "The price is rate × lines of {} / 1000; blank lines do not count, and a quantity is not needed.",
            code(name_of(field))
        ),
        Counting::One => "The price is the rate.".to_owned(),
        Counting::Posts => format!(
            "Paid in advance: rate × {} × ({} + {}) / 1000. What is not used comes back.",
            code(name_of(Field::Max)),
            code(name_of(Field::Posts)),
            code(name_of(Field::OldPosts))
        ),
    }
}

/// An order of this type with everything that it may have, unless two parameters exclude each other.
fn request(kind: ServiceType) -> Vec<Parameter> {
    let given = kind.fields().iter().filter(|(_, need)| match need {
        Need::Required | Need::Optional => true,
        Need::IfEquals(field, value) => example(kind, *field) == *value,
    });
    let given = given.map(|(field, _)| (name_of(*field), example(kind, *field)));
    [("action", "add"), ("service", "1")]
        .into_iter()
        .chain(given)
        .collect()
}

fn about(kind: ServiceType, field: Field) -> String {
    let fixed = match field {
        Field::Delay => {
            return format!(
                "Minutes: one of {}",
                DELAYS.map(|delay| delay.to_string()).join(", ")
            );
        }
        Field::Link => "Link to the page",
        Field::Quantity if kind.can_drip() => "Needed quantity; of each run, if there are runs",
        Field::Quantity => "Needed quantity",
        Field::Runs => "Runs to deliver; together with interval",
        Field::Interval => "Minutes between two runs",
        Field::Keywords => "Keywords, one a line",
        Field::Comments => "Comments, one a line",
        Field::Usernames => "User names, one a line",
        Field::Hashtags => "Hashtags, one a line",
        Field::Hashtag => "Hashtag to take user names from",
        Field::Username => match kind {
            ServiceType::MentionsUserFollowers => "URL to take followers from",
            ServiceType::CommentLikes => "User name of the owner of the comment",
            _ => "User name",
        },
        Field::Media => "URL of the media to take likers from",
        Field::AnswerNumber => "Number of the answer in the poll",
        Field::Groups => "Groups, one a line",
        Field::Country => "Country code or full name",
        Field::Device => "1 desktop, 2 mobile (Android), 3 mobile (iOS), 4 mobile (both), 5 all",
        Field::TypeOfTraffic => "1 Google keyword, 2 custom referrer, 3 blank referrer",
        Field::GoogleKeyword => "Keyword that visitors searched for",
        Field::ReferringUrl => "URL that visitors come from",
        Field::Min => "Least quantity for a post",
        Field::Max => "Largest quantity for a post",
        Field::Posts => "Number of new posts; it may be required here",
        Field::OldPosts => "Number of existing posts",
        Field::Expiry => "Last day, as d/m/Y",
    };
    fixed.to_owned()
}

const fn example(kind: ServiceType, field: Field) -> &'static str {
    match field {
        Field::Link => "https://example.com/p",
        Field::Quantity => "100",
        Field::Runs => "2",
        Field::Interval | Field::Delay => "60",
        Field::Keywords => "cats\ndogs",
        Field::Comments => "Nice\nGreat",
        Field::Usernames => "ann\nbob",
        Field::Hashtags => "#cats\n#dogs",
        Field::Hashtag => "cats",
        Field::Username => match kind {
            ServiceType::MentionsUserFollowers => "https://example.com/bob",
            _ => "bob",
        },
        Field::Media => "https://example.com/m",
        Field::AnswerNumber => "7",
        Field::Groups => "https://example.com/g1\nhttps://example.com/g2",
        Field::Country => "US",
        Field::Device => "5",
        Field::TypeOfTraffic => "1",
        Field::GoogleKeyword => "cats",
        Field::ReferringUrl => "https://example.com/r",
        Field::Min => "100",
        Field::Max => "110",
        Field::Posts => "3",
        Field::OldPosts => "1",
        Field::Expiry => "31/12/2099",
    }
}
