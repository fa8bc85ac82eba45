//! Every target reads its corpus, and what becomes of it by small changes.

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use panelgate_fuzz::{TARGETS, Target};
use panelgate_simpanel::FaultPlan;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// Changed inputs made of all files of a target. A configuration is three files that are really written.
fn changes(target: &str) -> usize {
    if target == "configuration" {
        1_000
    } else {
        100_000
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let read = files(target).into_iter();
    read.map(|path| fs::read(path).expect("readable")).collect()
}

/// Those that a campaign found are named so.
fn files(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{target} has no corpus"));
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_target_holds_on_its_corpus_and_near_it() {
    let broken: Vec<String> = TARGETS.into_iter().filter_map(breaks).collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// The first input that breaks a target; what it panicked with is printed above.
fn breaks((name, target): Target) -> Option<String> {
    let files = corpus(name);
    assert!(files.len() >= 5, "{name} has {} files", files.len());
    let each = changes(name).div_ceil(files.len());
    let mut rng = StdRng::seed_from_u64(1);
    let near = files.iter().flat_map(|file| {
        let changes = (0..each).map(|_| changed(&mut rng, file, &files));
        changes.collect::<Vec<_>>()
    });
    let mut inputs = files.iter().cloned().chain(near);
    let input = inputs.find(|input| panic::catch_unwind(|| target(input)).is_err())?;
    Some(format!("{name}: {:?}", String::from_utf8_lossy(&input)))
}

#[test]
fn the_fault_plans_are_plans() {
    let is_found = |path: &PathBuf| path.to_string_lossy().contains("found-");
    for path in files("fault_plan")
        .into_iter()
        .filter(|path| !is_found(path))
    {
        let text = fs::read_to_string(path).expect("text");
        let read = toml::from_str::<FaultPlan>(&text).is_ok()
            || serde_json::from_str::<FaultPlan>(&text).is_ok();
        assert!(read, "{text}");
    }
}

#[test]
fn every_corpus_has_a_target() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for folder in fs::read_dir(folders).expect("readable") {
        let name = folder.expect("readable").file_name();
        let known = TARGETS
            .iter()
            .any(|(target, _)| name.to_str() == Some(*target));
        assert!(known, "{name:?}");
    }
}

fn changed(rng: &mut StdRng, file: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.random()),
            2 if at < bytes.len() => bytes[at] = rng.random(),
            3 if at < bytes.len() => _ = bytes.remove(at),
            _ => {
                let other = others.choose(rng).expect("some");
                let from = rng.random_range(0..=other.len());
                let to = rng.random_range(from..=other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    bytes
}
