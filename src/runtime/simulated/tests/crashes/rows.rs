//! A running sum of each key that is a row of a database, whose checkpoints share files.

use std::ops::RangeInclusive;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use super::world::columns;
use super::*;
use crate::checkpoint::{Capture, FilesPart, Snapshot};
use crate::state::RocksDbSettings;
use crate::state::rocks::{Database, Rows};

pub struct Sums {
    context: SubtaskContext,
    database: Option<(Database, u16)>,
}

impl Sums {
    pub fn new(context: &SubtaskContext) -> Sums {
        Sums { context: context.clone(), database: None }
    }

    fn groups(&self) -> RangeInclusive<u16> {
        self.context.groups.clone()
    }
}

impl Operator for Sums {
    fn open(&mut self) -> Result<()> {
        let SubtaskContext { subtask, clock, restored, archive, .. } = &self.context;
        let settings = RocksDbSettings { directories: Vec::new(), incremental: true };
        let parts: Vec<&FilesPart> = restored.files.iter().collect();
        let database = Database::restore(&settings, *subtask, clock, self.groups(), &parts, archive.as_ref())?;
        let (state, _) = database.state("sum", "i64", None);
        self.database = Some((database, state));
        Ok(())
    }

    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        let (database, state) = self.database.as_ref().unwrap();
        let groups = batch.keys.clone().unwrap().groups(self.context.max_parallelism)?.to_vec();
        let Data::Columns(events) = &batch.data else { panic!("events are columns") };
        let column = |at: usize| events.records.column(at).as_primitive::<Int64Type>().values().to_vec();
        let (mut row, mut sums) = (Vec::new(), Vec::new());
        for ((key, number), group) in column(0).into_iter().zip(column(1)).zip(groups) {
            Rows::of(group, *state, &key.to_be_bytes(), &mut row);
            let before = database.get(&row, |value| i64::from_le_bytes(value.try_into().unwrap()))?;
            let sum = before.unwrap_or_default() + number;
            database.put(&row, &sum.to_le_bytes())?;
            sums.push((0, key, sum));
        }
        output.emit(Batch::new(Data::Columns(columns(&sums))));
        Ok(())
    }

    fn capture(&mut self) -> Result<Capture> {
        let (database, _) = self.database.as_ref().unwrap();
        let files = vec![database.capture("state", self.groups())?];
        Ok(Capture::Ready(Snapshot { files, ..Snapshot::default() }))
    }
}
