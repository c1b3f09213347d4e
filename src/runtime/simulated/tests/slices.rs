//! Snapshots that are taken in slices while records go on: what they have is what there was at the barrier.

use std::collections::BTreeMap;

use super::restore::{crash_at_random_steps, groups_of, totals_of};
use super::*;
use crate::checkpoint::{Capture, KeyedPart, Snapshot};
use crate::operator::Slice;
use crate::state::{HeapTable, Slot, Walk};

/// Digits and their totals by key group.
type Taken = BTreeMap<u16, Vec<(i64, i64)>>;

/// Emits the running total of each last digit, as [`super::restore`]'s, and keeps it as the binding keeps objects.
struct Sliced {
    totals: HeapTable<i64, i64>,
    /// What the snapshot has so far, and how far the walk has come.
    taking: Option<(Taken, Walk)>,
    /// How many snapshots were interrupted by records.
    interrupted: Arc<std::sync::atomic::AtomicUsize>,
    fresh: bool,
}

impl Sliced {
    /// Takes an entry that the snapshot does not have yet.
    fn take_first(&mut self, group: u16, digit: i64) {
        if let Some(entry) = self.totals.get(group, &digit)
            && !self.totals.has(entry)
        {
            if let Some((taken, _)) = &mut self.taking {
                taken.entry(group).or_default().push((digit, entry.value));
            }
            self.totals.mark(group, &digit);
        }
    }
}

impl Operator for Sliced {
    fn process(&mut self, _: usize, batch: Batch, output: &mut Output) -> Result<()> {
        if self.taking.is_some() && std::mem::take(&mut self.fresh) {
            self.interrupted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        let groups = batch.keys.clone().unwrap().groups(128)?.to_vec();
        let mut results = Vec::new();
        for (value, group) in values(&batch).into_iter().zip(groups) {
            let digit = value % 10;
            self.take_first(group, digit);
            let total = match self.totals.slot(group, &digit) {
                Slot::Free(total) => {
                    *total += value;
                    *total
                }
                Slot::Empty => {
                    self.totals.add(group, digit, value);
                    value
                }
                Slot::Untaken => panic!("it was taken first"),
            };
            results.push(total * 10 + digit);
        }
        output.emit(super::batch(results));
        Ok(())
    }

    fn capture(&mut self) -> Result<Capture> {
        assert!(self.taking.is_none(), "the snapshot before was finished or abandoned");
        self.totals.begin();
        (self.taking, self.fresh) = (Some((BTreeMap::new(), Walk::default())), true);
        Ok(Capture::Unfinished)
    }

    fn go_on(&mut self, slice: &mut Slice) -> Result<Capture> {
        let Some((mut taken, mut walk)) = self.taking.take() else { return Ok(Capture::default()) };
        loop {
            let (most, mut count) = (slice.next_run(3), 0);
            if most == 0 {
                self.taking = Some((taken, walk));
                return Ok(Capture::Unfinished);
            }
            let more = self.totals.walk(&mut walk, most, |group, digit, total| {
                taken.entry(group).or_default().push((*digit, *total));
                count += 1;
            });
            if !more {
                let part = KeyedPart { name: "totals".into(), encoding: "pairs".into(), groups: groups_of(taken) };
                return Ok(Capture::Ready(Snapshot { keyed: vec![part], ..Snapshot::default() }));
            }
            slice.note(count);
        }
    }

    fn abandon(&mut self) {
        self.taking = None;
    }
}

#[test]
fn a_crash_at_any_step_changes_nothing() {
    let interrupted = Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = interrupted.clone();
    crash_at_random_steps(200, move |context| {
        let (mut totals, taking) = (HeapTable::default(), None);
        totals_of(context).into_iter().for_each(|(group, digit, total)| totals.add(group, digit, total));
        Box::new(Sliced { totals, taking, interrupted: counted.clone(), fresh: false })
    });
    let interrupted = interrupted.load(std::sync::atomic::Ordering::SeqCst);
    assert!(interrupted > 100, "records came in the middle of {interrupted} snapshots");
}
