//! Which checkpoint every sink has committed.

use std::collections::BTreeMap;

use super::CheckpointId;

/// How far each committing task is with the checkpoints that are complete. It holds facts and does no I/O.
#[derive(Debug)]
pub struct Commits {
    /// The last checkpoint each task has committed; 0 for none.
    reached: BTreeMap<usize, CheckpointId>,
    /// The last checkpoint that was said to be committed by all.
    told: CheckpointId,
}

impl Commits {
    /// `tasks` are those that commit.
    pub fn new(tasks: impl IntoIterator<Item = usize>) -> Self {
        Commits { reached: tasks.into_iter().map(|task| (task, 0)).collect(), told: 0 }
    }

    /// The tasks that commit.
    pub fn tasks(&self) -> impl Iterator<Item = usize> {
        self.reached.keys().copied()
    }

    /// A checkpoint is complete; returns it where nobody has anything to commit.
    pub fn start(&mut self, id: CheckpointId) -> Option<CheckpointId> {
        if !self.reached.is_empty() {
            return None;
        }
        self.told = id;
        Some(id)
    }

    /// A task has committed everything up to that checkpoint; returns what all have committed when that is more.
    pub fn committed(&mut self, task: usize, id: CheckpointId) -> Option<CheckpointId> {
        let reached = self.reached.get_mut(&task)?;
        *reached = id.max(*reached);
        let all = self.reached.values().copied().min()?;
        if all <= self.told {
            return None;
        }
        self.told = all;
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_decides() {
        let mut commits = Commits::new([3, 5]);
        assert_eq!(commits.start(1), None);
        assert_eq!(commits.committed(3, 1), None);
        assert_eq!(commits.start(2), None, "the next one is complete before 5 is through with the first");
        assert_eq!(commits.committed(3, 2), None);
        assert_eq!(commits.committed(5, 1), Some(1));
        assert_eq!(commits.committed(5, 2), Some(2));
        assert_eq!(commits.committed(5, 2), None, "once is enough");
    }

    #[test]
    fn without_commits_a_complete_checkpoint_is_all_there_is() {
        assert_eq!(Commits::new([]).start(7), Some(7));
    }
}
