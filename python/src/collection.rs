//! `from_collection`: Python objects as a source.

use std::sync::Arc;
use std::time::Duration;

use flott::batch::Batch;
use flott::connector::{Boundedness, Polled, Source, SourceReader, Split, SplitEnumerator};
use flott::operator::SubtaskContext;
use flott::{Error, Result};
use pyo3::prelude::*;

use crate::gate;
use crate::objects::PyObjects;

const SPLIT: &str = "collection";

/// The objects, in order; one subtask emits them all.
pub struct Collection {
    items: Arc<Vec<Py<PyAny>>>,
}

impl Collection {
    pub fn new(items: Vec<Py<PyAny>>) -> Self {
        Collection { items: Arc::new(items) }
    }
}

impl Source for Collection {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn enumerator(&self, _context: &SubtaskContext) -> Result<Box<dyn SplitEnumerator>> {
        Ok(Box::new(Once(Some(Split { id: SPLIT.into(), position: encode(0) }))))
    }

    fn reader(&self, context: &SubtaskContext) -> Result<Box<dyn SourceReader>> {
        Ok(Box::new(Reader { items: self.items.clone(), next: None, batch_size: context.batch_size }))
    }
}

struct Once(Option<Split>);

impl SplitEnumerator for Once {
    fn discover(&mut self) -> Result<Vec<Split>> {
        Ok(self.0.take().into_iter().collect())
    }
}

struct Reader {
    items: Arc<Vec<Py<PyAny>>>,
    /// `None` in the subtasks that read nothing.
    next: Option<usize>,
    batch_size: usize,
}

fn encode(position: usize) -> Vec<u8> {
    (position as u64).to_le_bytes().to_vec()
}

impl SourceReader for Reader {
    fn add_splits(&mut self, splits: Vec<Split>) -> Result<()> {
        for split in splits {
            let bytes: [u8; 8] = split
                .position
                .try_into()
                .map_err(|_| Error::internal("a collection's position is not a number of eight bytes"))?;
            self.next = Some(u64::from_le_bytes(bytes) as usize);
        }
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Polled> {
        let Some(from) = self.next else { return Ok(Polled::Nothing) };
        if from >= self.items.len() {
            return Ok(Polled::SplitEnd { split: SPLIT.into() });
        }
        let to = (from + self.batch_size).min(self.items.len());
        let items = gate::enter(|py| Ok(self.items[from..to].iter().map(|item| item.clone_ref(py)).collect()))?;
        self.next = Some(to);
        Ok(Polled::Records { split: SPLIT.into(), batch: Batch::new(PyObjects::data(items)) })
    }

    fn snapshot(&self) -> Vec<Split> {
        self.next.map(|next| Split { id: SPLIT.into(), position: encode(next) }).into_iter().collect()
    }
}
