//! Counts, sums and means.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, Int64Array, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

use super::accumulate::{Accumulator, NOWHERE, Overflow};
use crate::state::SharedVec;

/// How many values are not null; all rows, where there is no argument to be null.
#[derive(Default)]
pub struct Count {
    pub all: bool,
    counts: SharedVec<i64>,
}

impl Count {
    pub fn new(all: bool) -> Count {
        Count { all, counts: SharedVec::default() }
    }
}

impl Accumulator for Count {
    fn grow(&mut self, places: usize) {
        self.counts.grow(places, 0);
    }

    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], _: u64) -> Result<(), Overflow> {
        let nulls = values.nulls().filter(|_| !self.all);
        for row in rows {
            let place = places[row];
            if place != NOWHERE && nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                self.counts[place as usize] += 1;
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            self.counts[*into as usize] += self.counts[*from as usize];
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.counts[*place as usize] = 0);
    }

    fn results(&self, places: &[u32]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(places.iter().map(|place| self.counts[*place as usize])))
    }

    fn import(&mut self, columns: &[ArrayRef], places: &[u32]) {
        let counts = columns[0].as_primitive::<Int64Type>().values();
        places.iter().zip(counts).for_each(|(place, count)| self.counts[*place as usize] = *count);
    }

    fn share(&mut self) -> Box<dyn Accumulator> {
        Box::new(Count { all: self.all, counts: self.counts.share() })
    }
}

/// The sum of a column and the type it has; `None` where there is none.
pub fn sum(data_type: &DataType) -> Option<(Box<dyn Accumulator>, DataType)> {
    fn of<T: ArrowPrimitiveType>(result: DataType) -> Option<(Box<dyn Accumulator>, DataType)>
    where
        T::Native: ArrowNativeTypeOp,
    {
        Some((Box::new(Sum::<T> { sums: SharedVec::default(), result: result.clone(), fits: |_| true }), result))
    }
    match data_type {
        DataType::Int8 => of::<Int8Type>(DataType::Int8),
        DataType::Int16 => of::<Int16Type>(DataType::Int16),
        DataType::Int32 => of::<Int32Type>(DataType::Int32),
        DataType::Int64 => of::<Int64Type>(DataType::Int64),
        DataType::Float32 => of::<Float32Type>(DataType::Float32),
        DataType::Float64 => of::<Float64Type>(DataType::Float64),
        DataType::Decimal128(_, scale) => {
            let result = DataType::Decimal128(38, *scale);
            let fits = |sum| Decimal128Type::validate_decimal_precision(sum, 38, 0).is_ok();
            Some((Box::new(Sum::<Decimal128Type> { sums: SharedVec::default(), result: result.clone(), fits }), result))
        }
        _ => None,
    }
}

struct Sum<T: ArrowPrimitiveType> {
    /// `None` until there is a value.
    sums: SharedVec<(T::Native, bool)>,
    result: DataType,
    /// For decimals: whether a sum has no more digits than there may be.
    fits: fn(T::Native) -> bool,
}

impl<T: ArrowPrimitiveType> Sum<T>
where
    T::Native: ArrowNativeTypeOp,
{
    #[inline]
    fn one(&mut self, place: u32, value: T::Native) -> Option<()> {
        let (sum, any) = &mut self.sums[place as usize];
        let next = sum.add_checked(value).ok().filter(|next| (self.fits)(*next))?;
        (*sum, *any) = (next, true);
        Some(())
    }
}

impl<T: ArrowPrimitiveType> Accumulator for Sum<T>
where
    T::Native: ArrowNativeTypeOp,
{
    fn grow(&mut self, places: usize) {
        self.sums.grow(places, (T::default_value(), false));
    }

    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], _: u64) -> Result<(), Overflow> {
        let values = values.as_primitive::<T>();
        let nulls = values.nulls();
        for row in rows {
            let place = places[row];
            if place != NOWHERE && nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                self.one(place, values.values()[row]).ok_or(Overflow(row))?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            let (sum, any) = self.sums[*from as usize];
            if any {
                self.one(*into, sum).ok_or(Overflow(0))?;
            }
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.sums[*place as usize] = (T::default_value(), false));
    }

    fn results(&self, places: &[u32]) -> ArrayRef {
        let sums = places.iter().map(|place| self.sums[*place as usize]);
        let sums = sums.map(|(sum, any)| any.then_some(sum)).collect::<PrimitiveArray<T>>();
        Arc::new(sums.with_data_type(self.result.clone()))
    }

    fn import(&mut self, columns: &[ArrayRef], places: &[u32]) {
        for (place, sum) in places.iter().zip(columns[0].as_primitive::<T>()) {
            self.sums[*place as usize] = (sum.unwrap_or_default(), sum.is_some());
        }
    }

    fn share(&mut self) -> Box<dyn Accumulator> {
        Box::new(Sum::<T> { sums: self.sums.share(), result: self.result.clone(), fits: self.fits })
    }
}

/// The mean of a column and the type it has; `None` where there is none.
pub fn average(data_type: &DataType) -> Option<(Box<dyn Accumulator>, DataType)> {
    fn whole<T: ArrowPrimitiveType>(result: DataType) -> Option<(Box<dyn Accumulator>, DataType)>
    where
        T::Native: Into<i64> + TryFrom<i128>,
    {
        let value = |value: T::Native| i128::from(value.into());
        // rounded towards 0, as integers are divided
        let mean = |sum: i128, count: i64| T::Native::try_from(sum / i128::from(count)).ok();
        Some((Box::new(Mean::<T, i128> { sums: SharedVec::default(), result: result.clone(), value, mean }), result))
    }
    fn floating<T: ArrowPrimitiveType>(
        result: DataType,
        value: fn(T::Native) -> f64,
        mean: fn(f64, i64) -> Option<T::Native>,
    ) -> Option<(Box<dyn Accumulator>, DataType)> {
        Some((Box::new(Mean::<T, f64> { sums: SharedVec::default(), result: result.clone(), value, mean }), result))
    }
    match data_type {
        DataType::Int8 => whole::<Int8Type>(DataType::Int8),
        DataType::Int16 => whole::<Int16Type>(DataType::Int16),
        DataType::Int32 => whole::<Int32Type>(DataType::Int32),
        DataType::Int64 => whole::<Int64Type>(DataType::Int64),
        DataType::Float32 => {
            floating::<Float32Type>(DataType::Float32, f64::from, |sum, count| Some((sum / count as f64) as f32))
        }
        DataType::Float64 => {
            floating::<Float64Type>(DataType::Float64, |value| value, |sum, count| Some(sum / count as f64))
        }
        // six digits behind the point at least, in which the digits before may have no room
        DataType::Decimal128(_, scale) if *scale >= 6 => decimal(*scale, |sum, count| half_up(sum, count, 1)),
        DataType::Decimal128(_, scale) if *scale >= 0 => {
            let mean: fn(i128, i64) -> Option<i128> = match scale {
                0 => |sum, count| half_up(sum, count, 1_000_000),
                1 => |sum, count| half_up(sum, count, 100_000),
                2 => |sum, count| half_up(sum, count, 10_000),
                3 => |sum, count| half_up(sum, count, 1_000),
                4 => |sum, count| half_up(sum, count, 100),
                _ => |sum, count| half_up(sum, count, 10),
            };
            decimal(6, mean)
        }
        _ => None,
    }
}

fn decimal(scale: i8, mean: fn(i128, i64) -> Option<i128>) -> Option<(Box<dyn Accumulator>, DataType)> {
    let result = DataType::Decimal128(38, scale);
    let value = |value| value;
    Some((
        Box::new(Mean::<Decimal128Type, i128> { sums: SharedVec::default(), result: result.clone(), value, mean }),
        result,
    ))
}

/// `sum * unit / count`, rounded half up; `None` if it has more digits than a decimal.
fn half_up(sum: i128, count: i64, unit: i128) -> Option<i128> {
    let (sum, count) = (sum.checked_mul(unit)?, i128::from(count));
    let (quotient, rest) = (sum / count, sum % count);
    let mean = if rest.abs() * 2 >= count { quotient + sum.signum() } else { quotient };
    Decimal128Type::validate_decimal_precision(mean, 38, 0).is_ok().then_some(mean)
}

struct Mean<T: ArrowPrimitiveType, S> {
    sums: SharedVec<(S, i64)>,
    result: DataType,
    value: fn(T::Native) -> S,
    mean: fn(S, i64) -> Option<T::Native>,
}

/// What sums are made of: one of these does not overflow, and the other fails where it would.
trait Summed: Copy + Default + Send + Sync + 'static {
    fn plus(self, other: Self) -> Option<Self>;

    /// As it stands in a checkpoint: 16 bytes in two numbers.
    fn halves(self) -> [i64; 2];

    fn of_halves(halves: [i64; 2]) -> Self;
}

impl Summed for i128 {
    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }

    fn halves(self) -> [i64; 2] {
        [(self >> 64) as i64, self as i64]
    }

    fn of_halves([high, low]: [i64; 2]) -> i128 {
        i128::from(high) << 64 | i128::from(low as u64)
    }
}

impl Summed for f64 {
    fn plus(self, other: Self) -> Option<Self> {
        Some(self + other)
    }

    fn halves(self) -> [i64; 2] {
        [self.to_bits() as i64, 0]
    }

    fn of_halves([bits, _]: [i64; 2]) -> f64 {
        f64::from_bits(bits as u64)
    }
}

impl<T: ArrowPrimitiveType, S: Summed> Accumulator for Mean<T, S> {
    fn grow(&mut self, places: usize) {
        self.sums.grow(places, (S::default(), 0));
    }

    fn add(&mut self, values: &ArrayRef, rows: Range<usize>, places: &[u32], _: u64) -> Result<(), Overflow> {
        let values = values.as_primitive::<T>();
        let nulls = values.nulls();
        for row in rows {
            let place = places[row];
            if place != NOWHERE && nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                let (sum, count) = &mut self.sums[place as usize];
                *sum = sum.plus((self.value)(values.values()[row])).ok_or(Overflow(row))?;
                *count += 1;
            }
        }
        Ok(())
    }

    fn merge(&mut self, pairs: &[(u32, u32)]) -> Result<(), Overflow> {
        for (into, from) in pairs {
            let (sum, count) = self.sums[*from as usize];
            let into = &mut self.sums[*into as usize];
            *into = (into.0.plus(sum).ok_or(Overflow(0))?, into.1 + count);
        }
        Ok(())
    }

    fn clear(&mut self, places: &[u32]) {
        places.iter().for_each(|place| self.sums[*place as usize] = (S::default(), 0));
    }

    fn results(&self, places: &[u32]) -> ArrayRef {
        let means = places.iter().map(|place| self.sums[*place as usize]);
        // what does not fit a decimal is null, as it is for each other calculation with decimals
        let means = means.map(|(sum, count)| if count == 0 { None } else { (self.mean)(sum, count) });
        Arc::new(means.collect::<PrimitiveArray<T>>().with_data_type(self.result.clone()))
    }

    fn export(&self, places: &[u32]) -> Vec<ArrayRef> {
        let column = |of: fn(&(S, i64)) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(places.iter().map(|place| of(&self.sums[*place as usize]))))
        };
        vec![column(|(sum, _)| sum.halves()[0]), column(|(sum, _)| sum.halves()[1]), column(|(_, count)| *count)]
    }

    fn import(&mut self, columns: &[ArrayRef], places: &[u32]) {
        let [first, second, counts] = [0, 1, 2].map(|at| columns[at].as_primitive::<Int64Type>().values());
        for (row, place) in places.iter().enumerate() {
            self.sums[*place as usize] = (S::of_halves([first[row], second[row]]), counts[row]);
        }
    }

    fn share(&mut self) -> Box<dyn Accumulator> {
        let Mean { sums, result, value, mean } = self;
        Box::new(Mean::<T, S> { sums: sums.share(), result: result.clone(), value: *value, mean: *mean })
    }
}
