//! How many different values there are; null is none.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, Int64Array, ListBuilder};
use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::accumulate::{Accumulator, NOWHERE, Overflow};
use crate::batch::KeyEncoder;
use crate::state::SharedVec;

/// The values are kept in the canonical encoding of keys.
type Set = HashSet<Box<[u8]>, RandomState>;

#[derive(Default)]
pub struct CountDistinct {
    /// Each is copied when it changes while a snapshot has it.
    sets: SharedVec<Arc<Set>>,
}

impl Accumulator for CountDistinct {
    fn grow(&mut self, places: usize) {
        self.sets.grow(places, Arc::default());
    }

    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], _: u64) -> Result<(), Overflow> {
        let columns = std::slice::from_ref(values);
        let (encoder, mut encoded) = (KeyEncoder::new(columns), Vec::new());
        for row in rows {
            if places[row] == NOWHERE || values.is_null(row) {
                continue;
            }
            encoded.clear();
            // types that have no encoding are refused when the program is built
            if encoder.encode(row, &mut encoded).is_ok() {
                let place = places[row] as usize;
                if !self.sets[place].contains(encoded.as_slice()) {
                    Arc::make_mut(&mut self.sets[place]).insert(encoded.as_slice().into());
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            let from = self.sets[*from as usize].clone();
            Arc::make_mut(&mut self.sets[*into as usize]).extend(from.iter().cloned());
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.sets[*place as usize] = Arc::default());
    }

    fn results(&self, places: &[u32]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(places.iter().map(|place| self.sets[*place as usize].len() as i64)))
    }

    fn export(&self, places: &[u32]) -> Vec<ArrayRef> {
        let mut sets = ListBuilder::new(BinaryBuilder::new());
        for place in places {
            sets.append_value(self.sets[*place as usize].iter().map(Some));
        }
        vec![Arc::new(sets.finish())]
    }

    fn import(&mut self, columns: &[ArrayRef], places: &[u32]) {
        let sets = columns[0].as_list::<i32>();
        for (row, place) in places.iter().enumerate() {
            let set: Set = sets.value(row).as_binary::<i32>().iter().flatten().map(Box::from).collect();
            self.sets[*place as usize] = Arc::new(set);
        }
    }

    fn share(&mut self) -> Box<dyn Accumulator> {
        Box::new(CountDistinct { sets: self.sets.share() })
    }
}
