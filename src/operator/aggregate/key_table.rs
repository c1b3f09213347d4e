//! Numbers keys in the order in which they first come.

use std::hash::BuildHasher;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StringArray};
use arrow::datatypes::{DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::batch::KeyEncoder;
use crate::error::{Error, Result};

/// A table for the type of the key: whole numbers and texts are hashed as they are, other keys by their canonical
/// encoding.
pub enum KeyTable {
    Whole(Numbers),
    Text(Bytes),
    Encoded(Bytes),
}

impl KeyTable {
    /// For keys of these columns.
    pub fn new(columns: &[ArrayRef]) -> KeyTable {
        match columns {
            [only] => match only.data_type() {
                DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Date32 => {
                    KeyTable::Whole(Numbers::default())
                }
                DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _) => KeyTable::Whole(Numbers::default()),
                DataType::Utf8 => KeyTable::Text(Bytes::default()),
                _ => KeyTable::Encoded(Bytes::default()),
            },
            _ => KeyTable::Encoded(Bytes::default()),
        }
    }

    /// How many keys have come.
    pub fn len(&self) -> usize {
        match self {
            KeyTable::Whole(table) => table.count.keys as usize,
            KeyTable::Text(table) | KeyTable::Encoded(table) => table.count.keys as usize,
        }
    }

    /// Writes the number of each row's key; a key that is new gets the next one.
    pub fn find(&mut self, columns: &[ArrayRef], rows: usize, numbers: &mut Vec<u32>) -> Result<()> {
        numbers.clear();
        numbers.reserve(rows);
        match self {
            KeyTable::Whole(table) => match columns[0].data_type() {
                DataType::Int8 => table.find::<Int8Type>(&columns[0], numbers),
                DataType::Int16 => table.find::<Int16Type>(&columns[0], numbers),
                DataType::Int32 => table.find::<Int32Type>(&columns[0], numbers),
                DataType::Int64 => table.find::<Int64Type>(&columns[0], numbers),
                DataType::Date32 => table.find::<Date32Type>(&columns[0], numbers),
                DataType::Timestamp(..) => table.find::<TimestampMicrosecondType>(&columns[0], numbers),
                other => return Err(Error::internal(format!("a key of type {other} is no whole number"))),
            },
            KeyTable::Text(table) => table.find_texts(columns[0].as_string(), numbers),
            KeyTable::Encoded(table) => {
                let encoder = KeyEncoder::new(columns);
                let mut key = Vec::with_capacity(64);
                for row in 0..rows {
                    key.clear();
                    encoder.encode(row, &mut key)?;
                    numbers.push(table.number(&key));
                }
            }
        }
        Ok(())
    }
}

/// The number that null has, and how many keys there are.
#[derive(Default)]
struct Count {
    keys: u32,
    null: Option<u32>,
}

impl Count {
    fn next(&mut self) -> u32 {
        self.keys += 1;
        self.keys - 1
    }

    fn null(&mut self) -> u32 {
        match self.null {
            Some(number) => number,
            None => {
                let number = self.next();
                *self.null.insert(number)
            }
        }
    }
}

#[derive(Default)]
pub struct Numbers {
    table: HashTable<(i64, u32)>,
    hasher: RandomState,
    count: Count,
}

impl Numbers {
    fn find<T: ArrowPrimitiveType>(&mut self, column: &ArrayRef, numbers: &mut Vec<u32>)
    where
        T::Native: Into<i64>,
    {
        let column = column.as_primitive::<T>();
        if column.null_count() == 0 {
            numbers.extend(column.values().iter().map(|key| self.number((*key).into())));
        } else {
            numbers.extend(column.iter().map(|key| match key {
                Some(key) => self.number(key.into()),
                None => self.count.null(),
            }));
        }
    }

    #[inline]
    fn number(&mut self, key: i64) -> u32 {
        let hash = self.hasher.hash_one(key);
        match self.table.find(hash, |known| known.0 == key) {
            Some(known) => known.1,
            None => {
                let number = self.count.next();
                let hasher = &self.hasher;
                self.table.insert_unique(hash, (key, number), |known| hasher.hash_one(known.0));
                number
            }
        }
    }
}

#[derive(Default)]
pub struct Bytes {
    /// Hash and number of each key.
    table: HashTable<(u64, u32)>,
    hasher: RandomState,
    count: Count,
    /// The keys one behind the other, and where each begins and ends; null's is empty.
    bytes: Vec<u8>,
    ranges: Vec<(usize, usize)>,
}

impl Bytes {
    fn find_texts(&mut self, column: &StringArray, numbers: &mut Vec<u32>) {
        for row in 0..column.len() {
            numbers.push(match column.is_null(row) {
                false => self.number(column.value(row).as_bytes()),
                true => {
                    let number = self.count.null();
                    if number as usize == self.ranges.len() {
                        self.ranges.push((0, 0));
                    }
                    number
                }
            });
        }
    }

    #[inline]
    fn number(&mut self, key: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(key);
        let same = |known: &(u64, u32)| {
            let (begin, end) = self.ranges[known.1 as usize];
            known.0 == hash && self.bytes[begin..end] == *key
        };
        match self.table.find(hash, same) {
            Some(known) => known.1,
            None => {
                let number = self.count.next();
                let begin = self.bytes.len();
                self.bytes.extend_from_slice(key);
                self.ranges.push((begin, self.bytes.len()));
                self.table.insert_unique(hash, (hash, number), |known| known.0);
                number
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::testing::*;

    fn found(table: &mut KeyTable, columns: &[ArrayRef]) -> Vec<u32> {
        let mut numbers = Vec::new();
        table.find(columns, columns[0].len(), &mut numbers).unwrap();
        numbers
    }

    #[test]
    fn keys_are_numbered_as_they_come() {
        for (first, second) in [
            (opt_ints([Some(7), None, Some(7), Some(-1)]), opt_ints([Some(-1), Some(8), None, Some(7)])),
            (opt_texts([Some("a"), None, Some("a"), Some("")]), opt_texts([Some(""), Some("b"), None, Some("a")])),
            // 0.0 and -0.0 are one key
            (
                std::sync::Arc::new(arrow::array::Float64Array::from(vec![Some(0.0), None, Some(-0.0), Some(2.0)])),
                std::sync::Arc::new(arrow::array::Float64Array::from(vec![Some(2.0), Some(3.0), None, Some(0.0)])),
            ),
        ] {
            let mut table = KeyTable::new(std::slice::from_ref(&first));
            assert_eq!(found(&mut table, &[first]), [0, 1, 0, 2]);
            assert_eq!(found(&mut table, &[second]), [2, 3, 1, 0]);
        }
    }

    #[test]
    fn several_columns_are_one_key() {
        let columns = [texts(["a", "a", "ab", "a"]), texts(["b", "c", "", "b"])];
        assert_eq!(found(&mut KeyTable::new(&columns), &columns), [0, 1, 2, 0]);
    }

    #[test]
    fn many_keys() {
        let numbers: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from_iter_values(
            (0..20_000i64).map(|n| (n % 5_000) * 1_000_003),
        ));
        let texts = arrow::compute::cast(&numbers, &DataType::Utf8).unwrap();
        for column in [numbers, texts] {
            let found = found(&mut KeyTable::new(std::slice::from_ref(&column)), &[column]);
            assert!(found.iter().enumerate().all(|(row, number)| row as u32 % 5_000 == *number));
        }
    }
}
