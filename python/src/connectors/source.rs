//! A source written in Python: `PythonSource`, through its adapter in `flott/datastream/connectors/_python_source.py`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flott::Result;
use flott::batch::Batch;
use flott::connector::{Boundedness, Polled, Source, SourceReader, Split, SplitEnumerator};
use flott::operator::SubtaskContext;
use pyo3::prelude::*;

use crate::function::Subtask;
use crate::gate;
use crate::objects::PyObjects;

/// How long a subtask rests at most when none of its splits had a record.
const REST: Duration = Duration::from_millis(10);

pub struct PythonSource {
    /// Has `discover(subtask)` and `open(subtask, split, position)`.
    pub adapter: Arc<Py<PyAny>>,
    pub bounded: bool,
    pub commits: bool,
    pub interval: Option<Duration>,
}

impl Source for PythonSource {
    fn boundedness(&self) -> Boundedness {
        if self.bounded { Boundedness::Bounded } else { Boundedness::Unbounded }
    }

    fn commits(&self) -> bool {
        self.commits
    }

    fn enumerator(&self, context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        let subtask = gate::enter(|py| Subtask::create(py, context, None))?;
        let (adapter, interval) = (self.adapter.clone(), self.interval);
        Ok(Box::new(Enumerator { adapter, subtask, interval, known: Vec::new() }))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        let subtask = gate::enter(|py| Subtask::create(py, context, None))?;
        Ok(Box::new(Reader {
            adapter: self.adapter.clone(),
            subtask,
            commits: self.commits,
            batch_size: context.batch_size.max(1),
            splits: Vec::new(),
            next: 0,
        }))
    }
}

struct Enumerator {
    adapter: Arc<Py<PyAny>>,
    subtask: Py<Subtask>,
    interval: Option<Duration>,
    known: Vec<String>,
}

impl SplitEnumerator for Enumerator {
    fn discover(&mut self) -> Result<Vec<Split>> {
        let found: Vec<(String, Vec<u8>)> =
            gate::enter(|py| self.adapter.call_method1(py, "discover", (&self.subtask,))?.extract(py))?;
        let mut splits = Vec::new();
        for (id, position) in found {
            if !self.known.contains(&id) {
                self.known.push(id.clone());
                splits.push(Split { id, position });
            }
        }
        Ok(splits)
    }

    fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

struct OpenSplit {
    id: Arc<str>,
    /// Has `read(max_records, timeout_ms)`, `commit(position)` and `close()`.
    reader: Py<PyAny>,
    position: Vec<u8>,
    committed: Vec<u8>,
    ended: bool,
    paused: bool,
}

struct Reader {
    adapter: Arc<Py<PyAny>>,
    subtask: Py<Subtask>,
    commits: bool,
    batch_size: usize,
    /// Those that have ended stay until their last position is committed.
    splits: Vec<OpenSplit>,
    /// The split that is asked first next time: none is starved.
    next: usize,
}

impl Reader {
    /// What is left of splits whose end has been reached and, where it matters, committed.
    fn close_ended(&mut self) -> Result<()> {
        let commits = self.commits;
        let through = |split: &mut OpenSplit| split.ended && (!commits || split.committed == split.position);
        for split in self.splits.extract_if(.., through) {
            gate::enter(|py| split.reader.call_method0(py, "close").map(drop))?;
        }
        Ok(())
    }
}

impl SourceReader for Reader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in splits {
            let reader = gate::enter(|py| {
                self.adapter.call_method1(py, "open", (&self.subtask, &split.id, split.position.as_slice()))
            })?;
            let id = split.id.as_str().into();
            self.splits.push(OpenSplit {
                id,
                reader,
                committed: split.position.clone(),
                position: split.position,
                ended: false,
                paused: false,
            });
        }
        Ok(())
    }

    fn poll(&mut self, wait: Duration) -> Result<Polled> {
        let started = Instant::now();
        let open = self.splits.iter().filter(|split| !split.ended && !split.paused).count();
        let share = wait.as_millis() as u64 / open.max(1) as u64;
        let count = self.splits.len();
        for turn in 0..count {
            let at = (self.next + turn) % count;
            let split = &mut self.splits[at];
            if split.ended || split.paused {
                continue;
            }
            let (records, position, ended) = gate::enter(|py| {
                let read = split.reader.call_method1(py, "read", (self.batch_size, share))?;
                read.extract::<(Vec<Py<PyAny>>, Vec<u8>, bool)>(py)
            })?;
            split.position = position;
            split.ended = ended;
            self.next = at + 1;
            let id = split.id.clone();
            if ended {
                self.close_ended()?;
                return Ok(Polled::SplitEnd { split: id });
            }
            if !records.is_empty() {
                return Ok(Polled::Records { split: id, batch: Batch::new(PyObjects::data(records)) });
            }
        }
        // a reader that returns at once must not keep a processor busy
        std::thread::sleep(wait.saturating_sub(started.elapsed()).min(REST));
        Ok(Polled::Nothing)
    }

    fn pause(&mut self, splits: &BTreeSet<Arc<str>>) -> Result<bool> {
        self.splits.iter_mut().for_each(|split| split.paused = splits.contains(&split.id));
        Ok(true)
    }

    fn snapshot(&self) -> Vec<Split> {
        let position = |split: &OpenSplit| Split { id: split.id.to_string(), position: split.position.clone() };
        self.splits.iter().map(position).collect()
    }

    fn commit(&mut self, splits: &[Split]) -> Result<()> {
        if !self.commits {
            return Ok(());
        }
        for Split { id, position } in splits {
            let Some(split) = self.splits.iter_mut().find(|split| *split.id == **id) else { continue };
            if split.committed != *position {
                gate::enter(|py| split.reader.call_method1(py, "commit", (position.as_slice(),)).map(drop))?;
                split.committed.clone_from(position);
            }
        }
        self.close_ended()
    }

    fn close(&mut self) -> Result<()> {
        let mut first = Ok(());
        for split in self.splits.drain(..) {
            let closed = gate::enter(|py| split.reader.call_method0(py, "close").map(drop));
            first = first.and(closed);
        }
        first
    }
}
