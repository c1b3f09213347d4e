//! Keys and values of state as the bytes of rows.
//!
//! A key begins with a byte: 0 where it can be made again of its canonical encoding, which follows; 1 where it can't (a
//! tuple, an object of a class): the value then has the key, pickled, in front.
//!
//! A value begins with a byte that says what follows: `N` None, `T` and `F` truth values, `i` an `i64`, `f` the bits of a
//! float (both little-endian), `s` a text in UTF-8, `b` bytes; and 0x80, which every pickle of protocol 5 begins with.

use flott::state::rocks::{Rows, push_element};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

use super::pickled;
use crate::objects::{encode_key, pickle_key};

/// What the row of a key is found by, and what its values have in front.
#[derive(Default)]
pub struct RowKey {
    pub bytes: Vec<u8>,
    /// The pickled key behind its length, where the bytes don't tell it.
    pub head: Vec<u8>,
}

impl RowKey {
    pub fn new(key: &Bound<'_, PyAny>) -> PyResult<RowKey> {
        let is_plain = key.is_none()
            || key.is_exact_instance_of::<PyString>()
            || key.is_exact_instance_of::<PyBool>()
            || key.is_exact_instance_of::<PyFloat>()
            || key.is_exact_instance_of::<PyBytes>()
            || key.is_exact_instance_of::<PyInt>() && key.extract::<i64>().is_ok();
        let (mut bytes, mut head) = (vec![u8::from(!is_plain)], Vec::new());
        encode_key(key, &mut bytes)?;
        if !is_plain {
            push_element(&mut head, &pickled::dumps(key)?);
        }
        Ok(RowKey { bytes, head })
    }
}

/// The key of a row, and its value without it.
pub fn decode_key<'py, 'v>(py: Python<'py>, key: &[u8], value: &'v [u8]) -> PyResult<(Bound<'py, PyAny>, &'v [u8])> {
    let Some((object, value)) = Rows::value(key, value) else { return Err(damaged("a key")) };
    if let Some(pickle) = object {
        return Ok((pickled::loads(py, &bytes::Bytes::copy_from_slice(pickle), "a key")?, value));
    }
    let encoded = key.get(1..).unwrap_or_default();
    let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes);
    let key = match (encoded.split_first(), encoded.get(5..)) {
        (Some((0, [])), _) => Some(py.None().into_bound(py)),
        (Some((1, [truth])), _) => Some((*truth != 0).into_bound_py_any(py)?),
        (Some((2, bytes)), _) => number(bytes).ok().map(|number| number.into_bound_py_any(py)).transpose()?,
        (Some((3, bytes)), _) => {
            number(bytes).ok().map(|bits| f64::from_bits(bits as u64).into_bound_py_any(py)).transpose()?
        }
        (Some((5, _)), Some(text)) => std::str::from_utf8(text).ok().map(|text| PyString::new(py, text).into_any()),
        (Some((6, _)), Some(bytes)) => Some(PyBytes::new(py, bytes).into_any()),
        _ => None,
    };
    key.map(|key| (key, value)).ok_or_else(|| damaged("a key"))
}

fn damaged(what: &str) -> PyErr {
    PyRuntimeError::new_err(format!("the database of the state is damaged: {what} in it can't be read"))
}

/// Appends a value.
pub fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    if !encode_plain(value, out) {
        out.extend_from_slice(&pickled::dumps(value)?);
    }
    Ok(())
}

/// The key of an entry of a map: equal ones have equal bytes.
pub fn encode_entry_key(key: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> PyResult<()> {
    if !encode_plain(key, out) {
        // as a dict would
        key.hash()?;
        out.extend_from_slice(&pickle_key(key)?);
    }
    Ok(())
}

fn encode_plain(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> bool {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
        true
    };
    if let Ok(text) = value.cast_exact::<PyString>() {
        // one with halves of pairs is pickled
        return text.to_str().is_ok_and(|text| tagged(b's', text.as_bytes()));
    }
    if value.is_exact_instance_of::<PyInt>() {
        return value.extract::<i64>().is_ok_and(|number| tagged(b'i', &number.to_le_bytes()));
    }
    if let Ok(number) = value.cast_exact::<PyFloat>() {
        return tagged(b'f', &number.value().to_bits().to_le_bytes());
    }
    if let Ok(truth) = value.cast_exact::<PyBool>() {
        return tagged(if truth.is_true() { b'T' } else { b'F' }, &[]);
    }
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return tagged(b'b', bytes.as_bytes());
    }
    value.is_none() && tagged(b'N', &[])
}

/// `state` is what it belongs to, for messages.
pub fn decode<'py>(py: Python<'py>, value: &[u8], state: &str) -> PyResult<Bound<'py, PyAny>> {
    let eight = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).map_err(|_| damaged("a value"));
    match value.split_first() {
        Some((b's', text)) => match std::str::from_utf8(text) {
            Ok(text) => Ok(PyString::new(py, text).into_any()),
            Err(_) => Err(damaged("a text")),
        },
        Some((b'i', bytes)) => eight(bytes)?.into_bound_py_any(py),
        Some((b'f', bytes)) => f64::from_bits(eight(bytes)? as u64).into_bound_py_any(py),
        Some((b'T', [])) => true.into_bound_py_any(py),
        Some((b'F', [])) => false.into_bound_py_any(py),
        Some((b'b', bytes)) => Ok(PyBytes::new(py, bytes).into_any()),
        Some((b'N', [])) => Ok(py.None().into_bound(py)),
        Some((0x80, _)) => pickled::loads(py, &bytes::Bytes::copy_from_slice(value), state),
        _ => Err(damaged("a value")),
    }
}

/// Appends what a state stores: with time to live the pair of a value and its last touch (ms).
pub fn encode_stored(stored: &Bound<'_, PyAny>, expires: bool, out: &mut Vec<u8>) -> PyResult<()> {
    if !expires {
        return encode(stored, out);
    }
    let pair = stored.cast::<PyTuple>()?;
    out.extend_from_slice(&pair.get_item(1)?.extract::<i64>()?.to_le_bytes());
    encode(&pair.get_item(0)?, out)
}

pub fn decode_stored<'py>(py: Python<'py>, bytes: &[u8], expires: bool, state: &str) -> PyResult<Bound<'py, PyAny>> {
    if !expires {
        return decode(py, bytes, state);
    }
    let Some((touched, value)) = bytes.split_at_checked(8) else { return Err(damaged("a value")) };
    let touched = touched.try_into().map(i64::from_le_bytes).map_err(|_| damaged("a value"))?;
    (decode(py, value, state)?, touched).into_bound_py_any(py)
}
