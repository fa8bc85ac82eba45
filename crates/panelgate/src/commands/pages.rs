//! `completions` and `man`: the command line, for shells and for readers.

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output;

/// Writes a shell's script to stdout.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    let script = String::from_utf8(script).context("a script is text")?;
    Ok(output::say(script.trim_end())?)
}

/// Writes a page for the program and one for each command.
pub(crate) fn man(folder: &Path) -> anyhow::Result<()> {
    let wrong = || format!("cannot write into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(wrong)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(wrong)
}

const NAME: &str = "panelgate";
