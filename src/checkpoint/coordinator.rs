//! When a checkpoint starts, and when it is complete.

use std::collections::{BTreeMap, BTreeSet};

use super::CheckpointId;

/// When checkpoints are taken, and when one has failed. Times are in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Between the starts of two checkpoints.
    pub interval: i64,
    /// Between the end of one and the start of the next, at least.
    pub pause: i64,
    /// What one may take until every task has stored what it had.
    pub timeout: i64,
    /// How many may fail in a row.
    pub tolerated: u32,
    /// How many may be under way at once.
    pub concurrent: usize,
}

impl Schedule {
    /// A checkpoint every `interval`, which may take as long as it wants to.
    pub fn every(interval: i64) -> Self {
        Schedule { interval, pause: 0, timeout: i64::MAX, tolerated: 0, concurrent: 1 }
    }
}

/// Decides when barriers start and when a checkpoint is complete. It holds facts and does no I/O.
#[derive(Debug)]
pub struct Coordinator {
    schedule: Schedule,
    next_id: CheckpointId,
    due: i64,
    running: BTreeSet<usize>,
    pending: BTreeMap<CheckpointId, Pending>,
    /// How many have failed since the last one that was complete.
    failures: u32,
}

#[derive(Debug)]
struct Pending {
    /// When it has failed.
    expires: i64,
    /// The tasks that have not acknowledged.
    waiting: BTreeSet<usize>,
    /// Those that no barrier has passed yet.
    untouched: BTreeSet<usize>,
}

impl Coordinator {
    /// `tasks` are all tasks that acknowledge barriers, `first` is the first checkpoint's number.
    pub fn new(tasks: impl IntoIterator<Item = usize>, first: CheckpointId, schedule: Schedule, now: i64) -> Self {
        Coordinator {
            schedule,
            next_id: first,
            due: now.saturating_add(schedule.interval),
            running: tasks.into_iter().collect(),
            pending: BTreeMap::new(),
            failures: 0,
        }
    }

    /// The checkpoint to start now, if one is due and no more are under way than may be.
    pub fn trigger(&mut self, now: i64) -> Option<CheckpointId> {
        if now < self.due || !self.has_room() {
            return None;
        }
        self.due = now.saturating_add(self.schedule.interval);
        Some(self.start(now, self.schedule.timeout))
    }

    /// Starts a checkpoint at once, whether one is due or not; `None` while another is pending. Behind one that has
    /// failed the next one waits for its time.
    pub fn trigger_now(&mut self, now: i64) -> Option<CheckpointId> {
        if self.failures > 0 || !self.pending.is_empty() {
            return None;
        }
        self.due = now.saturating_add(self.schedule.interval);
        Some(self.start(now, self.schedule.timeout))
    }

    /// Starts a savepoint, which takes `timeout` at most; `None` where no more may be under way. When the next
    /// checkpoint is due has nothing to do with it.
    pub fn trigger_savepoint(&mut self, now: i64, timeout: i64) -> Option<CheckpointId> {
        self.has_room().then(|| self.start(now, timeout))
    }

    fn has_room(&self) -> bool {
        self.pending.len() < self.schedule.concurrent && !self.running.is_empty()
    }

    /// Whether nothing is under way.
    pub fn is_quiet(&self) -> bool {
        self.pending.is_empty()
    }

    fn start(&mut self, now: i64, timeout: i64) -> CheckpointId {
        let id = self.next_id;
        self.next_id += 1;
        let (waiting, untouched) = (self.running.clone(), self.running.clone());
        self.pending.insert(id, Pending { expires: now.saturating_add(timeout), waiting, untouched });
        id
    }

    /// Whether tasks are still waited for at that checkpoint; what comes of another is too late.
    pub fn is_pending(&self, id: CheckpointId) -> bool {
        self.pending.contains_key(&id)
    }

    /// The checkpoints whose barriers have not passed that task yet.
    pub fn waits_for(&self, task: usize) -> Vec<CheckpointId> {
        let waits = self.pending.iter().filter(|(_, pending)| pending.untouched.contains(&task));
        waits.map(|(id, _)| *id).collect()
    }

    /// A task let the barrier pass. What it had then may still have to be stored before it acknowledges.
    pub fn passed(&mut self, task: usize, id: CheckpointId) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.untouched.remove(&task);
        }
    }

    /// When [`Coordinator::trigger`] or [`Coordinator::expired`] will next have something to say, in ms.
    pub fn next_due(&self) -> i64 {
        let expires = self.next_expiry();
        if self.has_room() { expires.min(self.due) } else { expires }
    }

    /// When [`Coordinator::expired`] will next have something to say, in ms.
    pub fn next_expiry(&self) -> i64 {
        self.pending.values().map(|pending| pending.expires).min().unwrap_or(i64::MAX)
    }

    /// What a task had at the barrier is safe; returns the checkpoint when that was the last one waited for.
    pub fn acknowledge(&mut self, task: usize, id: CheckpointId) -> Option<CheckpointId> {
        let pending = self.pending.get_mut(&id)?;
        pending.untouched.remove(&task);
        pending.waiting.remove(&task);
        if !pending.waiting.is_empty() {
            return None;
        }
        self.pending.remove(&id);
        Some(id)
    }

    /// A task ended: everything it ever received is safe, so no checkpoint waits for it any longer, except those whose
    /// barriers it let pass: what it had then is still being stored. Returns those for which it was the last one waited
    /// for.
    pub fn task_finished(&mut self, task: usize) -> Vec<CheckpointId> {
        self.running.remove(&task);
        for pending in self.pending.values_mut() {
            if pending.untouched.remove(&task) {
                pending.waiting.remove(&task);
            }
        }
        self.pending.extract_if(.., |_, pending| pending.waiting.is_empty()).map(|(id, _)| id).collect()
    }

    /// A checkpoint that every task has acknowledged is stored.
    pub fn completed(&mut self, now: i64) {
        self.failures = 0;
        self.due = self.due.max(now.saturating_add(self.schedule.pause));
    }

    /// A checkpoint that has taken too long: it has failed, and nobody waits for it any more.
    pub fn expired(&mut self, now: i64) -> Option<CheckpointId> {
        let id = self.pending.iter().find(|(_, pending)| pending.expires <= now).map(|(id, _)| *id)?;
        self.pending.remove(&id);
        Some(id)
    }

    /// That checkpoint has failed: it is given up. Whether the job goes on without it.
    pub fn failed(&mut self, id: CheckpointId, now: i64) -> bool {
        self.give_up(id);
        self.due = self.due.max(now.saturating_add(self.schedule.pause));
        self.failures += 1;
        self.failures <= self.schedule.tolerated
    }

    /// Nobody waits for that savepoint any more.
    pub fn give_up(&mut self, id: CheckpointId) {
        self.pending.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_100: Schedule = Schedule { interval: 100, pause: 0, timeout: i64::MAX, tolerated: 0, concurrent: 1 };

    #[test]
    fn completes_when_every_task_has_acknowledged() {
        let mut coordinator = Coordinator::new([0, 1], 1, EVERY_100, 0);
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
        let mut coordinator = Coordinator::new([0, 1], 1, Schedule::every(10), 0);
        assert_eq!(coordinator.trigger(10), Some(1));
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.task_finished(1), [1]);
        assert!(coordinator.task_finished(0).is_empty());
        assert_eq!(coordinator.trigger(1000), None, "nobody is left");
    }

    #[test]
    fn the_last_checkpoint_does_not_wait_for_its_time() {
        let mut coordinator = Coordinator::new([0, 1], 1, EVERY_100, 0);
        assert_eq!(coordinator.trigger(100), Some(1));
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.trigger_now(100), None, "one at a time");
        assert_eq!((coordinator.waits_for(0), coordinator.waits_for(1)), (vec![], vec![1]));
        assert_eq!(coordinator.acknowledge(1, 1), Some(1));
        assert_eq!(coordinator.trigger_now(100), Some(2));
    }

    #[test]
    fn a_barrier_passes_a_task_once() {
        let mut coordinator = Coordinator::new([0, 1], 1, EVERY_100, 0);
        coordinator.trigger(100);
        coordinator.passed(0, 1);
        assert_eq!((coordinator.waits_for(0), coordinator.waits_for(1)), (vec![], vec![1]), "0 is being stored");
        assert_eq!(coordinator.acknowledge(1, 1), None);
        assert_eq!(coordinator.acknowledge(0, 1), Some(1));
    }

    #[test]
    fn what_a_task_had_is_waited_for_when_it_has_ended() {
        let mut coordinator = Coordinator::new([0, 1], 1, EVERY_100, 0);
        coordinator.trigger(100);
        coordinator.passed(0, 1);
        assert_eq!(coordinator.acknowledge(1, 1), None);
        assert!(coordinator.task_finished(0).is_empty(), "its state is being stored");
        assert_eq!(coordinator.acknowledge(0, 1), Some(1));
    }

    #[test]
    fn an_old_acknowledgement_does_not_count() {
        let mut coordinator = Coordinator::new([0], 1, Schedule::every(10), 0);
        coordinator.trigger(10);
        coordinator.acknowledge(0, 1);
        coordinator.trigger(20);
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.acknowledge(0, 2), Some(2));
    }

    #[test]
    fn the_pause_begins_at_the_end_of_a_checkpoint() {
        let mut coordinator = Coordinator::new([0], 1, Schedule { pause: 80, ..EVERY_100 }, 0);
        assert_eq!(coordinator.trigger(100), Some(1));
        coordinator.acknowledge(0, 1);
        coordinator.completed(110);
        assert_eq!(coordinator.next_due(), 200, "190 is sooner than the interval");
        assert_eq!(coordinator.trigger(200), Some(2));
        coordinator.acknowledge(0, 2);
        coordinator.completed(290);
        assert_eq!(coordinator.trigger(369), None);
        assert_eq!(coordinator.trigger(370), Some(3));
    }

    #[test]
    fn a_checkpoint_that_takes_too_long_is_given_up() {
        let mut coordinator = Coordinator::new([0, 1], 1, Schedule { timeout: 30, tolerated: 1, ..EVERY_100 }, 0);
        coordinator.trigger(100);
        coordinator.acknowledge(0, 1);
        assert_eq!((coordinator.next_due(), coordinator.expired(129)), (130, None));
        assert_eq!(coordinator.expired(130), Some(1));
        assert!(coordinator.failed(1, 130), "one is tolerated");
        assert!(!coordinator.is_pending(1));
        assert_eq!(coordinator.acknowledge(1, 1), None, "too late");
        assert_eq!(coordinator.trigger_now(150), None, "not at once again");
        assert_eq!(coordinator.trigger(200), Some(2));
        assert_eq!(coordinator.expired(230), Some(2));
        assert!(!coordinator.failed(2, 230), "two in a row are not");
    }

    #[test]
    fn failures_count_since_the_last_complete_checkpoint() {
        let mut coordinator = Coordinator::new([0], 1, Schedule { tolerated: 1, ..EVERY_100 }, 0);
        coordinator.trigger(100);
        assert!(coordinator.failed(1, 120));
        coordinator.trigger(200);
        coordinator.acknowledge(0, 2);
        coordinator.completed(210);
        coordinator.trigger(300);
        assert!(coordinator.failed(3, 310));
        coordinator.trigger(400);
        assert!(!coordinator.failed(4, 410));
        let mut strict = Coordinator::new([0], 1, EVERY_100, 0);
        strict.trigger(100);
        assert!(!strict.failed(1, 100), "none is tolerated");
    }

    #[test]
    fn several_are_under_way_where_they_may_be() {
        let mut coordinator = Coordinator::new([0, 1], 1, Schedule { concurrent: 2, timeout: 500, ..EVERY_100 }, 0);
        assert_eq!(coordinator.trigger(100), Some(1));
        assert_eq!(coordinator.next_due(), 200);
        assert_eq!(coordinator.trigger(200), Some(2));
        assert_eq!((coordinator.trigger(300), coordinator.next_due()), (None, 600));
        assert_eq!(coordinator.waits_for(1), [1, 2]);
        assert_eq!(coordinator.acknowledge(0, 1), None);
        assert_eq!(coordinator.acknowledge(0, 2), None);
        assert_eq!(coordinator.trigger_now(300), None, "the last one of a job comes behind all others");
        assert_eq!(coordinator.acknowledge(1, 1), Some(1));
        assert_eq!(coordinator.trigger(300), Some(3));
        assert_eq!(coordinator.task_finished(1), [2], "3 waits for 0");
        assert_eq!((coordinator.expired(799), coordinator.expired(800)), (None, Some(3)));
        assert!(coordinator.is_quiet());
    }

    #[test]
    fn a_savepoint_leaves_the_schedule_as_it_is() {
        let mut coordinator = Coordinator::new([0], 1, EVERY_100, 0);
        assert_eq!(coordinator.trigger_savepoint(70, 10), Some(1));
        assert_eq!((coordinator.trigger_savepoint(70, 10), coordinator.expired(80)), (None, Some(1)));
        coordinator.give_up(1);
        assert_eq!(coordinator.trigger_savepoint(90, 500), Some(2));
        assert_eq!((coordinator.trigger(100), coordinator.acknowledge(0, 2)), (None, Some(2)));
        assert_eq!(coordinator.trigger(100), Some(3));
    }
}
