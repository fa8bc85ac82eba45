//! The engine, its desks and its store in a world of their own: a clock that stands still while anything happens, panels behind
//! wires instead of sockets, customers and operators, all of them driven by one seed. The same seed is the same world to the last
//! event.
//!
//! Nothing in here stands in for the gateway: engine, upstream client, HTTP and SQLite are the real ones. What is simulated is
//! everything outside, and the moments in which the process ends.
//!
//! Start with [`run`], then `story` for the course of a world, `plan` for what a seed decides, `mishap`, `boundary` and `network`
//! for what goes wrong, and `auditor` for the judgement.

mod archived;
mod aside;
mod auditor;
mod boundary;
pub mod cells;
mod clock;
mod customers;
mod history;
mod life;
mod mishap;
mod network;
mod operators;
mod plan;
mod regrets;
mod seeds;
mod shop;
mod singles;
mod story;
mod trace;
mod world;

use std::future::Future;
use std::path::Path;

use panelgate_domain::canary::Canary;

use crate::mishap::Mishaps;
use crate::plan::Plan;
pub use crate::seeds::seeds;
pub use crate::singles::singles;
pub use crate::story::Outcome;
use crate::trace::Trace;
use crate::world::World;

/// The world of a seed. `keep`: its events can be read afterwards.
#[must_use]
pub fn run(seed: u64, keep: bool) -> Outcome {
    run_with(seed, keep, None)
}

/// The same world, with a known bug in the gateway.
#[must_use]
pub fn run_with(seed: u64, keep: bool, canary: Option<Canary>) -> Outcome {
    let plan = Plan::of(seed);
    let trace = if keep {
        Trace::kept()
    } else {
        Trace::default()
    };
    let mishaps = Mishaps::drawn(seed.rotate_left(8), plan.rates);
    let ended = in_a_world(canary, |folder| {
        story::run(World::new(plan, folder, mishaps, trace))
    });
    ended.unwrap_or_else(|panicked| Outcome::panicked(&format!("seed {seed}: {panicked}")))
}

/// Runs a story on a thread of its own, with a clock that moves only when nothing else does, and with a folder for its store: in
/// memory, where the system has such a place. Answers the text of a panic, if there was one.
fn in_a_world<F: Future<Output = Outcome>>(
    canary: Option<Canary>,
    story: impl FnOnce(&Path) -> F + Send,
) -> Result<Outcome, String> {
    let told = || {
        Canary::release(canary);
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        let folder = folder.expect("a folder for the store");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O");
        runtime.block_on(async { story(folder.path()).await })
    };
    let told = std::thread::scope(|scope| scope.spawn(told).join());
    told.map_err(|panicked| {
        let text = panicked.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panicked.downcast_ref::<&str>().copied());
        format!("it panicked: {}", text.unwrap_or("nobody knows why"))
    })
}
