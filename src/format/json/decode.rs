//! JSON to columns: the declared types drive the parser, which appends each value straight to its column.
//!
//! No tree is built. A payload that turns out to be bad half-way is taken back by cutting the columns to the
//! length they had.

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use base64::Engine;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::super::Decoder;
use super::super::column::{Column, List, NoValue, Struct};
use super::super::error::FormatError;
use super::super::number::{write_f64, write_i64};
use super::super::temporal::TimestampFormat;
use super::compact::{self, Keys};
use super::cursor::{Cursor, Number};
use super::fault::{Fault, Parsed};
use crate::error::{Result, shorten};
use crate::types::{SchemaRef, Shape};

const FORMAT: &str = "json";

/// How many characters of a wrong value a message shows.
const SHOWN: usize = 40;

pub(super) struct Settings {
    pub fail_on_missing_field: bool,
    /// A value that does not fit its type becomes NULL.
    pub null_on_mismatch: bool,
    pub timestamps: TimestampFormat,
}

pub(super) struct JsonDecoder {
    root: Root,
    schema: SchemaRef,
    parser: Parser,
}

/// A record is an object, or for a stream of bare values the value itself.
enum Root {
    Object(Box<Struct>),
    Value(Column),
}

impl JsonDecoder {
    pub fn new(schema: SchemaRef, shape: Shape, settings: Settings) -> Result<Self> {
        let root = match shape {
            Shape::Scalar if schema.fields().len() == 1 => {
                let field = schema.field(0);
                Root::Value(Column::new(FORMAT, field.name(), field.data_type())?)
            }
            _ => Root::Object(Box::new(Struct::new(FORMAT, schema.fields())?)),
        };
        Ok(JsonDecoder { root, schema, parser: Parser { settings, scratch: Vec::new(), nulled: 0 } })
    }

    fn record(&mut self, payload: &str) -> Parsed<usize> {
        let cursor = &mut Cursor::new(payload);
        if cursor.peek() == b'n' {
            cursor.literal("null")?;
        } else {
            match &mut self.root {
                Root::Object(object) => {
                    if cursor.peek() != b'{' {
                        return Err(cursor.unexpected("an object (a record is one JSON object)"));
                    }
                    self.parser.object(cursor, object)?;
                }
                Root::Value(column) => self.parser.value(cursor, column)?,
            }
        }
        let before = self.root.len();
        if cursor.peek() != 0 || cursor.at < payload.len() {
            return Err(cursor.unexpected("the end of the payload after the record"));
        }
        Ok(before)
    }
}

impl Root {
    fn len(&self) -> usize {
        match self {
            Root::Object(object) => object.len(),
            Root::Value(column) => column.len(),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Root::Object(object) => object.truncate(len),
            Root::Value(column) => column.truncate(len),
        }
    }
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, payload: &[u8]) -> Result<usize> {
        let payload = simdutf8::compat::from_utf8(payload)
            .map_err(|error| FormatError::NotUtf8 { format: FORMAT, offset: error.valid_up_to() })?;
        let before = self.root.len();
        let nulled = self.parser.nulled;
        match self.record(payload) {
            Ok(after) => Ok(after - before),
            Err(fault) => {
                self.root.truncate(before);
                self.parser.nulled = nulled;
                Err(fault.explain(FORMAT).into())
            }
        }
    }

    fn len(&self) -> usize {
        self.root.len()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.root.len();
        let columns: Vec<ArrayRef> = match &mut self.root {
            Root::Object(object) => object.finish_columns()?,
            Root::Value(column) => vec![column.finish(self.schema.field(0).data_type())?],
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }

    fn take_nulled_fields(&mut self) -> u64 {
        std::mem::take(&mut self.parser.nulled)
    }
}

struct Parser {
    settings: Settings,
    /// For strings with escapes that do not go straight into a column.
    scratch: Vec<u8>,
    nulled: u64,
}

impl Parser {
    /// An object, whose opening bracket is here, as a row.
    fn object(&mut self, cursor: &mut Cursor, row: &mut Struct) -> Parsed<()> {
        let (start, at_row) = (cursor.at, row.len());
        cursor.at += 1;
        // fields usually come in the declared order; `next` is the one to expect
        let mut next = 0;
        let mut filled = 0;
        // no field from here on has been seen
        let mut high = 0;
        if cursor.peek() == b'}' {
            cursor.at += 1;
        } else {
            loop {
                if cursor.peek() != b'"' {
                    return Err(cursor.unexpected("a field name in '\"'"));
                }
                let field = match row.names.matches(next, &cursor.bytes[cursor.at + 1..]) {
                    Some(len) => {
                        cursor.at += 1 + len;
                        Some(next)
                    }
                    None => self.field_name(cursor, row)?,
                };
                cursor.expect(b':', "':' after a field name")?;
                match field {
                    None => cursor.skip(1)?,
                    Some(field) => {
                        let column = &mut row.columns[field];
                        if field >= high {
                            high = field + 1;
                            filled += 1;
                        } else if column.len() > at_row {
                            // the last of several values counts
                            column.truncate(at_row);
                        } else {
                            filled += 1;
                        }
                        if let Err(fault) = self.value(cursor, column) {
                            return Err(fault.in_field(row.fields[field].name()));
                        }
                        next = field + 1;
                    }
                }
                if !cursor.more(b'}', "',' or '}' after a field")? {
                    break;
                }
            }
        }
        if filled < row.columns.len() {
            self.fill_missing(row, start)?;
        }
        if let Some(field) = row.missing_required() {
            let fault = Fault::conversion(start, "a value".to_owned(), "NULL".to_owned());
            return Err(fault.in_field(row.fields[field].name()));
        }
        row.seal();
        Ok(())
    }

    /// Reads a field's name and finds its column, if it has one.
    fn field_name(&mut self, cursor: &mut Cursor, row: &Struct) -> Parsed<Option<usize>> {
        let name = cursor.string()?;
        if !name.escaped {
            return Ok(row.names.find(cursor.slice(name)));
        }
        self.scratch.clear();
        cursor.unescape(name, &mut self.scratch)?;
        Ok(row.names.find(&self.scratch))
    }

    #[cold]
    fn fill_missing(&mut self, row: &mut Struct, start: usize) -> Parsed<()> {
        let at_row = row.len();
        for (column, field) in row.columns.iter_mut().zip(&row.fields) {
            if column.len() == at_row {
                if self.settings.fail_on_missing_field {
                    return Err(Fault::missing(start).in_field(field.name()));
                }
                column.push_null();
            }
        }
        Ok(())
    }

    #[inline]
    fn value(&mut self, cursor: &mut Cursor, column: &mut Column) -> Parsed<()> {
        if !self.settings.null_on_mismatch {
            return self.typed_value(cursor, column);
        }
        cursor.peek();
        let (start, len) = (cursor.at, column.len());
        match self.typed_value(cursor, column) {
            Err(fault) if fault.is_conversion() => {
                column.truncate(len);
                cursor.at = start;
                cursor.skip(1)?;
                column.push_null();
                self.nulled += 1;
                Ok(())
            }
            other => other,
        }
    }

    #[inline]
    fn typed_value(&mut self, cursor: &mut Cursor, column: &mut Column) -> Parsed<()> {
        let first = cursor.peek();
        match (&mut *column, first) {
            (Column::Text(text), b'"') => {
                let string = cursor.string()?;
                let pushed = if string.escaped {
                    cursor.unescape(string, &mut text.values)?;
                    text.seal()
                } else {
                    text.push(cursor.slice(string))
                };
                pushed.map_err(|_| Fault::too_large(cursor.at))
            }
            (_, b'n') => {
                cursor.literal("null")?;
                column.push_null();
                Ok(())
            }
            (Column::Struct(row), b'{') => self.object(cursor, row),
            (Column::List(list, item), b'[') => self.array(cursor, list, item.is_nullable()),
            (Column::Map(map, _), b'{') => self.map(cursor, map),
            (Column::Text(text), b'{' | b'[') => {
                compact::write(cursor, &mut text.values, 1)?;
                text.seal().map_err(|_| Fault::too_large(cursor.at))
            }
            (_, b'-' | b'0'..=b'9') => self.number(cursor, column),
            (Column::Boolean(booleans), b't' | b'f') => {
                booleans.push(literal(cursor, first)? == "true");
                Ok(())
            }
            (Column::Text(text), b't' | b'f') => {
                text.push(literal(cursor, first)?.as_bytes()).map_err(|_| Fault::too_large(cursor.at))
            }
            (_, b'"') => self.text(cursor, column),
            (_, b'{' | b'[' | b't' | b'f') => Err(self.mismatch(cursor, column)),
            _ => Err(cursor.unexpected("a value")),
        }
    }

    #[inline]
    fn number(&mut self, cursor: &mut Cursor, column: &mut Column) -> Parsed<()> {
        let start = cursor.at;
        let number = cursor.number()?;
        let fits = match column {
            Column::Int64(column) => number.as_i64().map(|value| column.push(value)),
            Column::Float64(column) => finite(number.as_f64()).map(|value| column.push(value)),
            Column::Int32(column) => {
                number.as_i64().and_then(|value| i32::try_from(value).ok()).map(|value| column.push(value))
            }
            Column::Float32(column) => {
                let value = number.as_f32();
                value.is_finite().then(|| column.push(value))
            }
            Column::Text(column) => {
                write_number(&number, &mut column.values);
                return column.seal().map_err(|_| Fault::too_large(start));
            }
            // Flink reads these through the number's text, so that a fraction is an error
            Column::Int8(_) | Column::Int16(_) | Column::Decimal(..) => {
                column.push_text(number.text, self.settings.timestamps).ok()
            }
            _ => None,
        };
        fits.ok_or_else(|| {
            let found = format!("the number {}", shorten(number.text, SHOWN));
            Fault::conversion(start, column.type_name(), found)
        })
    }

    /// A string where another type was declared.
    #[inline(never)]
    fn text(&mut self, cursor: &mut Cursor, column: &mut Column) -> Parsed<()> {
        let start = cursor.at;
        let string = cursor.string()?;
        self.scratch.clear();
        if string.escaped {
            cursor.unescape(string, &mut self.scratch)?;
        } else {
            self.scratch.extend_from_slice(cursor.slice(string));
        }
        self.push_text(column, start)
    }

    /// Appends what is in `scratch`, read as the column's type.
    fn push_text(&self, column: &mut Column, start: usize) -> Parsed<()> {
        let text = std::str::from_utf8(&self.scratch).unwrap_or_default();
        let pushed = match &mut *column {
            Column::Binary(bytes) => match base64::engine::general_purpose::STANDARD.decode(text) {
                Ok(decoded) => bytes.push(&decoded).map_err(NoValue::from),
                Err(_) => Err(NoValue::Text),
            },
            scalar => scalar.push_text(text, self.settings.timestamps),
        };
        pushed.map_err(|reason| match reason {
            NoValue::TooLarge => Fault::too_large(start),
            NoValue::Text | NoValue::Range => {
                let expected = match column {
                    Column::Binary(_) => "BYTES in Base64".to_owned(),
                    Column::Timestamp(_) | Column::Instant(_) => {
                        let example = match self.settings.timestamps {
                            TimestampFormat::Iso8601 => "2020-12-30T12:13:14.123",
                            _ => "2020-12-30 12:13:14.123",
                        };
                        let zone = if matches!(column, Column::Instant(_)) { "Z" } else { "" };
                        format!("{} such as {example}{zone}", column.type_name())
                    }
                    _ => column.type_name(),
                };
                Fault::conversion(start, expected, format!("the string {:?}", shorten(text, SHOWN)))
            }
        })
    }

    fn array(&mut self, cursor: &mut Cursor, list: &mut List<Column>, nullable: bool) -> Parsed<()> {
        let start = cursor.at;
        cursor.at += 1;
        let first = list.start();
        if cursor.peek() == b']' {
            cursor.at += 1;
        } else {
            loop {
                if let Err(fault) = self.value(cursor, &mut list.items) {
                    return Err(fault.in_item(list.items.len().saturating_sub(first)));
                }
                if !cursor.more(b']', "',' or ']' after an item")? {
                    break;
                }
            }
        }
        let items = list.items.len();
        if !nullable && let Some(null) = (first..items).find(|at| list.items.is_null(*at)) {
            return Err(Fault::conversion(start, "a value".to_owned(), "NULL".to_owned()).in_item(null - first));
        }
        list.seal(items).map_err(|_| Fault::too_large(start))
    }

    fn map(&mut self, cursor: &mut Cursor, map: &mut List<Struct>) -> Parsed<()> {
        let start = cursor.at;
        cursor.at += 1;
        let mut keys = Keys::default();
        if cursor.peek() == b'}' {
            cursor.at += 1;
        } else {
            loop {
                let at_key = self.key(cursor)?;
                if !keys.insert(&self.scratch) {
                    cursor.at = start;
                    map.items.truncate(map.start());
                    self.last_of_each_key(cursor, map)?;
                    break;
                }
                self.entry(cursor, &mut map.items, at_key)?;
                if !cursor.more(b'}', "',' or '}' after a value")? {
                    break;
                }
            }
        }
        let entries = map.items.len();
        map.seal(entries).map_err(|_| Fault::too_large(start))
    }

    /// Reads a key into `scratch`, and its colon; returns where the key is.
    fn key(&mut self, cursor: &mut Cursor) -> Parsed<usize> {
        if cursor.peek() != b'"' {
            return Err(cursor.unexpected("a key in '\"'"));
        }
        let at_key = cursor.at;
        let name = cursor.string()?;
        self.scratch.clear();
        if name.escaped {
            cursor.unescape(name, &mut self.scratch)?;
        } else {
            self.scratch.extend_from_slice(cursor.slice(name));
        }
        cursor.expect(b':', "':' after a key")?;
        Ok(at_key)
    }

    /// Appends the key in `scratch` and the value that comes next.
    fn entry(&mut self, cursor: &mut Cursor, entries: &mut Struct, at_key: usize) -> Parsed<()> {
        if let Err(fault) = self.push_text(&mut entries.columns[0], at_key) {
            return Err(fault.in_field(&self.key_at(cursor, at_key)));
        }
        if let Err(fault) = self.value(cursor, &mut entries.columns[1]) {
            return Err(fault.in_field(&self.key_at(cursor, at_key)));
        }
        if entries.missing_required().is_some() {
            let fault = Fault::conversion(cursor.at, "a value".to_owned(), "NULL".to_owned());
            return Err(fault.in_field(&self.key_at(cursor, at_key)));
        }
        entries.seal();
        Ok(())
    }

    /// The key at `at_key` again, for messages.
    #[cold]
    fn key_at(&mut self, cursor: &Cursor, at_key: usize) -> String {
        let mut again = Cursor { at: at_key, ..*cursor };
        let _ = self.key(&mut again);
        shorten(&String::from_utf8_lossy(&self.scratch), SHOWN)
    }

    /// An object in which a key comes more than once: only its last value is converted.
    #[cold]
    fn last_of_each_key(&mut self, cursor: &mut Cursor, map: &mut List<Struct>) -> Parsed<()> {
        let mut entries: Vec<(Vec<u8>, usize, usize)> = Vec::new();
        let mut places = HashMap::new();
        cursor.at += 1;
        loop {
            let at_key = self.key(cursor)?;
            let at_value = cursor.at;
            cursor.skip(1)?;
            match places.entry(self.scratch.clone()) {
                Entry::Occupied(place) => {
                    let entry: &mut (Vec<u8>, usize, usize) = &mut entries[*place.get()];
                    entry.2 = at_value;
                }
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((self.scratch.clone(), at_key, at_value));
                }
            }
            if !cursor.more(b'}', "',' or '}' after a value")? {
                break;
            }
        }
        let end = cursor.at;
        for (key, at_key, at_value) in entries {
            self.scratch = key;
            cursor.at = at_value;
            self.entry(cursor, &mut map.items, at_key)?;
        }
        cursor.at = end;
        Ok(())
    }

    #[cold]
    fn mismatch(&self, cursor: &mut Cursor, column: &Column) -> Box<Fault> {
        let start = cursor.at;
        // a value that is malformed besides is reported as that
        if let Err(fault) = cursor.skip(1) {
            return fault;
        }
        let found = match cursor.bytes[start] {
            b'{' => "an object".to_owned(),
            b'[' => "an array".to_owned(),
            _ => cursor.str(start, cursor.at).to_owned(),
        };
        Fault::conversion(start, column.type_name(), found)
    }
}

fn literal(cursor: &mut Cursor, first: u8) -> Parsed<&'static str> {
    let word = if first == b't' { "true" } else { "false" };
    cursor.literal(word)?;
    Ok(word)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A number as text: integers keep their digits, fractions go through a double as in Jackson's tree.
pub(super) fn write_number(number: &Number, out: &mut Vec<u8>) {
    if number.fractional {
        write_f64(number.as_f64(), out);
    } else if number.text == "-0" {
        write_i64(0, out);
    } else {
        out.extend_from_slice(number.text.as_bytes());
    }
}
