//! Async I/O: hands records to `async def` functions on the subtask's event loop, and emits what they return.
//!
//! The loop runs in a thread of its own (`flott/datastream/_async_wait.py`). A whole batch goes there at once, and
//! what has been completed since the last look comes back at once. How many are under way, in which order results
//! leave and where watermarks stand among them is decided here, by [`InFlight`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flott::batch::{Batch, NO_TIMESTAMP};
use flott::checkpoint::{ItemPart, Snapshot, Spread};
use flott::operator::in_flight::{InFlight, Released, Unfinished};
use flott::operator::{Load, Operator, OperatorFactory, Output, SubtaskContext, Waker};
use flott::{Error, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::function::{Failure, UserFunction};
use crate::gate;
use crate::objects::{PyObjects, release};
use crate::state::pickled;

/// `factory(subtask)` returns `([submit], close)`, with `submit(completions, first, values)`.
pub fn factory(factory: Py<PyAny>, capacity: usize, ordered: bool) -> Arc<dyn OperatorFactory> {
    let factory = Arc::new(factory);
    Arc::new(move |context: &SubtaskContext| {
        Ok(Box::new(AsyncWait {
            function: UserFunction::new(factory.clone(), context, false, &Arc::default()),
            capacity,
            queue: InFlight::new(ordered),
            inputs: VecDeque::new(),
            inputs_from: 0,
            restored: context.restored.clone(),
            shared: Arc::new(Shared {
                done: Mutex::default(),
                ready: AtomicBool::new(false),
                waker: context.waker.clone(),
            }),
            completions: None,
            idle: false,
        }) as Box<dyn Operator>)
    })
}

enum Done {
    Results(u64, Py<PyList>),
    Failed(Error),
}

struct Shared {
    done: Mutex<Vec<Done>>,
    /// Something is in `done` and the task has been woken.
    ready: AtomicBool,
    waker: Waker,
}

impl Shared {
    fn done(&self) -> MutexGuard<'_, Vec<Done>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, done: Done) {
        self.done().push(done);
        if !self.ready.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    fn take(&self) -> Vec<Done> {
        self.ready.store(false, Ordering::Release);
        std::mem::take(&mut *self.done())
    }
}

/// Where the event loop leaves what it has completed.
#[pyclass(module = "flott._flott", frozen)]
pub struct Completions(Arc<Shared>);

#[pymethods]
impl Completions {
    /// The results of the record of that number.
    fn complete(&self, record: u64, results: Py<PyList>) {
        self.0.add(Done::Results(record, results));
    }

    /// The function failed on that record.
    fn fail(&self, py: Python<'_>, value: Py<PyAny>, error: Bound<'_, PyAny>) {
        let error = Failure::new(py, PyErr::from_value(error), &value).into_error(py);
        self.0.add(Done::Failed(error));
    }
}

struct AsyncWait {
    function: UserFunction,
    capacity: usize,
    /// The records that are not through, with their timestamps.
    queue: InFlight<i64, Py<PyList>>,
    /// These records, from that number on.
    inputs: VecDeque<Py<PyAny>>,
    inputs_from: u64,
    /// What a checkpoint has, until the first record comes.
    restored: Arc<Snapshot>,
    shared: Arc<Shared>,
    completions: Option<Py<Completions>>,
    /// Nothing comes for a while: told once nothing is under way.
    idle: bool,
}

impl AsyncWait {
    /// Hands as many records to the loop as the capacity allows.
    fn start(&mut self) -> Result<()> {
        let (first, count) = self.queue.start(self.capacity);
        if count == 0 {
            return Ok(());
        }
        gate::enter(|py| {
            let at = (first - self.inputs_from) as usize;
            let values = PyList::new(py, self.inputs.range(at..at + count))?;
            let submit = self.function.callable(py, 0)?.function();
            submit.call1((&self.completions, first, values)).map(drop)
        })
    }

    /// Emits what has been completed, up to a failure.
    fn collect(&mut self, output: &mut Output) -> Result<()> {
        let mut released = Vec::new();
        for done in self.shared.take() {
            match done {
                Done::Results(record, results) => self.queue.complete(record, results, &mut released),
                Done::Failed(error) => {
                    self.emit(released, output)?;
                    return Err(error);
                }
            }
        }
        self.emit(released, output)?;
        if self.queue.is_empty() && std::mem::take(&mut self.idle) {
            output.emit_idle(true);
        }
        self.start()
    }

    /// Takes records in; they are started when there is room.
    fn take(&mut self, records: impl IntoIterator<Item = (Py<PyAny>, i64)>) {
        for (record, timestamp) in records {
            self.queue.push(timestamp);
            self.inputs.push_back(record);
        }
    }

    fn emit(&mut self, released: Vec<Released<i64, Py<PyList>>>, output: &mut Output) -> Result<()> {
        if released.is_empty() {
            return Ok(());
        }
        let gone = (self.queue.first() - self.inputs_from) as usize;
        self.inputs_from = self.queue.first();
        let gone = self.inputs.drain(..gone);
        emit(released, gone, output)
    }

    /// What was in flight at the checkpoint is begun again.
    fn restore(&mut self) -> Result<()> {
        let restored = std::mem::take(&mut self.restored);
        let lists = restored.items(IN_FLIGHT);
        for list in lists {
            let mut released = Vec::new();
            gate::enter(|py| {
                for entry in pickled::loads(py, list, IN_FLIGHT)?.try_iter()? {
                    let (record, time): (Option<(Py<PyAny>,)>, i64) = entry?.extract()?;
                    match record {
                        Some((record,)) => self.take([(record, time)]),
                        // of several subtasks' records none may be late because of another's
                        None if lists.len() == 1 => self.queue.push_watermark(time, &mut released),
                        None => {}
                    }
                }
                Ok(())
            })?;
        }
        self.start()
    }
}

/// The items of a snapshot: for each subtask a pickled list of `((record,), timestamp)` and `(None, watermark)`.
const IN_FLIGHT: &str = "in flight";

fn emit(
    released: Vec<Released<i64, Py<PyList>>>,
    gone: impl Iterator<Item = Py<PyAny>>,
    output: &mut Output,
) -> Result<()> {
    gate::enter(|py| {
        release(py, gone);
        let mut items: Vec<Py<PyAny>> = Vec::new();
        let mut times: Vec<i64> = Vec::new();
        let flush = |items: &mut Vec<Py<PyAny>>, times: &mut Vec<i64>, output: &mut Output| {
            let times = std::mem::take(times);
            let timed = times.first().is_some_and(|time| *time != NO_TIMESTAMP);
            let batch = Batch::new(PyObjects::data(std::mem::take(items)));
            output.emit(batch.with_timestamps(timed.then_some(times)));
        };
        for each in released {
            match each {
                Released::Results(time, results) => {
                    // a batch has timestamps for all of its records or for none
                    if times.last().is_some_and(|last| (*last == NO_TIMESTAMP) != (time == NO_TIMESTAMP)) {
                        flush(&mut items, &mut times, output);
                    }
                    let before = items.len();
                    items.extend(results.bind(py).iter().map(Bound::unbind));
                    times.resize(times.len() + items.len() - before, time);
                    drop(results.into_bound(py));
                }
                Released::Watermark(watermark) => {
                    flush(&mut items, &mut times, output);
                    output.emit_watermark(watermark);
                }
            }
        }
        flush(&mut items, &mut times, output);
        Ok(())
    })
}

impl Operator for AsyncWait {
    fn open(&mut self) -> Result<()> {
        self.completions = Some(gate::enter(|py| Py::new(py, Completions(self.shared.clone())))?);
        self.function.open()?;
        self.restore()
    }

    fn process(&mut self, _input: usize, batch: Batch, _output: &mut Output) -> Result<()> {
        let Batch { data, timestamps, .. } = batch;
        let items = gate::enter(|py| PyObjects::take(py, data))?;
        let times = timestamps.unwrap_or_else(|| vec![NO_TIMESTAMP; items.len()]);
        self.take(items.into_iter().zip(times));
        self.start()
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        let mut released = Vec::new();
        self.queue.push_watermark(watermark, &mut released);
        self.emit(released, output)
    }

    fn idle(&mut self, idle: bool, output: &mut Output) -> Result<()> {
        self.idle = idle && !self.queue.is_empty();
        if !self.idle {
            output.emit_idle(idle);
        }
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        // long ago: at once
        self.shared.ready.load(Ordering::Acquire).then_some(0)
    }

    fn processing_time(&mut self, _now: i64, output: &mut Output) -> Result<()> {
        self.collect(output)
    }

    fn load(&self) -> Load {
        match (self.queue.has_waiting(), self.queue.is_empty()) {
            (true, _) => Load::Full,
            (false, true) => Load::Done,
            (false, false) => Load::InFlight,
        }
    }

    fn holds_barriers(&self) -> bool {
        // they are in the snapshot
        false
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        let unfinished = self.queue.unfinished();
        if unfinished.is_empty() {
            return Ok(Snapshot::default());
        }
        let list = gate::enter(|py| {
            let list = PyList::empty(py);
            for each in unfinished {
                match each {
                    Unfinished::Record(record) => {
                        let value = &self.inputs[(record - self.inputs_from) as usize];
                        list.append(((value,), self.queue.tag(record).unwrap_or(NO_TIMESTAMP)))?;
                    }
                    Unfinished::Watermark(watermark) => list.append((py.None(), watermark))?,
                }
            }
            pickled::dumps(list.as_any()).map_err(|error| {
                let why = error.value(py);
                PyTypeError::new_err(format!("a record in flight can't be stored in a checkpoint: {why}"))
            })
        })?;
        let (name, encoding) = (IN_FLIGHT.to_owned(), "pickle in flight".to_owned());
        let part = ItemPart { name, encoding, spread: Spread::Split, items: vec![list] };
        Ok(Snapshot { items: vec![part], ..Snapshot::default() })
    }

    fn close(&mut self) -> Result<()> {
        let closed = self.function.close();
        let left = (self.completions.take(), std::mem::take(&mut self.inputs), self.shared.take());
        let queue = std::mem::replace(&mut self.queue, InFlight::new(true));
        let _ = gate::enter(|_| {
            drop((left, queue));
            Ok(())
        });
        closed
    }
}
