//! Between SQLite and the file system: every call is first told to the [`Disk`](crate::Disk) of its folder, if there is one, and
//! then made; syncs are only told.
//!
//! SQLite wants tables of C functions, so this is the place, and the only one, where `unsafe` is allowed.
#![expect(
    unsafe_code,
    reason = "SQLite's file system is a table of C functions over memory that SQLite allocates"
)]

mod file;
mod vfs;

pub(crate) use file::let_go;
pub(crate) use vfs::register;
