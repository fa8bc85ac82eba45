//! What files become, and what is said of those that `tests/broken` cannot hold.

mod main_file;
mod markup_and_services;
mod whole;

use super::*;

const MAIN: &str = r#"
[panels.alpha]
url = "https://alpha.example/api/v2"
key = { env = "ALPHA_KEY" }
currency = "USD"

[panels.beta]
url = "https://beta.example/api/v2"
key = { file = "beta.key" }
currency = "USD"
"#;
const MARKUP: &str = "[default]\npercent = \"20\"\n";
const SERVICES: &str = "[[import]]\npanel = \"alpha\"\n";

/// Writes the files (`None`: none) and loads them without keys.
fn load(main: &str, markup: Option<&str>, services: Option<&str>) -> Result<Config, Diagnostics> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("panelgate.toml", main);
    markup.inspect(|text| write("markup.toml", text));
    services.inspect(|text| write("services.toml", text));
    Config::load(&folder.path().join("panelgate.toml"), Keys::Leave)
}

#[track_caller]
fn check(wrong: Result<Config, Diagnostics>, expected: &[&str]) {
    let text = wrong.expect_err("it is broken").render(false);
    for part in expected {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "plain text has no colours");
}

/// A mistake in `panelgate.toml`: lines before [`MAIN`]'s panels.
#[track_caller]
fn check_main(lines: &str, expected: &[&str]) {
    check(
        load(&format!("{lines}{MAIN}"), Some(MARKUP), Some(SERVICES)),
        expected,
    );
}

#[track_caller]
fn check_services(text: &str, expected: &[&str]) {
    check(load(MAIN, Some(MARKUP), Some(text)), expected);
}
