//! Names of panels as small numbers, so that a record needs no pointer to its panel.

use std::collections::HashMap;
use std::num::NonZeroU16;

use panelgate_domain::ids::PanelName;
use parking_lot::RwLock;

/// The names that orders in memory have. A name stays for as long as the process: there are as many as were ever configured.
#[derive(Debug, Default)]
pub(super) struct Panels(RwLock<Names>);

#[derive(Debug, Default)]
struct Names {
    by_number: Vec<PanelName>,
    numbers: HashMap<PanelName, PanelNumber>,
}

/// A panel's number in this process, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PanelNumber(NonZeroU16);

impl Panels {
    /// The panel's number; its first one if it had none.
    pub(super) fn number(&self, panel: &PanelName) -> PanelNumber {
        if let Some(number) = self.known(panel) {
            return number;
        }
        let names = &mut *self.0.write();
        *names.numbers.entry(panel.clone()).or_insert_with(|| {
            names.by_number.push(panel.clone());
            let number = u16::try_from(names.by_number.len()).ok();
            PanelNumber(
                number
                    .and_then(NonZeroU16::new)
                    .expect("nobody configures 65,536 panels in the life of a process"),
            )
        })
    }

    /// The panel's number, if any order ever was there.
    pub(super) fn known(&self, panel: &PanelName) -> Option<PanelNumber> {
        self.0.read().numbers.get(panel).copied()
    }

    /// The panel behind a number.
    pub(super) fn name(&self, number: PanelNumber) -> PanelName {
        self.0.read().by_number[usize::from(number.0.get()) - 1].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_keeps_its_number() {
        let panels = Panels::default();
        assert_eq!(panels.known(&"alpha".into()), None);
        let alpha = panels.number(&"alpha".into());
        let beta = panels.number(&"beta".into());
        assert_ne!(alpha, beta);
        assert_eq!(panels.number(&"alpha".into()), alpha);
        assert_eq!(panels.name(beta), "beta".into());
    }
}
