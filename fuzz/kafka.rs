//! The headers of Kafka records, whatever producers have put into them, as a source hands them on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Schema};
use flott::broker::{Broker, BrokerConfig};
use flott::checkpoint::Snapshot;
use flott::connector::{self, Options, Polled, Spec};
use flott::types::Shape;

use crate::Fuzz;
use crate::broker::{batch, connect, converse, produce};
use crate::checkpoints::context;
use crate::mutate::Mutations;

/// Names and values out of any bytes: a length in front of each, from 200 on none.
fn headers(mut input: &[u8]) -> Vec<(&[u8], Option<&[u8]>)> {
    let mut take = || {
        let (length, rest) = input.split_first()?;
        let (taken, rest) = rest.split_at_checked(usize::from(*length) % 200)?;
        input = rest;
        Some((*length < 200).then_some(taken))
    };
    let mut headers = Vec::new();
    while let (Some(name), Some(value)) = (take(), take()) {
        headers.push((name.unwrap_or_default(), value));
    }
    headers
}

#[test]
fn headers_of_records() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(BrokerConfig::new(folder.path())).unwrap();
    broker.create_topic("t", 1).unwrap();
    let pair = vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Binary, true)];
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Struct(pair.into()), true)));
    let fields = vec![Field::new("value", DataType::Utf8, true), Field::new("h", list, true)];
    let options = [
        ("connector", "kafka".to_owned()),
        ("properties.bootstrap.servers", broker.bootstrap_servers()),
        ("topics", "t".to_owned()),
        ("scan.startup.mode", "earliest-offset".to_owned()),
        ("format", "string".to_owned()),
        ("metadata", "headers".to_owned()),
    ];
    let options = Options::new(options.map(|(key, value)| (key.to_owned(), value)));
    let spec = Spec { options, row_type: Some((Arc::new(Schema::new(fields)), Shape::Row)) };
    let source = connector::find("kafka").unwrap().source(&spec).unwrap();
    let context = context(Snapshot::default());
    let mut reader = source.reader(&context).unwrap();
    reader.add_splits(source.enumerator(&context).unwrap().discover().unwrap()).unwrap();
    let mut stream = connect(broker.address());
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mutations =
        Mutations::new(vec![b"\x05trace\x017\x04none\xc8".to_vec(), b"\0\0\x02\xff\xfe\x01\0".to_vec()], &["\0"]);
    Fuzz { times: 10, sets_aside: false }.run("kafka-headers", &mutations, |input| {
        let sent = headers(input);
        assert!(converse(&mut stream, &produce(&batch(&sent))));
        let deadline = Instant::now() + Duration::from_secs(30);
        let read = loop {
            match reader.poll(Duration::from_millis(100)).unwrap() {
                Polled::Records { batch, .. } => break batch,
                _ => assert!(Instant::now() < deadline, "the record does not come"),
            }
        };
        let read = read.expect_columns().unwrap().records.column(1).as_list::<i32>().value(0);
        let (names, values) =
            (read.as_struct().column(0).as_string::<i32>(), read.as_struct().column(1).as_binary::<i32>());
        assert_eq!(names.len(), sent.len());
        for (at, (name, value)) in sent.into_iter().enumerate() {
            // the client library's names end at the first zero
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            assert_eq!(names.value(at), String::from_utf8_lossy(name));
            assert_eq!(values.is_valid(at).then(|| values.value(at)), value);
        }
    });
    reader.close().unwrap();
}
