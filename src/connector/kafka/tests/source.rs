//! The source against a real broker.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use rdkafka::admin::AdminOptions;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::Producer;
use rdkafka::{Offset, TopicPartitionList};

use super::*;
use crate::ErrorKind;
use crate::connector::Boundedness;
use crate::connector::kafka::header_type;

fn numbered(partition: i32, from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| format!("p{partition}-{number}")).collect()
}

fn records(values: &[String], partition: i32) -> Vec<Record<'_>> {
    values.iter().map(|value| text(partition, value)).collect()
}

#[test]
fn a_bounded_read_ends_with_every_record_in_order() {
    let Some(servers) = broker() else { return };
    let topic = unique("bounded");
    create_topic(&servers, &topic, 3, &[]);
    let values = [numbered(0, 0, 2500), numbered(2, 0, 10)];
    produce(&servers, &topic, &records(&values[0], 0));
    produce(&servers, &topic, &records(&values[1], 2));
    let source = source(&servers, &[("topics", &topic), ("scan.bounded.mode", "latest-offset")]).unwrap();
    assert_eq!(source.boundedness(), Boundedness::Bounded);
    let enumerator = source.enumerator(&context(1)).unwrap();
    assert_eq!(enumerator.interval(), None);
    let mut run = Run::start(source.as_ref()).unwrap();
    assert_eq!(run.open, 3, "a partition without records is a split like any other");
    // what comes after the start is not read
    produce(&servers, &topic, &[text(0, "late")]);
    run.read_to_end().unwrap();
    assert_eq!(run.texts(Some(&format!("{topic}-0"))), values[0]);
    assert_eq!(run.texts(Some(&format!("{topic}-2"))), values[1]);
    assert_eq!(run.rows(), 2510);
}

#[test]
fn record_timestamps_are_event_time() {
    let Some(servers) = broker() else { return };
    let topic = unique("times");
    create_topic(&servers, &topic, 1, &[]);
    let stamped = |value, time| Record { timestamp: Some(time), ..text(0, value) };
    produce(&servers, &topic, &[stamped("a", 1_700_000_000_000), stamped("b", 1_600_000_000_000)]);
    let run = read_all(&servers, &[("topics", &topic)]).unwrap();
    let times: Vec<i64> = run.batches.iter().flat_map(|(.., times)| times.clone().unwrap()).collect();
    assert_eq!(times, [1_700_000_000_000, 1_600_000_000_000]);
}

#[test]
fn every_start_position_reads_from_there() {
    let Some(servers) = broker() else { return };
    let topic = unique("starts");
    create_topic(&servers, &topic, 1, &[]);
    let stamped = |value, time| Record { timestamp: Some(time), ..text(0, value) };
    produce(&servers, &topic, &[stamped("a", 1_700_000_000_100), stamped("b", 1_700_000_000_200)]);
    produce(&servers, &topic, &[stamped("c", 1_700_000_000_300)]);
    let read = |pairs: &[(&str, &str)]| {
        read_all(&servers, &[&[("topics", topic.as_str())], pairs].concat()).unwrap().texts(None)
    };
    assert_eq!(read(&[]), ["a", "b", "c"]);
    assert_eq!(read(&[("scan.startup.mode", "latest-offset")]), [""; 0]);
    let at = |time| read(&[("scan.startup.mode", "timestamp"), ("scan.startup.timestamp-millis", time)]);
    assert_eq!(at("1700000000200"), ["b", "c"]);
    assert_eq!(at("1700000000201"), ["c"]);
    assert_eq!(at("1700000000301"), [""; 0]);
    let offsets = format!(r#"[["{topic}",0,2]]"#);
    assert_eq!(read(&[("scan.startup.mode", "specific-offsets"), ("scan.startup.specific-offsets", &offsets)]), ["c"]);
}

#[test]
fn every_stop_position_stops_there() {
    let Some(servers) = broker() else { return };
    let topic = unique("stops");
    create_topic(&servers, &topic, 1, &[]);
    let stamped = |value, time| Record { timestamp: Some(time), ..text(0, value) };
    produce(&servers, &topic, &[stamped("a", 1_700_000_000_100), stamped("b", 1_700_000_000_200)]);
    let read = |pairs: &[(&str, &str)]| {
        read_all(&servers, &[&[("topics", topic.as_str())], pairs].concat()).unwrap().texts(None)
    };
    let offsets = format!(r#"[["{topic}",0,1]]"#);
    assert_eq!(read(&[("scan.bounded.mode", "specific-offsets"), ("scan.bounded.specific-offsets", &offsets)]), ["a"]);
    assert_eq!(read(&[("scan.bounded.mode", "timestamp"), ("scan.bounded.timestamp-millis", "1700000000150")]), ["a"]);
}

#[test]
fn a_group_goes_on_where_it_committed() {
    let Some(servers) = broker() else { return };
    let topic = unique("group");
    create_topic(&servers, &topic, 2, &[]);
    produce(&servers, &topic, &[text(0, "a"), text(0, "b"), text(1, "c")]);
    let group = unique("readers");
    let pairs = [
        ("topics", topic.as_str()),
        ("properties.group.id", &group),
        ("scan.startup.mode", "group-offsets"),
        ("scan.startup.reset", "earliest"),
    ];
    // read, but nothing said to be safe: nothing is committed
    let mut run = read_all(&servers, &pairs).unwrap();
    assert_eq!(run.rows(), 3);
    run.reader.close().unwrap();
    let mut run = read_all(&servers, &pairs).unwrap();
    assert_eq!(run.rows(), 3);
    run.commit_and_close().unwrap();
    assert_eq!((run.counter("commitsSucceeded"), run.counter("commitsFailed")), (1, 0));
    produce(&servers, &topic, &[text(0, "d")]);
    assert_eq!(read_all(&servers, &pairs).unwrap().texts(None), ["d"]);
}

#[test]
fn no_commit_and_no_reset_strategy_is_an_error() {
    let Some(servers) = broker() else { return };
    let topic = unique("nocommit");
    create_topic(&servers, &topic, 1, &[]);
    let group = unique("nobody");
    let pairs = [("topics", topic.as_str()), ("properties.group.id", &group), ("scan.startup.mode", "group-offsets")];
    let error = read_all(&servers, &pairs).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains(&group) && error.message().contains(&topic), "{error}");
}

#[test]
fn a_restored_reader_goes_on_behind_the_last_batch() {
    let Some(servers) = broker() else { return };
    let topic = unique("restore");
    create_topic(&servers, &topic, 1, &[]);
    let values = numbered(0, 0, 5000);
    produce(&servers, &topic, &records(&values, 0));
    let source = source(&servers, &[("topics", &topic), ("scan.bounded.mode", "latest-offset")]).unwrap();
    let mut first = Run::start(source.as_ref()).unwrap();
    first.until_rows(1).unwrap();
    let splits = first.reader.snapshot();
    let mut second = Run::resume(source.as_ref(), context(1), splits).unwrap();
    second.read_to_end().unwrap();
    assert!(first.rows() < 5000, "the first reader was stopped on the way");
    assert_eq!([first.texts(None), second.texts(None)].concat(), values);
}

#[test]
fn transaction_marks_and_aborted_records_do_not_hang_a_bounded_read() {
    let Some(servers) = broker() else { return };
    let topic = unique("transactions");
    create_topic(&servers, &topic, 1, &[]);
    let id = unique("tx");
    let producer = producer(&servers, &[("transactional.id", &id)]);
    producer.init_transactions(PATIENCE).unwrap();
    let transaction = |values: &[&str], commit: bool| {
        producer.begin_transaction().unwrap();
        send(&producer, &topic, &values.iter().map(|value| text(0, value)).collect::<Vec<_>>());
        if commit { producer.commit_transaction(PATIENCE) } else { producer.abort_transaction(PATIENCE) }.unwrap();
    };
    transaction(&["a", "b"], true);
    transaction(&["x", "y"], false);
    // offsets: a 0, b 1, mark 2, x 3, y 4, mark 5
    let committed = [("topics", topic.as_str()), ("properties.isolation.level", "read_committed")];
    let run = read_all(&servers, &committed).unwrap();
    assert_eq!(run.texts(None), ["a", "b"]);
    assert_eq!(read_all(&servers, &[("topics", &topic)]).unwrap().texts(None), ["a", "b", "x", "y"]);
    // an open transaction: readers of committed records end before it
    producer.begin_transaction().unwrap();
    send(&producer, &topic, &[text(0, "open")]);
    assert_eq!(read_all(&servers, &committed).unwrap().texts(None), ["a", "b"]);
    producer.abort_transaction(PATIENCE).unwrap();
}

#[test]
fn the_commit_covers_transaction_marks() {
    let Some(servers) = broker() else { return };
    let topic = unique("marks");
    create_topic(&servers, &topic, 1, &[]);
    let id = unique("tx");
    let producer = producer(&servers, &[("transactional.id", &id)]);
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    send(&producer, &topic, &[text(0, "a")]);
    producer.commit_transaction(PATIENCE).unwrap();
    let next = || {
        let mut run = read_all(&servers, &[("topics", &topic)]).unwrap();
        let split = crate::connector::kafka::split::KafkaSplit::decode(&run.reader.snapshot()[0]).unwrap();
        run.reader.close().unwrap();
        split.next
    };
    // the mark stands there a moment after the commit
    let deadline = Instant::now() + PATIENCE;
    while next() < 2 && Instant::now() < deadline {}
    // the record is at 0, the mark at 1
    assert_eq!(next(), 2);
}

#[test]
fn what_waits_in_the_topic_is_counted() {
    let Some(servers) = broker() else { return };
    let topic = unique("waiting");
    create_topic(&servers, &topic, 1, &[]);
    produce(&servers, &topic, &records(&numbered(0, 0, 5), 0));
    let source = source(&servers, &[("topics", &topic)]).unwrap();
    // one record a fetch
    let context = SubtaskContext { batch_size: 1, ..context(1) };
    let splits = source.enumerator(&context).unwrap().discover().unwrap();
    let mut run = Run::resume(source.as_ref(), context, splits).unwrap();
    let mut waiting = Vec::new();
    while run.rows() < 5 {
        let before = run.rows();
        run.step().unwrap();
        waiting.extend((run.rows() > before).then(|| run.counter("pendingRecords")));
    }
    assert_eq!(waiting, [4, 3, 2, 1, 0]);
    produce(&servers, &topic, &records(&numbered(0, 5, 9), 0));
    while run.rows() < 6 {
        run.step().unwrap();
    }
    assert_eq!(run.counter("pendingRecords"), 3);
    run.reader.close().unwrap();
    assert_eq!(run.counter("pendingRecords"), 0, "nobody reads any more");
}

#[test]
fn null_values_are_skipped_and_counted() {
    let Some(servers) = broker() else { return };
    let topic = unique("nulls");
    create_topic(&servers, &topic, 1, &[]);
    let tombstone = Record { key: Some(b"k"), ..Record::default() };
    produce(&servers, &topic, &[text(0, "a"), tombstone.clone(), text(0, ""), tombstone]);
    let run = read_all(&servers, &[("topics", &topic)]).unwrap();
    assert_eq!(run.texts(None), ["a", ""]);
    assert_eq!(run.counter("nullValuesSkipped"), 2);
}

#[test]
fn metadata_columns_tell_where_a_record_came_from() {
    let Some(servers) = broker() else { return };
    let topic = unique("metadata");
    create_topic(&servers, &topic, 2, &[]);
    let headers = OwnedHeaders::new()
        .insert(Header { key: "trace", value: Some(b"7") })
        .insert(Header { key: "none", value: None::<&[u8]> });
    let record = Record {
        partition: 1,
        key: Some(b"k1"),
        value: Some(b"v1"),
        timestamp: Some(1_700_000_000_123),
        headers: Some(headers),
    };
    produce(&servers, &topic, &[record]);
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let fields = vec![
        Field::new("value", DataType::Utf8, true),
        Field::new("k", DataType::Binary, true),
        Field::new("t", DataType::Utf8, true),
        Field::new("p", DataType::Int32, true),
        Field::new("o", DataType::Int64, true),
        Field::new("ts", instant, true),
        Field::new("h", header_type(), true),
    ];
    let spec = spec(
        &servers,
        (Arc::new(Schema::new(fields)), Shape::Row),
        &[
            ("topics", &topic),
            ("scan.bounded.mode", "latest-offset"),
            ("metadata", "key,topic,partition,offset,timestamp,headers"),
        ],
    );
    let source = connector::find("kafka").unwrap().source(&spec).unwrap();
    let mut run = Run::start(source.as_ref()).unwrap();
    run.read_to_end().unwrap();
    let row = &run.batches[0].1;
    assert_eq!(row.num_rows(), 1);
    assert_eq!(row.column(0).as_string::<i32>().value(0), "v1");
    assert_eq!(row.column(1).as_binary::<i32>().value(0), b"k1");
    assert_eq!(row.column(2).as_string::<i32>().value(0), topic);
    assert_eq!(row.column(3).as_primitive::<Int32Type>().value(0), 1);
    assert_eq!(row.column(4).as_primitive::<Int64Type>().value(0), 0);
    assert_eq!(row.column(5).as_primitive::<TimestampMicrosecondType>().value(0), 1_700_000_000_123_000);
    let list = row.column(6).as_list::<i32>().value(0);
    let list = list.as_struct();
    assert_eq!(list.column(0).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("trace"), Some("none")]);
    assert_eq!(list.column(1).as_binary::<i32>().value(0), b"7");
    assert!(list.column(1).is_null(1));
}

fn json_spec(servers: &str, topic: &str, more: &[(&str, &str)]) -> Spec {
    let fields = vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)];
    let pairs = [("topics", topic), ("scan.bounded.mode", "latest-offset"), ("format", "json")];
    spec(servers, (Arc::new(Schema::new(fields)), Shape::Row), &[&pairs, more].concat())
}

#[test]
fn a_broken_record_is_named_behind_the_good_ones_before_it() {
    let Some(servers) = broker() else { return };
    let topic = unique("broken");
    create_topic(&servers, &topic, 1, &[]);
    let good = r#"{"id": 1, "name": "订单"}"#;
    produce(&servers, &topic, &[text(0, good), text(0, "{\"id\": oops"), text(0, good)]);
    let kafka = connector::find("kafka").unwrap();
    let source = kafka.source(&json_spec(&servers, &topic, &[])).unwrap();
    let mut run = Run::start(source.as_ref()).unwrap();
    let error = run.read_to_end().unwrap_err();
    assert_eq!(run.rows(), 1);
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.message().contains(&format!("offset 1 of partition 0 of topic '{topic}'")), "{error}");
    assert_eq!(error.input(), Some("{\"id\": oops"));
    assert!(error.hint().unwrap().contains("ignore-parse-errors"), "{error}");

    let skipping = json_spec(&servers, &topic, &[("format.ignore-parse-errors", "true")]);
    let mut run = Run::start(kafka.source(&skipping).unwrap().as_ref()).unwrap();
    run.read_to_end().unwrap();
    assert_eq!(run.rows(), 2);
    assert_eq!(run.counter("numRecordsInErrors"), 1);
}

#[test]
fn topics_that_match_later_are_found_and_read_from_their_beginning() {
    let Some(servers) = broker() else { return };
    let prefix = unique("pattern");
    let (first, second) = (format!("{prefix}-a"), format!("{prefix}-b"));
    create_topic(&servers, &first, 1, &[]);
    let pattern = format!("{prefix}-.*");
    let source = source(
        &servers,
        &[
            ("topic-pattern", &pattern),
            ("scan.startup.mode", "latest-offset"),
            ("scan.topic-partition-discovery.interval", "50"),
        ],
    )
    .unwrap();
    assert_eq!(source.boundedness(), Boundedness::Unbounded);
    let mut enumerator = source.enumerator(&context(1)).unwrap();
    assert_eq!(enumerator.interval(), Some(Duration::from_millis(50)));
    let found = enumerator.discover().unwrap();
    assert_eq!(found.iter().map(|split| split.id.as_str()).collect::<Vec<_>>(), [format!("{first}-0")]);
    let mut run = Run::resume(source.as_ref(), context(1), found).unwrap();
    create_topic(&servers, &second, 1, &[]);
    produce(&servers, &second, &[text(0, "new")]);
    let deadline = Instant::now() + PATIENCE;
    let found = loop {
        let found = enumerator.discover().unwrap();
        if !found.is_empty() {
            break found;
        }
        assert!(Instant::now() < deadline, "the new topic is found");
    };
    assert_eq!(found[0].id, format!("{second}-0"));
    run.reader.add_splits(found).unwrap();
    run.until_rows(1).unwrap();
    assert_eq!(run.texts(None), ["new"]);
}

#[test]
fn listed_partitions_alone_are_read() {
    let Some(servers) = broker() else { return };
    let topic = unique("listed");
    create_topic(&servers, &topic, 3, &[]);
    produce(&servers, &topic, &[text(0, "a"), text(1, "b"), text(2, "c")]);
    let listed = format!(r#"[["{topic}",1],["{topic}",2]]"#);
    let mut texts = read_all(&servers, &[("partitions", &listed)]).unwrap().texts(None);
    texts.sort();
    assert_eq!(texts, ["b", "c"]);
    let missing = format!(r#"[["{topic}",3]]"#);
    let error = read_all(&servers, &[("partitions", &missing)]).err().unwrap();
    assert!(error.message().contains("3 partitions, there is no partition 3"), "{error}");
}

#[test]
fn records_deleted_before_they_were_read_are_counted_or_an_error() {
    let Some(servers) = broker() else { return };
    let topic = unique("deleted");
    create_topic(&servers, &topic, 1, &[]);
    produce(&servers, &topic, &records(&numbered(0, 0, 10), 0));
    let mut before = TopicPartitionList::new();
    before.add_partition_offset(&topic, 0, Offset::Offset(4)).unwrap();
    block_on(admin(&servers).delete_records(&before, &AdminOptions::new())).unwrap();
    let offsets = format!(r#"[["{topic}",0,1]]"#);
    let pairs = [
        ("topics", topic.as_str()),
        ("scan.startup.mode", "specific-offsets"),
        ("scan.startup.specific-offsets", &offsets),
    ];
    let run = read_all(&servers, &pairs).unwrap();
    assert_eq!(run.texts(None), numbered(0, 4, 10));
    // offsets 1, 2 and 3 were to be read and are gone
    assert_eq!(run.counter("recordsLost"), 3);
    let strict = [&pairs[..], &[("scan.startup.reset", "none")]].concat();
    let error = read_all(&servers, &strict).err().unwrap();
    assert!(error.message().contains("offset 1 of partition 0") && error.message().contains("4 to 10"), "{error}");
}

#[test]
fn a_record_of_20_mb_is_read() {
    let Some(servers) = broker() else { return };
    let topic = unique("large");
    create_topic(&servers, &topic, 1, &[("max.message.bytes", "30000000")]);
    let large = "x".repeat(20_000_000);
    produce(&servers, &topic, &[text(0, "small"), text(0, &large), text(0, "behind")]);
    let run = read_all(&servers, &[("topics", &topic)]).unwrap();
    let lengths: Vec<usize> = run.texts(None).iter().map(String::len).collect();
    assert_eq!(lengths, [5, 20_000_000, 6]);
    // a client that may not take as much says which property to raise
    let small = [
        ("topics", topic.as_str()),
        ("properties.receive.message.max.bytes", "1000000"),
        ("properties.fetch.max.bytes", "900000"),
        ("properties.fetch.message.max.bytes", "900000"),
        ("properties.message.max.bytes", "900000"),
    ];
    let error = read_all(&servers, &small).err().unwrap();
    assert!(error.to_string().contains("receive.message.max.bytes"), "{error}");
}

#[test]
fn a_missing_topic_is_named_with_how_to_create_it() {
    let Some(servers) = broker() else { return };
    let topic = unique("missing");
    let error = read_all(&servers, &[("topics", &topic)]).err().unwrap();
    assert!(error.message().contains(&format!("no topic '{topic}'")), "{error}");
    assert!(error.hint().unwrap().contains("kafka-topics.sh"), "{error}");
}
