//! Calls of Python functions without a tuple for their arguments (PEP 590).
//!
//! Every CPython since 3.9 exports `PyVectorcall_Function`, but the stable ABI does not list it, and a wheel for all of them must not need what
//! it does not list: so it is looked for when the first function is called, and where it is not found functions are called
//! as the stable ABI can.

use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;

/// What calls a function: `(function, arguments, how many and a flag, names)`.
pub type Entry = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

type Find = unsafe extern "C" fn(*mut ffi::PyObject) -> Option<Entry>;

/// Says that the slot in front of the arguments is free: `PY_VECTORCALL_ARGUMENTS_OFFSET`.
pub const ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// The entry point of a function, if it has one that is known.
pub fn entry(function: &Bound<'_, PyAny>) -> Option<Entry> {
    static FIND: OnceLock<Option<Find>> = OnceLock::new();
    let find = (*FIND.get_or_init(look_up))?;
    // SAFETY: a live reference, and the interpreter is attached
    unsafe { find(function.as_ptr()) }
}

#[cfg(unix)]
fn look_up() -> Option<Find> {
    // SAFETY: the name is a C string. What has this name in a process that runs Python is CPython's function, which has been of this
    // type since it is there.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"PyVectorcall_Function".as_ptr());
        (!found.is_null()).then(|| std::mem::transmute::<*mut libc::c_void, Find>(found))
    }
}

#[cfg(not(unix))]
fn look_up() -> Option<Find> {
    None
}
