//! Stores checkpoints while the job goes on.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use super::task::{Event, TaskId};
use crate::checkpoint::{Archive, Capture, CheckpointId, Manifest, SubtaskState};
use crate::error::{Error, Result};
use crate::graph::NodeId;

/// What one subtask of an operator had at a barrier.
pub struct Taken {
    pub node: NodeId,
    pub subtask: usize,
    pub capture: Capture,
}

enum Work {
    Store(TaskId, CheckpointId, Vec<Taken>),
    Complete(Box<Manifest>),
    Remove(CheckpointId),
}

/// Does what takes time with an archive, one thing after the other, and tells the master when it is done.
pub struct Archivist {
    worker: Arc<Worker>,
    /// A thread of its own; without one, work is done where it is asked for.
    thread: Option<(mpsc::Sender<Work>, JoinHandle<()>)>,
}

impl Drop for Archivist {
    /// Returns when everything that was asked for is done.
    fn drop(&mut self) {
        if let Some((work, thread)) = self.thread.take() {
            drop(work);
            // a panic in it has been printed, and nothing waits for its result any more
            let _ = thread.join();
        }
    }
}

struct Worker {
    archive: Archive,
    events: mpsc::Sender<Event>,
}

impl Archivist {
    /// Works where it is asked: for the simulated executor, in which nothing happens at the same time.
    pub fn here(archive: Archive, events: mpsc::Sender<Event>) -> Self {
        Archivist { worker: Arc::new(Worker { archive, events }), thread: None }
    }

    /// Works in a thread of its own.
    pub fn in_thread(archive: Archive, events: mpsc::Sender<Event>) -> Result<Self> {
        let worker = Arc::new(Worker { archive, events });
        let (sender, work) = mpsc::channel();
        let own = worker.clone();
        let started = std::thread::Builder::new().name("flott-archivist".into()).spawn(move || {
            for work in work {
                own.perform(work);
            }
        });
        let started = started
            .map_err(|error| Error::internal(format!("the archivist's thread could not be started: {error}")))?;
        Ok(Archivist { worker, thread: Some((sender, started)) })
    }

    pub fn store(&self, task: TaskId, checkpoint: CheckpointId, taken: Vec<Taken>) {
        self.submit(Work::Store(task, checkpoint, taken));
    }

    pub fn complete(&self, manifest: Manifest) {
        self.submit(Work::Complete(Box::new(manifest)));
    }

    pub fn remove(&self, checkpoint: CheckpointId) {
        self.submit(Work::Remove(checkpoint));
    }

    fn submit(&self, work: Work) {
        match &self.thread {
            // it ends only with this
            Some((thread, _)) => drop(thread.send(work)),
            None => self.worker.perform(work),
        }
    }
}

impl Worker {
    fn perform(&self, work: Work) {
        let event = match work {
            Work::Store(task, checkpoint, taken) => match self.stored(checkpoint, taken) {
                Ok(states) => Event::Stored(task, checkpoint, states),
                Err(error) => Event::NotStored(checkpoint, error),
            },
            Work::Complete(manifest) => match self.archive.complete(&manifest) {
                Ok(()) => Event::Completed(manifest.checkpoint),
                Err(error) => Event::NotStored(manifest.checkpoint, error),
            },
            Work::Remove(checkpoint) => {
                if let Err(error) = self.archive.remove(checkpoint) {
                    tracing::warn!("an old checkpoint is left behind: {error}");
                }
                return;
            }
        };
        // the master may be gone when a job is cancelled; then nobody needs to know
        let _ = self.events.send(event);
    }

    fn stored(&self, checkpoint: CheckpointId, taken: Vec<Taken>) -> Result<Vec<(NodeId, SubtaskState)>> {
        let store = |Taken { node, subtask, capture }: Taken| {
            let snapshot = capture.into_snapshot()?;
            if snapshot.is_empty() {
                return Ok(None);
            }
            let stored = self.archive.put(checkpoint, &format!("{node}-{subtask}"), snapshot)?;
            Ok(Some((node, SubtaskState { subtask: subtask as u32, stored })))
        };
        taken.into_iter().filter_map(|taken| store(taken).transpose()).collect()
    }
}
