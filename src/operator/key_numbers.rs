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
use crate::state::SharedVec;

/// A table for the type of the key: whole numbers and texts are kept as they are, other keys as arrow's rows.
pub struct KeyNumbers {
    keys: NumberedKeys,
    table: HashTable<u32>,
    hasher: RandomState,
    free: Vec<u32>,
    count: u32,
}

/// The keys themselves, by number.
pub struct NumberedKeys {
    held: Held,
    null: Option<u32>,
}

enum Held {
    Whole { keys: SharedVec<i64>, data_type: DataType },
    Texts(Bytes),
    Rows(Bytes, Arc<RowKeys>),
}

/// Keys one behind the other.
#[derive(Default)]
struct Bytes {
    /// Only the last one is written, and only while nobody else has it.
    segments: Vec<Arc<Vec<u8>>>,
    places: SharedVec<Place>,
    /// How many bytes there are, and how many of them are of keys that are gone.
    size: usize,
    waste: usize,
}

/// Where a key stands, and its hash.
#[derive(Clone, Copy, Default)]
struct Place {
    segment: u32,
    begin: u32,
    length: u32,
    hash: u64,
}

/// Segments are not longer than that, but for a key that is.
const SEGMENT: usize = 1 << 20;

impl Bytes {
    #[inline]
    fn at(&self, place: Place) -> &[u8] {
        match place.length {
            0 => &[],
            length => &self.segments[place.segment as usize][place.begin as usize..][..length as usize],
        }
    }

    fn get(&self, number: u32) -> &[u8] {
        self.at(self.places[number as usize])
    }

    fn set(&mut self, number: u32, key: &[u8], hash: u64) {
        self.places.grow(number as usize + 1, Place::default());
        self.places[number as usize] = self.append(key, hash);
    }

    fn append(&mut self, key: &[u8], hash: u64) -> Place {
        self.size += key.len();
        let last = self.segments.last_mut().and_then(Arc::get_mut);
        if last.is_none_or(|last| last.len() + key.len() > SEGMENT) {
            self.segments.push(Arc::default());
        }
        let segment = (self.segments.len() - 1) as u32;
        let Some(last) = self.segments.last_mut().and_then(Arc::get_mut) else { return Place::default() };
        let begin = last.len() as u32;
        last.extend_from_slice(key);
        Place { segment, begin, length: key.len() as u32, hash }
    }

    fn forget(&mut self, number: u32) {
        self.waste += std::mem::take(&mut self.places[number as usize]).length as usize;
        if self.waste > 64 * 1024 && self.waste > self.size / 2 {
            let mut kept = Bytes::default();
            for place in self.places.iter() {
                let copy = if place.length == 0 { *place } else { kept.append(self.at(*place), place.hash) };
                kept.places.push(copy);
            }
            *self = kept;
        }
    }

    /// A copy that shares everything there is now.
    fn share(&mut self) -> Bytes {
        let Bytes { segments, places, size, waste } = self;
        Bytes { segments: segments.clone(), places: places.share(), size: *size, waste: *waste }
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
            ] => Held::Whole { keys: SharedVec::default(), data_type: (*data_type).clone() },
            [DataType::Utf8] => Held::Texts(Bytes::default()),
            _ => Held::Rows(Bytes::default(), Arc::new(RowKeys::new(schema)?)),
        };
        let (keys, hasher) = (NumberedKeys { held, null: None }, RandomState::default());
        Ok(KeyNumbers { keys, table: HashTable::new(), hasher, free: Vec::new(), count: 0 })
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
        match &self.keys.held {
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
                let converted = keys.clone().convert(columns)?;
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
        let number = *self.keys.null.get_or_insert_with(|| Self::next(free, count));
        match &mut self.keys.held {
            Held::Whole { keys, .. } => keys.grow(number as usize + 1, 0),
            Held::Texts(bytes) | Held::Rows(bytes, _) => bytes.places.grow(number as usize + 1, Place::default()),
        }
        number
    }

    #[inline]
    fn whole(&mut self, key: i64) -> u32 {
        let Held::Whole { keys, .. } = &mut self.keys.held else { return 0 };
        let hash = self.hasher.hash_one(key);
        if let Some(number) = self.table.find(hash, |number| keys[*number as usize] == key) {
            return *number;
        }
        let number = Self::next(&mut self.free, &mut self.count);
        keys.grow(number as usize + 1, 0);
        keys[number as usize] = key;
        let hasher = &self.hasher;
        self.table.insert_unique(hash, number, |number| hasher.hash_one(keys[*number as usize]));
        number
    }

    #[inline]
    fn bytes(&mut self, key: &[u8]) -> u32 {
        let (Held::Texts(held) | Held::Rows(held, _)) = &mut self.keys.held else { return 0 };
        let hash = self.hasher.hash_one(key);
        let same = |number: &u32| {
            let place = held.places[*number as usize];
            place.hash == hash && held.at(place) == key
        };
        if let Some(number) = self.table.find(hash, same) {
            return *number;
        }
        let number = Self::next(&mut self.free, &mut self.count);
        held.set(number, key, hash);
        self.table.insert_unique(hash, number, |number| held.places[*number as usize].hash);
        number
    }

    /// Nothing is kept of that key any more.
    pub fn forget(&mut self, number: u32) {
        if self.keys.null == Some(number) {
            self.keys.null = None;
        } else {
            let hash = match &self.keys.held {
                Held::Whole { keys, .. } => self.hasher.hash_one(keys[number as usize]),
                Held::Texts(bytes) | Held::Rows(bytes, _) => bytes.places[number as usize].hash,
            };
            if let Ok(entry) = self.table.find_entry(hash, |known| *known == number) {
                entry.remove();
            }
            if let Held::Texts(bytes) | Held::Rows(bytes, _) = &mut self.keys.held {
                bytes.forget(number);
            }
        }
        self.free.push(number);
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.table.len() + usize::from(self.keys.null.is_some())
    }

    /// See [`NumberedKeys::columns`].
    pub fn columns(&self, numbers: &[u32]) -> Result<Vec<ArrayRef>> {
        self.keys.columns(numbers)
    }

    /// The keys as they are now, whatever becomes of them; costs next to nothing.
    pub fn share(&mut self) -> NumberedKeys {
        let held = match &mut self.keys.held {
            Held::Whole { keys, data_type } => Held::Whole { keys: keys.share(), data_type: data_type.clone() },
            Held::Texts(bytes) => Held::Texts(bytes.share()),
            Held::Rows(bytes, keys) => Held::Rows(bytes.share(), keys.clone()),
        };
        NumberedKeys { held, null: self.keys.null }
    }
}

impl NumberedKeys {
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
        let Held::Texts(bytes) = &table.keys.held else { panic!("texts are kept as they are") };
        assert!(bytes.segments.iter().map(|segment| segment.len()).sum::<usize>() < 200_000);
        assert_eq!(bytes.places.len(), 1);
    }

    #[test]
    fn what_was_shared_stays_as_it_was() {
        for (before, after) in
            [(opt_ints([Some(7), None]), opt_ints([Some(8)])), (opt_texts([Some("a"), None]), opt_texts([Some("b")]))]
        {
            let records = batch(vec![("k", before.clone())]);
            let mut table = KeyNumbers::new(&records.schema()).unwrap();
            assert_eq!(numbers(&mut table, std::slice::from_ref(&before)), [0, 1]);
            let shared = table.share();
            table.forget(1);
            table.forget(0);
            assert_eq!(numbers(&mut table, &[after]), [0]);
            assert_eq!(&shared.columns(&[0, 1]).unwrap()[0], &before);
        }
    }
}
