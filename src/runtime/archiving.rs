//! What a master knows of checkpoints that are stored: what is there of those under way, and which one is the latest.

use std::collections::BTreeMap;

use super::archivist::{Archivist, Taken};
use super::control::TaskId;
use crate::checkpoint::{Archive, CheckpointId, Manifest, OperatorState, SubtaskState};
use crate::graph::NodeId;

pub struct Archiving {
    archivist: Archivist,
    /// Where checkpoints are stored, if they are.
    archive: Option<Archive>,
    /// Where savepoints are that are under way.
    savepoints: BTreeMap<CheckpointId, Archive>,
    job_name: String,
    /// What a manifest says of each operator, by its number less one.
    operators: Vec<OperatorState>,
    /// What has been stored of checkpoints that are not complete.
    stored: BTreeMap<CheckpointId, Vec<(NodeId, SubtaskState)>>,
    /// The last complete one. Those before it are removed.
    latest: Option<CheckpointId>,
}

impl Archiving {
    /// `latest` is the last complete checkpoint of an earlier attempt.
    pub fn new(
        archivist: Archivist,
        archive: Option<Archive>,
        job_name: String,
        operators: Vec<OperatorState>,
        latest: Option<CheckpointId>,
    ) -> Self {
        let (savepoints, stored) = (BTreeMap::new(), BTreeMap::new());
        Archiving { archivist, archive, savepoints, job_name, operators, stored, latest }
    }

    /// Whether checkpoints are stored; savepoints always are.
    pub fn stores(&self) -> bool {
        self.archive.is_some()
    }

    /// That savepoint goes to a place of its own.
    pub fn begin_savepoint(&mut self, savepoint: CheckpointId, archive: Archive) {
        self.savepoints.insert(savepoint, archive);
    }

    fn place(&self, checkpoint: CheckpointId) -> Option<Archive> {
        self.savepoints.get(&checkpoint).or(self.archive.as_ref()).cloned()
    }

    /// Stores what a task had; `false` where nothing is stored of that checkpoint.
    pub fn store(&mut self, task: TaskId, checkpoint: CheckpointId, taken: Vec<Taken>) -> bool {
        let Some(archive) = self.place(checkpoint) else { return false };
        self.archivist.store(archive, task, checkpoint, taken);
        true
    }

    /// What a task had has been stored.
    pub fn stored(&mut self, checkpoint: CheckpointId, states: Vec<(NodeId, SubtaskState)>) {
        self.stored.entry(checkpoint).or_default().extend(states);
    }

    /// Everything has been stored of that checkpoint: its manifest follows. `false` where nothing is stored of it.
    pub fn complete(&mut self, checkpoint: CheckpointId, time: i64) -> bool {
        let Some(archive) = self.place(checkpoint) else { return false };
        let mut operators = self.operators.clone();
        for (node, state) in self.stored.remove(&checkpoint).into_iter().flatten() {
            operators[node - 1].subtasks.push(state);
        }
        operators.iter_mut().for_each(|operator| operator.subtasks.sort_by_key(|state| state.subtask));
        let (job_name, written_by) = (self.job_name.clone(), env!("CARGO_PKG_VERSION").to_owned());
        self.archivist.complete(archive, Manifest { checkpoint, job_name, time, written_by, operators });
        true
    }

    /// It has its manifest. The checkpoint before it goes; savepoints stay, and a job that fails does not go on from one.
    pub fn completed(&mut self, checkpoint: CheckpointId) {
        let is_savepoint = self.savepoints.remove(&checkpoint).is_some();
        let Some(archive) = self.archive.clone().filter(|_| !is_savepoint) else { return };
        let older = match self.latest {
            Some(latest) if latest > checkpoint => Some(checkpoint),
            _ => self.latest.replace(checkpoint),
        };
        if let Some(older) = older {
            self.archivist.remove(archive, older);
        }
    }

    /// It has failed: what there is of it goes.
    pub fn give_up(&mut self, checkpoint: CheckpointId) {
        self.stored.remove(&checkpoint);
        let place = self.place(checkpoint);
        self.savepoints.remove(&checkpoint);
        if let Some(archive) = place {
            self.archivist.remove(archive, checkpoint);
        }
    }

    pub fn latest(&self) -> Option<CheckpointId> {
        self.latest
    }
}
