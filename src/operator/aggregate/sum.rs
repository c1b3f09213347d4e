//! Running sums of a column of numbers, one for each key.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use crate::state::SharedVec;

/// Why a value could not be combined with what its key had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// One of the two is null.
    Null,
    /// The result does not fit the type.
    Overflow,
}

/// How many rows were processed, and why not the next.
pub type Done = (usize, Option<Refused>);

pub trait Sum: Send {
    /// Adds each row's value to its key's; a key that is new has the next number. Also
    /// returns the sum after each row, if `rolling`.
    fn add(&mut self, values: &ArrayRef, keys: &[u32], rolling: bool) -> (Done, Option<ArrayRef>);

    /// The sums of the keys with those numbers.
    fn of(&self, keys: std::ops::Range<usize>) -> ArrayRef;

    /// The sums as they are now, whatever becomes of them; costs next to nothing.
    fn share(&mut self) -> Box<dyn Sum>;
}

/// Sums of a column of that type; `None` where there are none.
pub fn sums(data_type: &DataType) -> Option<Box<dyn Sum>> {
    fn of<T: ArrowPrimitiveType>(data_type: &DataType) -> Option<Box<dyn Sum>>
    where
        T::Native: ArrowNativeTypeOp,
    {
        Some(Box::new(Sums::<T> {
            data_type: data_type.clone(),
            sums: SharedVec::default(),
            nulls: HashSet::new(),
            fits: None,
        }))
    }
    match data_type {
        DataType::Int8 => of::<Int8Type>(data_type),
        DataType::Int16 => of::<Int16Type>(data_type),
        DataType::Int32 => of::<Int32Type>(data_type),
        DataType::Int64 => of::<Int64Type>(data_type),
        DataType::Float32 => of::<Float32Type>(data_type),
        DataType::Float64 => of::<Float64Type>(data_type),
        DataType::Decimal128(_, _) => Some(Box::new(Sums::<Decimal128Type> {
            data_type: data_type.clone(),
            sums: SharedVec::default(),
            nulls: HashSet::new(),
            fits: Some(|sum, data_type| match data_type {
                DataType::Decimal128(precision, scale) => {
                    Decimal128Type::validate_decimal_precision(sum, *precision, *scale).is_ok()
                }
                _ => false,
            }),
        })),
        _ => None,
    }
}

struct Sums<T: ArrowPrimitiveType> {
    data_type: DataType,
    sums: SharedVec<T::Native>,
    /// The keys whose only value so far is null.
    nulls: HashSet<u32>,
    /// For decimals: whether a sum has no more digits than the type.
    fits: Option<fn(T::Native, &DataType) -> bool>,
}

impl<T: ArrowPrimitiveType> Sums<T>
where
    T::Native: ArrowNativeTypeOp,
{
    #[inline]
    fn one(&mut self, key: u32, value: T::Native) -> Option<T::Native> {
        match self.sums.get_mut(key as usize) {
            None => {
                self.sums.push(value);
                Some(value)
            }
            Some(sum) => {
                let next = sum.add_checked(value).ok()?;
                if self.fits.is_some_and(|fits| !fits(next, &self.data_type)) {
                    return None;
                }
                *sum = next;
                Some(next)
            }
        }
    }

    fn array(&self, sums: Vec<T::Native>, nulls: Option<NullBuffer>) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::new(sums.into(), nulls).with_data_type(self.data_type.clone()))
    }

    /// Some value may be null.
    fn add_with_nulls(&mut self, values: &PrimitiveArray<T>, keys: &[u32], rolled: &mut Vec<T::Native>) -> Done {
        for (row, key) in keys.iter().enumerate() {
            let (new, null) = (*key as usize == self.sums.len(), values.is_null(row));
            if !new && (null || self.nulls.contains(key)) {
                return (row, Some(Refused::Null));
            }
            if null {
                self.nulls.insert(*key);
            }
            match self.one(*key, if null { T::default_value() } else { values.value(row) }) {
                Some(sum) => rolled.push(sum),
                None => return (row, Some(Refused::Overflow)),
            }
        }
        (keys.len(), None)
    }
}

impl<T: ArrowPrimitiveType> Sum for Sums<T>
where
    T::Native: ArrowNativeTypeOp,
{
    fn add(&mut self, values: &ArrayRef, keys: &[u32], rolling: bool) -> (Done, Option<ArrayRef>) {
        let values = values.as_primitive::<T>();
        let mut rolled = Vec::with_capacity(if rolling { keys.len() } else { 0 });
        if values.null_count() > 0 || !self.nulls.is_empty() {
            let done = self.add_with_nulls(values, keys, &mut rolled);
            // a sum is null only after the one value that was
            let nulls = values.nulls().map(|nulls| nulls.slice(0, done.0));
            return (done, rolling.then(|| self.array(rolled, nulls)));
        }
        let mut done = (keys.len(), None);
        for (row, (key, value)) in keys.iter().zip(values.values()).enumerate() {
            match self.one(*key, *value) {
                Some(sum) if rolling => rolled.push(sum),
                Some(_) => {}
                None => {
                    done = (row, Some(Refused::Overflow));
                    break;
                }
            }
        }
        (done, rolling.then(|| self.array(rolled, None)))
    }

    fn of(&self, keys: std::ops::Range<usize>) -> ArrayRef {
        let nulls = (!self.nulls.is_empty())
            .then(|| keys.clone().map(|key| !self.nulls.contains(&(key as u32))).collect::<NullBuffer>());
        self.array(self.sums.range(keys).copied().collect(), nulls)
    }

    fn share(&mut self) -> Box<dyn Sum> {
        let Sums { data_type, sums, nulls, fits } = self;
        Box::new(Sums::<T> { data_type: data_type.clone(), sums: sums.share(), nulls: nulls.clone(), fits: *fits })
    }
}
