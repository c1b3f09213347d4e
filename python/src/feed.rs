//! A source whose records and watermarks a test hands over one by one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flott::Result;
use flott::batch::{Batch, NO_TIMESTAMP};
use flott::connector::{Boundedness, Polled, Source, SourceReader, Split, SplitEnumerator};
use flott::operator::SubtaskContext;
use flott::time::{Mark, Marks, WatermarkGenerator, WatermarkStrategy};
use pyo3::prelude::*;

use crate::objects::PyObjects;

const SPLIT: &str = "feed";

enum Piece {
    Record(Py<PyAny>, i64),
    Watermark(i64),
    Idle,
    End,
}

struct State {
    /// What was handed over and not read yet.
    waiting: VecDeque<Piece>,
    /// The last watermark that was read.
    watermark: i64,
    idle: bool,
}

/// The test's end of the source.
#[pyclass(module = "flott._flott", frozen)]
#[derive(Clone)]
pub struct Feed(Arc<Mutex<State>>);

impl Feed {
    pub fn new() -> Self {
        Feed(Arc::new(Mutex::new(State { waiting: VecDeque::new(), watermark: NO_TIMESTAMP, idle: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Feed {
    /// A record, with its event time in ms.
    #[pyo3(signature = (value, timestamp=None))]
    fn record(&self, value: Py<PyAny>, timestamp: Option<i64>) {
        self.state().waiting.push_back(Piece::Record(value, timestamp.unwrap_or(NO_TIMESTAMP)));
    }

    /// Event time behind the records before, in ms.
    fn watermark(&self, timestamp: i64) {
        self.state().waiting.push_back(Piece::Watermark(timestamp));
    }

    /// Nobody waits for this source until something comes.
    fn idle(&self) {
        self.state().waiting.push_back(Piece::Idle);
    }

    /// Nothing comes any more.
    fn end(&self) {
        self.state().waiting.push_back(Piece::End);
    }
}

impl Source for Feed {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Unbounded
    }

    fn enumerator(&self, _context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Once(true)))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(Reader { feed: self.clone(), batch_size: context.batch_size }))
    }
}

struct Once(bool);

impl SplitEnumerator for Once {
    fn discover(&mut self) -> Result<Vec<Split>> {
        let first = std::mem::take(&mut self.0);
        Ok(first.then(|| Split { id: SPLIT.into(), position: Vec::new() }).into_iter().collect())
    }
}

struct Reader {
    feed: Feed,
    batch_size: usize,
}

impl SourceReader for Reader {
    fn add_splits(&mut self, _splits: Vec<Split>) -> Result<()> {
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Polled> {
        let mut state = self.feed.state();
        let (mut items, mut times) = (Vec::new(), Vec::new());
        let mut advanced = false;
        if !matches!(state.waiting.front(), None | Some(Piece::Idle | Piece::End)) {
            state.idle = false;
        }
        // a watermark takes effect behind the batch it is read with, so it ends one
        while items.len() < self.batch_size && !advanced {
            match state.waiting.pop_front() {
                Some(Piece::Record(value, time)) => {
                    items.push(value);
                    times.push(time);
                }
                Some(Piece::Watermark(watermark)) => {
                    state.watermark = watermark;
                    advanced = true;
                }
                Some(Piece::Idle) if items.is_empty() => {
                    state.idle = true;
                    advanced = true;
                }
                Some(Piece::End) if items.is_empty() => return Ok(Polled::SplitEnd { split: SPLIT.into() }),
                Some(later @ (Piece::End | Piece::Idle)) => {
                    state.waiting.push_front(later);
                    break;
                }
                None if items.is_empty() => return Ok(Polled::Nothing),
                None => break,
            }
        }
        let timed = times.iter().any(|time| *time != NO_TIMESTAMP);
        let batch = Batch::new(PyObjects::data(items)).with_timestamps(timed.then_some(times));
        Ok(Polled::Records { split: SPLIT.into(), batch })
    }

    fn snapshot(&self) -> Vec<Split> {
        Vec::new()
    }
}

/// Event time as the test sets it.
impl WatermarkStrategy for Feed {
    fn generator(&self) -> Result<Box<dyn WatermarkGenerator>> {
        Ok(Box::new(self.clone()))
    }
}

impl WatermarkGenerator for Feed {
    fn observe(&mut self, batch: &Batch, marks: &mut Marks) -> Result<()> {
        let state = self.state();
        if state.idle {
            marks.push((batch.len(), Mark::Idle));
        } else {
            marks.push((0, Mark::Active));
            marks.push((batch.len(), Mark::Watermark(state.watermark)));
        }
        Ok(())
    }

    fn periodic(&mut self, _marks: &mut Vec<Mark>) -> Result<()> {
        Ok(())
    }
}
