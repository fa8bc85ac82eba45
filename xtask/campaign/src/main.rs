//! One program for all targets: libFuzzer brings `main`, and the target is named by the environment.
//!
//! It is built with the compiler's coverage instrumentation, by `cargo xtask prove --fuzz-seconds N`.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use panelgate_fuzz::{TARGETS, Target};

/// The target that `PANELGATE_FUZZ_TARGET` names.
static TARGET: LazyLock<Target> = LazyLock::new(|| {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line of this program is libFuzzer's"
    )]
    let name = std::env::var("PANELGATE_FUZZ_TARGET").expect("PANELGATE_FUZZ_TARGET is set");
    let target = TARGETS.into_iter().find(|(known, _)| *known == name);
    target.expect("PANELGATE_FUZZ_TARGET names a target of panelgate-fuzz")
});

fuzz_target!(|bytes: &[u8]| (TARGET.1)(bytes));
