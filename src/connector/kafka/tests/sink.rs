//! The sink against a real broker.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::*;
use crate::batch::{Batch, NO_TIMESTAMP};

fn texts(values: &[Option<&str>]) -> Batch {
    let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
    Batch::columns(RecordBatch::try_new(strings().0, vec![column]).unwrap(), Shape::Scalar)
}

fn orders() -> (SchemaRef, Shape) {
    let fields = vec![
        Field::new("id", DataType::Utf8, true),
        Field::new("amount", DataType::Int64, true),
        Field::new("target", DataType::Utf8, true),
    ];
    (Arc::new(Schema::new(fields)), Shape::Row)
}

fn order_batch(rows: &[(&str, i64, Option<&str>)]) -> Batch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(rows.iter().map(|row| row.0).collect::<Vec<_>>())),
        Arc::new(Int64Array::from(rows.iter().map(|row| row.1).collect::<Vec<_>>())),
        Arc::new(StringArray::from(rows.iter().map(|row| row.2).collect::<Vec<_>>())),
    ];
    Batch::columns(RecordBatch::try_new(orders().0, columns).unwrap(), Shape::Row)
}

/// Keys, values and partitions of a topic, as text.
fn content(servers: &str, topic: &str) -> Vec<(Option<String>, String, i32)> {
    let fields = vec![
        Field::new("value", DataType::Utf8, true),
        Field::new("key", DataType::Utf8, true),
        Field::new("partition", DataType::Int32, true),
    ];
    let pairs = [("topics", topic), ("scan.bounded.mode", "latest-offset"), ("metadata", "key,partition")];
    let spec = spec(servers, (Arc::new(Schema::new(fields)), Shape::Row), &pairs);
    let source = connector::find("kafka").unwrap().source(&spec).unwrap();
    let mut run = Run::start(source.as_ref()).unwrap();
    run.read_to_end().unwrap();
    run.batches
        .iter()
        .flat_map(|(_, rows, _)| {
            let values = rows.column(0).as_string::<i32>();
            let keys = rows.column(1).as_string::<i32>();
            let partitions = rows.column(2).as_primitive::<arrow::datatypes::Int32Type>();
            (0..rows.num_rows()).map(|row| {
                let key = (!arrow::array::Array::is_null(keys, row)).then(|| keys.value(row).to_owned());
                (key, values.value(row).to_owned(), partitions.value(row))
            })
        })
        .collect()
}

#[test]
fn what_was_flushed_is_on_the_broker_with_its_timestamps() {
    let Some(servers) = broker() else { return };
    let topic = unique("sink");
    create_topic(&servers, &topic, 1, &[]);
    let pairs = [("topic", topic.as_str()), ("delivery-guarantee", "at-least-once")];
    let mut writer = sink(&servers, strings(), &pairs).unwrap().writer(&context(1)).unwrap();
    let times = vec![1_700_000_000_001, NO_TIMESTAMP];
    writer.write(texts(&[Some("a"), Some("订单")]).with_timestamps(Some(times))).unwrap();
    writer.flush().unwrap();
    let run = read_all(&servers, &[("topics", &topic)]).unwrap();
    assert_eq!(run.texts(None), ["a", "订单"]);
    let times: Vec<i64> = run.batches.iter().flat_map(|(.., times)| times.clone().unwrap()).collect();
    assert_eq!(times[0], 1_700_000_000_001);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    assert!((now - times[1]).abs() < 60_000, "a record without a timestamp has the time of sending");
    writer.close().unwrap();
}

#[test]
fn without_a_guarantee_close_still_sends_what_was_written() {
    let Some(servers) = broker() else { return };
    let topic = unique("none");
    create_topic(&servers, &topic, 1, &[]);
    let mut writer = sink(&servers, strings(), &[("topic", &topic)]).unwrap().writer(&context(1)).unwrap();
    for _ in 0..100 {
        writer.write(texts(&[Some("x"); 100])).unwrap();
    }
    writer.flush().unwrap();
    writer.close().unwrap();
    assert_eq!(read_all(&servers, &[("topics", &topic)]).unwrap().rows(), 10_000);
}

#[test]
fn keys_go_where_the_java_client_puts_them() {
    let Some(servers) = broker() else { return };
    let topic = unique("keys");
    create_topic(&servers, &topic, 10, &[]);
    let pairs = [
        ("topic", topic.as_str()),
        ("delivery-guarantee", "at-least-once"),
        ("format", "json"),
        ("key.format", "string"),
        ("key.fields", "id"),
    ];
    let mut writer = sink(&servers, orders(), &pairs).unwrap().writer(&context(1)).unwrap();
    writer.write(order_batch(&[("21", 1, None), ("foobar", 2, None), ("a-little-bit-long-string", 3, None)])).unwrap();
    writer.flush().unwrap();
    let mut found = content(&servers, &topic);
    found.sort();
    let places: Vec<_> = found.iter().map(|(key, _, partition)| (key.as_deref().unwrap(), *partition)).collect();
    // Kafka's own test of murmur2 (UtilsTest) has "21" = -973932308, "foobar" = -790332482 and
    // "a-little-bit-long-string" = -985981536; without the sign bit, modulo 10:
    // 1,173,551,340 → 0, 1,357,151,166 → 6, 1,161,502,112 → 2
    assert_eq!(places, [("21", 0), ("a-little-bit-long-string", 2), ("foobar", 6)]);
    assert!(found[0].1.contains("\"id\":\"21\"") && found[0].1.contains("\"amount\":1"), "{}", found[0].1);
}

#[test]
fn a_column_can_name_the_topic_and_is_not_written() {
    let Some(servers) = broker() else { return };
    let (one, two) = (unique("one"), unique("two"));
    create_topic(&servers, &one, 1, &[]);
    create_topic(&servers, &two, 1, &[]);
    let pairs = [("topic.field", "target"), ("delivery-guarantee", "at-least-once"), ("format", "json")];
    let mut writer = sink(&servers, orders(), &pairs).unwrap().writer(&context(1)).unwrap();
    writer.write(order_batch(&[("a", 1, Some(&one)), ("b", 2, Some(&two)), ("c", 3, Some(&one))])).unwrap();
    writer.flush().unwrap();
    let values = |topic: &str| content(&servers, topic).into_iter().map(|(_, value, _)| value).collect::<Vec<_>>();
    assert_eq!(values(&one), [r#"{"id":"a","amount":1}"#, r#"{"id":"c","amount":3}"#]);
    assert_eq!(values(&two), [r#"{"id":"b","amount":2}"#]);
    let error = writer.write(order_batch(&[("d", 4, None)])).unwrap_err();
    assert!(error.message().contains("'target' is null"), "{error}");
}

#[test]
fn a_null_value_is_a_tombstone() {
    let Some(servers) = broker() else { return };
    let topic = unique("tombstone");
    create_topic(&servers, &topic, 1, &[]);
    let pairs = [("topic", topic.as_str()), ("delivery-guarantee", "at-least-once")];
    let mut writer = sink(&servers, strings(), &pairs).unwrap().writer(&context(1)).unwrap();
    writer.write(texts(&[Some(""), None])).unwrap();
    writer.flush().unwrap();
    let run = read_all(&servers, &[("topics", &topic)]).unwrap();
    assert_eq!(run.texts(None), [""]);
    assert_eq!(run.counter("nullValuesSkipped"), 1);
}

#[test]
fn a_record_of_20_mb_is_written_where_it_may_and_named_where_not() {
    let Some(servers) = broker() else { return };
    let (wide, narrow) = (unique("wide"), unique("narrow"));
    create_topic(&servers, &wide, 1, &[("max.message.bytes", "30000000")]);
    create_topic(&servers, &narrow, 1, &[("max.message.bytes", "1000000")]);
    let large = "x".repeat(20_000_000);
    let writer = |topic: &str, more: &[(&str, &str)]| {
        let pairs = [&[("topic", topic), ("delivery-guarantee", "at-least-once")], more].concat();
        sink(&servers, strings(), &pairs).unwrap().writer(&context(1)).unwrap()
    };
    let error = writer(&wide, &[]).write(texts(&[Some(&large)])).unwrap_err();
    assert!(error.message().contains("20000000 bytes"), "{error}");
    assert!(error.hint().unwrap().contains("message.max.bytes"), "{error}");

    let allowed = [("properties.max.request.size", "30000000")];
    let mut wide_writer = writer(&wide, &allowed);
    wide_writer.write(texts(&[Some(&large)])).unwrap();
    wide_writer.flush().unwrap();
    assert_eq!(read_all(&servers, &[("topics", &wide)]).unwrap().texts(None)[0].len(), 20_000_000);

    let mut narrow_writer = writer(&narrow, &allowed);
    let refused = narrow_writer.write(texts(&[Some(&large)])).and_then(|()| narrow_writer.flush());
    let error = refused.unwrap_err();
    assert!(error.message().contains(&narrow), "{error}");
    assert!(error.hint().unwrap().contains("max.message.bytes"), "{error}");
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let pairs = [("topic", "t"), ("format", "json"), ("key.format", "string"), ("key.fields", "nr")];
    let error = sink("localhost:1", orders(), &pairs).err().unwrap();
    assert!(error.message().contains("'nr'"), "{error}");
    assert!(error.hint().unwrap().contains("id, amount, target"), "{error}");
}
