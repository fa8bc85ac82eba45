//! Catalogues of real panels: every entry is read, with every digit of its rate.

use std::collections::HashMap;
use std::path::PathBuf;

use panelgate_domain::rate::Rate;
use panelgate_wire::answer::{Http, services};
use serde_json::value::RawValue;

/// The folder with real input, from `PANELGATE_TEST_DATA` or beside the project.
fn data() -> PathBuf {
    std::env::var_os("PANELGATE_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}

fn catalogues() -> Vec<(String, Vec<u8>)> {
    let folder = data().join("catalogues");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!(
            "SKIPPED: there are no real catalogues in {}",
            folder.display()
        );
        return Vec::new();
    };
    let mut read = Vec::new();
    for file in files {
        let path = file.expect("a readable folder").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        read.push((name, std::fs::read(path).expect("a readable file")));
    }
    read
}

#[test]
fn every_entry_of_real_catalogues_is_read_with_all_its_digits() {
    for (name, body) in catalogues() {
        let http = Http {
            status: 200,
            retry_after: None,
            body: &body,
        };
        let list = services(&http, &"real".into(), &"USD".into()).expect("a catalogue");
        let expected: usize = name
            .rsplit('-')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a count in its name");
        assert_eq!(list.unreadable, [], "{name}");
        assert_eq!(list.offers.len(), expected, "{name}");
        let entries: Vec<HashMap<String, &RawValue>> =
            serde_json::from_slice(&body).expect("a list of objects");
        for (offer, entry) in list.offers.iter().zip(&entries) {
            let written = entry["rate"].get().trim_matches('"');
            assert_eq!(
                Some(offer.rate),
                Rate::parse(written),
                "{name} {}",
                offer.id
            );
        }
    }
}
