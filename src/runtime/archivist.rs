//! Stores checkpoints while the job goes on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use super::task::{Event, TaskId};
use crate::checkpoint::{Archive, CheckpointId, Manifest, Snapshot, SubtaskState};
use crate::error::{Error, Result};
use crate::graph::NodeId;

/// What one subtask of an operator had at a barrier.
pub struct Taken {
    pub node: NodeId,
    pub subtask: usize,
    pub snapshot: Snapshot,
}

enum Work {
    Store(TaskId, CheckpointId, Vec<Taken>),
    Complete(Box<Manifest>),
    Remove(CheckpointId),
}

/// Does what takes time with an archive, one thing after the other, and tells the master when it is done.
pub struct Archivist {
    worker: Arc<Worker>,
    desk: Desk,
}

/// Where work is done.
enum Desk {
    /// Where it is asked for.
    Here,
    /// Where [`Archivist::work`] is called.
    Later(Arc<Mutex<VecDeque<Work>>>),
    /// In a thread of its own.
    Thread(Option<(mpsc::Sender<Work>, JoinHandle<()>)>),
}

impl Drop for Archivist {
    /// Returns when everything that was asked for is done.
    fn drop(&mut self) {
        if let Desk::Thread(thread) = &mut self.desk
            && let Some((work, thread)) = thread.take()
        {
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
        Archivist { worker: Arc::new(Worker { archive, events }), desk: Desk::Here }
    }

    /// Works only when it is told to: the second one is told so by [`Archivist::work`].
    pub fn later(archive: Archive, events: mpsc::Sender<Event>) -> (Self, Self) {
        let (worker, queue) = (Arc::new(Worker { archive, events }), Arc::default());
        let archivist = |queue| Archivist { worker: worker.clone(), desk: Desk::Later(queue) };
        (archivist(Arc::clone(&queue)), archivist(queue))
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
        Ok(Archivist { worker, desk: Desk::Thread(Some((sender, started))) })
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
        match &self.desk {
            Desk::Here | Desk::Thread(None) => self.worker.perform(work),
            Desk::Later(queue) => queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(work),
            // it ends only with this
            Desk::Thread(Some((thread, _))) => drop(thread.send(work)),
        }
    }

    /// Whether something waits for [`Archivist::work`].
    pub fn has_work(&self) -> bool {
        matches!(&self.desk, Desk::Later(queue) if !queue.lock().unwrap_or_else(PoisonError::into_inner).is_empty())
    }

    /// Does the first thing that waits.
    pub fn work(&self) {
        let Desk::Later(queue) = &self.desk else { return };
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(work) = next {
            self.worker.perform(work);
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
        let store = |Taken { node, subtask, snapshot }: Taken| {
            let stored = self.archive.put(checkpoint, &format!("{node}-{subtask}"), &snapshot)?;
            Ok((node, SubtaskState { subtask: subtask as u32, stored }))
        };
        taken.into_iter().map(store).collect()
    }
}
