//! Which sources wait for each other: decides how far each of a group may read. Does no I/O.

use std::collections::BTreeMap;

use super::control::TaskId;
use crate::time::Alignment;

struct Member {
    group: String,
    /// How far it may be ahead of the slowest, in ms of event time.
    max_drift: i64,
    /// What it has told; `None` while it does not count.
    watermark: Option<i64>,
    /// What it was told.
    limit: i64,
}

/// The sources of a job that have an alignment group.
#[derive(Default)]
pub struct Groups {
    members: BTreeMap<TaskId, Member>,
}

impl Groups {
    pub fn add(&mut self, task: TaskId, alignment: &Alignment) {
        let (group, max_drift) = (alignment.group.clone(), alignment.max_drift);
        self.members.insert(task, Member { group, max_drift, watermark: None, limit: i64::MAX });
    }

    /// A source has come that far; `None` if nobody should wait for it. Returns the members whose limit changes.
    pub fn report(&mut self, task: TaskId, watermark: Option<i64>) -> Vec<(TaskId, i64)> {
        let Some(member) = self.members.get_mut(&task) else { return Vec::new() };
        member.watermark = watermark;
        let group = member.group.clone();
        self.decide(&group)
    }

    /// A source has read its last record.
    pub fn leave(&mut self, task: TaskId) -> Vec<(TaskId, i64)> {
        match self.members.remove(&task) {
            Some(member) => self.decide(&member.group),
            None => Vec::new(),
        }
    }

    fn decide(&mut self, group: &str) -> Vec<(TaskId, i64)> {
        let slowest = self.members.values().filter(|member| member.group == group).filter_map(|m| m.watermark).min();
        let mut changed = Vec::new();
        for (task, member) in self.members.iter_mut().filter(|(_, member)| member.group == group) {
            let limit = slowest.map_or(i64::MAX, |slowest| slowest.saturating_add(member.max_drift));
            if limit != member.limit {
                member.limit = limit;
                changed.push((*task, limit));
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(members: &[(TaskId, &str)]) -> Groups {
        let mut groups = Groups::default();
        for (task, group) in members {
            let group = (*group).to_owned();
            groups.add(*task, &Alignment { group, max_drift: 100, update_interval: 1_000 });
        }
        groups
    }

    #[test]
    fn nobody_is_further_ahead_of_the_slowest_than_the_drift() {
        let mut groups = groups(&[(0, "g"), (1, "g"), (2, "other")]);
        assert_eq!(groups.report(0, Some(500)), [(0, 600), (1, 600)]);
        assert_eq!(groups.report(1, Some(50)), [(0, 150), (1, 150)]);
        assert_eq!(groups.report(0, Some(900)), [], "the slowest is where it was");
        assert_eq!(groups.report(1, Some(80)), [(0, 180), (1, 180)]);
        assert_eq!(groups.report(7, Some(0)), [], "not a member");
    }

    #[test]
    fn who_is_idle_or_has_ended_is_not_waited_for() {
        let mut groups = groups(&[(0, "g"), (1, "g")]);
        groups.report(0, Some(500));
        groups.report(1, Some(50));
        assert_eq!(groups.report(1, None), [(0, 600), (1, 600)]);
        groups.report(1, Some(50));
        assert_eq!(groups.leave(1), [(0, 600)]);
        assert_eq!(groups.report(0, None), [(0, i64::MAX)], "nobody is left to compare with");
    }
}
