//! How many different values there are; null is none.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, Int64Array, ListBuilder};
use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::accumulate::{Accumulator, NOWHERE, Overflow};
use crate::batch::KeyEncoder;

/// The values are kept in the canonical encoding of keys.
type Set = HashSet<Box<[u8]>, RandomState>;

#[derive(Default)]
pub struct CountDistinct {
    sets: Vec<Set>,
}

impl Accumulator for CountDistinct {
    fn grow(&mut self, places: usize) {
        self.sets.resize_with(places, Set::default);
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
                let set = &mut self.sets[places[row] as usize];
                if !set.contains(encoded.as_slice()) {
                    set.insert(encoded.as_slice().into());
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            if let Ok([into, from]) = self.sets.get_disjoint_mut([*into as usize, *from as usize]) {
                into.extend(from.iter().cloned());
            }
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.sets[*place as usize] = Set::default());
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
            self.sets[*place as usize] = sets.value(row).as_binary::<i32>().iter().flatten().map(Box::from).collect();
        }
    }
}
