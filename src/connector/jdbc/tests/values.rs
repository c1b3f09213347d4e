//! Every type keeps its value.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, Time32MillisecondArray, TimestampMicrosecondArray,
};

use super::databases::{Target, lines, records, write_all};

super::on_all_databases!(values_and_nulls, strings_of_all_kinds, types_meet_other_types, moments_in_other_columns);

/// 2024-02-29 23:59:59.123456
const LEAP_DAY: i64 = 1_709_251_199_123_456;

fn values_and_nulls(target: &Target) {
    let table = target.table(target.pick(
        "b BOOLEAN, i1 TINYINT, i2 SMALLINT, i4 INT, i8 BIGINT, f4 FLOAT, f8 DOUBLE, d DECIMAL(38,10), big DECIMAL(38,18), \
         s VARCHAR(50), x BLOB, dt DATE, t TIME(3), ts DATETIME(6), tz TIMESTAMP(6) NULL",
        "b BOOLEAN, i1 SMALLINT, i2 SMALLINT, i4 INT, i8 BIGINT, f4 REAL, f8 DOUBLE PRECISION, d NUMERIC(38,10), \
         big NUMERIC, s VARCHAR(50), x BYTEA, dt DATE, t TIME(3), ts TIMESTAMP, tz TIMESTAMPTZ",
        "b BOOLEAN, i1 INT, i2 INT, i4 INT, i8 BIGINT, f4 REAL, f8 DOUBLE, d TEXT, big TEXT, s VARCHAR(50), x BLOB, \
         dt TEXT, t TEXT, ts TEXT, tz TEXT",
    ));
    let decimal = |value: i128, precision, scale| -> ArrayRef {
        let array = Decimal128Array::from(vec![Some(value), None]);
        Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
    };
    let stamps = || TimestampMicrosecondArray::from(vec![Some(LEAP_DAY), None]);
    let rows = records(vec![
        ("b", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("i1", Arc::new(Int8Array::from(vec![Some(i8::MIN), None]))),
        ("i2", Arc::new(Int16Array::from(vec![Some(i16::MIN), None]))),
        ("i4", Arc::new(Int32Array::from(vec![Some(i32::MIN), None]))),
        ("i8", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("f4", Arc::new(Float32Array::from(vec![Some(0.1), None]))),
        ("f8", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("d", decimal(12_345_678_901_234_567_890_123_456_789_012_345_678, 38, 10)),
        ("big", decimal(-12_500_000_000_000_000_000, 38, 18)),
        ("s", Arc::new(StringArray::from(vec![Some("订单 😀 'x' \\ \"?\""), None]))),
        ("x", Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff'\\"), None]))),
        ("dt", Arc::new(Date32Array::from(vec![Some(-1), None]))),
        ("t", Arc::new(Time32MillisecondArray::from(vec![Some(86_399_999), None]))),
        ("ts", Arc::new(stamps())),
        ("tz", Arc::new(stamps().with_timezone("UTC"))),
    ]);
    let marks = vec!["?"; rows.num_columns()].join(", ");
    write_all(&target.url, &format!("INSERT INTO {table} VALUES ({marks})"), rows).unwrap();

    let hex = target.pick("hex(x)", "upper(encode(x, 'hex'))", "hex(x)");
    // text of a moment in UTC, whatever the session's zone is
    let tz = target.pick("CONVERT_TZ(tz, @@session.time_zone, '+00:00')", "tz AT TIME ZONE 'UTC'", "tz");
    let time = target.pick("t", "t", "t");
    let sql =
        format!("SELECT b, i1, i2, i4, i8, f4, f8, d, big, s, {hex}, dt, {time}, ts, {tz} FROM {table} ORDER BY i8");
    let mut found = target.query(&sql);
    // where NULL comes first depends on the database; SQLite's hex(NULL) is ''
    found.sort_by_key(|line| line[1].is_none());
    assert_eq!(found[1].iter().flatten().filter(|text| !text.is_empty()).count(), 0, "{found:?}");
    found.truncate(1);
    let whole = target.pick("-12.500000000000000000", "-12.5", "-12.5");
    assert_eq!(
        found,
        lines(&[&[
            target.pick("1", "t", "1"),
            "-128",
            "-32768",
            "-2147483648",
            "-9223372036854775808",
            "0.1",
            "0.1",
            "1234567890123456789012345678.9012345678",
            whole,
            "订单 😀 'x' \\ \"?\"",
            "00FF275C",
            "1969-12-31",
            "23:59:59.999",
            target.pick("2024-02-29 23:59:59.123456", "2024-02-29 23:59:59.123456", "2024-02-29 23:59:59.123456"),
            "2024-02-29 23:59:59.123456",
        ]])
    );
}

fn strings_of_all_kinds(target: &Target) {
    let table = target.table(target.pick("id INT, s LONGTEXT", "id INT, s TEXT", "id INT, s TEXT"));
    let long = "é😀".repeat(50_000);
    let texts =
        ["", "a\nb\r\t\u{1a}", "'; DROP TABLE x; --", "\\", "\\'", "''", "%s ? $1 :x {x}", "\u{10FFFF}", long.as_str()];
    let ids: Vec<i32> = (0..texts.len() as i32).collect();
    let rows =
        records(vec![("id", Arc::new(Int32Array::from(ids))), ("s", Arc::new(StringArray::from(texts.to_vec())))]);
    write_all(&target.url, &format!("INSERT INTO {table} (id, s) VALUES (?, ?)"), rows).unwrap();
    let found = target.query(&format!("SELECT s FROM {table} ORDER BY id"));
    let found: Vec<&str> = found.iter().map(|line| line[0].as_deref().unwrap()).collect();
    assert!(found == texts, "{:?}", &found[..8]);
}

/// What people declare on one side is not always what the table has.
fn types_meet_other_types(target: &Target) {
    let table = target.table(target.pick(
        "a VARCHAR(20), b BIGINT, c DECIMAL(10,2), d DATETIME, e VARCHAR(40), f JSON, g INT, h DOUBLE, i VARCHAR(9)",
        "a TEXT, b BIGINT, c NUMERIC(10,2), d TIMESTAMP, e UUID, f JSONB, g INT, h DOUBLE PRECISION, i TEXT",
        "a TEXT, b BIGINT, c TEXT, d TEXT, e TEXT, f TEXT, g INT, h DOUBLE, i TEXT",
    ));
    let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let rows = records(vec![
        ("a", Arc::new(Int64Array::from(vec![42]))),
        ("b", Arc::new(StringArray::from(vec!["9007199254740993"]))),
        ("c", Arc::new(StringArray::from(vec!["12.50"]))),
        ("d", Arc::new(StringArray::from(vec!["2024-01-01 10:00:00"]))),
        ("e", Arc::new(StringArray::from(vec![uuid]))),
        ("f", Arc::new(StringArray::from(vec!["{\"a\": 1}"]))),
        ("g", Arc::new(BooleanArray::from(vec![true]))),
        ("h", Arc::new(Int32Array::from(vec![-3]))),
        ("i", Arc::new(Float64Array::from(vec![2.5]))),
    ]);
    let sql = format!("INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    write_all(&target.url, &sql, rows).unwrap();
    let found = target.query(&format!("SELECT * FROM {table}"));
    let float = target.pick("2.5", "2.5", "2.5");
    assert_eq!(
        found,
        lines(&[&["42", "9007199254740993", "12.50", "2024-01-01 10:00:00", uuid, "{\"a\": 1}", "1", "-3", float]])
    );
}

/// A moment in a column without zone is its clock face in UTC; MySQL's may be in another zone by the URL.
fn moments_in_other_columns(target: &Target) {
    let column = target.pick("ts DATETIME(6)", "ts TIMESTAMP", "ts TEXT");
    let table = target.table(column);
    let stamps = TimestampMicrosecondArray::from(vec![LEAP_DAY]).with_timezone("UTC");
    let rows = records(vec![("ts", Arc::new(stamps))]);
    let sql = format!("INSERT INTO {table} VALUES (?)");
    write_all(&target.url, &sql, rows.clone()).unwrap();
    assert_eq!(target.query(&format!("SELECT ts FROM {table}")), lines(&[&["2024-02-29 23:59:59.123456"]]));
    if target.database.is_mysql() {
        target.run(&format!("DELETE FROM {table}"));
        write_all(&target.url_with("serverTimezone=GMT%2B8"), &sql, rows).unwrap();
        assert_eq!(target.query(&format!("SELECT ts FROM {table}")), lines(&[&["2024-03-01 07:59:59.123456"]]));
    }
}
