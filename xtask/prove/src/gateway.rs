//! The gateway's program, as it is now.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

/// Builds it, and answers where it is: beside this program.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // Built the same way as this program: the folder is called like the profile, but for one.
    let folder = own.parent().and_then(Path::file_name);
    let profile = match folder.and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "--package", "panelgate"]);
    let status = build.args(["--profile", profile]).status()?;
    ensure!(status.success(), "the gateway was not built");
    let program = own.with_file_name("panelgate");
    ensure!(program.is_file(), "there is no {}", program.display());
    Ok(program)
}
