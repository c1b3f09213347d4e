//! Which record of each key has the least or the greatest value of a column.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimeUnit, TimestampMicrosecondType,
};

use super::sum::{Done, Refused};

pub trait Leader: Send {
    /// Calls `led(row, whether its value is now the best of its key)` for each row; a key that is new has the next
    /// number. Of equal values the first stays the best.
    fn race(&mut self, values: &ArrayRef, keys: &[u32], led: &mut dyn FnMut(usize, bool)) -> Done;
}

/// The race for the least (`Less`) or greatest (`Greater`) value; `None` where values of the type have no order.
pub fn leader(data_type: &DataType, wanted: Ordering) -> Option<Box<dyn Leader>> {
    fn of<T: ArrowPrimitiveType>(wanted: Ordering) -> Option<Box<dyn Leader>>
    where
        T::Native: PartialOrd,
    {
        let value: fn(&ArrayRef, usize) -> T::Native = |array, row| array.as_primitive::<T>().value(row);
        Some(Box::new(Best { best: Vec::new(), wanted, value }))
    }
    match data_type {
        DataType::Int8 => of::<Int8Type>(wanted),
        DataType::Int16 => of::<Int16Type>(wanted),
        DataType::Int32 => of::<Int32Type>(wanted),
        DataType::Int64 => of::<Int64Type>(wanted),
        DataType::Float32 => of::<Float32Type>(wanted),
        DataType::Float64 => of::<Float64Type>(wanted),
        DataType::Decimal128(_, _) => of::<Decimal128Type>(wanted),
        DataType::Date32 => of::<Date32Type>(wanted),
        DataType::Time32(TimeUnit::Millisecond) => of::<Time32MillisecondType>(wanted),
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<TimestampMicrosecondType>(wanted),
        DataType::Boolean => {
            let value: fn(&ArrayRef, usize) -> bool = |array, row| array.as_boolean().value(row);
            Some(Box::new(Best { best: Vec::new(), wanted, value }))
        }
        DataType::Utf8 => Some(Box::new(BestText { best: Vec::new(), wanted })),
        _ => None,
    }
}

struct Best<V> {
    /// By the number of the key; `None` for null.
    best: Vec<Option<V>>,
    wanted: Ordering,
    value: fn(&ArrayRef, usize) -> V,
}

impl<V: PartialOrd + Send> Leader for Best<V> {
    fn race(&mut self, values: &ArrayRef, keys: &[u32], led: &mut dyn FnMut(usize, bool)) -> Done {
        for (row, key) in keys.iter().enumerate() {
            let value = values.is_valid(row).then(|| (self.value)(values, row));
            match (self.best.get_mut(*key as usize), value) {
                (None, value) => {
                    self.best.push(value);
                    led(row, true);
                }
                (Some(Some(best)), Some(value)) => {
                    // NaN is neither less nor greater than anything
                    let better = value.partial_cmp(best) == Some(self.wanted);
                    if better {
                        *best = value;
                    }
                    led(row, better);
                }
                _ => return (row, Some(Refused::Null)),
            }
        }
        (keys.len(), None)
    }
}

struct BestText {
    best: Vec<Option<Box<str>>>,
    wanted: Ordering,
}

impl Leader for BestText {
    fn race(&mut self, values: &ArrayRef, keys: &[u32], led: &mut dyn FnMut(usize, bool)) -> Done {
        let values = values.as_string::<i32>();
        for (row, key) in keys.iter().enumerate() {
            let value = values.is_valid(row).then(|| values.value(row));
            match (self.best.get_mut(*key as usize), value) {
                (None, value) => {
                    self.best.push(value.map(Box::from));
                    led(row, true);
                }
                (Some(Some(best)), Some(value)) => {
                    let better = value.cmp(best) == self.wanted;
                    if better {
                        *best = value.into();
                    }
                    led(row, better);
                }
                _ => return (row, Some(Refused::Null)),
            }
        }
        (keys.len(), None)
    }
}
