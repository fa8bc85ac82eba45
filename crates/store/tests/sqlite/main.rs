//! The SQLite store: the contract of all stores, and what is SQLite's own.

mod archive;
#[path = "../contract/mod.rs"]
mod contract;

mod accounts;
mod crash;
mod files;
mod restore;
mod tampered;
mod tampered_archive;
mod tampered_families;
mod tampered_moves;
mod tampering;
mod upgrade;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use panelgate_store::sqlite::{Options, Role, SqliteStore};
use panelgate_store::{Store, StoreError};
use tempfile::TempDir;

contract::cases!(crate::empty_world);

/// An empty store in a folder of its own.
async fn empty_world() -> contract::World {
    let (folder, path) = folder();
    let store = open(&path, Role::Serve).expect("opened");
    contract::World::new(Arc::new(store), folder).await
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data").join("panelgate.db");
    (folder, path)
}

fn open(path: &Path, role: Role) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(
        path,
        role,
        Options {
            create: true,
            ..Options::default()
        },
    )
}

/// A world on a file that the case can reach itself.
async fn world_in(path: &Path) -> (contract::World, Arc<SqliteStore>) {
    let store = Arc::new(open(path, Role::Serve).expect("opened"));
    let shared: Arc<dyn Store> = store.clone();
    (contract::World::new(shared, ()).await, store)
}

/// The last owner closes.
async fn close(world: contract::World, store: Arc<SqliteStore>) {
    drop(world);
    Arc::into_inner(store)
        .expect("the last owner")
        .close()
        .await;
}
