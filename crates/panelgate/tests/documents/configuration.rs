//! Every piece of configuration in the documents is valid. Its first line names its file.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::markdown::{Document, documents};

/// A block stands for the whole file, or for what is written into one; the other files are those shown before it, or these.
const FILES: [(&str, &str); 3] = [
    ("panelgate.toml", PANELS),
    ("markup.toml", DEFAULT),
    ("services.toml", IMPORT),
];

#[test]
fn every_configuration_is_valid() {
    let mut checked = 0;
    for document in documents() {
        checked += check(&document);
    }
    assert!(checked >= 3, "{checked} blocks");
}

fn check(document: &Document) -> usize {
    let mut files = FILES.map(|(name, text)| (name, text.to_owned()));
    let mut checked = 0;
    for block in document.blocks() {
        if block.info != "toml" {
            continue;
        }
        let place = format!("{}:{}", document.path.display(), block.line);
        let first = block.text.lines().next().unwrap_or_default();
        let name = first.trim_start_matches("# ");
        let file = files.iter_mut().find(|(file, _)| *file == name);
        let (name, text) = file.unwrap_or_else(|| {
            panic!("{place}: the first line of a configuration names its file: `# markup.toml`")
        });
        *text = whole(name, &block.text);
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in &files {
            fs::write(folder.path().join(name), text).expect("written");
        }
        certify(folder.path());
        let output = Command::new(env!("CARGO_BIN_EXE_panelgate"))
            .args(["check", "--config"])
            .arg(folder.path().join("panelgate.toml"))
            .env("CREDENTIALS_DIRECTORY", folder.path())
            .env("ALPHA_KEY", "alpha-key")
            .env("BETA_KEY", "beta-key")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{place}:\n{said}");
        checked += 1;
    }
    checked
}

/// The certificate and the key of a panel that some of them name.
fn certify(folder: &Path) {
    let names = ["panel.example".to_owned()];
    let issued = rcgen::generate_simple_self_signed(names).expect("issued");
    let write = |name, text| fs::write(folder.join(name), text).expect("written");
    write("fullchain.pem", issued.cert.pem());
    write("keys_alpha.key", "alpha-key".to_owned());
    write("privkey.pem", issued.signing_key.serialize_pem());
}

/// The file that a block belongs to: itself, with what each such file needs.
fn whole(name: &str, block: &str) -> String {
    let (needed, rest) = match name {
        "panelgate.toml" => ("[panels.", PANELS),
        "markup.toml" => ("[default]", DEFAULT),
        _ => ("[[", IMPORT),
    };
    match block.contains(needed) {
        true => block.to_owned(),
        false => format!("{block}\n{rest}"),
    }
}

const PANELS: &str = r#"
[panels.alpha]
url = "https://alpha.example/api/v2"
key = { env = "ALPHA_KEY" }
currency = "USD"

[panels.beta]
url = "https://beta.example/api/v2"
key = { env = "BETA_KEY" }
currency = "USD"
"#;
const DEFAULT: &str = "[default]\npercent = \"20\"\n";
const IMPORT: &str = "[[import]]\npanel = \"alpha\"\n";
