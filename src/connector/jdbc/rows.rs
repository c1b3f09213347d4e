//! The rows of one flush as a client sees them: typed columns, read value by value without an allocation.

use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, LargeBinaryArray,
    LargeStringArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type,
};

use super::text;
use crate::connector::Options;
use crate::error::{Error, Result, shorten};

/// One value, borrowed from its column. Times count microseconds, dates days, both since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float32(f32),
    Float(f64),
    /// Unscaled digits and how many of them stand behind the point.
    Decimal(i128, i8),
    Str(&'a str),
    Bytes(&'a [u8]),
    Date(i32),
    Time(i64),
    /// A date and time without zone.
    Timestamp(i64),
    /// A moment, counted in UTC.
    Instant(i64),
}

/// A column whose class was found once, so that reading a value is one `match`.
enum Column {
    Null,
    Bool(BooleanArray),
    Int8(PrimitiveArray<Int8Type>),
    Int16(PrimitiveArray<Int16Type>),
    Int32(PrimitiveArray<Int32Type>),
    Int64(PrimitiveArray<Int64Type>),
    UInt8(PrimitiveArray<UInt8Type>),
    UInt16(PrimitiveArray<UInt16Type>),
    UInt32(PrimitiveArray<UInt32Type>),
    Float32(PrimitiveArray<Float32Type>),
    Float64(PrimitiveArray<Float64Type>),
    /// The values and, for `BIG_DEC`, the mark that zeros at the end belong to the carrier and not to the value.
    Decimal(Decimal128Array, i8, bool),
    Str(StringArray),
    LargeStr(LargeStringArray),
    StrView(StringViewArray),
    Bytes(BinaryArray),
    LargeBytes(LargeBinaryArray),
    FixedBytes(FixedSizeBinaryArray),
    Date(PrimitiveArray<Date32Type>),
    Time32Second(PrimitiveArray<Time32SecondType>),
    Time32Milli(PrimitiveArray<Time32MillisecondType>),
    Time64Micro(PrimitiveArray<Time64MicrosecondType>),
    Time64Nano(PrimitiveArray<Time64NanosecondType>),
    Second(PrimitiveArray<TimestampSecondType>, bool),
    Milli(PrimitiveArray<TimestampMillisecondType>, bool),
    Micro(PrimitiveArray<TimestampMicrosecondType>, bool),
    Nano(PrimitiveArray<TimestampNanosecondType>, bool),
}

/// Whether values of that type can be bound to a statement.
pub fn is_supported(data_type: &DataType) -> bool {
    use DataType::*;
    matches!(
        data_type,
        Null | Boolean
            | Int8
            | Int16
            | Int32
            | Int64
            | UInt8
            | UInt16
            | UInt32
            | Float32
            | Float64
            | Decimal128(_, _)
            | Utf8
            | LargeUtf8
            | Utf8View
            | Binary
            | LargeBinary
            | FixedSizeBinary(_)
            | Date32
            | Time32(_)
            | Time64(_)
            | Timestamp(_, _)
    )
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array) -> PrimitiveArray<T> {
    array.as_primitive::<T>().clone()
}

impl Column {
    fn new(array: &dyn Array) -> Result<Column> {
        Ok(match array.data_type() {
            DataType::Null => Column::Null,
            DataType::Boolean => Column::Bool(array.as_boolean().clone()),
            DataType::Int8 => Column::Int8(primitive(array)),
            DataType::Int16 => Column::Int16(primitive(array)),
            DataType::Int32 => Column::Int32(primitive(array)),
            DataType::Int64 => Column::Int64(primitive(array)),
            DataType::UInt8 => Column::UInt8(primitive(array)),
            DataType::UInt16 => Column::UInt16(primitive(array)),
            DataType::UInt32 => Column::UInt32(primitive(array)),
            DataType::Float32 => Column::Float32(primitive(array)),
            DataType::Float64 => Column::Float64(primitive(array)),
            DataType::Decimal128(precision, scale) => {
                Column::Decimal(primitive(array), *scale, (*precision, *scale) == (38, 18))
            }
            DataType::Utf8 => Column::Str(array.as_string().clone()),
            DataType::LargeUtf8 => Column::LargeStr(array.as_string().clone()),
            DataType::Utf8View => Column::StrView(array.as_string_view().clone()),
            DataType::Binary => Column::Bytes(array.as_binary().clone()),
            DataType::LargeBinary => Column::LargeBytes(array.as_binary().clone()),
            DataType::FixedSizeBinary(_) => Column::FixedBytes(array.as_fixed_size_binary().clone()),
            DataType::Date32 => Column::Date(primitive(array)),
            DataType::Time32(TimeUnit::Second) => Column::Time32Second(primitive(array)),
            DataType::Time32(_) => Column::Time32Milli(primitive(array)),
            DataType::Time64(TimeUnit::Nanosecond) => Column::Time64Nano(primitive(array)),
            DataType::Time64(_) => Column::Time64Micro(primitive(array)),
            DataType::Timestamp(TimeUnit::Second, zone) => Column::Second(primitive(array), zone.is_some()),
            DataType::Timestamp(TimeUnit::Millisecond, zone) => Column::Milli(primitive(array), zone.is_some()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => Column::Micro(primitive(array), zone.is_some()),
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => Column::Nano(primitive(array), zone.is_some()),
            other => return Err(Error::internal(format!("the JDBC sink was given a column of type {other}"))),
        })
    }

    /// The value at a row that is not null.
    fn cell(&self, row: usize) -> Cell<'_> {
        let timestamp = |micros: i64, zoned: bool| if zoned { Cell::Instant(micros) } else { Cell::Timestamp(micros) };
        match self {
            Column::Null => Cell::Null,
            Column::Bool(a) => Cell::Bool(a.value(row)),
            Column::Int8(a) => Cell::Int(a.value(row).into()),
            Column::Int16(a) => Cell::Int(a.value(row).into()),
            Column::Int32(a) => Cell::Int(a.value(row).into()),
            Column::Int64(a) => Cell::Int(a.value(row)),
            Column::UInt8(a) => Cell::Int(a.value(row).into()),
            Column::UInt16(a) => Cell::Int(a.value(row).into()),
            Column::UInt32(a) => Cell::Int(a.value(row).into()),
            Column::Float32(a) => Cell::Float32(a.value(row)),
            Column::Float64(a) => Cell::Float(a.value(row)),
            Column::Decimal(a, scale, false) => Cell::Decimal(a.value(row), *scale),
            Column::Decimal(a, scale, true) => {
                let (digits, scale) = text::without_trailing_zeros(a.value(row), *scale);
                Cell::Decimal(digits, scale)
            }
            Column::Str(a) => Cell::Str(a.value(row)),
            Column::LargeStr(a) => Cell::Str(a.value(row)),
            Column::StrView(a) => Cell::Str(a.value(row)),
            Column::Bytes(a) => Cell::Bytes(a.value(row)),
            Column::LargeBytes(a) => Cell::Bytes(a.value(row)),
            Column::FixedBytes(a) => Cell::Bytes(a.value(row)),
            Column::Date(a) => Cell::Date(a.value(row)),
            Column::Time32Second(a) => Cell::Time(i64::from(a.value(row)) * 1_000_000),
            Column::Time32Milli(a) => Cell::Time(i64::from(a.value(row)) * 1_000),
            Column::Time64Micro(a) => Cell::Time(a.value(row)),
            Column::Time64Nano(a) => Cell::Time(a.value(row).div_euclid(1_000)),
            Column::Second(a, zoned) => timestamp(a.value(row).saturating_mul(1_000_000), *zoned),
            Column::Milli(a, zoned) => timestamp(a.value(row).saturating_mul(1_000), *zoned),
            Column::Micro(a, zoned) => timestamp(a.value(row), *zoned),
            Column::Nano(a, zoned) => timestamp(a.value(row).div_euclid(1_000), *zoned),
        }
    }
}

/// What the rows take in memory, in bytes.
pub fn size(records: &RecordBatch) -> usize {
    records.columns().iter().map(|array| array.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

/// The rows of one flush.
pub struct Rows {
    columns: Vec<(Option<NullBuffer>, Column)>,
    names: Vec<String>,
    len: usize,
}

impl Rows {
    pub fn new(records: &RecordBatch) -> Result<Rows> {
        let columns = records.columns().iter().map(|array| Ok((array.logical_nulls(), Column::new(array.as_ref())?)));
        let columns = columns.collect::<Result<_>>()?;
        let names = records.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Rows { columns, names, len: records.num_rows() })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    pub fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match &self.columns[column] {
            (Some(nulls), _) if nulls.is_null(row) => Cell::Null,
            (_, values) => values.cell(row),
        }
    }

    /// The row for a message: names and values, shortened, secrets hidden.
    pub fn describe(&self, row: usize) -> String {
        let values = self.names.iter().enumerate().map(|(column, name)| {
            let value = if Options::is_secret(name) { "******".into() } else { display(self.cell(row, column)) };
            format!("{name}={value}")
        });
        shorten(&values.collect::<Vec<_>>().join(", "), 500)
    }
}

/// A value for a message.
fn display(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "NULL".into(),
        Cell::Str(text) => format!("'{}'", shorten(text, 60)),
        Cell::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
        other => {
            let mut out = Vec::new();
            text::write(&mut out, other);
            String::from_utf8_lossy(&out).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, TimestampMillisecondArray};
    use std::sync::Arc;

    #[test]
    fn units_become_microseconds() {
        let stamps: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![Some(1), None]).with_timezone("UTC"));
        let records = RecordBatch::try_from_iter([("ts", stamps)]).unwrap();
        let rows = Rows::new(&records).unwrap();
        assert_eq!((rows.cell(0, 0), rows.cell(1, 0)), (Cell::Instant(1_000), Cell::Null));
    }

    #[test]
    fn big_decimals_lose_the_zeros_of_their_carrier() {
        // 12.5 as Types.BIG_DEC() carries it: 18 digits behind the point
        let carried = Decimal128Array::from(vec![12_500_000_000_000_000_000]).with_precision_and_scale(38, 18).unwrap();
        let declared = Decimal128Array::from(vec![1250]).with_precision_and_scale(10, 2).unwrap();
        let records =
            RecordBatch::try_from_iter([("a", Arc::new(carried) as ArrayRef), ("b", Arc::new(declared))]).unwrap();
        let rows = Rows::new(&records).unwrap();
        assert_eq!((rows.cell(0, 0), rows.cell(0, 1)), (Cell::Decimal(125, 1), Cell::Decimal(1250, 2)));
    }

    #[test]
    fn a_described_row_hides_secrets_and_is_short() {
        let records = RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from(vec![7])) as ArrayRef),
            ("password", Arc::new(StringArray::from(vec!["hunter2"]))),
            ("note", Arc::new(StringArray::from(vec!["x".repeat(1000)]))),
        ])
        .unwrap();
        let text = Rows::new(&records).unwrap().describe(0);
        assert!(text.starts_with("id=7, password=******, note='xxxx"), "{text}");
        assert!(text.len() < 200, "{text}");
    }
}
