//! Every command in the documents works. In a block `console` a line that begins with `$ ` is typed, and what stands below it is
//! what it answers; `…` in that stands for anything. Commands for other programs are in blocks `sh`, and are not run.

use std::fs;

use crate::markdown::{Document, chapter, documents, root};
use crate::reader::Reader;
use crate::support::skip;

#[test]
fn every_command_does_what_is_shown() {
    if let Some(why) = Reader::lacks() {
        return skip("console", why);
    }
    let quick_start = "quick-start.md";
    let mut typed = 0;
    for document in documents() {
        let blocks = document.blocks();
        if !blocks.iter().any(|block| block.info == "console") {
            continue;
        }
        let mut reader = Reader::default();
        if !document.path.ends_with(quick_start) && !document.path.ends_with("README.md") {
            follow(&chapter(quick_start), &mut reader);
        }
        typed += follow(&document, &mut reader);
    }
    assert!(typed > 20, "{typed} commands");
}

/// Does what a document says, from its first line to its last.
fn follow(document: &Document, reader: &mut Reader) -> usize {
    let mut typed = 0;
    for block in document.blocks() {
        if block.info != "console" {
            continue;
        }
        let mut lines = block.text.lines().enumerate().peekable();
        while let Some((offset, line)) = lines.next() {
            let place = format!("{}:{}", document.path.display(), block.line + offset);
            let command = line.strip_prefix("$ ");
            let command = command.unwrap_or_else(|| panic!("{place}: a command begins with `$ `"));
            let mut shown = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ")) {
                shown.push(line);
            }
            reader.types(&place, command, &shown);
            typed += 1;
        }
    }
    typed
}

/// What is run by nobody is easily wrong: our own commands are in blocks that are run.
#[test]
fn our_commands_are_in_blocks_that_are_run() {
    let is_ours =
        |document: &&Document| !RUN_ELSEWHERE.contains(&document.path.to_string_lossy().as_ref());
    for document in documents().iter().filter(is_ours) {
        for block in document.blocks() {
            let is_other = ["sh", "bash", "shell"].contains(&block.info.as_str());
            for line in block.text.lines().filter(|_| is_other) {
                let ours = line.trim_start().starts_with("panelgate ");
                assert!(
                    !ours,
                    "{}:{}: `{line}` belongs into a block `console`, or into `text` if it cannot be run here",
                    document.path.display(),
                    block.line
                );
            }
        }
    }
}

/// Tests and benchmarks that documents name are there.
#[test]
fn named_tests_and_benchmarks_exist() {
    let folders: Vec<_> = ["crates", "xtask"]
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).expect("a folder"))
        .map(|entry| entry.expect("an entry").path().join("tests"))
        .chain([root().join("benches/benches")])
        .collect();
    let is_there = |name: &str| {
        folders
            .iter()
            .any(|folder| folder.join(format!("{name}.rs")).exists() || folder.join(name).is_dir())
    };
    for document in documents() {
        let named = document.text.split_whitespace().collect::<Vec<_>>();
        for pair in named.windows(2) {
            let option = pair[0].trim_start_matches(['(', '`']);
            let name = pair[1].trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
            if ["--test", "--bench"].contains(&option) && !name.is_empty() {
                assert!(
                    is_there(name),
                    "{}: {option} {name}",
                    document.path.display()
                );
            }
        }
    }
}

/// Documents whose blocks `sh` are run by a test of their own.
const RUN_ELSEWHERE: [&str; 2] = ["docs/deploying.md", "docs/moving-customers.md"];
