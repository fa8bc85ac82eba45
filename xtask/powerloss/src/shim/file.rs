//! One open file.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use rusqlite::ffi::{
    SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_SHM_LOCK, sqlite3_file, sqlite3_int64,
    sqlite3_io_methods,
};

use crate::disk::{Call, Disk};

/// What SQLite gives room for.
#[repr(C)]
struct File {
    base: sqlite3_file,
    inner: *mut Inner,
}

/// What it stands for.
struct Inner {
    real: *mut sqlite3_file,
    /// How much room the file beneath has.
    words: usize,
    kept: Option<(Arc<Disk>, String)>,
}

/// Bytes of a file of ours.
pub(super) const SIZE: c_int = size_of::<File>() as c_int;

/// Files that are open, by address, and the disk that they are on.
static OPEN: LazyLock<Mutex<BTreeMap<usize, usize>>> = LazyLock::new(Mutex::default);

/// Room for a file beneath; its size is kept before it.
pub(super) fn room(bytes: c_int) -> *mut sqlite3_file {
    let words = words(bytes);
    Box::leak(vec![0_u64; words].into_boxed_slice())
        .as_mut_ptr()
        .cast()
}

fn words(bytes: c_int) -> usize {
    usize::try_from(bytes).expect("a size").div_ceil(8)
}

/// Makes a file of ours of one beneath. One that was not opened, and need not be closed, is none.
///
/// # Safety
/// `into` is room for a [`File`]; `real` came from [`room`] and was given to an `xOpen`.
pub(super) unsafe fn set(
    into: *mut sqlite3_file,
    real: *mut sqlite3_file,
    kept: Option<(Arc<Disk>, String)>,
) {
    let words = words(super::vfs::size_beneath());
    // SAFETY: the caller's promises.
    unsafe {
        if (*real).pMethods.is_null() {
            free(real, words);
            return;
        }
        let disk = kept.as_ref().map_or(0, |(disk, _)| address(disk));
        let inner = Box::into_raw(Box::new(Inner { real, words, kept }));
        let file: *mut File = into.cast();
        (*file).inner = inner;
        (*file).base.pMethods = &raw const METHODS;
        OPEN.lock().insert(inner.addr(), disk);
        let _ = inner.expose_provenance();
    }
}

/// # Safety
/// `real` came from [`room`] for so many words, and nobody uses it any more.
unsafe fn free(real: *mut sqlite3_file, words: usize) {
    let slice = std::ptr::slice_from_raw_parts_mut(real.cast::<u64>(), words);
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(slice) });
}

fn address(disk: &Arc<Disk>) -> usize {
    Arc::as_ptr(disk).addr()
}

/// Closes what a process that has ended would not have open any more: files of this disk, and locks in its folder.
///
/// Whatever has them open must never be used again, nor be closed: a connection that was forgotten.
pub(crate) fn let_go(disk: &Arc<Disk>, folder: &Path) {
    let of_disk = |(file, of): (&usize, &usize)| (*of == address(disk)).then_some(*file);
    let files: Vec<usize> = OPEN.lock().iter().filter_map(of_disk).collect();
    for file in files {
        let inner: *mut Inner = std::ptr::with_exposed_provenance_mut(file);
        // SAFETY: it is still listed, so it was not closed; and whoever could close it was forgotten.
        unsafe {
            let real = (*inner).real;
            if let Some(unmap) = methods(real).xShmUnmap {
                unmap(real, 0);
            }
            close_inner(inner);
        }
    }
    // The lock of a store is held by a file that nobody can reach any more.
    for entry in std::fs::read_dir("/proc/self/fd").expect("Linux") {
        let entry = entry.expect("an entry");
        let target = std::fs::read_link(entry.path()).unwrap_or_default();
        let number = entry.file_name().to_string_lossy().parse::<RawFd>();
        if target.parent() == Some(folder) && target.extension() == Some("lock".as_ref()) {
            // SAFETY: the owner of this descriptor was forgotten together with its connection.
            drop(unsafe { OwnedFd::from_raw_fd(number.expect("a number")) });
        }
    }
}

/// # Safety
/// `inner` is open; nobody uses it afterwards.
unsafe fn close_inner(inner: *mut Inner) -> c_int {
    OPEN.lock().remove(&inner.addr());
    // SAFETY: it came from `Box::into_raw`, and the file beneath is open.
    unsafe {
        let Inner { real, words, .. } = *Box::from_raw(inner);
        let code = methods(real).xClose.map_or(SQLITE_OK, |close| close(real));
        free(real, words);
        code
    }
}

/// # Safety
/// `real` is open.
unsafe fn methods<'a>(real: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: an open file has a table of functions, which lives for ever.
    unsafe { &*(*real).pMethods }
}

/// # Safety
/// `file` is one of ours, and open.
unsafe fn inner<'a>(file: *mut sqlite3_file) -> &'a Inner {
    // SAFETY: the caller's promise; `inner` lives until the file is closed.
    unsafe { &*(*file.cast::<File>()).inner }
}

impl Inner {
    fn ask(&self, call: Call) -> Option<i32> {
        self.kept.as_ref().and_then(|(disk, _)| disk.ask(call))
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file of ours that is open, once, and does not use it afterwards.
    unsafe {
        let inner = (*file.cast::<File>()).inner;
        (*file).pMethods = std::ptr::null();
        close_inner(inner)
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives an open file of ours, and `length` bytes.
    let (inner, bytes) = unsafe {
        let length = usize::try_from(length).expect("a length");
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), length);
        (inner(file), bytes)
    };
    let failed = inner.ask(Call::Write);
    // What fails may have been written in part.
    let part = match failed {
        None => bytes,
        Some(code) if code == SQLITE_FULL || code == SQLITE_IOERR_WRITE => {
            &bytes[..bytes.len() / 2]
        }
        Some(code) => return code,
    };
    // SAFETY: as above, for the file beneath.
    let code = unsafe {
        let length = c_int::try_from(part.len()).expect("no longer than before");
        let write = methods(inner.real).xWrite.expect("files are written");
        write(inner.real, part.as_ptr().cast(), length, at)
    };
    if code == SQLITE_OK
        && let Some((disk, name)) = &inner.kept
    {
        disk.written(name, u64::try_from(at).expect("a place"), part);
    }
    failed.unwrap_or(code)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives an open file of ours.
    let inner = unsafe { inner(file) };
    if let Some(code) = inner.ask(Call::Truncate) {
        return code;
    }
    // SAFETY: the file beneath is open.
    let code = unsafe {
        let truncate = methods(inner.real).xTruncate.expect("files are cut");
        truncate(inner.real, size)
    };
    if code == SQLITE_OK
        && let Some((disk, name)) = &inner.kept
    {
        disk.truncated(name, u64::try_from(size).expect("a size"));
    }
    code
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite gives an open file of ours.
    let inner = unsafe { inner(file) };
    if let Some(code) = inner.ask(Call::Sync) {
        return code;
    }
    if let Some((disk, name)) = &inner.kept {
        disk.synced(name);
        return SQLITE_OK;
    }
    // SAFETY: the file beneath is open.
    unsafe {
        let sync = methods(inner.real).xSync.expect("files are synced");
        sync(inner.real, flags)
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    offset: c_int,
    n: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite gives an open file of ours.
    let inner = unsafe { inner(file) };
    // Unlocking never fails.
    if flags & SQLITE_SHM_LOCK != 0
        && let Some(code) = inner.ask(Call::ShmLock)
    {
        return code;
    }
    // SAFETY: the file beneath is open.
    unsafe {
        let lock = methods(inner.real).xShmLock.expect("the index is shared");
        lock(inner.real, offset, n, flags)
    }
}

/// Functions that ask the disk, if anything, and are passed on as they are.
macro_rules! passed_on {
    ($($name:ident as $method:ident $([$call:expr])? ($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $arg: $type)*) -> $out {
            // SAFETY: SQLite gives an open file of ours, and arguments that are right for the file beneath as well.
            unsafe {
                let inner = inner(file);
                $(if let Some(code) = inner.ask($call) {
                    return code;
                })?
                let method = methods(inner.real).$method.expect("the default file system has it");
                method(inner.real $(, $arg)*)
            }
        })*
    };
}

passed_on! {
    read as xRead [Call::Read] (into: *mut c_void, length: c_int, at: sqlite3_int64) -> c_int;
    file_size as xFileSize [Call::Size] (size: *mut sqlite3_int64) -> c_int;
    lock as xLock [Call::Lock] (level: c_int) -> c_int;
    unlock as xUnlock (level: c_int) -> c_int;
    check_reserved as xCheckReservedLock (out: *mut c_int) -> c_int;
    control as xFileControl (op: c_int, argument: *mut c_void) -> c_int;
    sector_size as xSectorSize () -> c_int;
    characteristics as xDeviceCharacteristics () -> c_int;
    shm_map as xShmMap [Call::ShmMap] (page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    shm_barrier as xShmBarrier () -> ();
    shm_unmap as xShmUnmap (delete: c_int) -> c_int;
}

/// Without `xFetch`: what is mapped into memory could not fail.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
