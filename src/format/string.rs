//! `string`: a record is one text, Flink's `SimpleStringSchema`. Option: `charset` (`UTF-8`, `ISO-8859-1`,
//! `US-ASCII`, `UTF-16`, `UTF-16BE`, `UTF-16LE`).
//!
//! Bytes that are no text in the charset become U+FFFD, as in Java. What is no text is written as Java's `toString`
//! prints it, like Flink's `SimpleStringEncoder` does.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};

use super::column::Column;
use super::display::Display;
use super::error::FormatError;
use super::{Decoder, Encoder, Format};
use crate::batch::Columns;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::types::{DataType, RowKind, SchemaRef, Shape};

const FORMAT: &str = "string";

pub struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        FORMAT
    }

    fn decoder(&self, schema: SchemaRef, _shape: Shape, options: &Options) -> Result<Box<dyn Decoder>> {
        super::single_column(FORMAT, &schema, &DataType::Utf8)?;
        let charset = Charset::parse(options.get("charset"))?;
        let column = Column::new(FORMAT, schema.field(0).name(), &DataType::Utf8)?;
        Ok(Box::new(TextDecoder { schema, charset, column, replaced: 0 }))
    }

    fn encoder(&self, _schema: SchemaRef, _shape: Shape, options: &Options) -> Result<Box<dyn Encoder>> {
        Ok(Box::new(TextEncoder { charset: Charset::parse(options.get("charset"))?, scratch: Vec::new() }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    Utf8,
    Latin1,
    Ascii,
    /// Big-endian unless a byte order mark says otherwise; written with one.
    Utf16,
    Utf16Be,
    Utf16Le,
}

impl Charset {
    pub fn parse(name: Option<&str>) -> Result<Self> {
        let name = name.unwrap_or("UTF-8");
        Ok(match name.to_ascii_uppercase().replace('_', "-").as_str() {
            "UTF-8" | "UTF8" => Charset::Utf8,
            "ISO-8859-1" | "ISO8859-1" | "LATIN1" | "LATIN-1" => Charset::Latin1,
            "US-ASCII" | "ASCII" => Charset::Ascii,
            "UTF-16" => Charset::Utf16,
            "UTF-16BE" => Charset::Utf16Be,
            "UTF-16LE" => Charset::Utf16Le,
            _ => {
                return Err(Error::config(format!("the charset '{name}' is not known"))
                    .with_hint("use UTF-8, ISO-8859-1, US-ASCII, UTF-16, UTF-16BE or UTF-16LE"));
            }
        })
    }

    /// Characters take more than one byte each, so that a line end is no single byte.
    pub fn is_wide(self) -> bool {
        matches!(self, Charset::Utf16 | Charset::Utf16Be | Charset::Utf16Le)
    }

    /// Appends the text as UTF-8; true where bytes had to be replaced.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Charset::Utf8 => {
                if simdutf8::basic::from_utf8(bytes).is_ok() {
                    out.extend_from_slice(bytes);
                    return false;
                }
                out.extend_from_slice(String::from_utf8_lossy(bytes).as_bytes());
                true
            }
            Charset::Latin1 => {
                bytes.iter().for_each(|byte| push_char(char::from(*byte), out));
                false
            }
            Charset::Ascii => {
                for byte in bytes {
                    push_char(if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER }, out);
                }
                !bytes.is_ascii()
            }
            Charset::Utf16 => match bytes {
                [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes, out),
                [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes, out),
                _ => decode_utf16(bytes, u16::from_be_bytes, out),
            },
            Charset::Utf16Be => decode_utf16(bytes, u16::from_be_bytes, out),
            Charset::Utf16Le => decode_utf16(bytes, u16::from_le_bytes, out),
        }
    }

    /// Appends the text in the charset; characters it does not have become `?`, as in Java.
    fn encode(self, text: &str, out: &mut Vec<u8>) {
        let single = |limit: u32, c: char| if (c as u32) < limit { c as u8 } else { b'?' };
        match self {
            Charset::Utf8 => out.extend_from_slice(text.as_bytes()),
            Charset::Latin1 => out.extend(text.chars().map(|c| single(256, c))),
            Charset::Ascii => out.extend(text.chars().map(|c| single(128, c))),
            Charset::Utf16 => {
                out.extend_from_slice(&[0xFE, 0xFF]);
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            }
            Charset::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Charset::Utf16Le => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        }
    }
}

fn push_char(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, out: &mut Vec<u8>) -> bool {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut replaced = false;
    for c in char::decode_utf16(units) {
        replaced |= c.is_err();
        push_char(c.unwrap_or(char::REPLACEMENT_CHARACTER), out);
    }
    if bytes.len() % 2 == 1 {
        push_char(char::REPLACEMENT_CHARACTER, out);
        replaced = true;
    }
    replaced
}

struct TextDecoder {
    schema: SchemaRef,
    charset: Charset,
    column: Column,
    replaced: u64,
}

impl Decoder for TextDecoder {
    fn decode(&mut self, payload: &[u8]) -> Result<usize> {
        let Column::Text(text) = &mut self.column else {
            return Err(Error::internal("a text decoder without a text column"));
        };
        let begun = text.values.len();
        let replaced = self.charset.decode(payload, &mut text.values);
        if text.seal().is_err() {
            text.values.truncate(begun);
            let path = self.schema.field(0).name().clone();
            return Err(FormatError::TooLarge { format: FORMAT, path }.into());
        }
        self.replaced += u64::from(replaced);
        Ok(1)
    }

    fn len(&self) -> usize {
        self.column.len()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let array = self.column.finish(&DataType::Utf8)?;
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), vec![array])?)
    }

    fn take_replaced_texts(&mut self) -> u64 {
        std::mem::take(&mut self.replaced)
    }
}

struct TextEncoder {
    charset: Charset,
    scratch: Vec<u8>,
}

impl TextEncoder {
    fn push(&mut self, text: &str, out: &mut Vec<u8>, ends: &mut Vec<usize>) {
        self.charset.encode(text, out);
        ends.push(out.len());
    }
}

impl Encoder for TextEncoder {
    fn encode(&mut self, columns: &Columns, out: &mut Vec<u8>, ends: &mut Vec<usize>) -> Result<()> {
        if let (Shape::Scalar, Some(first)) = (columns.shape, columns.records.columns().first()) {
            if let Some(row) = (first.null_count() > 0).then(|| (0..first.len()).find(|row| first.is_null(*row))) {
                return Err(Error::data(format!(
                    "the format 'string' cannot write NULL (row {} of the batch)",
                    row.unwrap_or_default()
                ))
                .with_hint("filter NULL values out before the sink, or replace them"));
            }
            if let Some(texts) = first.as_string_opt::<i32>() {
                texts.iter().flatten().for_each(|text| self.push(text, out, ends));
                return Ok(());
            }
        }
        let rows = Display::new(columns)?;
        let mut scratch = std::mem::take(&mut self.scratch);
        for row in 0..columns.records.num_rows() {
            scratch.clear();
            rows.write(row, RowKind::Insert, &mut scratch);
            self.push(&String::from_utf8_lossy(&scratch), out, ends);
        }
        self.scratch = scratch;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(charset: &str, bytes: &[u8]) -> (String, bool) {
        let mut out = Vec::new();
        let replaced = Charset::parse(Some(charset)).unwrap().decode(bytes, &mut out);
        (String::from_utf8(out).unwrap(), replaced)
    }

    #[test]
    fn charsets() {
        assert_eq!(decoded("utf-8", "订单".as_bytes()), ("订单".into(), false));
        assert_eq!(decoded("UTF-8", b"a\xffb"), ("a\u{FFFD}b".into(), true));
        assert_eq!(decoded("ISO-8859-1", b"caf\xe9"), ("café".into(), false));
        assert_eq!(decoded("US-ASCII", b"caf\xe9"), ("caf\u{FFFD}".into(), true));
        assert_eq!(decoded("UTF-16LE", b"a\0\xba"), ("a\u{FFFD}".into(), true));
        assert_eq!(decoded("UTF-16", b"\xff\xfea\0"), ("a".into(), false));
        assert_eq!(Charset::parse(Some("EBCDIC")).unwrap_err().kind(), crate::ErrorKind::Config);
    }

    #[test]
    fn charsets_written() {
        for charset in ["UTF-8", "UTF-16", "UTF-16BE", "UTF-16LE"] {
            let mut bytes = Vec::new();
            Charset::parse(Some(charset)).unwrap().encode("a订🎉", &mut bytes);
            assert_eq!(decoded(charset, &bytes), ("a订🎉".into(), false), "{charset}");
        }
        let mut bytes = Vec::new();
        Charset::Latin1.encode("é订", &mut bytes);
        assert_eq!(bytes, b"\xe9?");
    }

    #[test]
    fn one_text_a_record() {
        let schema = super::super::value_schema(DataType::Utf8);
        let mut decoder = Text.decoder(schema.clone(), Shape::Scalar, &Options::default()).unwrap();
        for payload in [&b"one"[..], b"", "二".as_bytes()] {
            assert_eq!(decoder.decode(payload).unwrap(), 1);
        }
        assert_eq!(decoder.len(), 3);
        let records = decoder.finish().unwrap();
        let texts: Vec<_> = records.column(0).as_string::<i32>().iter().flatten().collect();
        assert_eq!(texts, ["one", "", "二"]);
        assert!(decoder.is_empty());

        let mut encoder = Text.encoder(schema, Shape::Scalar, &Options::default()).unwrap();
        let (mut out, mut ends) = (Vec::new(), Vec::new());
        encoder.encode(&Columns::new(records, Shape::Scalar), &mut out, &mut ends).unwrap();
        assert_eq!((out.as_slice(), ends.as_slice()), ("one二".as_bytes(), &[3, 3, 6][..]));
    }

    #[test]
    fn other_values_are_written_as_java_prints_them() {
        let numbers: arrow::array::ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![1.0, 1e10]));
        let columns = Columns::scalar(numbers);
        let mut encoder = Text.encoder(columns.schema(), Shape::Scalar, &Options::default()).unwrap();
        let (mut out, mut ends) = (Vec::new(), Vec::new());
        encoder.encode(&columns, &mut out, &mut ends).unwrap();
        assert_eq!((out.as_slice(), ends.as_slice()), (&b"1.01.0E10"[..], &[3, 9][..]));
        let null = Columns::scalar(Arc::new(arrow::array::StringArray::from(vec![Some("a"), None])));
        let error = encoder.encode(&null, &mut out, &mut ends).unwrap_err();
        assert!(error.message().contains("NULL (row 1 of the batch)"), "{error}");
    }

    #[test]
    fn only_texts_are_read() {
        let schema = super::super::value_schema(DataType::Int32);
        let error = Text.decoder(schema, Shape::Scalar, &Options::default()).err().unwrap();
        assert!(error.message().contains("INT"), "{error}");
    }
}
