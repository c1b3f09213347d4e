//! The keys that an operator has something of, by number. A number is given to another key when its own is done with.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, StringBuilder};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::row::{RowConverter, Rows, SortField};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::error::Result;

/// A table for the type of the key: whole numbers and texts are kept as they are, other keys as arrow's rows.
pub struct KeyNumbers {
    held: Held,
    table: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
    null: Option<u32>,
    count: u32,
}

enum Held {
    Whole { keys: Vec<i64>, data_type: DataType },
    Texts(Bytes),
    Rows(Bytes, RowKeys),
}

/// Keys one behind the other.
#[derive(Default)]
struct Bytes {
    bytes: Vec<u8>,
    /// Where each begins and ends, and its hash.
    ranges: Vec<(usize, usize, u64)>,
    /// How many bytes are of keys that are gone.
    waste: usize,
}

impl Bytes {
    fn get(&self, number: u32) -> &[u8] {
        let (begin, end, _) = self.ranges[number as usize];
        &self.bytes[begin..end]
    }

    fn set(&mut self, number: u32, key: &[u8], hash: u64) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(key);
        if self.ranges.len() <= number as usize {
            self.ranges.resize(number as usize + 1, (0, 0, 0));
        }
        self.ranges[number as usize] = (begin, self.bytes.len(), hash);
    }

    fn forget(&mut self, number: u32) {
        let (begin, end, _) = std::mem::take(&mut self.ranges[number as usize]);
        self.waste += end - begin;
        if self.waste > 64 * 1024 && self.waste > self.bytes.len() / 2 {
            let mut kept = Vec::with_capacity(self.bytes.len() - self.waste);
            for (begin, end, _) in &mut self.ranges {
                let from = kept.len();
                kept.extend_from_slice(&self.bytes[*begin..*end]);
                (*begin, *end) = (from, kept.len());
            }
            (self.bytes, self.waste) = (kept, 0);
        }
    }
}

impl KeyNumbers {
    /// For keys of these columns; without any there is one key.
    pub fn new(schema: &SchemaRef) -> Result<KeyNumbers> {
        let held = match schema.fields().iter().map(|field| field.data_type()).collect::<Vec<_>>().as_slice() {
            [
                data_type @ (DataType::Int8
                | DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Date32
                | DataType::Timestamp(TimeUnit::Microsecond, _)),
            ] => Held::Whole { keys: Vec::new(), data_type: (*data_type).clone() },
            [DataType::Utf8] => Held::Texts(Bytes::default()),
            _ => Held::Rows(Bytes::default(), RowKeys::new(schema)?),
        };
        Ok(KeyNumbers {
            held,
            table: HashTable::new(),
            hasher: RandomState::default(),
            free: Vec::new(),
            null: None,
            count: 0,
        })
    }

    /// Writes the number of each row's key, new ones among them, but of rows that are not `wanted`.
    pub fn find(
        &mut self,
        columns: &[ArrayRef],
        rows: usize,
        wanted: impl Fn(usize) -> bool,
        numbers: &mut Vec<u32>,
    ) -> Result<()> {
        numbers.clear();
        numbers.reserve(rows);
        match &self.held {
            Held::Whole { data_type, .. } => match data_type.clone() {
                DataType::Int8 => self.find_whole::<Int8Type>(&columns[0], wanted, numbers),
                DataType::Int16 => self.find_whole::<Int16Type>(&columns[0], wanted, numbers),
                DataType::Int32 => self.find_whole::<Int32Type>(&columns[0], wanted, numbers),
                DataType::Int64 => self.find_whole::<Int64Type>(&columns[0], wanted, numbers),
                DataType::Date32 => self.find_whole::<Date32Type>(&columns[0], wanted, numbers),
                _ => self.find_whole::<TimestampMicrosecondType>(&columns[0], wanted, numbers),
            },
            Held::Texts(_) => {
                let column = columns[0].as_string::<i32>();
                for row in 0..rows {
                    numbers.push(match (wanted(row), column.is_null(row)) {
                        (false, _) => 0,
                        (true, true) => self.null(),
                        (true, false) => self.bytes(column.value(row).as_bytes()),
                    });
                }
            }
            Held::Rows(_, keys) => {
                let converted = keys.convert(columns)?;
                for row in 0..rows {
                    numbers.push(if wanted(row) { self.bytes(converted.get(row)) } else { 0 });
                }
            }
        }
        Ok(())
    }

    fn find_whole<T: ArrowPrimitiveType>(
        &mut self,
        column: &ArrayRef,
        wanted: impl Fn(usize) -> bool,
        numbers: &mut Vec<u32>,
    ) where
        T::Native: Into<i64>,
    {
        let column = column.as_primitive::<T>();
        let nulls = column.nulls();
        for (row, key) in column.values().iter().enumerate() {
            numbers.push(match (wanted(row), nulls.is_some_and(|nulls| nulls.is_null(row))) {
                (false, _) => 0,
                (true, true) => self.null(),
                (true, false) => self.whole((*key).into()),
            });
        }
    }

    /// A number that no key has.
    fn next(free: &mut Vec<u32>, count: &mut u32) -> u32 {
        free.pop().unwrap_or_else(|| {
            *count += 1;
            *count - 1
        })
    }

    fn null(&mut self) -> u32 {
        let (free, count) = (&mut self.free, &mut self.count);
        let number = *self.null.get_or_insert_with(|| Self::next(free, count));
        match &mut self.held {
            Held::Whole { keys, .. } => keys.resize(keys.len().max(number as usize + 1), 0),
            Held::Texts(bytes) | Held::Rows(bytes, _) => {
                bytes.ranges.resize(bytes.ranges.len().max(number as usize + 1), (0, 0, 0));
            }
        }
        number
    }

    #[inline]
    fn whole(&mut self, key: i64) -> u32 {
        let Held::Whole { keys, .. } = &mut self.held else { return 0 };
        let hash = self.hasher.hash_one(key);
        if let Some(number) = self.table.find(hash, |number| keys[*number as usize] == key) {
            return *number;
        }
        let number = Self::next(&mut self.free, &mut self.count);
        keys.resize(keys.len().max(number as usize + 1), 0);
        keys[number as usize] = key;
        let hasher = &self.hasher;
        self.table.insert_unique(hash, number, |number| hasher.hash_one(keys[*number as usize]));
        number
    }

    #[inline]
    fn bytes(&mut self, key: &[u8]) -> u32 {
        let (Held::Texts(held) | Held::Rows(held, _)) = &mut self.held else { return 0 };
        let hash = self.hasher.hash_one(key);
        let same = |number: &u32| {
            let (begin, end, known) = held.ranges[*number as usize];
            known == hash && held.bytes[begin..end] == *key
        };
        if let Some(number) = self.table.find(hash, same) {
            return *number;
        }
        let number = Self::next(&mut self.free, &mut self.count);
        held.set(number, key, hash);
        self.table.insert_unique(hash, number, |number| held.ranges[*number as usize].2);
        number
    }

    /// Nothing is kept of that key any more.
    pub fn forget(&mut self, number: u32) {
        if self.null == Some(number) {
            self.null = None;
        } else {
            let hash = match &self.held {
                Held::Whole { keys, .. } => self.hasher.hash_one(keys[number as usize]),
                Held::Texts(bytes) | Held::Rows(bytes, _) => bytes.ranges[number as usize].2,
            };
            if let Ok(entry) = self.table.find_entry(hash, |known| *known == number) {
                entry.remove();
            }
            if let Held::Texts(bytes) | Held::Rows(bytes, _) = &mut self.held {
                bytes.forget(number);
            }
        }
        self.free.push(number);
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.table.len() + usize::from(self.null.is_some())
    }

    /// The columns of the keys with those numbers.
    pub fn columns(&self, numbers: &[u32]) -> Result<Vec<ArrayRef>> {
        Ok(match &self.held {
            Held::Whole { keys, data_type } => {
                let keys = numbers.iter().map(|number| (self.null != Some(*number)).then(|| keys[*number as usize]));
                vec![match data_type {
                    DataType::Int8 => whole::<Int8Type>(keys, |key| key as i8, data_type),
                    DataType::Int16 => whole::<Int16Type>(keys, |key| key as i16, data_type),
                    DataType::Int32 => whole::<Int32Type>(keys, |key| key as i32, data_type),
                    DataType::Int64 => whole::<Int64Type>(keys, |key| key, data_type),
                    DataType::Date32 => whole::<Date32Type>(keys, |key| key as i32, data_type),
                    _ => whole::<TimestampMicrosecondType>(keys, |key| key, data_type),
                }]
            }
            Held::Texts(bytes) => {
                let mut texts = StringBuilder::with_capacity(numbers.len(), numbers.len() * 16);
                for number in numbers {
                    match self.null == Some(*number) {
                        true => texts.append_null(),
                        // what was put in is a text
                        false => texts.append_value(std::str::from_utf8(bytes.get(*number)).unwrap_or_default()),
                    }
                }
                vec![Arc::new(texts.finish())]
            }
            Held::Rows(bytes, keys) => keys.columns(numbers.iter().map(|number| bytes.get(*number)))?,
        })
    }
}

fn whole<T: ArrowPrimitiveType>(
    keys: impl Iterator<Item = Option<i64>>,
    native: impl Fn(i64) -> T::Native,
    data_type: &DataType,
) -> ArrayRef {
    let keys = keys.map(|key| key.map(&native)).collect::<PrimitiveArray<T>>();
    Arc::new(keys.with_data_type(data_type.clone()))
}

/// Keys of any columns as bytes, and back.
pub struct RowKeys {
    /// `None` where there are no columns.
    converter: Option<RowConverter>,
}

/// The keys of a batch.
pub struct Converted(Option<Rows>);

impl Converted {
    pub fn get(&self, row: usize) -> &[u8] {
        match &self.0 {
            Some(rows) => rows.row(row).data(),
            None => &[],
        }
    }
}

impl RowKeys {
    pub fn new(schema: &SchemaRef) -> Result<RowKeys> {
        if schema.fields().is_empty() {
            return Ok(RowKeys { converter: None });
        }
        let fields = schema.fields().iter().map(|field| SortField::new(field.data_type().clone()));
        Ok(RowKeys { converter: Some(RowConverter::new(fields.collect())?) })
    }

    pub fn convert(&self, columns: &[ArrayRef]) -> Result<Converted> {
        let Some(converter) = &self.converter else { return Ok(Converted(None)) };
        let columns: Vec<ArrayRef> = columns.iter().map(one_zero).collect();
        Ok(Converted(Some(converter.convert_columns(&columns)?)))
    }

    pub fn columns<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Result<Vec<ArrayRef>> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let parser = converter.parser();
        Ok(converter.convert_rows(keys.map(|key| parser.parse(key)))?)
    }
}

/// 0.0 and -0.0 are one key.
fn one_zero(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float32 => {
            Arc::new(column.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| value + 0.0))
        }
        DataType::Float64 => {
            Arc::new(column.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| value + 0.0))
        }
        _ => column.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Columns, Data};
    use crate::expression::testing::*;
    use crate::operator::testing::printed_data;
    use crate::types::Shape;

    fn numbers(table: &mut KeyNumbers, columns: &[ArrayRef]) -> Vec<u32> {
        let mut numbers = Vec::new();
        table.find(columns, columns[0].len(), |_| true, &mut numbers).unwrap();
        numbers
    }

    #[test]
    fn a_number_is_given_again_when_its_key_is_forgotten() {
        let doubles: ArrayRef =
            Arc::new(arrow::array::Float64Array::from(vec![Some(0.0), None, Some(-0.0), Some(2.0)]));
        for column in
            [opt_ints([Some(7), None, Some(7), Some(-1)]), opt_texts([Some("a"), None, Some("a"), Some("")]), doubles]
        {
            let records = batch(vec![("k", column.clone())]);
            let mut table = KeyNumbers::new(&records.schema()).unwrap();
            assert_eq!(numbers(&mut table, std::slice::from_ref(&column)), [0, 1, 0, 2]);
            table.forget(1);
            table.forget(0);
            assert_eq!(table.len(), 1);
            // the last one that was given back comes first
            assert_eq!(numbers(&mut table, &[column.slice(3, 1)]), [2]);
            assert_eq!(numbers(&mut table, std::slice::from_ref(&column)), [0, 1, 0, 2]);
            let columns = table.columns(&[2, 1, 0]).unwrap();
            let expected =
                arrow::compute::take(&column, &arrow::array::UInt32Array::from(vec![3, 1, 0]), None).unwrap();
            let printed = |column: &ArrayRef| {
                printed_data(&Data::Columns(Columns::new(batch(vec![("k", column.clone())]), Shape::Row)))
            };
            assert_eq!(printed(&columns[0]), printed(&expected));
        }
    }

    #[test]
    fn bytes_of_keys_that_are_gone_are_given_up() {
        let records = batch(vec![("k", texts([""]))]);
        let mut table = KeyNumbers::new(&records.schema()).unwrap();
        for n in 0..20_000 {
            let text = format!("a key of some length {n}");
            let number = numbers(&mut table, &[texts([text.as_str()])])[0];
            assert_eq!(table.columns(&[number]).unwrap()[0].as_string::<i32>().value(0), text);
            table.forget(number);
        }
        let Held::Texts(bytes) = &table.held else { panic!("texts are kept as they are") };
        assert!(bytes.bytes.len() < 200_000 && bytes.ranges.len() == 1);
    }
}
