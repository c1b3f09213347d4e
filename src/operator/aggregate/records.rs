//! One record of some columns for each key, which may be replaced by another.
//!
//! Records stay in the columns they came in. What is new in a batch becomes a chunk of its own, and neighbouring chunks of about one
//! size are joined, without the records that were replaced: there are few chunks, and a record is moved few times.

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::{interleave, take};

use crate::error::Result;
use crate::state::SharedVec;

/// Where a record stands: the chunk, and the row in it.
type Place = (usize, usize);

#[derive(Default)]
pub struct Records {
    chunks: Vec<Chunk>,
    /// By the number of the key.
    places: SharedVec<(u32, u32)>,
    /// The keys whose record was set by the batch at hand.
    set: Vec<u32>,
}

struct Chunk {
    columns: Vec<ArrayRef>,
    /// The key of each row; it may have got another record since.
    owners: Vec<u32>,
}

impl Records {
    /// How many keys have a record.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Makes `row` of the batch at hand the record of that key; a key that is new has the next number.
    #[inline]
    pub fn set(&mut self, key: u32, row: usize) {
        let place = (self.chunks.len() as u32, row as u32);
        match self.places.get_mut(key as usize) {
            Some(known) => *known = place,
            None => self.places.push(place),
        }
        self.set.push(key);
    }

    #[inline]
    pub fn place(&self, key: u32) -> Place {
        let (chunk, row) = self.places[key as usize];
        (chunk as usize, row as usize)
    }

    /// The records as they are now, whatever becomes of them; costs next to nothing.
    pub fn share(&mut self) -> Records {
        let chunk = |chunk: &Chunk| Chunk { columns: chunk.columns.clone(), owners: Vec::new() };
        Records { chunks: self.chunks.iter().map(chunk).collect(), places: self.places.share(), set: Vec::new() }
    }

    /// The columns of the records at those places, the batch at hand (`current`) among them.
    pub fn gather(&self, places: &[Place], current: &[ArrayRef]) -> Result<Vec<ArrayRef>> {
        let column = |at: usize| {
            let mut arrays: Vec<&dyn Array> = self.chunks.iter().map(|chunk| chunk.columns[at].as_ref()).collect();
            arrays.push(current[at].as_ref());
            Ok(interleave(&arrays, places)?)
        };
        (0..current.len()).map(column).collect()
    }

    /// The records of the keys with those numbers. There is no batch at hand.
    pub fn of(&self, keys: std::ops::Range<usize>) -> Result<Vec<ArrayRef>> {
        // without columns nothing is kept
        let Some(first) = self.chunks.first() else { return Ok(Vec::new()) };
        let places: Vec<Place> = keys.map(|key| self.place(key as u32)).collect();
        let column = |at: usize| {
            let arrays: Vec<&dyn Array> = self.chunks.iter().map(|chunk| chunk.columns[at].as_ref()).collect();
            Ok(interleave(&arrays, &places)?)
        };
        (0..first.columns.len()).map(column).collect()
    }

    /// Keeps what the batch at hand has set.
    pub fn keep(&mut self, current: &[ArrayRef]) -> Result<()> {
        if self.set.is_empty() {
            return Ok(());
        }
        let chunk = self.chunks.len() as u32;
        let mut rows = Vec::new();
        let mut owners = Vec::new();
        for key in self.set.drain(..) {
            let (of, row) = &mut self.places[key as usize];
            // a key that was set several times is met as often, and counts once
            if *of == chunk {
                *of = u32::MAX;
                rows.push(*row);
                owners.push(key);
            }
        }
        for (row, key) in (0..).zip(&owners) {
            self.places[*key as usize] = (chunk, row);
        }
        let rows = UInt32Array::from(rows);
        let columns = current.iter().map(|column| Ok(take(column, &rows, None)?)).collect::<Result<_>>()?;
        self.chunks.push(Chunk { columns, owners });
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        while let [.., first, second] = self.chunks.as_slice()
            && first.owners.len() <= 2 * second.owners.len()
        {
            let at = self.chunks.len() - 2;
            let mut owners = Vec::new();
            let mut rows = Vec::new();
            for (of, chunk) in [first, second].into_iter().enumerate() {
                for (row, key) in chunk.owners.iter().enumerate() {
                    if self.places[*key as usize] == ((at + of) as u32, row as u32) {
                        rows.push((of, row));
                        owners.push(*key);
                    }
                }
            }
            let pairs = first.columns.iter().zip(&second.columns);
            let columns =
                pairs.map(|(one, two)| Ok(interleave(&[one.as_ref(), two.as_ref()], &rows)?)).collect::<Result<_>>()?;
            self.chunks.truncate(at);
            for (row, key) in (0..).zip(&owners) {
                self.places[*key as usize] = (at as u32, row);
            }
            self.chunks.push(Chunk { columns, owners });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    fn batch_of(values: Vec<i64>) -> [ArrayRef; 1] {
        [std::sync::Arc::new(arrow::array::Int64Array::from(values))]
    }

    fn all(records: &Records) -> Vec<i64> {
        records.of(0..records.len()).unwrap()[0].as_primitive::<Int64Type>().values().to_vec()
    }

    #[test]
    fn the_last_record_that_was_set_stays() {
        let mut records = Records::default();
        let batch = [texts(["a", "b", "c"])];
        records.set(0, 0);
        records.set(1, 1);
        records.set(0, 2);
        let seen = records.gather(&[(0, 0), records.place(1), records.place(0)], &batch).unwrap();
        assert_eq!(seen[0].as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["a", "b", "c"]);
        records.keep(&batch).unwrap();
        let kept = records.of(0..2).unwrap();
        assert_eq!(kept[0].as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["c", "b"]);
    }

    /// 1000 keys, each set anew by every seventh batch of 10.
    #[test]
    fn what_was_replaced_is_given_up() {
        let mut records = Records::default();
        for first in (0..1000).step_by(10) {
            for key in 0..10 {
                records.set(first + key, key as usize);
            }
            records.keep(&batch_of((0..10).map(|n| i64::from(first) + n).collect())).unwrap();
        }
        assert_eq!(all(&records), (0..1000).collect::<Vec<i64>>());
        for turn in 1..=700i64 {
            let first = (turn * 70 % 1000) as u32;
            for key in 0..10 {
                records.set(first + key, key as usize);
            }
            records.keep(&batch_of((0..10).map(|n| turn * 1000 + i64::from(first) + n).collect())).unwrap();
        }
        // 70 and 1000 have 10 in common, so all hundred tens have had their turn; the last of ten 't' is the one
        // that solves 70 t = ten (mod 1000)
        let last = |ten: i64| (1..=700).rev().find(|turn| turn * 70 % 1000 == ten).unwrap();
        let expected: Vec<i64> = (0..1000).map(|n| last(n / 10 * 10) * 1000 + n).collect();
        assert_eq!(all(&records), expected);
        let (chunks, rows) =
            (records.chunks.len(), records.chunks.iter().map(|chunk| chunk.owners.len()).sum::<usize>());
        assert!(chunks <= 10 && rows <= 3000, "{chunks} chunks with {rows} rows");
    }
}
