//! The Debian package: made of this very program, unpacked into an empty root, and served from there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{panel, skip, spawn};

/// What an installed gateway needs.
const FILES: &[&str] = &[
    "etc/panelgate/markup.toml",
    "etc/panelgate/panelgate.toml",
    "etc/panelgate/services.toml",
    "usr/lib/systemd/system/panelgate-operators.socket",
    "usr/lib/systemd/system/panelgate.service",
    "usr/lib/systemd/system/panelgate.socket",
    "usr/share/bash-completion/completions/panelgate",
    "usr/share/doc/panelgate/examples/nginx.conf",
    "usr/share/fish/vendor_completions.d/panelgate.fish",
    "usr/share/man/man1/panelgate-serve.1.gz",
    "usr/share/man/man1/panelgate.1.gz",
    "usr/share/zsh/vendor-completions/_panelgate",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_package_holds_what_it_takes_to_serve() {
    let is_here = |tool: &str, arguments: &[&str]| {
        let output = Command::new(tool).args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !is_here("cargo", &["deb", "--version"]) || !is_here("dpkg-deb", &["--version"]) {
        return skip("cargo-deb", "cargo deb or dpkg-deb is not installed");
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let (package, root) = (
        scratch.path().join("panelgate.deb"),
        scratch.path().join("root"),
    );
    make(&package);
    done(Command::new("dpkg-deb").arg("-x").args([&package, &root]));
    for file in FILES {
        assert!(root.join(file).is_file(), "{file}");
    }
    let scripts = scratch.path().join("scripts");
    done(
        Command::new("dpkg-deb")
            .arg("-e")
            .args([&package, &scripts]),
    );
    for script in ["postinst", "postrm", "prerm"] {
        done(Command::new("sh").arg("-n").arg(scripts.join(script)));
    }
    // The sockets stay while the process is exchanged.
    let postinst = fs::read_to_string(scripts.join("postinst")).expect("a script");
    let restarts = postinst.lines().filter(|line| line.contains("restart "));
    assert_eq!(restarts.count(), 1, "{postinst}");
    assert!(
        postinst.contains("try-restart panelgate.service "),
        "{postinst}"
    );

    let panel = panel().await;
    let config = root.join("etc/panelgate/panelgate.toml");
    let text = fs::read_to_string(&config).expect("a file");
    let text = text
        .replace(
            "https://alpha.example/api/v2\"",
            &format!("{}\"\nallow_private = true", panel.url()),
        )
        .replace("/var/lib/panelgate", scratch.path().to_str().expect("text"))
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("127.0.0.1:8081", "127.0.0.1:0");
    fs::write(&config, text).expect("written");
    fs::write(scratch.path().join("keys_alpha.key"), "sim-key").expect("written");
    let mut serve = Command::new(root.join("usr/bin/panelgate"));
    serve
        .args(["serve", "--config"])
        .arg(&config)
        .env("CREDENTIALS_DIRECTORY", scratch.path());
    let (mut process, _) = spawn(serve, "customers: ");
    process.kill().expect("killed");
    process.wait().expect("gone");
}

/// As `docs/deploying.md` says, but for the profile.
fn make(package: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = root.join("target/pages");
    let program = env!("CARGO_BIN_EXE_panelgate");
    done(Command::new(program).arg("man").arg(pages.join("man")));
    for (shell, name) in [
        ("bash", "panelgate.bash"),
        ("zsh", "_panelgate"),
        ("fish", "panelgate.fish"),
    ] {
        let script = done(Command::new(program).args(["completions", shell]));
        fs::write(pages.join(name), script.stdout).expect("written");
    }
    let mut deb = Command::new("cargo");
    deb.args([
        "deb",
        "--no-build",
        "--no-strip",
        "--fast",
        "--profile",
        "dev",
        "--package",
        "panelgate",
        "--output",
    ])
    .arg(package)
    .current_dir(root);
    done(&mut deb);
}

#[track_caller]
fn done(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    output
}
