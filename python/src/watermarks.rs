//! Watermark strategies with parts written in Python: timestamp assigners and watermark generators.

use std::sync::Arc;
use std::time::Duration;

use flott::batch::{Batch, Data, NO_TIMESTAMP};
use flott::time::{
    Alignment, BoundedOutOfOrderness, Mark, Marks, NoWatermarks, StoredGenerator, WatermarkGenerator, WatermarkStrategy,
};
use flott::{Error, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBool;
use serde_json::Value as Json;

use crate::function::{Callable, Failure};
use crate::gate;
use crate::objects::{self, PyObjects};
use crate::state::pickled;

enum Kind {
    None,
    /// Watermarks trail the largest timestamp by that many ms.
    Bounded(i64),
    /// `make()` returns `(on_event, on_periodic_emit)`, the second may be None.
    Custom(Py<PyAny>),
}

pub struct Strategy {
    kind: Kind,
    idle: Option<Duration>,
    alignment: Option<Alignment>,
    /// `extract_timestamp(value, record_timestamp)`.
    assigner: Option<Py<PyAny>>,
}

impl Strategy {
    /// From `WatermarkStrategy._to_spec()`, `_timestamp_assigner` and `_generator`.
    pub fn new(spec: &Json, assigner: Option<Py<PyAny>>, generator: Option<Py<PyAny>>) -> Result<Arc<Self>> {
        let unknown = || Error::internal(format!("an unknown watermark strategy: {spec}"));
        let kind = match spec["kind"].as_str() {
            Some("none") => Kind::None,
            Some("monotonous") => Kind::Bounded(0),
            Some("bounded") => Kind::Bounded(spec["out-of-orderness-ms"].as_i64().unwrap_or(0)),
            Some("custom") => Kind::Custom(generator.ok_or_else(unknown)?),
            _ => return Err(unknown()),
        };
        let idle = spec["idle-timeout-ms"].as_u64().map(Duration::from_millis);
        let alignment = spec["alignment"]["group"].as_str().map(|group| Alignment {
            group: group.to_owned(),
            max_drift: spec["alignment"]["max-drift-ms"].as_i64().unwrap_or(0),
            update_interval: spec["alignment"]["update-interval-ms"].as_i64().unwrap_or(0),
        });
        Ok(Arc::new(Strategy { kind, idle, alignment, assigner }))
    }
}

/// The records as objects. Columns are converted here and, for the next function, once more: the type of a stream is
/// the same.
fn records(py: Python<'_>, data: &Data) -> PyResult<Vec<Py<PyAny>>> {
    match data {
        Data::Columns(_) => PyObjects::take(py, data.clone()),
        Data::Objects(_) => {
            let objects = objects::downcast(data).map_err(|error| gate::raise(py, error))?;
            Ok(objects.items().iter().map(|item| item.clone_ref(py)).collect())
        }
    }
}

impl WatermarkStrategy for Strategy {
    fn emits(&self) -> bool {
        !matches!(self.kind, Kind::None)
    }

    fn timestamps(&self, batch: &Batch) -> Result<Option<Vec<i64>>> {
        let Some(assigner) = &self.assigner else { return Ok(None) };
        let (times, failure) = gate::enter(|py| {
            let items = records(py, &batch.data)?;
            let assign = Callable::new(assigner.bind(py));
            let mut times = Vec::with_capacity(items.len());
            // most often all records have the same: none
            let (mut known, mut before) = (NO_TIMESTAMP, NO_TIMESTAMP.into_pyobject(py)?.into_any().unbind());
            for (row, item) in items.iter().enumerate() {
                if batch.timestamp(row) != known {
                    known = batch.timestamp(row);
                    before = known.into_pyobject(py)?.into_any().unbind();
                }
                match assign.two(item, &before).and_then(|time| milliseconds(&time)) {
                    Ok(time) => times.push(time),
                    Err(error) => return Ok((times, Some(Failure::new(py, error, item).into_error(py)))),
                }
            }
            Ok((times, None))
        })?;
        failure.map_or(Ok(Some(times)), Err)
    }

    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(match &self.kind {
            Kind::None => Box::new(NoWatermarks),
            Kind::Bounded(delay) => Box::new(BoundedOutOfOrderness::new(*delay)),
            Kind::Custom(make) => Box::new(gate::enter(|py| {
                let (on_event, on_periodic_emit) = make.call0(py)?.extract(py)?;
                Ok(Generator { on_event, on_periodic_emit, output: Py::new(py, Output::default())? })
            })?),
        })
    }

    fn idle_timeout(&self) -> Option<Duration> {
        self.idle
    }

    fn alignment(&self) -> Option<&Alignment> {
        self.alignment.as_ref()
    }
}

/// What `extract_timestamp()` returned.
fn milliseconds(time: &Bound<'_, PyAny>) -> PyResult<i64> {
    time.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "extract_timestamp() returns the time of the record as an int, in milliseconds since 1970, not {}",
            gate::describe(time)
        ))
    })
}

/// Takes what a generator says.
#[pyclass(module = "flott._flott", name = "WatermarkOutput")]
#[derive(Default)]
pub struct Output {
    /// The number of records behind which it speaks.
    behind: usize,
    marks: Marks,
}

#[pymethods]
impl Output {
    /// A watermark: an int (ms), or an object with an attribute `timestamp`.
    fn emit_watermark(&mut self, watermark: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = match watermark.getattr_opt("timestamp")? {
            Some(timestamp) => timestamp.extract(),
            None if watermark.is_instance_of::<PyBool>() => Err(PyTypeError::new_err("")),
            None => watermark.extract(),
        };
        let time = time.map_err(|_| {
            PyTypeError::new_err(format!(
                "emit_watermark() takes a Watermark or milliseconds as an int of 64 bits, not {}",
                gate::describe(watermark)
            ))
        })?;
        self.marks.push((self.behind, Mark::Watermark(time)));
        Ok(())
    }

    fn mark_idle(&mut self) {
        self.marks.push((self.behind, Mark::Idle));
    }

    fn mark_active(&mut self) {
        self.marks.push((self.behind, Mark::Active));
    }
}

/// A `WatermarkGenerator` of Python.
struct Generator {
    on_event: Py<PyAny>,
    on_periodic_emit: Option<Py<PyAny>>,
    output: Py<Output>,
}

impl WatermarkGenerator for Generator {
    fn observe(&mut self, batch: &Batch, marks: &mut Marks) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let failure = gate::enter(|py| {
            let items = records(py, &batch.data)?;
            let on_event = Callable::new(self.on_event.bind(py));
            let output = self.output.clone_ref(py).into_any();
            for (row, item) in items.iter().enumerate() {
                self.output.borrow_mut(py).behind = row + 1;
                let time = batch.timestamp(row).into_pyobject(py)?.into_any().unbind();
                if let Err(error) = on_event.three(item, &time, &output) {
                    return Ok(Some(Failure::new(py, error, item).into_error(py)));
                }
            }
            *marks = std::mem::take(&mut self.output.borrow_mut(py).marks);
            Ok(None)
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn periodic(&mut self, marks: &mut Vec<Mark>) -> Result<()> {
        let Some(on_periodic_emit) = &self.on_periodic_emit else { return Ok(()) };
        gate::enter(|py| {
            on_periodic_emit.call1(py, (&self.output,))?;
            let said = std::mem::take(&mut self.output.borrow_mut(py).marks);
            marks.extend(said.into_iter().map(|(_, mark)| mark));
            Ok(())
        })
    }

    fn goes_by_the_clock(&self) -> bool {
        self.on_periodic_emit.is_some()
    }

    /// The object, if it can be pickled.
    fn stored(&self) -> Result<Option<StoredGenerator>> {
        gate::enter(|py| {
            let pickled = self.on_event.bind(py).getattr("__self__").and_then(|object| pickled::dumps(&object));
            Ok(pickled.ok().map(|bytes| StoredGenerator { encoding: PICKLE.into(), bytes }))
        })
    }

    fn restore(&mut self, stored: StoredGenerator) -> Result<()> {
        if stored.encoding != PICKLE {
            return Ok(());
        }
        gate::enter(|py| {
            let object = pickled::loads(py, &stored.bytes, "watermark generator")?;
            // the program may have another one now
            if !object.get_type().is(self.on_event.bind(py).getattr("__self__")?.get_type()) {
                return Ok(());
            }
            self.on_event = object.getattr("on_event")?.unbind();
            if let Some(on_periodic_emit) = &mut self.on_periodic_emit {
                *on_periodic_emit = object.getattr("on_periodic_emit")?.unbind();
            }
            Ok(())
        })
    }
}

const PICKLE: &str = "pickle";
