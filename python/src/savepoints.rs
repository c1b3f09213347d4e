//! Savepoints of a running job: where they go, and what a job knows of the places it may write to.

use std::collections::BTreeMap;
use std::sync::Arc;

use flott::checkpoint::{Archive, storage_at};
use flott::runtime::{JobHandle, Stop};
use flott::{Error, Result};
use pyo3::prelude::*;

use crate::gate::raise;

/// What the program says of places, beside those of its checkpoints.
#[derive(Clone, Default)]
pub struct Places {
    /// Where savepoints go unless a directory is given.
    pub savepoints: Option<String>,
    /// Options of storages, by Flink's names.
    pub options: Arc<BTreeMap<String, String>>,
}

/// Asks one job for savepoints.
#[derive(Clone)]
pub struct Savepoints {
    handle: JobHandle,
    job_id: String,
    places: Places,
}

impl Savepoints {
    pub fn new(handle: JobHandle, job_id: String, places: Places) -> Self {
        Savepoints { handle, job_id, places }
    }

    /// `deliver` is told the savepoint's URL, or why there is none: always, and once. `directory` is that of the
    /// program unless given.
    pub fn ask(
        &self,
        directory: Option<String>,
        stop: Option<Stop>,
        deliver: impl FnOnce(Result<String>) + Send + 'static,
    ) {
        match self.place(directory) {
            Ok((archive, url)) => {
                self.handle.savepoint(archive, stop, Box::new(move |result| deliver(result.map(|()| url))));
            }
            Err(error) => deliver(Err(error)),
        }
    }

    fn place(&self, directory: Option<String>) -> Result<(Archive, String)> {
        let directory = directory.or_else(|| self.places.savepoints.clone()).filter(|given| !given.is_empty());
        let directory = directory.ok_or_else(|| {
            Error::config("it is not said where the savepoint goes")
                .with_hint("give a directory, or set execution.checkpointing.savepoint-dir in the program")
        })?;
        let (archive, name) = Archive::new_savepoint(storage_at(&directory, &self.places.options)?, &self.job_id);
        Ok((archive, format!("{}/{name}", directory.trim_end_matches('/'))))
    }
}

/// How a job ends with a savepoint, by name: `suspend` or `drain`.
pub fn stop_named(name: &str) -> Result<Stop> {
    match name {
        "suspend" => Ok(Stop::Suspend),
        "drain" => Ok(Stop::Drain),
        other => Err(Error::internal(format!("a job can't stop by '{other}'"))),
    }
}

/// Removes the checkpoint or savepoint of that directory below `root`; raises if there is none.
#[pyfunction]
pub fn remove_checkpoint(
    py: Python<'_>,
    root: &str,
    directory: &str,
    options: BTreeMap<String, String>,
) -> PyResult<()> {
    let removed = py.detach(|| {
        let storage = storage_at(root, &options)?;
        Archive::new(storage.clone()).load_from(directory)?;
        Ok(storage.remove(directory)?)
    });
    removed.map_err(|error: Error| raise(py, error))
}
