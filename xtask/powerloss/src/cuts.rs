//! Power cuts: what is found is the store as it was acknowledged, or one step on, and it goes on from there.

use std::collections::BTreeSet;
use std::path::Path;

use panelgate_store::Store;
use panelgate_tally::Tally;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

use crate::disk::Disk;
use crate::image::Image;
use crate::ledger::{self, Ledger};
use crate::script::{self, Deed, Given};
use crate::stage::{Teller, file};

/// Tells the stories of seeds `from..from + stories`, each with [`CUTS`] power cuts at chosen calls, and as many more while the
/// store is opened again and goes on. Violations name the seed and the call.
#[must_use]
pub fn cuts(from: u64, stories: u64) -> Tally {
    let mut all = Tally::default();
    for seed in from..from + stories {
        all.add(&block_on(story(seed, false)));
    }
    all
}

/// The same for one story on a disk whose syncs do nothing: there have to be violations.
#[must_use]
pub fn lying(seed: u64) -> Tally {
    block_on(story(seed, true))
}

/// A story as it is without trouble.
pub(crate) struct Undisturbed {
    pub(crate) script: Vec<Deed>,
    /// What the store says after so many steps.
    pub(crate) states: Vec<Ledger>,
    /// What it has given by then.
    pub(crate) given: Vec<Given>,
    /// The files when the customers had been taken in.
    pub(crate) begun: Image,
    /// Calls that changed something, and which of them were syncs.
    changes: u64,
    syncs: Vec<u64>,
}

impl Undisturbed {
    pub(crate) async fn of(script: Vec<Deed>) -> Self {
        let folder = scratch();
        let disk = Disk::of(folder.path());
        let teller = Teller::new(folder.path(), &disk, &script, Given::default());
        let path = file(folder.path());
        let look = || Ledger::of(&path).expect("readable");
        let mut store = teller.open().expect("a new store");
        let mut begun = None;
        let (mut states, mut given) = (vec![look()], vec![Given::default()]);
        for (step, deed) in script.iter().enumerate() {
            let (next, done) = teller.step(store, step).await;
            done.unwrap_or_else(|error| panic!("step {step}, {deed:?}: {error}"));
            store = next.expect("it was done");
            states.push(look());
            given.push(teller.given.lock().clone());
            if states.len() == script::BEGINNING.len() {
                begun = Some(Image::of(folder.path(), step + 1));
            }
        }
        store.close().await;
        let (changes, syncs) = (disk.changes(), disk.syncs());
        Self {
            script,
            states,
            given,
            begun: begun.expect("every story begins so"),
            changes,
            syncs,
        }
    }

    /// Before which changes the power is cut: a third of them syncs.
    fn cuts(&self, dice: &mut StdRng) -> BTreeSet<u64> {
        let syncs = self.syncs.iter().copied();
        let mut cuts: BTreeSet<u64> = syncs.choose_multiple(dice, CUTS / 3).into_iter().collect();
        let others = (0..self.changes).filter(|change| self.syncs.binary_search(change).is_err());
        cuts.extend(others.choose_multiple(dice, CUTS - cuts.len()));
        cuts
    }
}

async fn story(seed: u64, lies: bool) -> Tally {
    let mut dice = StdRng::seed_from_u64(seed);
    let told = Undisturbed::of(script::long(ORDERS, &mut dice)).await;
    let mut tally = Tally::default();
    tally.count("power · stories", 1);
    tally.count("power · calls that change something", told.changes);
    let images = {
        let folder = scratch();
        let disk = Disk::of(folder.path());
        if lies {
            disk.lie();
        }
        disk.cut_before(told.cuts(&mut dice), dice.random());
        let teller = Teller::new(folder.path(), &disk, &told.script, Given::default());
        let mut store = teller.open().expect("a new store");
        for step in 0..told.script.len() {
            let (next, done) = teller.step(store, step).await;
            done.expect("nothing fails");
            store = next.expect("it was done");
        }
        store.close().await;
        disk.images()
    };
    for image in images {
        let mut name = format!("seed {seed}, cut before change {}", image.change);
        tally.count("power · cuts", 1);
        let again = judge(&mut tally, &told, &image, &name, Some(&mut dice)).await;
        for image in again {
            name = format!("{name}, and again before change {}", image.change);
            tally.count("power · cuts after cuts", 1);
            judge(&mut tally, &told, &image, &name, None).await;
        }
    }
    tally
}

/// Opens what was found, and goes on. Answers what power cuts would have found meanwhile.
async fn judge(
    tally: &mut Tally,
    told: &Undisturbed,
    image: &Image,
    name: &str,
    dice: Option<&mut StdRng>,
) -> Vec<Image> {
    tally.count("power · changes and sectors lost", image.lost);
    let folder = scratch();
    image.put(folder.path());
    let disk = Disk::of(folder.path());
    disk.acknowledge(image.acknowledged);
    if let Some(dice) = dice {
        let cut = dice.random_range(0..SOON);
        disk.cut_before(BTreeSet::from([cut]), dice.random());
    }
    match goes_on(told, image.acknowledged, &[0, 1], folder.path(), &disk).await {
        Ok(ahead) if ahead > 0 => tally.count("power · found one step on", 1),
        Ok(_) => tally.count("power · found as acknowledged", 1),
        Err(wrong) => tally.violation(format!("{name}: {wrong}")),
    }
    disk.images()
}

/// Opens a store whose first steps were acknowledged, finds it so many steps on as it may be, takes the next steps, and finds what
/// they make of it. Answers how many steps on it was.
pub(crate) async fn goes_on(
    told: &Undisturbed,
    acknowledged: usize,
    may_be_ahead: &[usize],
    folder: &Path,
    disk: &Disk,
) -> Result<usize, String> {
    let teller = Teller::new(folder, disk, &told.script, Given::default());
    let store = teller
        .open()
        .map_err(|error| format!("no start: {error}"))?;
    let path = file(folder);
    if let Some(damage) = ledger::damage(&path).map_err(|error| error.to_string())? {
        return Err(format!("the file is damaged: {damage}"));
    }
    let found = Ledger::of(&path).map_err(|error| error.to_string())?;
    let mut steps = may_be_ahead.iter().map(|ahead| acknowledged + ahead);
    let Some(mut step) = steps.find(|step| told.states.get(*step) == Some(&found)) else {
        let expected = &told.states[acknowledged];
        return Err(format!(
            "after {acknowledged} steps, these are neither as acknowledged nor one step on ({:?}): {:?}",
            told.script.get(acknowledged),
            found.differs(expected)
        ));
    };
    let ahead = step - acknowledged;
    disk.acknowledge(step);
    told.given[step].clone_into(&mut teller.given.lock());
    verify(&store).await?;
    let mut store = store;
    let end = told.script.len().min(step + FURTHER);
    while step < end {
        let (next, done) = teller.step(store, step).await;
        done.map_err(|error| format!("step {step}, {:?}: {error}", told.script[step]))?;
        store = next.expect("it was done");
        step += 1;
    }
    let found = Ledger::of(&path).map_err(|error| error.to_string())?;
    if found != told.states[end] {
        return Err(format!(
            "having gone on from step {} to {end}, these differ: {:?}",
            end - FURTHER.min(end),
            found.differs(&told.states[end])
        ));
    }
    // No id was given twice: these are those that the story gave without any trouble.
    if *teller.given.lock() != told.given[end] {
        return Err(format!("having gone on to step {end}, ids differ"));
    }
    verify(&store).await?;
    store.close().await;
    Ok(ahead)
}

pub(crate) async fn verify(store: &dyn Store) -> Result<(), String> {
    match store.verify().await {
        Ok(wrong) if wrong.is_empty() => Ok(()),
        Ok(wrong) => Err(format!("the books are wrong: {wrong:?}")),
        Err(error) => Err(format!("the books could not be checked: {error}")),
    }
}

/// A folder in memory, if there is such a place: what is durable is modelled, so nothing has to wait for a real disk.
pub(crate) fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a scratch folder")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

/// Orders of a story.
const ORDERS: usize = 20;
/// Power cuts of a story.
pub const CUTS: usize = 40;
/// Steps that are taken after a power cut.
const FURTHER: usize = 3;
/// Changes within which the power is cut again.
const SOON: u64 = 40;
