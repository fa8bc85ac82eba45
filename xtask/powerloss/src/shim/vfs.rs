//! The file system: opens, deletes, and passes everything else on.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use rusqlite::ffi::{
    SQLITE_IOERR, SQLITE_OK, SQLITE_OPEN_CREATE, SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL,
    sqlite3_file, sqlite3_filename, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use super::file;
use crate::disk::{Call, Disk};

/// The file system beneath.
struct Beneath(*mut sqlite3_vfs);

// SAFETY: SQLite's own file systems live as long as the process, do not change after they were registered, and may be used from
// every thread.
unsafe impl Send for Beneath {}
// SAFETY: as above.
unsafe impl Sync for Beneath {}

static BENEATH: OnceLock<Beneath> = OnceLock::new();

/// Makes this the file system of every connection that the process opens from now on. Once.
pub(crate) fn register() {
    BENEATH.get_or_init(|| {
        // SAFETY: a null name asks for the default one, which SQLite has before anything was opened.
        let beneath = unsafe { sqlite3_vfs_find(std::ptr::null()) };
        // SAFETY: it was found, and is never freed. What is copied works with either table: the functions use nothing of it but
        // what is equal in both.
        let mut above = unsafe { std::ptr::read(beneath) };
        above.zName = c"powerloss".as_ptr();
        above.pNext = std::ptr::null_mut();
        above.szOsFile = file::SIZE;
        above.xOpen = Some(open);
        above.xDelete = Some(delete);
        above.xAccess = Some(access);
        let above = Box::leak(Box::new(above));
        // SAFETY: the table lives for ever.
        let registered = unsafe { sqlite3_vfs_register(above, 1) };
        assert_eq!(registered, SQLITE_OK, "the file system is registered");
        Beneath(beneath)
    });
}

fn beneath() -> *mut sqlite3_vfs {
    BENEATH.get().expect("it was registered").0
}

/// Bytes of a file beneath.
pub(super) fn size_beneath() -> c_int {
    // SAFETY: the table is never freed, and its size never changes.
    unsafe { (*beneath()).szOsFile }
}

/// # Safety
/// `name` is null or a C string.
unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    into: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room for a file of ours, and a name that lives as long as that file, or none.
    let (path, disk) = unsafe {
        (*into).pMethods = std::ptr::null();
        let path = path(name);
        (path, path.and_then(Disk::holding))
    };
    if let Some(code) = disk.as_ref().and_then(|disk| disk.ask(Call::Open)) {
        return code;
    }
    let was_there = path.is_some_and(Path::exists);
    let beneath = beneath();
    // SAFETY: `beneath` has such a function, and gets room for a file of its own, its own table and the same name.
    let (code, real) = unsafe {
        let real = file::room(size_beneath());
        let open = (*beneath).xOpen.expect("it opens files");
        (open(beneath, name, real, flags, out), real)
    };
    let kept = disk.zip(path.and_then(file_name));
    if code == SQLITE_OK
        && let Some((disk, name)) = &kept
    {
        let is_log = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0;
        disk.opened(name, was_there, is_log && flags & SQLITE_OPEN_CREATE != 0);
    }
    // SAFETY: `into` is room for a file of ours, `real` a file of the one beneath, opened or not.
    unsafe { file::set(into, real, kept) };
    code
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a C string.
    let path = unsafe { path(name) };
    let disk = path.and_then(Disk::holding);
    if let Some(code) = disk.as_ref().and_then(|disk| disk.ask(Call::Delete)) {
        return code;
    }
    let beneath = beneath();
    // SAFETY: `beneath` has such a function. Syncing is modelled.
    let code = unsafe {
        let delete = (*beneath).xDelete.expect("it deletes files");
        delete(beneath, name, if disk.is_some() { 0 } else { sync })
    };
    if code == SQLITE_OK
        && let Some((disk, name)) = disk.zip(path.and_then(file_name))
    {
        disk.deleted(&name, sync != 0);
    }
    code
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    let disk = unsafe { path(name) }.and_then(Disk::holding);
    if let Some(code) = disk.and_then(|disk| disk.ask(Call::Access)) {
        return code;
    }
    let beneath = beneath();
    // SAFETY: `beneath` has such a function; the arguments are SQLite's own.
    unsafe {
        (*beneath)
            .xAccess
            .map(|access| access(beneath, name, flags, out))
    }
    .unwrap_or(SQLITE_IOERR)
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}
