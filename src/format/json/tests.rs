//! What the format reads and writes; the expected values are Flink's, or follow from the JSON by hand.

use std::sync::Arc;

use arrow::array::RecordBatch;

use super::super::{Decoder, Format};
use super::Json;
use crate::batch::Columns;
use crate::error::Error;
use crate::options::Options;
use crate::types::{DataType, Field, Fields, Schema, SchemaRef, Shape, TimeUnit, Value};

fn options(entries: &[(&str, &str)]) -> Options {
    Options::new(entries.iter().map(|(key, value)| (key.to_string(), value.to_string())))
}

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(fields_of(fields)))
}

fn fields_of(fields: &[(&str, DataType)]) -> Fields {
    fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
}

fn list(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}

fn row(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(fields_of(fields))
}

fn map(value: DataType) -> DataType {
    let entries = [Field::new("key", DataType::Utf8, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries.to_vec().into()), false)), false)
}

fn decoder(fields: &[(&str, DataType)], entries: &[(&str, &str)]) -> Box<dyn Decoder> {
    Json.decoder(schema(fields), Shape::Row, &options(entries)).unwrap()
}

fn rows(records: &RecordBatch) -> Vec<Vec<Value>> {
    let value = |row: usize| records.columns().iter().map(move |column| Value::from_array(column, row).unwrap());
    (0..records.num_rows()).map(|row| value(row).collect()).collect()
}

/// The fields of the one row that `json` is.
fn read(fields: &[(&str, DataType)], json: &str) -> Vec<Value> {
    let mut decoder = decoder(fields, &[]);
    assert_eq!(decoder.decode(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}")), 1);
    rows(&decoder.finish().unwrap()).remove(0)
}

fn read_one(data_type: DataType, value: &str) -> Value {
    read(&[("v", data_type)], &format!("{{\"v\":{value}}}")).remove(0)
}

fn refused(fields: &[(&str, DataType)], json: &[u8]) -> Error {
    let mut decoder = decoder(fields, &[]);
    let error = decoder.decode(json).expect_err(&String::from_utf8_lossy(json));
    assert_eq!(decoder.len(), 0);
    error
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn order() -> Vec<(&'static str, DataType)> {
    let item = row(&[("product_id", DataType::Utf8), ("quantity", DataType::Int32), ("unit_price", DataType::Float64)]);
    vec![("order_id", DataType::Utf8), ("order_time", DataType::Int64), ("items", list(item))]
}

#[test]
fn an_order_with_items() {
    let json = r#" {"order_id": "o1", "unknown": {"a": [1, {"b": null}]}, "order_time": 1700000040000,
        "items": [{"product_id": "p1", "quantity": 2, "unit_price": 9.99}, {"unit_price": 1, "product_id": "p2"}]} "#;
    let expected = vec![
        text("o1"),
        Value::Int(1_700_000_040_000),
        Value::List(vec![
            Value::Row(vec![text("p1"), Value::Int(2), Value::Float(9.99)]),
            Value::Row(vec![text("p2"), Value::Null, Value::Float(1.0)]),
        ]),
    ];
    assert_eq!(read(&order(), json), expected);
}

#[test]
fn numbers() {
    assert_eq!(read_one(DataType::Int32, "-0"), Value::Int(0));
    assert_eq!(read_one(DataType::Int32, "3.7"), Value::Int(3));
    assert_eq!(read_one(DataType::Int32, "-3.7"), Value::Int(-3));
    assert_eq!(read_one(DataType::Int64, "9223372036854775807"), Value::Int(i64::MAX));
    assert_eq!(read_one(DataType::Int64, "-9223372036854775808"), Value::Int(i64::MIN));
    assert_eq!(read_one(DataType::Int8, "127"), Value::Int(127));
    assert_eq!(read_one(DataType::Float64, "1e-2"), Value::Float(0.01));
    assert_eq!(read_one(DataType::Float64, "0.1"), Value::Float(0.1));
    assert_eq!(read_one(DataType::Float64, "179769313486231570000e288"), Value::Float(1.7976931348623157e308));
    assert_eq!(
        read_one(DataType::Float64, "123456789012345678901234567890"),
        Value::Float(123456789012345678901234567890.0)
    );
    assert_eq!(read_one(DataType::Float32, "0.1"), Value::Float(f64::from(0.1f32)));
    assert_eq!(
        read_one(DataType::Decimal128(38, 18), "12345678901234567.89"),
        Value::Decimal(12_345_678_901_234_567_890_000_000_000_000_000, 18)
    );
    assert_eq!(
        read_one(DataType::Decimal128(38, 0), "123456789012345678901234567890"),
        Value::Decimal(123_456_789_012_345_678_901_234_567_890, 0)
    );
}

#[test]
fn numbers_from_text() {
    assert_eq!(read_one(DataType::Int32, "\" 42 \""), Value::Int(42));
    assert_eq!(read_one(DataType::Int16, "\"+7\""), Value::Int(7));
    assert_eq!(read_one(DataType::Float64, "\"1.5e3\""), Value::Float(1500.0));
    assert_eq!(read_one(DataType::Float64, "\"-Infinity\""), Value::Float(f64::NEG_INFINITY));
    assert_eq!(read_one(DataType::Decimal128(10, 2), "\"12.345\""), Value::Decimal(1235, 2));
    assert_eq!(read_one(DataType::Boolean, "\" TRUE \""), Value::Boolean(true));
    assert_eq!(read_one(DataType::Int32, r#""\u0034""#), Value::Int(4));
}

/// Item 1 of the behaviour list: 17194.00 is "17194.0", 707 stays "707", objects are compact text.
#[test]
fn anything_into_a_string() {
    for (value, expected) in [
        ("17194.00", "17194.0"),
        ("1200.00", "1200.0"),
        ("1e10", "1.0E10"),
        ("707", "707"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-0", "0"),
        ("true", "true"),
        ("false", "false"),
        (r#"{ "a" : [ 1 , 2.50 , null , "x\u0041\n" ] , "b" : { } }"#, r#"{"a":[1,2.5,null,"xA\n"],"b":{}}"#),
        ("[ ]", "[]"),
        (r#"{"k": 1, "l": 2, "k": 3}"#, r#"{"k":3,"l":2}"#),
        (r#""订单 \ud83c\udf89 \/ \b\f\r\t""#, "订单 🎉 / \u{8}\u{c}\r\t"),
        (r#""half \ud83c pair""#, "half \u{FFFD} pair"),
        (r#""""#, ""),
    ] {
        assert_eq!(read_one(DataType::Utf8, value), text(expected), "{value}");
    }
    assert_eq!(read_one(DataType::Utf8, "null"), Value::Null);
}

#[test]
fn times() {
    // 2020-12-30 is day 18626; 12:13:14.123 is 43,994,123 ms of the day
    let micros = 18_626 * 86_400_000_000 + 43_994_123_000;
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(read_one(DataType::Date32, "\"2020-12-30\""), Value::Date(18_626));
    assert_eq!(read_one(DataType::Time32(TimeUnit::Millisecond), "\"12:13:14.123\""), Value::Time(43_994_123_000));
    assert_eq!(read_one(timestamp.clone(), "\"2020-12-30 12:13:14.123\""), Value::Timestamp(micros));
    assert_eq!(read_one(timestamp.clone(), "\"2020-12-30T12:13:14.123Z\""), Value::Timestamp(micros));
    assert_eq!(read_one(instant, "\"2020-12-30T12:13:14.123Z\""), Value::TimestampLtz(micros));
    let mut strict = decoder(&[("v", timestamp)], &[("timestamp-format", "SQL")]);
    let error = strict.decode(br#"{"v":"2020-12-30T12:13:14"}"#).unwrap_err();
    assert!(error.message().contains("2020-12-30 12:13:14.123"), "{error}");
}

#[test]
fn bytes_are_base64() {
    assert_eq!(read_one(DataType::Binary, "\"AP8=\""), Value::Bytes(vec![0, 255]));
    let error = refused(&[("v", DataType::Binary)], br#"{"v":"A"}"#);
    assert!(error.message().contains("Base64"), "{error}");
}

#[test]
fn maps_and_repeated_keys() {
    let entry = |key: &str, value: Value| (text(key), value);
    assert_eq!(
        read_one(map(DataType::Utf8), r#"{"id": 1, "name": null, "price": 1200.00}"#),
        Value::Map(vec![entry("id", text("1")), entry("name", Value::Null), entry("price", text("1200.0"))])
    );
    assert_eq!(
        read_one(
            map(DataType::Int32),
            r#"{"a": "x no number", "b": 2, "\u0061": 3}"#.replace("\"x no number\"", "1").as_str()
        ),
        Value::Map(vec![entry("a", Value::Int(3)), entry("b", Value::Int(2))])
    );
    let many: Vec<String> = (0..40).map(|at| format!("\"k{}\": {at}", at % 30)).collect();
    let Value::Map(entries) = read_one(map(DataType::Int32), &format!("{{{}}}", many.join(","))) else {
        panic!("no map")
    };
    assert_eq!(
        (entries.len(), &entries[3], &entries[29]),
        (30, &entry("k3", Value::Int(33)), &entry("k29", Value::Int(29)))
    );
}

#[test]
fn the_last_of_repeated_fields_counts() {
    let fields = [("a", DataType::Int32), ("b", DataType::Utf8)];
    assert_eq!(read(&fields, r#"{"a":1,"b":"x","a":2,"b":"y"}"#), [Value::Int(2), text("y")]);
    assert_eq!(read(&fields, r#"{"b":"x","b":"y"}"#), [Value::Null, text("y")]);
    assert_eq!(read(&order(), r#"{"items":[{"quantity":1}],"items":[]}"#)[2], Value::List(vec![]));
}

#[test]
fn names_with_escapes() {
    let fields = [("say \"hi\"", DataType::Int32), ("订单", DataType::Int32)];
    assert_eq!(read(&fields, r#"{"say \"hi\"": 1, "\u8ba2\u5355": 2}"#), [Value::Int(1), Value::Int(2)]);
}

#[test]
fn missing_fields() {
    let fields = [("a", DataType::Int32), ("b", DataType::Int32)];
    assert_eq!(read(&fields, r#"{"b":1}"#), [Value::Null, Value::Int(1)]);
    assert_eq!(read(&fields, "{}"), [Value::Null, Value::Null]);
    let mut strict = decoder(&fields, &[("fail-on-missing-field", "true")]);
    let error = strict.decode(br#" {"b":1}"#).unwrap_err();
    assert_eq!(error.message(), "json: the field 'a' is missing (object at byte 1)");
    assert!(strict.is_empty());
    assert_eq!(strict.decode(br#"{"b":1,"a":null}"#).unwrap(), 1);
    let both = options(&[("fail-on-missing-field", "true"), ("ignore-parse-errors", "true")]);
    let error = Json.decoder(schema(&fields), Shape::Row, &both).err().unwrap();
    assert_eq!(error.kind(), crate::ErrorKind::Config);
}

#[test]
fn errors_say_where_and_what() {
    let at = |json: &str| refused(&order(), json.as_bytes()).message().to_owned();
    assert_eq!(
        at(r#"{"order_id":"o1","items":[{},{"quantity":"two"}]}"#),
        "json in the field 'items[1].quantity' at byte 41 does not fit its type: expected INT, found the string \"two\""
    );
    assert_eq!(
        at(r#"{"order_time": 99999999999999999999}"#),
        "json in the field 'order_time' at byte 15 does not fit its type: expected BIGINT, \
         found the number 99999999999999999999"
    );
    assert_eq!(
        at(r#"{"order_time": true}"#),
        "json in the field 'order_time' at byte 15 does not fit its type: expected BIGINT, found true"
    );
    assert_eq!(
        at(r#"{"order_id": "o1""#),
        "malformed json at byte 17: expected ',' or '}' after a field, found the end of the payload"
    );
    assert!(at(r#"[{"order_id":"o1"}]"#).contains("expected an object (a record is one JSON object), found '['"));
    assert!(at(r#"{"a":1} x"#).contains("at byte 8: expected the end of the payload after the record, found 'x'"));
    assert!(at("").contains("found the end of the payload"));
    assert!(at(r#"{"order_id": "o1", "unknown": tru}"#).contains("at byte 30"));
    assert!(at("{\"order_id\": \"a\nb\"}").contains("control characters, found '\\n'"));
    assert!(at(r#"{"order_time": 01}"#).contains("leading zeros"));
    let error = refused(&order(), b"{\"order_id\": \"a\xffb\"}");
    assert_eq!(error.message(), "json: invalid UTF-8 at byte 15");
}

#[test]
fn malformed_values_are_refused_wherever_they_are() {
    let fields = [("v", DataType::Float64)];
    for value in [
        "",
        "nul",
        "truex",
        "1.",
        ".5",
        "-",
        "1e",
        "+1",
        "0x1",
        "NaN",
        "'a'",
        "[1,]",
        "{\"a\":}",
        "{a:1}",
        "[1 2]",
        "\"\\x\"",
        "\"\\u12\"",
        "\"abc",
        "{\"a\":1,}",
        "--1",
        "1..2",
    ] {
        refused(&fields, format!("{{\"v\":{value}}}").as_bytes());
        refused(&fields, format!("{{\"unknown\":{value}}}").as_bytes());
        refused(&[("v", DataType::Utf8)], format!("{{\"v\":[{value}]}}").replace("[]", "[,]").as_bytes());
    }
}

#[test]
fn nesting_is_limited() {
    for fields in [[("v", DataType::Utf8)], [("w", DataType::Utf8)]] {
        let nested = |depth: usize| format!("{{\"v\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(decoder(&fields, &[]).decode(nested(900).as_bytes()).unwrap(), 1);
        let error = refused(&fields, nested(100_000).as_bytes());
        assert!(error.message().contains("1000 nested"), "{error}");
    }
}

#[test]
fn null_is_no_row_and_blanks_are_allowed_around() {
    let mut decoder = decoder(&order(), &[]);
    assert_eq!(decoder.decode(b" null\n").unwrap(), 0);
    assert_eq!(decoder.decode(b"\t{ }\r\n").unwrap(), 1);
    assert_eq!(decoder.len(), 1);
}

#[test]
fn ignoring_errors_makes_fields_null_and_counts_them() {
    let mut decoder = decoder(&order(), &[("ignore-parse-errors", "true")]);
    let json = br#"{"order_id":"o1","order_time":"soon","items":[{"quantity":{"a":1},"unit_price":2}]}"#;
    assert_eq!(decoder.decode(json).unwrap(), 1);
    assert!(decoder.decode(br#"{"order_id":"o2","order_time":"later""#).is_err());
    assert_eq!(decoder.take_nulled_fields(), 2);
    let item = Value::Row(vec![Value::Null, Value::Null, Value::Float(2.0)]);
    assert_eq!(rows(&decoder.finish().unwrap()), [[text("o1"), Value::Null, Value::List(vec![item])]]);
}

#[test]
fn a_bad_record_leaves_nothing_between_good_ones() {
    let mut decoder = decoder(&order(), &[]);
    let good = br#"{"order_id":"o1","items":[{"product_id":"p1"}]}"#;
    decoder.decode(good).unwrap();
    decoder.decode(br#"{"order_id":"o2","items":[{"product_id":"p2"},{"product_id":"p3","#).unwrap_err();
    decoder.decode(br#"{"order_id":null,"items":null,"order_time":null} trailing"#).unwrap_err();
    decoder.decode(good).unwrap();
    let records = decoder.finish().unwrap();
    let read = rows(&records);
    assert_eq!(read[0], read[1]);
    assert_eq!(read.len(), 2);
    assert!(decoder.is_empty());
}

#[test]
fn bare_values() {
    let schema = super::super::value_schema(DataType::Int32);
    let mut decoder = Json.decoder(schema.clone(), Shape::Scalar, &Options::default()).unwrap();
    decoder.decode(b" 42 ").unwrap();
    let records = decoder.finish().unwrap();
    assert_eq!(rows(&records), [[Value::Int(42)]]);
    let mut encoder = Json.encoder(schema, Shape::Scalar, &Options::default()).unwrap();
    let mut out = Vec::new();
    encoder.encode(&Columns::new(records, Shape::Scalar), &mut out, &mut Vec::new()).unwrap();
    assert_eq!(out, b"42");
}

#[test]
fn types_no_format_can_hold() {
    let error = Json.decoder(schema(&[("a", list(DataType::Duration(TimeUnit::Second)))]), Shape::Row, &options(&[]));
    assert!(error.err().unwrap().message().contains("'a[]'"));
}

fn written(fields: &[(&str, DataType)], entries: &[(&str, &str)], json: &str) -> String {
    let mut decoder = decoder(fields, &[]);
    decoder.decode(json.as_bytes()).unwrap();
    let records = Columns::new(decoder.finish().unwrap(), Shape::Row);
    let mut encoder = Json.encoder(schema(fields), Shape::Row, &options(entries)).unwrap();
    let (mut out, mut ends) = (Vec::new(), Vec::new());
    encoder.encode(&records, &mut out, &mut ends).unwrap();
    assert_eq!(ends, [out.len()]);
    String::from_utf8(out).unwrap()
}

#[test]
fn written_as_flink_writes() {
    let fields = [
        ("s", DataType::Utf8),
        ("d", DataType::Float64),
        ("p", DataType::Decimal128(38, 18)),
        ("t", DataType::Timestamp(TimeUnit::Microsecond, None)),
        ("z", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("b", DataType::Binary),
        ("m", map(DataType::Int32)),
        ("l", list(DataType::Boolean)),
        ("r", row(&[("x", DataType::Date32), ("y", DataType::Time32(TimeUnit::Millisecond))])),
    ];
    let json = r#"{"l":[true,null],"s":"a\"b\\\u0001\n订","d":17194,"p":1200.50,"t":"2020-12-30 12:13:14.120",
        "z":"2020-12-30T12:13:25.040Z","b":"AP8=","m":{"k":1},"r":{"x":"2020-12-30","y":"01:02:03"}}"#;
    assert_eq!(
        written(&fields, &[], json),
        r#"{"s":"a\"b\\\u0001\n订","d":17194.0,"p":1200.5,"t":"2020-12-30 12:13:14.12","z":"2020-12-30 12:13:25.04Z","b":"AP8=","m":{"k":1},"l":[true,null],"r":{"x":"2020-12-30","y":"01:02:03"}}"#
    );
    assert!(
        written(&fields, &[("timestamp-format", "ISO-8601")], json)
            .contains(r#""t":"2020-12-30T12:13:14.12","z":"2020-12-30T12:13:25.04Z""#)
    );
    assert_eq!(
        written(&fields, &[], "{}"),
        r#"{"s":null,"d":null,"p":null,"t":null,"z":null,"b":null,"m":null,"l":null,"r":null}"#
    );
    assert_eq!(written(&fields[1..2], &[], r#"{"d":"NaN"}"#), r#"{"d":"NaN"}"#);
    assert_eq!(written(&[], &[], "{}"), "{}");
}

/// A seeded sequence of numbers (a linear congruential generator).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn text(&mut self) -> String {
        let alphabet: Vec<char> = "ab\"\\{}[],: \n\u{1}\u{7f}é订🎉0".chars().collect();
        (0..self.below(40)).map(|_| alphabet[self.below(alphabet.len() as u64) as usize]).collect()
    }

    fn value(&mut self, data_type: &DataType) -> serde_json::Value {
        if self.below(6) == 0 {
            return serde_json::Value::Null;
        }
        let wide = (self.below(1 << 31) << 33 | self.below(1 << 31) << 2) as i64;
        match data_type {
            DataType::Boolean => (wide % 3 == 0).into(),
            DataType::Int32 => (wide as i32).into(),
            DataType::Int64 => wide.into(),
            // few digits and one rounding: the other library reads no more of them exactly
            DataType::Float64 => {
                let whole = f64::from(wide as i32);
                [whole, whole / 1e3, whole / 1e15, whole * 1e12][self.below(4) as usize].into()
            }
            DataType::Utf8 => self.text().into(),
            DataType::List(item) => (0..self.below(4)).map(|_| self.value(item.data_type())).collect(),
            DataType::Map(..) => {
                (0..self.below(4)).map(|at| (format!("{at}{}", self.text()), self.value(&DataType::Int64))).collect()
            }
            DataType::Struct(fields) => self.object(fields),
            other => panic!("no generator for {other}"),
        }
    }

    fn object(&mut self, fields: &Fields) -> serde_json::Value {
        fields.iter().map(|field| (field.name().clone(), self.value(field.data_type()))).collect()
    }
}

fn everything() -> Vec<(&'static str, DataType)> {
    let item = row(&[("s", DataType::Utf8), ("n", DataType::Int32), ("l", list(DataType::Float64))]);
    vec![
        ("b", DataType::Boolean),
        ("i", DataType::Int64),
        ("d", DataType::Float64),
        ("s", DataType::Utf8),
        ("m", map(DataType::Int64)),
        ("r", item.clone()),
        ("l", list(list(item))),
    ]
}

/// The generator's JSON is written by another library; reading it, writing it and reading that again must agree,
/// and so must what that library reads from our text.
#[test]
fn what_is_written_is_read_again() {
    let fields = everything();
    let mut seeded = Seeded(3);
    let (mut first, mut second) = (decoder(&fields, &[]), decoder(&fields, &[]));
    let originals: Vec<_> = (0..300).map(|_| seeded.object(&fields_of(&fields))).collect();
    for original in &originals {
        first.decode(original.to_string().as_bytes()).unwrap();
    }
    let records = Columns::new(first.finish().unwrap(), Shape::Row);
    let (mut out, mut ends) = (Vec::new(), Vec::new());
    Json.encoder(schema(&fields), Shape::Row, &options(&[])).unwrap().encode(&records, &mut out, &mut ends).unwrap();
    let mut start = 0;
    for (end, original) in ends.iter().zip(&originals) {
        let payload = &out[start..*end];
        assert_eq!(&serde_json::from_slice::<serde_json::Value>(payload).unwrap(), original);
        second.decode(payload).unwrap();
        start = *end;
    }
    assert_eq!(second.finish().unwrap(), records.records);
}

/// Payloads cut off and with wrong bytes: each is refused or read, nothing panics, and only whole rows stay. What is
/// refused or read is the same as what another library says of the text, except for what only a type can refuse.
#[test]
fn damaged_payloads_never_panic_and_leave_nothing() {
    let fields = everything();
    let mut seeded = Seeded(5);
    for entries in [vec![], vec![("ignore-parse-errors", "true")]] {
        let mut decoder = decoder(&fields, &entries);
        let mut expected = 0;
        for _ in 0..3000 {
            let mut payload = seeded.object(&fields_of(&fields)).to_string().into_bytes();
            if seeded.below(2) == 0 {
                payload.truncate(seeded.below(payload.len() as u64 + 1) as usize);
            }
            for _ in 0..seeded.below(4) {
                if !payload.is_empty() {
                    let at = seeded.below(payload.len() as u64) as usize;
                    payload[at] = b"\"\\{}[]:,0-.eu\0 \xc3\xff"[seeded.below(17) as usize];
                }
            }
            let judged = serde_json::from_slice::<serde_json::Value>(&payload);
            let valid = judged.as_ref().is_ok_and(|value| value.is_object());
            // half of a surrogate pair and a number beyond a double are what we read and that library does not
            let special = payload.windows(2).any(|pair| pair == b"\\u")
                || judged.is_err_and(|error| error.to_string().contains("out of range"));
            match decoder.decode(&payload) {
                Ok(rows) => {
                    assert!(valid || special, "{}", String::from_utf8_lossy(&payload));
                    expected += rows;
                }
                Err(error) => assert!(!valid || entries.is_empty(), "{error} {}", String::from_utf8_lossy(&payload)),
            }
            assert_eq!(decoder.len(), expected);
        }
        assert_eq!(decoder.finish().unwrap().num_rows(), expected);
    }
}
