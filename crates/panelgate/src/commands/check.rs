//! `check`: is the configuration valid?

use std::path::Path;

use super::operate;
use crate::config::{Config, Keys};
use crate::output;

/// Validates the three files, keys included, and asks the panels if that is wanted. Errors are what [`crate::exit`] prints.
pub(crate) async fn run(path: &Path, online: bool) -> anyhow::Result<()> {
    let config = Config::load(path, Keys::Read)?;
    if !config.warnings.is_empty() {
        output::note(&config.warnings.render(output::colours()));
    }
    let summary = format!(
        "{} is valid: {}, {}, {}, {}",
        path.display(),
        count(config.panels.len(), "panel"),
        count(config.markup.rules.len(), "rule"),
        count(config.definitions.imports.len(), "import"),
        count(config.definitions.hand_made.len(), "service made by hand"),
    );
    output::say(&summary)?;
    if online {
        operate::check_online(&config).await?;
    }
    Ok(())
}

fn count(number: usize, what: &str) -> String {
    match (number, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, Some((noun, rest))) => format!("{number} {noun}s {rest}"),
        (_, None) => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(count(1, "rule"), "1 rule");
        assert_eq!(count(2, "rule"), "2 rules");
        assert_eq!(count(0, "service made by hand"), "0 services made by hand");
    }
}
