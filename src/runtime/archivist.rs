//! Stores checkpoints while the job goes on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use super::control::{Event, TaskId};
use crate::checkpoint::{Archive, Capture, CheckpointId, ItemPart, Manifest, SubtaskState};
use crate::error::Result;
use crate::graph::NodeId;

/// What one subtask of an operator had at a barrier.
pub struct Taken {
    pub node: NodeId,
    pub subtask: usize,
    pub capture: Capture,
    /// What a barrier has overtaken in front of it.
    pub overtaken: Vec<ItemPart>,
}

enum Work {
    Store(Archive, TaskId, CheckpointId, Vec<Taken>),
    Complete(Archive, Box<Manifest>),
    Remove(Archive, CheckpointId),
}

/// Does what takes time with an archive, one thing after the other, and tells the master when it is done.
pub struct Archivist {
    events: mpsc::Sender<Event>,
    desk: Desk,
}

/// Where work is done.
enum Desk {
    /// Where it is asked for.
    Here,
    /// Where [`Archivist::work`] is called.
    Later(Arc<Mutex<VecDeque<Work>>>),
    /// In a thread of its own, which is started when there is something to do.
    Apart(Option<(mpsc::Sender<Work>, JoinHandle<()>)>),
}

impl Drop for Archivist {
    /// Returns when everything that was asked for is done.
    fn drop(&mut self) {
        if let Desk::Apart(thread) = &mut self.desk
            && let Some((work, thread)) = thread.take()
        {
            drop(work);
            // a panic in it has been printed, and nothing waits for its result any more
            let _ = thread.join();
        }
    }
}

impl Archivist {
    /// Works where it is asked: for the simulated executor, in which nothing happens at the same time.
    pub fn here(events: mpsc::Sender<Event>) -> Self {
        Archivist { events, desk: Desk::Here }
    }

    /// Works only when it is told to: the second one is told so by [`Archivist::work`].
    pub fn later(events: mpsc::Sender<Event>) -> (Self, Self) {
        let queue = Arc::default();
        let archivist = |queue| Archivist { events: events.clone(), desk: Desk::Later(queue) };
        (archivist(Arc::clone(&queue)), archivist(queue))
    }

    /// Works in a thread of its own.
    pub fn in_thread(events: mpsc::Sender<Event>) -> Self {
        Archivist { events, desk: Desk::Apart(None) }
    }

    pub fn store(&mut self, archive: Archive, task: TaskId, checkpoint: CheckpointId, taken: Vec<Taken>) {
        self.submit(Work::Store(archive, task, checkpoint, taken));
    }

    pub fn complete(&mut self, archive: Archive, manifest: Manifest) {
        self.submit(Work::Complete(archive, Box::new(manifest)));
    }

    pub fn remove(&mut self, archive: Archive, checkpoint: CheckpointId) {
        self.submit(Work::Remove(archive, checkpoint));
    }

    fn submit(&mut self, work: Work) {
        if let Desk::Apart(thread @ None) = &mut self.desk {
            *thread = start(&self.events);
        }
        match &self.desk {
            Desk::Here | Desk::Apart(None) => perform(work, &self.events),
            Desk::Later(queue) => queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(work),
            // it ends only with this
            Desk::Apart(Some((thread, _))) => drop(thread.send(work)),
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
            perform(work, &self.events);
        }
    }
}

/// `None` where the system has no thread for it: then work is done where it is asked for.
fn start(events: &mpsc::Sender<Event>) -> Option<(mpsc::Sender<Work>, JoinHandle<()>)> {
    let (sender, work) = mpsc::channel();
    let events = events.clone();
    let started = std::thread::Builder::new().name("flott-archivist".into()).spawn(move || {
        for work in work {
            perform(work, &events);
        }
    });
    Some((sender, started.ok()?))
}

fn perform(work: Work, events: &mpsc::Sender<Event>) {
    let event = match work {
        Work::Store(archive, task, checkpoint, taken) => match stored(&archive, checkpoint, taken) {
            Ok(states) => Event::Stored(task, checkpoint, states),
            Err(error) => Event::NotStored(checkpoint, error),
        },
        Work::Complete(archive, manifest) => match archive.complete(&manifest) {
            Ok(()) => Event::Completed(manifest.checkpoint),
            Err(error) => Event::NotStored(manifest.checkpoint, error),
        },
        Work::Remove(archive, checkpoint) => {
            if let Err(error) = archive.remove(checkpoint) {
                tracing::warn!("an old checkpoint is left behind: {error}");
            }
            return;
        }
    };
    // the master may be gone when a job is cancelled; then nobody needs to know
    let _ = events.send(event);
}

fn stored(archive: &Archive, checkpoint: CheckpointId, taken: Vec<Taken>) -> Result<Vec<(NodeId, SubtaskState)>> {
    let store = |Taken { node, subtask, capture, overtaken }: Taken| {
        let mut snapshot = capture.into_snapshot()?;
        snapshot.items.extend(overtaken);
        if snapshot.is_empty() {
            return Ok(None);
        }
        let stored = archive.put(checkpoint, &format!("{node}-{subtask}"), snapshot)?;
        Ok(Some((node, SubtaskState { subtask: subtask as u32, stored })))
    };
    taken.into_iter().filter_map(|taken| store(taken).transpose()).collect()
}
