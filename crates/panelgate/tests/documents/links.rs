//! Every link in the documents leads to a file and a heading that are there.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::markdown::{Document, chapter, documents, root};

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for document in documents() {
        for target in targets(&document) {
            followed += 1;
            if let Err(why) = follow(&document, &target) {
                broken.push(format!("{}: {target}: {why}", document.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed > 50, "{followed} links");
}

#[test]
fn the_summary_lists_every_chapter_once() {
    let listed = targets(&chapter("SUMMARY.md"));
    let listed: Vec<PathBuf> = listed
        .iter()
        .map(|target| Path::new("docs").join(target))
        .collect();
    let mut once = BTreeSet::new();
    for path in &listed {
        assert!(once.insert(path.clone()), "{path:?} is listed twice");
    }
    for document in documents() {
        // What is beside the pictures is written by runs, and is no chapter.
        let is_chapter = document.path.starts_with("docs")
            && !document.path.starts_with("docs/figures")
            && !document.path.ends_with("SUMMARY.md");
        let path = document.path.display();
        assert_eq!(
            once.contains(&document.path),
            is_chapter,
            "docs/SUMMARY.md lists {path} or not, and should do the opposite"
        );
    }
}

/// Decisions are found by their number, so the list has each by number and title.
#[test]
fn the_decisions_are_listed_by_their_titles() {
    let list = chapter("decisions/README.md").text;
    for document in documents() {
        let name = document
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !document.path.starts_with("docs/decisions") || name == "README.md" {
            continue;
        }
        let title = document.text.lines().next().unwrap_or_default();
        let title = title.trim_start_matches("# ");
        let entry = format!("- [{}]({name})", title.trim_start_matches('0'));
        assert!(list.contains(&entry), "not there: {entry}");
    }
}

/// Where the links of a document point, without those that leave the repository.
fn targets(document: &Document) -> Vec<String> {
    let mut targets = Vec::new();
    for line in document.prose() {
        for part in line.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            if !["http://", "https://", "mailto:"]
                .iter()
                .any(|outside| target.starts_with(outside))
            {
                targets.push(target.to_owned());
            }
        }
    }
    targets
}

fn follow(from: &Document, target: &str) -> Result<(), String> {
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let folder = from.path.parent().unwrap_or(Path::new(""));
    let path = match file {
        "" => from.path.clone(),
        file => plain(&folder.join(file)).ok_or("it leaves the repository")?,
    };
    if !root().join(&path).exists() {
        return Err(format!("there is no {}", path.display()));
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let text = std::fs::read_to_string(root().join(&path)).map_err(|error| error.to_string())?;
    let anchors = Document { path, text }.anchors();
    match anchors.iter().any(|known| known == anchor) {
        true => Ok(()),
        false => Err(format!("no such heading; there are {anchors:?}")),
    }
}

/// A path without `..`; `None` if it leaves the repository.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if !plain.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain)
}
