//! Several subtasks of an operator, stopped at a checkpoint and gone on with as others.

use std::ops::RangeInclusive;

use super::*;
use crate::checkpoint::Snapshot;
use crate::operator::Operator;

const GROUPS: usize = 128;

/// Subtasks of one operator on columns, by the key group of their records.
pub(crate) struct Subtasks {
    operators: Vec<Box<dyn Operator>>,
    output: Output,
}

fn groups_of(subtask: usize, parallelism: usize) -> RangeInclusive<u16> {
    (subtask * GROUPS / parallelism) as u16..=((subtask + 1) * GROUPS / parallelism - 1) as u16
}

impl Subtasks {
    /// `stored` is what the subtasks of the last run had.
    pub fn new(factory: &dyn OperatorFactory, parallelism: usize, stored: &[Snapshot]) -> Subtasks {
        Subtasks::at(Arc::new(ManualClock::new(0)), factory, parallelism, stored)
    }

    pub fn at(
        clock: Arc<ManualClock>,
        factory: &dyn OperatorFactory,
        parallelism: usize,
        stored: &[Snapshot],
    ) -> Subtasks {
        let of = |subtask| {
            let restored = Snapshot::share(stored, groups_of(subtask, parallelism), subtask, parallelism);
            let context = context_at(clock.clone(), parallelism, 7);
            let mut operator =
                factory.create(&SubtaskContext { subtask, restored: restored.into(), ..context }).unwrap();
            assert!(operator.stores());
            operator.open().unwrap();
            operator
        };
        Subtasks { operators: (0..parallelism).map(of).collect(), output: Output::default() }
    }

    /// Gives each record to its subtask; those without keys to the first.
    pub fn process(&mut self, mut batch: Batch) {
        let groups = match &mut batch.keys {
            Some(keys) => keys.groups(GROUPS as u16).unwrap().to_vec(),
            None => vec![0; batch.len()],
        };
        let parallelism = self.operators.len();
        for (subtask, operator) in self.operators.iter_mut().enumerate() {
            let own = groups_of(subtask, parallelism);
            let rows = (0..groups.len() as u32).filter(|row| own.contains(&groups[*row as usize])).collect();
            operator.process(0, batch.take(rows).unwrap(), &mut self.output).unwrap();
        }
    }

    pub fn watermark(&mut self, watermark: i64) {
        self.operators.iter_mut().for_each(|operator| operator.watermark(watermark, &mut self.output).unwrap());
    }

    /// Processing time of one subtask, if it wants to be called.
    pub fn tick(&mut self, subtask: usize, now: i64) {
        if self.operators[subtask].next_wakeup().is_some_and(|time| time <= now) {
            self.operators[subtask].processing_time(now, &mut self.output).unwrap();
        }
    }

    /// What was emitted since the last time, without its order among keys.
    pub fn emitted(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for emission in self.output.take() {
            if let Emission::Batch(tag, batch) = emission {
                let tag = tag.map_or_else(String::new, |tag| format!("{tag}: "));
                lines.extend(printed(&batch).into_iter().map(|line| format!("{tag}{line}")));
            }
        }
        lines.sort();
        lines
    }

    /// What all have at a barrier, as it is read from files.
    pub fn stopped(&mut self) -> Vec<Snapshot> {
        let stored = self.operators.iter_mut().map(|operator| {
            operator.barrier(1, &mut self.output).unwrap();
            Snapshot::decode(operator.capture().unwrap().into_snapshot().unwrap().encode(), "test").unwrap()
        });
        stored.collect()
    }
}

/// Numbers that look random, the same each time.
pub(crate) struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit) as i64
    }
}
