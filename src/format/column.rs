//! Growable columns a decoder appends to: they can take back a row that turned out to be bad, and become Arrow
//! arrays without copying.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, BooleanBufferBuilder, ListArray, MapArray, PrimitiveArray,
    StringArray, StructArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMicrosecondType,
};
use hashbrown::HashMap;

use super::error::FormatError;
use super::number::{DecimalError, parse_decimal, parse_f32, parse_f64, parse_i64};
use super::temporal::{TimestampFormat, parse_date, parse_instant, parse_time, parse_timestamp};
use crate::error::Result;
use crate::types::{DataType, FieldRef, Fields, TimeUnit, type_name};

/// Which values are NULL; costs nothing until the first one is.
#[derive(Default)]
pub struct Validity(Option<BooleanBufferBuilder>);

impl Validity {
    #[inline(always)]
    fn push_valid(&mut self) {
        if let Some(bits) = &mut self.0 {
            bits.append(true);
        }
    }

    /// `len` is how many values came before.
    fn push_null(&mut self, len: usize) {
        let bits = self.0.get_or_insert_with(|| {
            let mut bits = BooleanBufferBuilder::new(len + 64);
            bits.append_n(len, true);
            bits
        });
        bits.append(false);
    }

    fn truncate(&mut self, len: usize) {
        if let Some(bits) = &mut self.0 {
            bits.truncate(len);
        }
    }

    fn is_null(&self, at: usize) -> bool {
        self.0.as_ref().is_some_and(|bits| !bits.get_bit(at))
    }

    fn finish(&mut self) -> Option<NullBuffer> {
        self.0.take().map(|mut bits| NullBuffer::new(bits.finish()))
    }
}

pub struct Primitive<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    validity: Validity,
}

impl<T: ArrowPrimitiveType> Default for Primitive<T> {
    fn default() -> Self {
        Primitive { values: Vec::new(), validity: Validity::default() }
    }
}

impl<T: ArrowPrimitiveType> Primitive<T> {
    #[inline(always)]
    pub fn push(&mut self, value: T::Native) {
        self.values.push(value);
        self.validity.push_valid();
    }

    fn push_null(&mut self) {
        self.validity.push_null(self.values.len());
        self.values.push(T::Native::default());
    }

    fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.validity.truncate(len);
    }

    fn finish(&mut self, data_type: &DataType) -> ArrayRef {
        let values = replace_with_room(&mut self.values);
        let array = PrimitiveArray::<T>::new(ScalarBuffer::from(values), self.validity.finish());
        Arc::new(array.with_data_type(data_type.clone()))
    }
}

/// The vector's content; in its place stays an empty one with room for as much again.
fn replace_with_room<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

#[derive(Default)]
pub struct Booleans {
    values: Vec<bool>,
    validity: Validity,
}

impl Booleans {
    pub fn push(&mut self, value: bool) {
        self.values.push(value);
        self.validity.push_valid();
    }
}

/// More text in a column of one batch than its 32-bit offsets can address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Text or binary values, one behind the other.
pub struct Bytes {
    ends: Vec<i32>,
    /// What was appended here and not [sealed](Bytes::seal) is the beginning of the next value.
    pub values: Vec<u8>,
    validity: Validity,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { ends: vec![0], values: Vec::new(), validity: Validity::default() }
    }
}

impl Bytes {
    #[inline(always)]
    pub fn push(&mut self, value: &[u8]) -> Result<(), TooLarge> {
        self.values.extend_from_slice(value);
        self.seal()
    }

    /// Everything in `values` behind the last value becomes the next one.
    #[inline(always)]
    pub fn seal(&mut self) -> Result<(), TooLarge> {
        self.ends.push(i32::try_from(self.values.len()).map_err(|_| TooLarge)?);
        self.validity.push_valid();
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.ends.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, at: usize) -> &[u8] {
        &self.values[self.ends[at] as usize..self.ends[at + 1] as usize]
    }

    fn push_null(&mut self) {
        self.validity.push_null(self.len());
        self.ends.push(self.values.len() as i32);
    }

    pub fn truncate(&mut self, len: usize) {
        self.ends.truncate(len + 1);
        self.values.truncate(self.ends[len] as usize);
        self.validity.truncate(len);
    }

    fn finish_parts(&mut self) -> (OffsetBuffer<i32>, Buffer, Option<NullBuffer>) {
        let ends = replace_with_room(&mut self.ends);
        self.ends.push(0);
        let values = replace_with_room(&mut self.values);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), Buffer::from_vec(values), self.validity.finish())
    }
}

/// Finds a field by its name.
pub struct Names {
    /// Each name followed by a quotation mark, as it stands in JSON; `None` where it is written with escapes there.
    quoted: Vec<Option<Box<[u8]>>>,
    table: HashMap<Box<[u8]>, usize, foldhash::fast::RandomState>,
}

impl Names {
    fn new(fields: &Fields) -> Self {
        let escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        let quoted = fields.iter().map(|field| {
            let name = field.name().as_bytes();
            (!name.iter().any(escaped)).then(|| [name, b"\""].concat().into_boxed_slice())
        });
        let table = fields.iter().enumerate().map(|(at, field)| (field.name().as_bytes().into(), at));
        Names { quoted: quoted.collect(), table: table.collect() }
    }

    /// How many bytes of `input` (which begins behind an opening quotation mark) are the name of field `at` and its
    /// closing mark.
    #[inline(always)]
    pub fn matches(&self, at: usize, input: &[u8]) -> Option<usize> {
        let name = self.quoted.get(at)?.as_deref()?;
        input.starts_with(name).then_some(name.len())
    }

    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.table.get(name).copied()
    }
}

pub struct Struct {
    pub fields: Fields,
    pub columns: Vec<Column>,
    pub names: Names,
    /// Fields that may not be NULL.
    required: Vec<usize>,
    len: usize,
    validity: Validity,
}

impl Struct {
    pub fn new(format: &'static str, fields: &Fields) -> Result<Self> {
        let columns = fields.iter().map(|field| Column::new(format, field.name(), field.data_type()));
        let names = Names::new(fields);
        if names.table.len() != fields.len() {
            let message = "two columns have the same name".to_owned();
            return Err(FormatError::Options { format, message }.into());
        }
        let required = fields.iter().enumerate().filter(|(_, field)| !field.is_nullable()).map(|(at, _)| at);
        Ok(Struct {
            columns: columns.collect::<Result<_>>()?,
            names,
            required: required.collect(),
            fields: fields.clone(),
            len: 0,
            validity: Validity::default(),
        })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends a row of which every column has got its value.
    #[inline(always)]
    pub fn seal(&mut self) {
        self.len += 1;
        self.validity.push_valid();
    }

    /// A field of the row being built that is NULL and may not be.
    pub fn missing_required(&self) -> Option<usize> {
        self.required.iter().copied().find(|at| self.columns[*at].is_null(self.len))
    }

    pub fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
        self.validity.truncate(len);
        self.len = len;
    }

    fn push_null(&mut self) {
        self.validity.push_null(self.len);
        self.columns.iter_mut().for_each(Column::push_null);
        self.len += 1;
    }

    pub fn finish_columns(&mut self) -> Result<Vec<ArrayRef>> {
        let columns = self.columns.iter_mut().zip(&self.fields);
        let arrays = columns.map(|(column, field)| column.finish(field.data_type())).collect();
        self.len = 0;
        arrays
    }
}

/// Lists; a map is a list of its entries.
pub struct List<C> {
    ends: Vec<i32>,
    pub items: C,
    validity: Validity,
}

impl<C> List<C> {
    fn new(items: C) -> Self {
        List { ends: vec![0], items, validity: Validity::default() }
    }

    fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// Where the items of the list being built begin.
    pub fn start(&self) -> usize {
        self.ends[self.len()] as usize
    }

    /// Ends a list at `items` items.
    pub fn seal(&mut self, items: usize) -> Result<(), TooLarge> {
        self.ends.push(i32::try_from(items).map_err(|_| TooLarge)?);
        self.validity.push_valid();
        Ok(())
    }

    fn push_null(&mut self) {
        self.validity.push_null(self.len());
        self.ends.push(self.ends[self.len()]);
    }

    /// Returns how many items stay.
    fn truncate(&mut self, len: usize) -> usize {
        self.ends.truncate(len + 1);
        self.validity.truncate(len);
        self.ends[len] as usize
    }

    fn finish_parts(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let ends = replace_with_room(&mut self.ends);
        self.ends.push(0);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), self.validity.finish())
    }
}

/// A column of any type that can be declared.
pub enum Column {
    Boolean(Booleans),
    Int8(Primitive<Int8Type>),
    Int16(Primitive<Int16Type>),
    Int32(Primitive<Int32Type>),
    Int64(Primitive<Int64Type>),
    Float32(Primitive<Float32Type>),
    Float64(Primitive<Float64Type>),
    Decimal(Primitive<Decimal128Type>, u8, i8),
    Text(Bytes),
    Binary(Bytes),
    Date(Primitive<Date32Type>),
    Time(Primitive<Time32MillisecondType>),
    Timestamp(Primitive<TimestampMicrosecondType>),
    Instant(Primitive<TimestampMicrosecondType>),
    List(Box<List<Column>>, FieldRef),
    /// The entries are a struct of key and value.
    Map(Box<List<Struct>>, FieldRef),
    Struct(Box<Struct>),
}

/// Why a text is no value of a column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoValue {
    /// It cannot be read as that type.
    Text,
    /// It is a number outside of the type's range.
    Range,
    TooLarge,
}

impl From<TooLarge> for NoValue {
    fn from(_: TooLarge) -> Self {
        NoValue::TooLarge
    }
}

/// The same expression for whichever scalar column it is.
macro_rules! each_primitive {
    ($column:expr, $inner:ident => $body:expr, $($rest:tt)*) => {
        match $column {
            Column::Int8($inner) => $body,
            Column::Int16($inner) => $body,
            Column::Int32($inner) => $body,
            Column::Int64($inner) => $body,
            Column::Float32($inner) => $body,
            Column::Float64($inner) => $body,
            Column::Decimal($inner, ..) => $body,
            Column::Date($inner) => $body,
            Column::Time($inner) => $body,
            Column::Timestamp($inner) | Column::Instant($inner) => $body,
            $($rest)*
        }
    };
}

impl Column {
    /// An empty column; `path` names it where its type is one no format of ours can hold.
    pub fn new(format: &'static str, path: &str, data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Column::Boolean(Booleans::default()),
            DataType::Int8 => Column::Int8(Primitive::default()),
            DataType::Int16 => Column::Int16(Primitive::default()),
            DataType::Int32 => Column::Int32(Primitive::default()),
            DataType::Int64 => Column::Int64(Primitive::default()),
            DataType::Float32 => Column::Float32(Primitive::default()),
            DataType::Float64 => Column::Float64(Primitive::default()),
            DataType::Decimal128(precision, scale) => Column::Decimal(Primitive::default(), *precision, *scale),
            DataType::Utf8 => Column::Text(Bytes::default()),
            DataType::Binary => Column::Binary(Bytes::default()),
            DataType::Date32 => Column::Date(Primitive::default()),
            DataType::Time32(TimeUnit::Millisecond) => Column::Time(Primitive::default()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Column::Timestamp(Primitive::default()),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Column::Instant(Primitive::default()),
            DataType::List(item) => {
                let items = Column::new(format, &format!("{path}[]"), item.data_type())?;
                Column::List(Box::new(List::new(items)), item.clone())
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(pair) if pair.len() == 2 && pair[0].is_nullable() => {
                    let message = format!("the keys of the map '{path}' must be declared NOT NULL");
                    return Err(FormatError::Options { format, message }.into());
                }
                DataType::Struct(pair) if pair.len() == 2 => {
                    Column::Map(Box::new(List::new(Struct::new(format, pair)?)), entries.clone())
                }
                other => return Err(unsupported(format, path, other)),
            },
            DataType::Struct(fields) => Column::Struct(Box::new(Struct::new(format, fields)?)),
            other => return Err(unsupported(format, path, other)),
        })
    }

    pub fn len(&self) -> usize {
        each_primitive!(self, inner => inner.values.len(),
            Column::Boolean(inner) => inner.values.len(),
            Column::Text(inner) | Column::Binary(inner) => inner.len(),
            Column::List(inner, _) => inner.len(),
            Column::Map(inner, _) => inner.len(),
            Column::Struct(inner) => inner.len,
        )
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_null(&self, at: usize) -> bool {
        each_primitive!(self, inner => inner.validity.is_null(at),
            Column::Boolean(inner) => inner.validity.is_null(at),
            Column::Text(inner) | Column::Binary(inner) => inner.validity.is_null(at),
            Column::List(inner, _) => inner.validity.is_null(at),
            Column::Map(inner, _) => inner.validity.is_null(at),
            Column::Struct(inner) => inner.validity.is_null(at),
        )
    }

    pub fn push_null(&mut self) {
        each_primitive!(self, inner => inner.push_null(),
            Column::Boolean(inner) => {
                inner.validity.push_null(inner.values.len());
                inner.values.push(false);
            }
            Column::Text(inner) | Column::Binary(inner) => inner.push_null(),
            Column::List(inner, _) => inner.push_null(),
            Column::Map(inner, _) => inner.push_null(),
            Column::Struct(inner) => inner.push_null(),
        )
    }

    /// Takes back everything behind the first `len` values, a value begun but not ended too.
    pub fn truncate(&mut self, len: usize) {
        each_primitive!(self, inner => inner.truncate(len),
            Column::Boolean(inner) => {
                inner.values.truncate(len);
                inner.validity.truncate(len);
            }
            Column::Text(inner) | Column::Binary(inner) => inner.truncate(len),
            Column::List(inner, _) => {
                let items = inner.truncate(len);
                inner.items.truncate(items);
            }
            Column::Map(inner, _) => {
                let entries = inner.truncate(len);
                inner.items.truncate(entries);
            }
            Column::Struct(inner) => inner.truncate(len),
        )
    }

    /// The values so far as an array of `data_type`, the type the column was made for; the column is empty then.
    pub fn finish(&mut self, data_type: &DataType) -> Result<ArrayRef> {
        Ok(each_primitive!(self, inner => inner.finish(data_type),
            Column::Boolean(inner) => {
                let values = replace_with_room(&mut inner.values);
                Arc::new(BooleanArray::new(values.into(), inner.validity.finish()))
            }
            Column::Text(inner) => {
                let (offsets, values, nulls) = inner.finish_parts();
                // SAFETY: whoever appends to a text column appends whole values of valid UTF-8: the formats check
                // each payload before they cut it at ASCII characters.
                Arc::new(unsafe { StringArray::new_unchecked(offsets, values, nulls) })
            }
            Column::Binary(inner) => {
                let (offsets, values, nulls) = inner.finish_parts();
                Arc::new(BinaryArray::try_new(offsets, values, nulls)?)
            }
            Column::List(inner, item) => {
                let (offsets, nulls) = inner.finish_parts();
                let items = inner.items.finish(item.data_type())?;
                Arc::new(ListArray::try_new(item.clone(), offsets, items, nulls)?)
            }
            Column::Map(inner, entries) => {
                let (offsets, nulls) = inner.finish_parts();
                let arrays = inner.items.finish_columns()?;
                let pairs = StructArray::try_new(inner.items.fields.clone(), arrays, inner.items.validity.finish())?;
                let ordered = matches!(data_type, DataType::Map(_, true));
                Arc::new(MapArray::try_new(entries.clone(), offsets, pairs, nulls, ordered)?)
            }
            Column::Struct(inner) => {
                let len = inner.len;
                let arrays = inner.finish_columns()?;
                let nulls = inner.validity.finish();
                Arc::new(StructArray::try_new_with_length(inner.fields.clone(), arrays, nulls, len)?)
            }
        ))
    }

    /// Appends the value that `text` stands for, as Flink's converters read text; for scalar columns except BYTES.
    ///
    /// `text` of a number or a truth value may have blanks around it, as in Java's `trim`.
    pub fn push_text(&mut self, text: &str, timestamps: TimestampFormat) -> Result<(), NoValue> {
        fn int<T: TryFrom<i64>>(text: &str) -> Result<T, NoValue> {
            let text = trim(text).as_bytes();
            match parse_i64(text) {
                Some(value) => T::try_from(value).map_err(|_| NoValue::Range),
                None => Err(if only_digits(text) { NoValue::Range } else { NoValue::Text }),
            }
        }
        match self {
            Column::Text(column) => column.push(text.as_bytes())?,
            Column::Int8(column) => column.push(int(text)?),
            Column::Int16(column) => column.push(int(text)?),
            Column::Int32(column) => column.push(int(text)?),
            Column::Int64(column) => column.push(int(text)?),
            Column::Float32(column) => column.push(parse_f32(trim(text)).ok_or(NoValue::Text)?),
            Column::Float64(column) => column.push(parse_f64(trim(text)).ok_or(NoValue::Text)?),
            Column::Decimal(column, precision, scale) => {
                match parse_decimal(trim(text).as_bytes(), *precision, *scale) {
                    Ok(value) => column.push(value),
                    Err(DecimalError::Range) => return Err(NoValue::Range),
                    Err(DecimalError::Syntax) => return Err(NoValue::Text),
                }
            }
            Column::Boolean(column) => match trim(text) {
                text if text.eq_ignore_ascii_case("true") => column.push(true),
                text if text.eq_ignore_ascii_case("false") => column.push(false),
                _ => return Err(NoValue::Text),
            },
            Column::Date(column) => column.push(parse_date(text.as_bytes()).ok_or(NoValue::Text)?),
            Column::Time(column) => column.push(parse_time(text.as_bytes()).ok_or(NoValue::Text)?),
            Column::Timestamp(column) => {
                column.push(parse_timestamp(text.as_bytes(), timestamps).ok_or(NoValue::Text)?);
            }
            Column::Instant(column) => {
                column.push(parse_instant(text.as_bytes(), timestamps).ok_or(NoValue::Text)?);
            }
            Column::Binary(_) | Column::List(..) | Column::Map(..) | Column::Struct(_) => return Err(NoValue::Text),
        }
        Ok(())
    }

    /// The type as a user declared it.
    pub fn type_name(&self) -> String {
        let data_type = match self {
            Column::Boolean(_) => DataType::Boolean,
            Column::Int8(_) => DataType::Int8,
            Column::Int16(_) => DataType::Int16,
            Column::Int32(_) => DataType::Int32,
            Column::Int64(_) => DataType::Int64,
            Column::Float32(_) => DataType::Float32,
            Column::Float64(_) => DataType::Float64,
            Column::Decimal(_, precision, scale) => DataType::Decimal128(*precision, *scale),
            Column::Text(_) => DataType::Utf8,
            Column::Binary(_) => DataType::Binary,
            Column::Date(_) => DataType::Date32,
            Column::Time(_) => DataType::Time32(TimeUnit::Millisecond),
            Column::Timestamp(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
            Column::Instant(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Column::List(_, item) => DataType::List(item.clone()),
            Column::Map(_, entries) => DataType::Map(entries.clone(), false),
            Column::Struct(inner) => DataType::Struct(inner.fields.clone()),
        };
        type_name(&data_type)
    }
}

fn unsupported(format: &'static str, path: &str, data_type: &DataType) -> crate::error::Error {
    FormatError::Unsupported { format, column: path.to_owned(), data_type: type_name(data_type) }.into()
}

/// Java's `String.trim`: everything up to the blank goes, at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

fn only_digits(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
