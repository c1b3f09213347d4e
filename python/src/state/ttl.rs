//! Time to live: a value that can expire is stored as the tuple `(value, when it was last touched)`.

use flott::state::{Cleanup, Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// What `enable_time_to_live` asked for, if it was called.
pub fn of(descriptor: &Bound<'_, PyAny>) -> PyResult<Option<Ttl>> {
    let config = descriptor.getattr("_ttl_config")?;
    if config.is_none() {
        return Ok(None);
    }
    let update: String = config.call_method0("get_update_type")?.getattr("name")?.extract()?;
    if update == "Disabled" {
        return Ok(None);
    }
    let visibility: String = config.call_method0("get_state_visibility")?.getattr("name")?.extract()?;
    Ok(Some(Ttl {
        millis: config.call_method0("get_ttl")?.call_method0("to_milliseconds")?.extract()?,
        update_on_read: update == "OnReadAndWrite",
        return_expired: visibility == "ReturnExpiredIfNotCleanedUp",
    }))
}

/// How what has expired is cleaned up.
pub fn cleanup(descriptor: &Bound<'_, PyAny>) -> PyResult<Cleanup> {
    let config = descriptor.getattr("_ttl_config")?;
    if config.is_none() {
        return Ok(Cleanup::default());
    }
    let strategies = config.call_method0("get_cleanup_strategies")?;
    let incremental = strategies.call_method0("get_incremental_cleanup_strategy")?;
    let compaction = strategies.call_method0("get_rocksdb_compact_filter_cleanup_strategy")?;
    let number = |strategy: &Bound<'_, PyAny>, name: &str| strategy.call_method0(name)?.extract::<i64>();
    Ok(Cleanup {
        in_snapshots: strategies.call_method0("in_full_snapshot")?.extract()?,
        incremental: match incremental.is_none() {
            true => None,
            false => {
                let size = number(&incremental, "get_cleanup_size")?.max(0) as usize;
                Some((size, incremental.call_method0("run_cleanup_for_every_record")?.extract()?))
            }
        },
        in_compaction: match compaction.is_none() {
            true => None,
            false => Some(number(&compaction, "get_query_time_after_num_entries")?.max(1) as u64),
        },
    })
}

/// What is stored of a state of that kind, without what has expired; `None` if all of it has.
pub fn live<'py>(
    stored: &Bound<'py, PyAny>,
    kind: &str,
    ttl: Option<Ttl>,
    now: i64,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(ttl) = ttl else { return Ok(Some(stored.clone())) };
    left_of(stored, kind, |stored| {
        let touched: i64 = stored.cast::<PyTuple>()?.get_item(1)?.extract()?;
        Ok((!ttl.expired(touched, now)).then_some(stored))
    })
}

/// The values of a state of that kind as a test sees them, without those that have expired, and without touching any; `None`
/// if all have.
pub fn seen<'py>(
    stored: &Bound<'py, PyAny>,
    kind: &str,
    ttl: Option<Ttl>,
    now: i64,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    left_of(stored, kind, |stored| {
        let (value, fate) = unwrap(stored, ttl, now)?;
        Ok((fate != Fate::Gone).then_some(value))
    })
}

/// What `keep` leaves of what is stored of a state of that kind: it is given what expires on its own, which is each element
/// of a list and each entry of a map. `None` if nothing is left.
fn left_of<'py>(
    stored: &Bound<'py, PyAny>,
    kind: &str,
    keep: impl Fn(Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match kind {
        "ListState" => {
            let list = PyList::empty(stored.py());
            for element in stored.try_iter()? {
                if let Some(element) = keep(element?)? {
                    list.append(element)?;
                }
            }
            Ok((!list.is_empty()).then(|| list.into_any()))
        }
        "MapState" => {
            let dict = PyDict::new(stored.py());
            for (key, entry) in stored.cast::<PyDict>()?.iter() {
                if let Some(entry) = keep(entry)? {
                    dict.set_item(key, entry)?;
                }
            }
            Ok((!dict.is_empty()).then(|| dict.into_any()))
        }
        _ => keep(stored.clone()),
    }
}

/// A value as it is stored.
pub fn wrap<'py>(value: Bound<'py, PyAny>, ttl: Option<Ttl>, now: impl Fn() -> i64) -> PyResult<Bound<'py, PyAny>> {
    match ttl {
        None => Ok(value),
        Some(_) => Ok((&value, now()).into_pyobject(value.py())?.into_any()),
    }
}

/// What was stored, and what reading it does.
pub fn unwrap<'py>(stored: Bound<'py, PyAny>, ttl: Option<Ttl>, now: i64) -> PyResult<(Bound<'py, PyAny>, Fate)> {
    let Some(ttl) = ttl else { return Ok((stored, Fate::Live)) };
    let pair = stored.cast::<PyTuple>()?;
    let fate = ttl.read(pair.get_item(1)?.extract()?, now);
    Ok((pair.get_item(0)?, fate))
}
