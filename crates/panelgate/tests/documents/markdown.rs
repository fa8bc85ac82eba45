//! The documents, and the parts of them that tests look at.

use std::fs;
use std::path::{Path, PathBuf};

/// A Markdown file.
pub(crate) struct Document {
    /// Its path from the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A fenced block.
pub(crate) struct Block {
    /// What stands behind the opening fence.
    pub(crate) info: String,
    /// Without the fences.
    pub(crate) text: String,
    /// The line after the opening fence, counted from 1.
    pub(crate) line: usize,
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All of the project's own documents, by path.
pub(crate) fn documents() -> Vec<Document> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if is_markdown(&path) {
            paths.push(path);
        }
    }
    for folder in ["docs", "deploy"] {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    paths.into_iter().map(document).collect()
}

/// One of `docs/`.
pub(crate) fn chapter(name: &str) -> Document {
    document(root().join("docs").join(name))
}

fn document(path: PathBuf) -> Document {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let path = path.strip_prefix(root()).expect("it is in it").to_owned();
    Document { path, text }
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if is_markdown(&path) {
            paths.push(path);
        }
    }
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "md")
}

impl Document {
    /// Its fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(info), None) => {
                    open = Some(Block {
                        info: info.trim().to_owned(),
                        text: String::new(),
                        line: index + 2,
                    });
                }
                (None, Some(block)) => {
                    block.text += line;
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{:?}: a block has no end", self.path);
        blocks
    }

    /// Its lines outside of fenced blocks, with inline code blanked out.
    pub(crate) fn prose(&self) -> Vec<String> {
        let mut is_open = false;
        let lines = self.text.lines().filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_open ^= is_fence;
            !is_open && !is_fence
        });
        lines
            .map(|line| {
                let parts = line.split('`').enumerate();
                parts
                    .map(|(n, part)| if n % 2 == 0 { part } else { "`" })
                    .collect()
            })
            .collect()
    }

    /// What links may point at: the headings, as GitHub and mdBook name them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        let mut is_open = false;
        for line in self.text.lines() {
            is_open ^= line.trim_start().starts_with("```");
            let heading = line.trim_start_matches('#');
            if is_open || heading.len() == line.len() || !heading.starts_with(' ') {
                continue;
            }
            let kept = heading.trim().chars().filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || "-_".contains(c) => Some(c.to_ascii_lowercase()),
                _ => None,
            });
            let plain: String = kept.collect();
            let repeated = anchors
                .iter()
                .filter(|other| {
                    other.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-') == plain
                })
                .count();
            anchors.push(match repeated {
                0 => plain,
                n => format!("{plain}-{n}"),
            });
        }
        anchors
    }
}
