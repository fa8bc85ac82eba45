//! Lists that real panels have served. They are not part of the project; without them this says so and checks nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use panelgate_simpanel::{SimCatalogue, SimClock, SimSettings};
use serde_json::Value;

use crate::support::{post, start};

/// The files, from `PANELGATE_TEST_DATA` or from beside the project.
fn files() -> Vec<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where data lies"
    )]
    let folder = std::env::var("PANELGATE_TEST_DATA").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(folder.join("catalogues")) else {
        // Not by `eprintln!`, which the test harness would swallow.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: there are no catalogues in {}",
            folder.display()
        );
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect()
}

#[tokio::test]
async fn real_lists_are_served_as_they_are_and_their_sound_entries_can_be_ordered() {
    for path in files() {
        let settings = SimSettings {
            catalogue: SimCatalogue::File(path.clone()),
            clock: SimClock::manual(),
            ..SimSettings::default()
        };
        let panel = start(settings).await;
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(
            post(&panel, "action=services").await.body() == text,
            "{}",
            path.display()
        );

        let list: Vec<Value> = serde_json::from_str(&text).expect("a list");
        let sound = list.iter().find(|entry| {
            let kind = entry["type"].as_str().unwrap_or_default();
            let whole = |name: &str| {
                entry[name]
                    .as_u64()
                    .or_else(|| entry[name].as_str()?.parse().ok())
            };
            kind.eq_ignore_ascii_case("default")
                && whole("min") <= Some(1_000)
                && whole("max") >= Some(1_000)
        });
        // One of the lists has nothing but 0 for max where it says Default.
        let Some(sound) = sound else { continue };
        let service = sound["service"]
            .as_str()
            .map_or_else(|| sound["service"].to_string(), str::to_owned);
        let form = format!("action=add&service={service}&link=https://a.example/1&quantity=1000");
        assert_eq!(
            post(&panel, &form).await.body(),
            r#"{"order":1}"#,
            "{}: {sound}",
            path.display()
        );
    }
}
