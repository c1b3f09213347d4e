//! Where each task of a running job stands in event time: the facts that say why a window has not fired.
//!
//! Tasks answer between two steps, and only when they are asked.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::control::{TaskControl, TaskId};
use super::master::JobMetrics;
use super::task::Task;
use crate::graph::NodeId;
use crate::metrics::{LATE_DROPPED, LATE_TO_SIDE, RECORDS_IN, RECORDS_OUT, ShownLateRecord};
use crate::operator::Waiting;

/// How a job's tasks are wired.
#[derive(Debug, Clone, Default)]
pub struct Wiring(pub Vec<WiredTask>);

#[derive(Debug, Clone)]
pub struct WiredTask {
    pub name: String,
    pub subtask: usize,
    /// Its operators with their names and places in the program.
    pub operators: Vec<(NodeId, String, Option<String>)>,
    pub is_source: bool,
    /// The task at the other end of each of its channels.
    pub producers: Vec<TaskId>,
}

/// A job as it stands now, as a text that other languages read (JSON).
#[derive(Debug, Serialize)]
pub struct Standing {
    /// Processing time in ms.
    pub now: i64,
    pub operators: Vec<OperatorFacts>,
    pub tasks: Vec<TaskFacts>,
}

#[derive(Debug, Serialize)]
pub struct OperatorFacts {
    pub id: NodeId,
    pub name: String,
    pub kind: &'static str,
    pub records_in: u64,
    pub records_out: u64,
    /// How many records came too late and were dropped, how many went to a side output, and the last one.
    pub late_dropped: u64,
    pub late_to_side: u64,
    pub last_late: Option<ShownLateRecord>,
}

#[derive(Debug, Serialize)]
pub struct TaskFacts {
    pub id: TaskId,
    pub name: String,
    pub subtask: usize,
    pub operators: Vec<NodeId>,
    pub places: Vec<Option<String>>,
    pub is_source: bool,
    pub producers: Vec<TaskId>,
    pub ended: bool,
    /// Missing if the task has ended, or is busy for too long.
    pub answer: Option<Answer>,
}

/// What a task tells of itself.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// At its first operator, in ms; the smallest integer before the first.
    pub watermark: i64,
    pub idle: bool,
    /// The next task has no room for what it wants to send.
    pub held_back: bool,
    /// Of a source: whether it has a strategy that emits watermarks.
    pub emits: bool,
    pub splits: Vec<SplitFacts>,
    pub channels: Vec<ChannelFacts>,
    /// What operators of the task know, by their places in it.
    pub waiting: Vec<(usize, Waiting)>,
}

#[derive(Debug, Serialize)]
pub struct SplitFacts {
    pub id: String,
    pub watermark: i64,
    pub seen: bool,
    pub idle_since: Option<i64>,
    pub paused: bool,
}

#[derive(Debug, Serialize)]
pub struct ChannelFacts {
    pub input: usize,
    pub watermark: i64,
    pub idle: bool,
    pub ended: bool,
}

impl Answer {
    pub fn of(task: &mut Task, held_back: bool) -> Answer {
        let time = task.time();
        let splits = time.splits.into_iter().map(|split| SplitFacts {
            id: split.id,
            watermark: split.watermark,
            seen: split.seen,
            idle_since: split.idle_since,
            paused: split.paused,
        });
        let channels = time.channels.into_iter().map(|channel| ChannelFacts {
            input: channel.input,
            watermark: channel.watermark,
            idle: channel.idle,
            ended: channel.ended,
        });
        Answer {
            watermark: time.watermark,
            idle: time.idle,
            held_back,
            emits: task.source_emits(),
            splits: splits.collect(),
            channels: channels.collect(),
            waiting: task.waiting(),
        }
    }
}

/// Asks all tasks that live, and waits at most `timeout` for their answers.
pub fn ask(controls: &[Arc<TaskControl>], timeout: Duration) -> Vec<Option<Answer>> {
    let (sender, receiver) = mpsc::channel();
    let mut open = 0;
    for control in controls.iter().filter(|control| !control.has_ended()) {
        control.ask(sender.clone());
        open += 1;
    }
    drop(sender);
    let mut answers: Vec<Option<Answer>> = controls.iter().map(|_| None).collect();
    let deadline = Instant::now() + timeout;
    while open > 0 {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((task, answer)) => {
                open -= usize::from(answers[task].is_none());
                answers[task] = Some(answer);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    answers
}

impl Standing {
    pub fn new(
        now: i64,
        wiring: &Wiring,
        metrics: &JobMetrics,
        ended: impl Fn(TaskId) -> bool,
        answers: Vec<Option<Answer>>,
    ) -> Standing {
        let count =
            |counters: &std::collections::BTreeMap<String, u64>, name: &str| counters.get(name).copied().unwrap_or(0);
        let operators = metrics.report().into_iter().map(|report| OperatorFacts {
            records_in: count(&report.counters, RECORDS_IN),
            records_out: count(&report.counters, RECORDS_OUT),
            late_dropped: count(&report.counters, LATE_DROPPED),
            late_to_side: count(&report.counters, LATE_TO_SIDE),
            last_late: metrics.operator(report.id).last_late(),
            id: report.id,
            name: report.name,
            kind: report.kind,
        });
        let tasks = wiring.0.iter().zip(answers).enumerate().map(|(id, (task, answer))| TaskFacts {
            id,
            name: task.name.clone(),
            subtask: task.subtask,
            operators: task.operators.iter().map(|(node, ..)| *node).collect(),
            places: task.operators.iter().map(|(_, _, place)| place.clone()).collect(),
            is_source: task.is_source,
            producers: task.producers.clone(),
            ended: ended(id),
            answer,
        });
        Standing { now, operators: operators.collect(), tasks: tasks.collect() }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
    }
}
