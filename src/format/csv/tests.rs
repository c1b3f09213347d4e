//! What the format reads and writes; the expected texts are what Jackson's CSV module writes for Flink.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::super::{Decoder, Format};
use super::Csv;
use crate::batch::Columns;
use crate::options::testing::options;
use crate::types::{DataType, Field, Fields, Schema, SchemaRef, Shape, TimeUnit, Value};

fn fields(fields: &[(&str, DataType)]) -> Fields {
    fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
}

fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(fields(columns)))
}

fn decoder(columns: &[(&str, DataType)], entries: &[(&str, &str)]) -> Box<dyn Decoder> {
    Csv.decoder(schema(columns), Shape::Row, &options(entries)).unwrap()
}

fn rows(records: &RecordBatch) -> Vec<Vec<Value>> {
    let value = |row: usize| records.columns().iter().map(move |column| Value::from_array(column, row).unwrap());
    (0..records.num_rows()).map(|row| value(row).collect()).collect()
}

fn read(columns: &[(&str, DataType)], entries: &[(&str, &str)], record: &str) -> Vec<Value> {
    let mut decoder = decoder(columns, entries);
    assert_eq!(decoder.decode(record.as_bytes()).unwrap_or_else(|error| panic!("{record}: {error}")), 1);
    rows(&decoder.finish().unwrap()).remove(0)
}

fn refused(columns: &[(&str, DataType)], entries: &[(&str, &str)], record: &str) -> String {
    let mut decoder = decoder(columns, entries);
    let error = decoder.decode(record.as_bytes()).expect_err(record);
    assert_eq!(decoder.len(), 0);
    error.message().to_owned()
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn two_texts() -> Vec<(&'static str, DataType)> {
    vec![("a", DataType::Utf8), ("b", DataType::Utf8)]
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

#[test]
fn scalars() {
    let columns = [
        ("n", DataType::Int32),
        ("d", DataType::Float64),
        ("s", DataType::Utf8),
        ("b", DataType::Boolean),
        ("p", DataType::Decimal128(10, 2)),
        ("t", DataType::Timestamp(TimeUnit::Microsecond, None)),
    ];
    let expected = vec![
        Value::Int(42),
        Value::Float(1.5),
        text(" a b "),
        Value::Boolean(true),
        Value::Decimal(1250, 2),
        Value::Timestamp(86_400_500_000),
    ];
    assert_eq!(read(&columns, &[], " 42 ,1.5, a b ,TRUE,12.5,1970-01-02 00:00:00.5\r"), expected);
}

#[test]
fn quotation_marks_and_escapes() {
    let columns = two_texts();
    assert_eq!(read(&columns, &[], r#""x,y","say ""hi""""#), [text("x,y"), text(r#"say "hi""#)]);
    assert_eq!(read(&columns, &[], "\"two\nlines\",\"\""), [text("two\nlines"), text("")]);
    assert_eq!(read(&columns, &[], r#"5"6,"#), [text(r#"5"6"#), text("")]);
    let escape = [("escape-character", "\\")];
    assert_eq!(read(&columns, &escape, r#"a\,b,"c\"d\n""#), [text("a,b"), text("c\"d\n")]);
    assert_eq!(read(&columns, &[("disable-quote-character", "true")], r#""a",b"#), [text("\"a\""), text("b")]);
    let other = [("field-delimiter", ";"), ("quote-character", "'")];
    assert_eq!(read(&columns, &other, "'a;b';\"c"), [text("a;b"), text("\"c")]);
    assert_eq!(read(&columns, &[("field-delimiter", "\\t")], "a\tb"), [text("a"), text("b")]);
}

#[test]
fn null_literals_comments_and_blank_lines() {
    let columns = [("a", DataType::Utf8), ("n", DataType::Int32)];
    assert_eq!(read(&columns, &[("null-literal", "n/a")], "n/a,n/a"), [Value::Null, Value::Null]);
    assert_eq!(read(&columns, &[("null-literal", "")], "x,"), [text("x"), Value::Null]);
    let mut decoder = decoder(&columns, &[("allow-comments", "true")]);
    assert_eq!(decoder.decode(b"# a comment").unwrap(), 0);
    assert_eq!(decoder.decode(b"\r\n").unwrap(), 0);
    assert_eq!(decoder.decode(b"#x,1").unwrap(), 0);
}

#[test]
fn arrays_and_rows_of_scalars() {
    let row = DataType::Struct(fields(&[("x", DataType::Int32), ("y", DataType::Utf8)]));
    let columns = [("l", list(DataType::Int64)), ("r", row)];
    let numbers = |values: &[i64]| Value::List(values.iter().map(|value| Value::Int(*value)).collect());
    let expected = vec![numbers(&[1, 2, 3]), Value::Row(vec![Value::Int(7), text("b")])];
    assert_eq!(read(&columns, &[], "1;2;3,7;b"), expected);
    assert_eq!(read(&columns, &[("array-element-delimiter", "||")], "1||2||3,7||b"), expected);
    assert_eq!(read(&columns, &[], ",7;b")[0], numbers(&[]));
    let entry = vec![Field::new("k", DataType::Utf8, false), Field::new("v", DataType::Utf8, true)];
    let map = Field::new("entries", DataType::Struct(entry.into()), false);
    let error = Csv.decoder(schema(&[("m", DataType::Map(Arc::new(map), false))]), Shape::Row, &options(&[]));
    assert!(error.err().unwrap().message().contains("MAP<STRING, STRING>"));
}

#[test]
fn errors_name_the_column() {
    let columns = [("a", DataType::Utf8), ("n", DataType::Int32)];
    let message = refused(&columns, &[], "x,seven");
    assert_eq!(message, "csv in the field 'n' at byte 1 does not fit its type: expected INT, found \"seven\"");
    assert!(refused(&columns, &[], "x").contains("expected 2 fields in a row, found 1"));
    assert!(refused(&columns, &[], "x,1,2").contains("expected 2 fields in a row, found 3"));
    assert!(refused(&columns, &[], "\"x,1").contains("closing quotation mark"));
    assert!(refused(&columns, &[], "\"x\"y,1").contains("found 'y'"));
    assert!(refused(&columns, &[], "x,").contains("found \"\""));
}

#[test]
fn ignoring_errors_makes_fields_null_and_counts_them() {
    let columns = [("a", DataType::Utf8), ("n", DataType::Int32), ("l", list(DataType::Int32))];
    let mut decoder = decoder(&columns, &[("ignore-parse-errors", "true")]);
    assert_eq!(decoder.decode(b"x,seven,1;z").unwrap(), 1);
    assert_eq!(decoder.decode(b"y").unwrap(), 1);
    assert!(decoder.decode(b"x,1,2,3").is_err());
    let expected = vec![vec![text("x"), Value::Null, Value::Null], vec![text("y"), Value::Null, Value::Null]];
    assert_eq!(decoder.take_nulled_fields(), 4);
    assert_eq!(rows(&decoder.finish().unwrap()), expected);
}

#[test]
fn a_header_orders_the_columns() {
    let columns = [("id", DataType::Int32), ("name", DataType::Utf8)];
    let mut decoder = decoder(&columns, &[]);
    decoder.header("\u{FEFF}name, extra ,id\r".as_bytes()).unwrap();
    decoder.decode(b"ann,x,1").unwrap();
    assert_eq!(rows(&decoder.finish().unwrap()), [[Value::Int(1), text("ann")]]);
    let error = decoder.header(b"name,key").unwrap_err();
    assert!(error.message().contains("no column 'id'"), "{error}");
    let mut strict = self::decoder(&columns, &[("strict-headers", "true")]);
    strict.header(b"id,name").unwrap();
    assert!(strict.header(b"name,id").unwrap_err().message().contains("another order"));
}

#[test]
fn records_with_line_ends_inside() {
    let dialect = super::CsvDialect::parse(&options(&[])).unwrap();
    let end = |text: &str| dialect.record_end(text.as_bytes());
    assert_eq!(end("a,b\nc"), Some(3));
    assert_eq!(end("\"a\nb\",c\nd"), Some(7));
    assert_eq!(end("\"a\"\"\nb\",c\nd"), Some(9));
    assert_eq!(end("5\"6,x\ny"), Some(5));
    assert_eq!(end("\"open\n"), None);
    assert_eq!(end("a,b"), None);
}

#[test]
fn written_as_jackson_quotes() {
    let columns = [
        ("s", DataType::Utf8),
        ("n", DataType::Int32),
        ("d", DataType::Float64),
        ("t", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("l", list(DataType::Int32)),
    ];
    let cases = [
        ("plain,1,1.5,1970-01-01 00:00:00,1;2", "plain,1,1.5,\"1970-01-01 00:00:00.0\",1;2"),
        ("\"two words\",1,1.5,1970-01-01 00:00:00,", "\"two words\",1,1.5,\"1970-01-01 00:00:00.0\","),
        ("\"a\"\"b\",1,1e10,1970-01-01 00:00:00.25,3", "\"a\"\"b\",1,1.0E10,\"1970-01-01 00:00:00.25\",3"),
        // 25 characters are quoted unseen, 24 are not
        (
            "abcdefghijklmnopqrstuvwxy,1,0,1970-01-01 00:00:00,3",
            "\"abcdefghijklmnopqrstuvwxy\",1,0.0,\"1970-01-01 00:00:00.0\",3",
        ),
        ("abcdefghijklmnopqrstuvwx,,,,", "abcdefghijklmnopqrstuvwx,,,,"),
    ];
    for (record, expected) in cases {
        let mut decoder = decoder(&columns, &[("ignore-parse-errors", "true")]);
        decoder.decode(record.as_bytes()).unwrap();
        let records = Columns::new(decoder.finish().unwrap(), Shape::Row);
        let mut encoder = Csv.encoder(schema(&columns), Shape::Row, &options(&[("line-delimiter", "\n")])).unwrap();
        let (mut out, mut ends) = (Vec::new(), Vec::new());
        encoder.encode(&records, &mut out, &mut ends).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n"));
    }
}

/// A seeded sequence of numbers (a linear congruential generator).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn text(&mut self) -> String {
        let alphabet: Vec<char> = "ab\",;\\'# \n\r\té订🎉0".chars().collect();
        (0..self.below(30)).map(|_| alphabet[self.below(alphabet.len() as u64) as usize]).collect()
    }
}

#[test]
fn what_is_written_is_read_again() {
    let columns = two_texts();
    for entries in [vec![], vec![("escape-character", "\\")], vec![("quote-character", "'"), ("field-delimiter", "|")]]
    {
        let mut seeded = Seeded(7);
        for _ in 0..500 {
            // NULL and the empty text look the same without a null literal; a lone line of blanks is no record
            let texts = [format!("x{}", seeded.text()), format!("{}x", seeded.text())];
            let arrays = texts.iter().map(|text| Arc::new(arrow::array::StringArray::from(vec![text.as_str()])) as _);
            let records = RecordBatch::try_new(schema(&columns), arrays.collect()).unwrap();
            let mut encoder = Csv.encoder(schema(&columns), Shape::Row, &options(&entries)).unwrap();
            let (mut out, mut ends) = (Vec::new(), Vec::new());
            encoder.encode(&Columns::new(records, Shape::Row), &mut out, &mut ends).unwrap();
            let record = String::from_utf8(out).unwrap();
            assert_eq!(read(&columns, &entries, &record), texts.map(Value::String), "{record}");
        }
    }
}

#[test]
fn damaged_records_never_panic_and_leave_nothing() {
    let columns = [("a", DataType::Utf8), ("n", DataType::Int32), ("l", list(DataType::Int64))];
    let good = "\"a\"\"b,c\",42,1;2;3".as_bytes();
    for entries in [vec![], vec![("escape-character", "\\")], vec![("disable-quote-character", "true")]] {
        let mut decoder = decoder(&columns, &entries);
        let mut seeded = Seeded(11);
        let mut expected = 0;
        for _ in 0..2000 {
            let mut record = good.to_vec();
            record.truncate(seeded.below(good.len() as u64 + 1) as usize);
            for _ in 0..seeded.below(3) {
                if !record.is_empty() {
                    let at = seeded.below(record.len() as u64) as usize;
                    record[at] = [b'"', b',', b';', b'\\', b'\n', 0xC3, b'9'][seeded.below(7) as usize];
                }
            }
            expected += decoder.decode(&record).unwrap_or(0);
            assert_eq!(decoder.len(), expected);
        }
        assert_eq!(decoder.finish().unwrap().num_rows(), expected);
    }
}
