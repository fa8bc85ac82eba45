//! What operators write.

use std::collections::BTreeSet;

use panelgate_files::{configuration as load, csv, rows};

/// `panelgate.toml`, `markup.toml` and `services.toml` behind one another, parted by lines of `---`. Whatever is wrong is said with
/// how to mend it and without the panels' keys; what is right has the panels that are written there.
pub fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut files = text.split("\n---\n");
    let mut next = || files.next().unwrap_or_default();
    let (main, markup, services) = (next(), next(), next());
    let panels = toml::from_str::<toml::Table>(main).ok();
    let panels = panels
        .as_ref()
        .and_then(|main| main.get("panels")?.as_table());
    match load(main.as_bytes(), markup.as_bytes(), services.as_bytes()) {
        Ok(names) => {
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let written: BTreeSet<&str> = panels
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(names, written);
        }
        Err(wrong) => {
            assert!(wrong.contains("help: "), "how is that mended?\n{wrong}");
            assert!(
                !wrong.contains('\u{1b}') || text.contains('\u{1b}'),
                "colours"
            );
            let panels = panels.into_iter().flatten();
            for key in panels.filter_map(|(_, panel)| panel.get("key")?.as_str()) {
                // A key that is written elsewhere too, or is nothing much, proves nothing.
                let tells = key.len() >= 12 && text.matches(key).count() == 1;
                assert!(
                    !(tells && wrong.contains(key)),
                    "the key {key} is shown:\n{wrong}"
                );
            }
        }
    }
}

/// What is read from a spreadsheet is written again as it was, and every row says where it stood.
pub fn sheet(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(read) = rows(&text) else {
        return;
    };
    let lines = 1 + text.matches(['\n', '\r']).count();
    assert!(read.is_sorted_by_key(|(line, _)| *line), "{read:?}");
    assert!(
        read.iter().all(|(line, _)| (1..=lines).contains(line)),
        "{read:?}"
    );
    const HEADINGS: [&str; 3] = ["service", "name", "sell"];
    // A row whose cells are all empty is none, and the last one would be none without a separator.
    let three = |row: Vec<String>| <[String; 3]>::try_from(row).ok().map(Vec::from);
    let written: Vec<Vec<String>> = read.into_iter().filter_map(|(_, row)| three(row)).collect();
    let again = rows(&csv(&HEADINGS, &written)).expect("what is written is CSV");
    let again: Vec<Vec<String>> = again.into_iter().skip(1).map(|(_, row)| row).collect();
    assert_eq!(again, written);
}
