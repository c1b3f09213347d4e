//! How the master and the tasks speak with each other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use super::archivist::Taken;
use super::exchange::Signal;
use super::explain::Answer;
use super::savepoint::SavepointRequest;
use crate::checkpoint::{Barrier, CheckpointId, SubtaskState};
use crate::connector::Split;
use crate::error::Error;
use crate::graph::NodeId;

pub type TaskId = usize;

/// What the master tells a task.
pub enum Command {
    AddSplits(Vec<Split>),
    NoMoreSplits,
    /// Read no split whose watermark is ahead of that one (sources).
    Align(i64),
    /// Put that barrier into the stream (sources), or take part in that checkpoint (tasks that have drained).
    Trigger(Barrier),
    /// The savepoint with which the job was to stop has failed: go on.
    GoOn(CheckpointId),
    /// Read nothing more, as if that were the end (sources), and wait at the end for a savepoint of the whole job.
    Drain,
    /// That checkpoint is complete: commit what was written (sinks).
    Commit(CheckpointId),
    /// What was written up to that checkpoint has been committed: commit how far the source was (sources).
    Complete(CheckpointId),
    /// That checkpoint has failed: what is still being taken for it is not wanted.
    Abandon(CheckpointId),
    /// Every record of the job is safe: end (tasks that have drained).
    Finish,
}

/// What a task tells the master.
pub enum Event {
    /// The barrier has passed, some time ago, and this is what the task's operators had then: nothing where it is not
    /// stored.
    Acknowledge(TaskId, CheckpointId, Vec<Taken>),
    /// What a task had has been stored.
    Stored(TaskId, CheckpointId, Vec<(NodeId, SubtaskState)>),
    /// The checkpoint has its manifest.
    Completed(CheckpointId),
    NotStored(CheckpointId, Error),
    Committed(TaskId, CheckpointId),
    /// How far a source of an alignment group is, in event time; `None` if it is idle or has nothing left.
    Watermark(TaskId, Option<i64>),
    /// A source or a task that commits has sent its last record and waits for [`Command::Finish`].
    Drained(TaskId),
    /// Not of a task: somebody asks for a savepoint.
    Savepoint(Box<SavepointRequest>),
    Finished(TaskId),
    Failed(TaskId, Error),
}

/// The master's handle on a task.
pub struct TaskControl {
    commands: Mutex<VecDeque<Command>>,
    cancelled: Arc<AtomicBool>,
    /// Who wants to know where the task stands; looked at only while `asked`.
    questions: Mutex<Vec<mpsc::Sender<(TaskId, Answer)>>>,
    asked: AtomicBool,
    ended: AtomicBool,
    /// The processing time (ms) from which a barrier among the commands does not wait for room.
    urgent_at: AtomicI64,
    pub signal: Arc<Signal>,
}

impl TaskControl {
    pub fn new(signal: Arc<Signal>, cancelled: Arc<AtomicBool>) -> Self {
        let (asked, ended, urgent_at) = (AtomicBool::new(false), AtomicBool::new(false), AtomicI64::new(i64::MAX));
        TaskControl {
            commands: Mutex::default(),
            cancelled,
            questions: Mutex::default(),
            asked,
            ended,
            urgent_at,
            signal,
        }
    }

    pub fn send(&self, command: Command) {
        if let Command::Trigger(barrier) = &command {
            self.urgent_at.fetch_min(barrier.overtakes_at, Ordering::AcqRel);
        }
        self.commands.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push_back(command);
        self.signal.raise();
    }

    /// Asks where the task stands; it answers before its next step.
    pub fn ask(&self, answers: mpsc::Sender<(TaskId, Answer)>) {
        self.questions.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(answers);
        self.asked.store(true, Ordering::Release);
        self.signal.raise();
    }

    /// Whether the task has ended: then nobody answers.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub fn receive(&self) -> Option<Command> {
        let command = self.commands.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop_front();
        if matches!(command, Some(Command::Trigger(_))) {
            self.urgent_at.store(i64::MAX, Ordering::Release);
        }
        command
    }

    /// The processing time (ms) from which a barrier among the commands does not wait for room; the largest number if
    /// there is none.
    pub fn urgent_at(&self) -> i64 {
        self.urgent_at.load(Ordering::Acquire)
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whoever has asked since this was called last.
    pub fn questions(&self) -> Vec<mpsc::Sender<(TaskId, Answer)>> {
        if !self.asked.load(Ordering::Relaxed) || !self.asked.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut *self.questions.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// The task has ended.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}
