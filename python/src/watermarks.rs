//! Watermark strategies whose timestamps a Python function assigns.

use std::sync::Arc;
use std::time::Duration;

use flott::batch::{Batch, Data, NO_TIMESTAMP};
use flott::time::{BoundedOutOfOrderness, NoWatermarks, WatermarkGenerator, WatermarkStrategy};
use flott::{Error, Result};
use pyo3::prelude::*;
use serde_json::Value as Json;

use crate::function::{Callable, Failure};
use crate::gate;
use crate::objects::PyObjects;

pub struct Strategy {
    /// `None` for no watermarks, otherwise how far out of order records come, in ms.
    delay: Option<i64>,
    idle: Option<Duration>,
    /// `extract_timestamp(value, record_timestamp)`.
    assigner: Option<Py<PyAny>>,
}

impl Strategy {
    /// From `WatermarkStrategy._to_spec()`.
    pub fn new(spec: &Json, assigner: Option<Py<PyAny>>) -> Result<Arc<Self>> {
        let delay = match spec["kind"].as_str() {
            Some("none") => None,
            Some("monotonous") => Some(0),
            Some("bounded") => Some(spec["out-of-orderness-ms"].as_i64().unwrap_or(0)),
            _ => return Err(Error::internal(format!("an unknown watermark strategy: {spec}"))),
        };
        let idle = spec["idle-timeout-ms"].as_u64().map(Duration::from_millis);
        Ok(Arc::new(Strategy { delay, idle, assigner }))
    }
}

impl WatermarkStrategy for Strategy {
    fn timestamps(&self, batch: &Batch) -> Result<Option<Vec<i64>>> {
        let Some(assigner) = &self.assigner else { return Ok(None) };
        let (times, failure) = gate::enter(|py| {
            // columns are converted here and, for the next function, once more: the type of a stream is the same
            let items = match &batch.data {
                Data::Columns(_) => PyObjects::take(py, batch.data.clone())?,
                Data::Objects(_) => {
                    let objects = crate::objects::downcast(&batch.data).map_err(|error| gate::raise(py, error))?;
                    objects.items().iter().map(|item| item.clone_ref(py)).collect()
                }
            };
            let assign = Callable::new(assigner.bind(py));
            let mut times = Vec::with_capacity(items.len());
            // most often all records have the same: none
            let (mut known, mut before) = (NO_TIMESTAMP, NO_TIMESTAMP.into_pyobject(py)?.into_any().unbind());
            for (row, item) in items.iter().enumerate() {
                if batch.timestamp(row) != known {
                    known = batch.timestamp(row);
                    before = known.into_pyobject(py)?.into_any().unbind();
                }
                match assign.two(item, &before).and_then(|time| time.extract::<i64>()) {
                    Ok(time) => times.push(time),
                    Err(error) => return Ok((times, Some(Failure::new(py, error, item).into_error(py)))),
                }
            }
            Ok((times, None))
        })?;
        failure.map_or(Ok(Some(times)), Err)
    }

    fn generator(&self) -> Box<dyn WatermarkGenerator> {
        match self.delay {
            Some(delay) => Box::new(BoundedOutOfOrderness::new(delay)),
            None => Box::new(NoWatermarks),
        }
    }

    fn idle_timeout(&self) -> Option<Duration> {
        self.idle
    }
}
