//! When a checkpoint starts, and when it is complete.

use std::collections::BTreeSet;

use super::CheckpointId;

/// Decides when barriers start and when a checkpoint is complete. It holds facts and does no I/O.
#[derive(Debug)]
pub struct Coordinator {
    /// Time between the starts of two checkpoints in ms.
    interval: Option<i64>,
    next_id: CheckpointId,
    due: i64,
    running: BTreeSet<usize>,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    id: CheckpointId,
    /// The tasks that have not acknowledged.
    waiting: BTreeSet<usize>,
    /// Those that no barrier has passed yet.
    untouched: BTreeSet<usize>,
}

impl Coordinator {
    /// `tasks` are all tasks that acknowledge barriers, `first` is the first checkpoint's number; `interval` is in ms,
    /// `None` for no checkpoints.
    pub fn new(tasks: impl IntoIterator<Item = usize>, first: CheckpointId, interval: Option<i64>, now: i64) -> Self {
        Coordinator {
            interval,
            next_id: first,
            due: now.saturating_add(interval.unwrap_or(i64::MAX)),
            running: tasks.into_iter().collect(),
            pending: None,
        }
    }

    /// The checkpoint to start now, if one is due. One runs at a time.
    pub fn trigger(&mut self, now: i64) -> Option<CheckpointId> {
        let interval = self.interval?;
        if now < self.due || self.running.is_empty() {
            return None;
        }
        let id = self.trigger_now()?;
        self.due = now.saturating_add(interval);
        Some(id)
    }

    /// Starts a checkpoint at once, whether one is due or not; `None` while another is pending.
    pub fn trigger_now(&mut self) -> Option<CheckpointId> {
        if self.pending.is_some() {
            return None;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.pending = Some(Pending { id, waiting: self.running.clone(), untouched: self.running.clone() });
        Some(id)
    }

    /// The checkpoint whose barrier has not passed that task yet.
    pub fn waits_for(&self, task: usize) -> Option<CheckpointId> {
        self.pending.as_ref().filter(|pending| pending.untouched.contains(&task)).map(|pending| pending.id)
    }

    /// A task let the barrier pass. What it had then may still have to be stored before it acknowledges.
    pub fn passed(&mut self, task: usize, id: CheckpointId) {
        if let Some(pending) = self.pending.as_mut().filter(|pending| pending.id == id) {
            pending.untouched.remove(&task);
        }
    }

    /// When [`Coordinator::trigger`] will next have something to say, in ms.
    pub fn next_due(&self) -> Option<i64> {
        (self.interval.is_some() && self.pending.is_none()).then_some(self.due)
    }

    /// What a task had at the barrier is safe; returns the checkpoint when that completes it.
    pub fn acknowledge(&mut self, task: usize, id: CheckpointId) -> Option<CheckpointId> {
        match &mut self.pending {
            Some(pending) if pending.id == id => {
                pending.untouched.remove(&task);
                pending.waiting.remove(&task);
            }
            _ => return None,
        }
        self.completed()
    }

    /// A task ended: everything it ever received is safe, so no checkpoint waits for it any longer.
    pub fn task_finished(&mut self, task: usize) -> Option<CheckpointId> {
        self.running.remove(&task);
        self.pending.as_mut()?.waiting.remove(&task);
        self.completed()
    }

    fn completed(&mut self) -> Option<CheckpointId> {
        self.pending.take_if(|pending| pending.waiting.is_empty()).map(|pending| pending.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_when_every_task_has_acknowledged() {
        let mut coordinator = Coordinator::new([0, 1], 1, Some(100), 0);
        assert_eq!(coordinator.trigger(99), None);
        assert_eq!(coordinator.trigger(100), Some(1));
        assert_eq!(coordinator.trigger(500), None, "one at a time");
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.acknowledge(0, 1), None, "twice counts once");
        assert_eq!(coordinator.acknowledge(1, 1), Some(1));
        assert_eq!(coordinator.trigger(500), Some(2));
    }

    #[test]
    fn a_finished_task_is_not_waited_for() {
        let mut coordinator = Coordinator::new([0, 1], 1, Some(10), 0);
        assert_eq!(coordinator.trigger(10), Some(1));
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.task_finished(1), Some(1));
        assert_eq!(coordinator.task_finished(0), None);
        assert_eq!(coordinator.trigger(1000), None, "nobody is left");
    }

    #[test]
    fn the_last_checkpoint_does_not_wait_for_its_time() {
        let mut coordinator = Coordinator::new([0, 1], 1, Some(100), 0);
        assert_eq!(coordinator.trigger(100), Some(1));
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.trigger_now(), None, "one at a time");
        assert_eq!((coordinator.waits_for(0), coordinator.waits_for(1)), (None, Some(1)));
        assert_eq!(coordinator.acknowledge(1, 1), Some(1));
        assert_eq!(coordinator.trigger_now(), Some(2));
    }

    #[test]
    fn a_barrier_passes_a_task_once() {
        let mut coordinator = Coordinator::new([0, 1], 1, Some(100), 0);
        coordinator.trigger(100);
        coordinator.passed(0, 1);
        assert_eq!((coordinator.waits_for(0), coordinator.waits_for(1)), (None, Some(1)), "0 is being stored");
        assert_eq!(coordinator.acknowledge(1, 1), None);
        assert_eq!(coordinator.acknowledge(0, 1), Some(1));
    }

    #[test]
    fn an_old_acknowledgement_does_not_count() {
        let mut coordinator = Coordinator::new([0], 1, Some(10), 0);
        coordinator.trigger(10);
        coordinator.acknowledge(0, 1);
        coordinator.trigger(20);
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.acknowledge(0, 2), Some(2));
    }
}
