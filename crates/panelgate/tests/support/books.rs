//! What the panels of tests sell.

use panelgate_simpanel::SimCatalogue;
use serde_json::{Value, json};

/// One service of each type that can be sold, named after its type; rates without rounding surprises and one with.
pub fn catalogue() -> SimCatalogue {
    let entry = |(service, kind, rate, min, max): (u32, &str, &str, &str, &str)| {
        json!({
            "service": service, "name": if service == 17 { "Another Default" } else { kind }, "type": kind, "category": "Tests", "rate": rate, "min": min, "max": max,
            "dripfeed": true, "refill": true, "cancel": true,
        })
    };
    let entries: Vec<Value> = [
        (1, "Default", "10", "10", "10000"),
        (2, "Package", "54.7785", "1", "1"),
        (3, "SEO", "0.33333333", "10", "10000"),
        (4, "Custom Comments", "100", "1", "100"),
        (5, "Mentions", "2", "10", "10000"),
        (6, "Mentions with Hashtags", "2.5", "10", "10000"),
        (7, "Mentions Custom List", "80", "1", "100"),
        (8, "Mentions Hashtag", "3", "10", "10000"),
        (9, "Mentions User Followers", "4", "10", "10000"),
        (10, "Mentions Media Likers", "5", "10", "10000"),
        (11, "Custom Comments Package", "7.5", "1", "1"),
        (12, "Comment Likes", "6", "10", "10000"),
        (13, "Poll", "0.00011999999999999999", "10", "10000"),
        (14, "Comment Replies", "90", "1", "100"),
        (15, "Invites from Groups", "8", "10", "10000"),
        (16, "Web Traffic", "0.5", "10", "10000"),
        (17, "Default", "10", "10", "10000"),
        (18, "Subscriptions", "10", "10", "10000"),
    ]
    .map(entry)
    .into();
    SimCatalogue::Json(Value::Array(entries).to_string())
}

/// Service 7 with a route to each of the panels alpha and beta, in this order.
pub const TWO_ROUTES: &str = r#"
[[service]]
id = 7
name = "Followers"
category = "Tests"
routes = [ { panel = "alpha", service = "1" }, { panel = "beta", service = "1" } ]
"#;
