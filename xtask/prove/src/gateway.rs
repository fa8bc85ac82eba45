//! The gateway's program, as it is now.

use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;

/// Builds it, and answers where it is: beside this program.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--package", "panelgate"]);
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    let status = build.args(["--profile", profile]).status()?;
    ensure!(status.success(), "the gateway was not built");
    let own = std::env::current_exe()?;
    let program = own.with_file_name("panelgate");
    ensure!(program.is_file(), "there is no {}", program.display());
    Ok(program)
}
