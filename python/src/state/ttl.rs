//! Time to live: a value that can expire is stored as the tuple `(value, when it was last touched)`.

use flott::state::{Fate, Ttl};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

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
