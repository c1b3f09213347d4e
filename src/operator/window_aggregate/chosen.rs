//! One value of many: the least, the greatest, the first, the last. Null is none of them.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, StringArray, UInt64Array,
};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimeUnit, TimestampMicrosecondType, UInt64Type,
};

use super::accumulate::{Accumulator, NOWHERE, Overflow};
use crate::state::SharedVec;

/// Which value is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Least,
    Greatest,
    First,
    Last,
}

/// The chosen value of a column of that type; `None` where values of the type can't be compared or kept.
pub fn chosen(data_type: &DataType, choice: Choice) -> Option<Box<dyn Accumulator>> {
    fn of<V: Values>(data_type: &DataType, choice: Choice) -> Option<Box<dyn Accumulator>> {
        let (held, result) = (SharedVec::default(), data_type.clone());
        Some(Box::new(Chosen::<V> { held, choice, result, values: PhantomData }))
    }
    match data_type {
        DataType::Int8 => of::<Numbers<Int8Type>>(data_type, choice),
        DataType::Int16 => of::<Numbers<Int16Type>>(data_type, choice),
        DataType::Int32 => of::<Numbers<Int32Type>>(data_type, choice),
        DataType::Int64 => of::<Numbers<Int64Type>>(data_type, choice),
        DataType::Float32 => of::<Numbers<Float32Type>>(data_type, choice),
        DataType::Float64 => of::<Numbers<Float64Type>>(data_type, choice),
        DataType::Decimal128(_, _) => of::<Numbers<Decimal128Type>>(data_type, choice),
        DataType::Date32 => of::<Numbers<Date32Type>>(data_type, choice),
        DataType::Time32(TimeUnit::Millisecond) => of::<Numbers<Time32MillisecondType>>(data_type, choice),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<Numbers<TimestampMicrosecondType>>(data_type, choice),
        DataType::Boolean => of::<Booleans>(data_type, choice),
        DataType::Utf8 => of::<Texts>(data_type, choice),
        _ => None,
    }
}

/// How values of a type are read, compared and written.
trait Values: Send + 'static {
    type Array: Array + 'static;
    type Value: Clone + Send + Sync;

    fn value(array: &Self::Array, row: usize) -> Self::Value;

    /// `None` where neither is greater, as with NaN.
    fn compare(array: &Self::Array, row: usize, held: &Self::Value) -> Option<Ordering>;

    fn compare_held(one: &Self::Value, other: &Self::Value) -> Option<Ordering>;

    fn array<'a>(values: impl Iterator<Item = Option<&'a Self::Value>>, data_type: &DataType) -> ArrayRef;
}

struct Numbers<T>(PhantomData<fn(T)>);

impl<T: ArrowPrimitiveType> Values for Numbers<T> {
    type Array = PrimitiveArray<T>;
    type Value = T::Native;

    fn value(array: &Self::Array, row: usize) -> T::Native {
        array.values()[row]
    }

    fn compare(array: &Self::Array, row: usize, held: &T::Native) -> Option<Ordering> {
        array.values()[row].partial_cmp(held)
    }

    fn compare_held(one: &T::Native, other: &T::Native) -> Option<Ordering> {
        one.partial_cmp(other)
    }

    fn array<'a>(values: impl Iterator<Item = Option<&'a T::Native>>, data_type: &DataType) -> ArrayRef {
        Arc::new(values.map(|value| value.copied()).collect::<PrimitiveArray<T>>().with_data_type(data_type.clone()))
    }
}

struct Booleans;

impl Values for Booleans {
    type Array = BooleanArray;
    type Value = bool;

    fn value(array: &BooleanArray, row: usize) -> bool {
        array.value(row)
    }

    fn compare(array: &BooleanArray, row: usize, held: &bool) -> Option<Ordering> {
        Some(array.value(row).cmp(held))
    }

    fn compare_held(one: &bool, other: &bool) -> Option<Ordering> {
        Some(one.cmp(other))
    }

    fn array<'a>(values: impl Iterator<Item = Option<&'a bool>>, _: &DataType) -> ArrayRef {
        Arc::new(values.map(|value| value.copied()).collect::<BooleanArray>())
    }
}

struct Texts;

impl Values for Texts {
    type Array = StringArray;
    type Value = Box<str>;

    fn value(array: &StringArray, row: usize) -> Box<str> {
        array.value(row).into()
    }

    fn compare(array: &StringArray, row: usize, held: &Box<str>) -> Option<Ordering> {
        Some(array.value(row).cmp(held))
    }

    fn compare_held(one: &Box<str>, other: &Box<str>) -> Option<Ordering> {
        Some(one.cmp(other))
    }

    fn array<'a>(values: impl Iterator<Item = Option<&'a Box<str>>>, _: &DataType) -> ArrayRef {
        Arc::new(values.map(|value| value.map(|text| text.as_ref())).collect::<StringArray>())
    }
}

struct Chosen<V: Values> {
    /// The value so far and the number of the record it came with.
    held: SharedVec<Option<(V::Value, u64)>>,
    choice: Choice,
    result: DataType,
    values: PhantomData<fn(V)>,
}

impl<V: Values> Accumulator for Chosen<V> {
    fn grow(&mut self, places: usize) {
        self.held.grow(places, None);
    }

    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], arrival: u64) -> Result<(), Overflow> {
        let Some(values) = values.as_any().downcast_ref::<V::Array>() else { return Ok(()) };
        let nulls = values.nulls();
        for row in rows {
            let place = places[row];
            if place == NOWHERE || nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let held = &mut self.held[place as usize];
            let better = match (&held, self.choice) {
                (None, _) | (_, Choice::Last) => true,
                (_, Choice::First) => false,
                (Some((held, _)), Choice::Least) => V::compare(values, row, held) == Some(Ordering::Less),
                (Some((held, _)), Choice::Greatest) => V::compare(values, row, held) == Some(Ordering::Greater),
            };
            if better {
                *held = Some((V::value(values, row), arrival + row as u64));
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            let Some((value, arrival)) = &self.held[*from as usize] else { continue };
            let better = match (&self.held[*into as usize], self.choice) {
                (None, _) => true,
                (Some((_, before)), Choice::First) => arrival < before,
                (Some((_, before)), Choice::Last) => arrival > before,
                (Some((held, _)), Choice::Least) => V::compare_held(value, held) == Some(Ordering::Less),
                (Some((held, _)), Choice::Greatest) => V::compare_held(value, held) == Some(Ordering::Greater),
            };
            if better {
                self.held[*into as usize] = Some((value.clone(), *arrival));
            }
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.held[*place as usize] = None);
    }

    fn results(&self, places: &[u32]) -> ArrayRef {
        let held = places.iter().map(|place| self.held[*place as usize].as_ref().map(|(value, _)| value));
        V::array(held, &self.result)
    }

    fn export(&self, places: &[u32]) -> Vec<ArrayRef> {
        let arrivals = places.iter().map(|place| self.held[*place as usize].as_ref().map_or(0, |held| held.1));
        vec![self.results(places), Arc::new(UInt64Array::from_iter_values(arrivals))]
    }

    fn import(&mut self, columns: &[ArrayRef], places: &[u32]) {
        let Some(values) = columns[0].as_any().downcast_ref::<V::Array>() else { return };
        let arrivals = columns[1].as_primitive::<UInt64Type>().values();
        for (row, place) in places.iter().enumerate() {
            self.held[*place as usize] = values.is_valid(row).then(|| (V::value(values, row), arrivals[row]));
        }
    }

    fn share(&mut self) -> Box<dyn Accumulator> {
        let Chosen { held, choice, result, values } = self;
        Box::new(Chosen::<V> { held: held.share(), choice: *choice, result: result.clone(), values: *values })
    }
}
