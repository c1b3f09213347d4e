//! What a checkpoint holds: manifests, snapshots, and what operators and sources take out of them. A checksum that fits is
//! put behind what was changed, or nothing else would ever be looked at.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use flott::batch::Batch;
use flott::checkpoint::codec::Encoder;
use flott::checkpoint::{
    Archive, FileAt, FilesPart, ItemPart, KeyedPart, Manifest, MemoryStorage, OperatorState, Snapshot, Spread,
    StateFile, Storage, Stored, SubtaskState,
};
use flott::connector::{self, Options, Sink, SinkWriter, Spec};
use flott::expression::Expr;
use flott::graph::{NodeKind, Partitioning, StreamEdge, StreamGraph};
use flott::metrics::OperatorMetrics;
use flott::operator::aggregate::{Aggregate, Function};
use flott::operator::key_by::KeyBy;
use flott::operator::window_aggregate::{Span, WindowAggregate};
use flott::operator::{Emission, OperatorFactory, Output, SubtaskContext, Waker};
use flott::runtime::{JobConfig, Simulation};
use flott::time::ManualClock;
use flott::types::Shape;
use flott::window::{BuiltInTrigger, TimeSpan};

use crate::fuzz;
use crate::mutate::Mutations;

fn sealed(contents: &[u8]) -> Bytes {
    let mut out = Encoder::default();
    out.raw(contents);
    out.sealed()
}

/// Without its checksum.
fn opened(sealed: Bytes) -> Vec<u8> {
    sealed[..sealed.len() - 4].to_vec()
}

fn snapshot() -> Snapshot {
    let groups = vec![(3, Bytes::from_static(b"three")), (90, Bytes::from_static(&[7; 300]))];
    let items = vec![Bytes::from_static(b"one"), Bytes::new()];
    let states = vec![("n".to_owned(), "pickle ValueState".to_owned())];
    let stored = FileAt::Stored { path: "shared/one-000007.sst".into(), length: 7 };
    let files = [("CURRENT", FileAt::Here(Bytes::from_static(b"MANIFEST-000004"))), ("000007.sst", stored)];
    let files = files.map(|(name, at)| StateFile { name: name.into(), at }).into();
    Snapshot {
        keyed: vec![KeyedPart { name: "state/n".into(), encoding: "pickle ValueState".into(), groups }],
        items: vec![
            ItemPart { name: "prepared".into(), encoding: "sink".into(), spread: Spread::Split, items: items.clone() },
            ItemPart { name: "broadcast/b".into(), encoding: "pickle".into(), spread: Spread::Union, items },
        ],
        files: vec![FilesPart { name: "state".into(), encoding: "rocksdb".into(), groups: (3, 90), states, files }],
    }
}

fn manifest() -> Manifest {
    let stored = [Stored::Inline(snapshot().encode()), Stored::File { path: "chk-7/1-1".into(), length: 20 }];
    let state = |(subtask, stored)| SubtaskState { subtask: subtask as u32, stored };
    let subtasks = stored.into_iter().enumerate().map(state).collect();
    let (id, name) = ("count".to_owned(), "orders per user".to_owned());
    let operators = vec![OperatorState { id, name, max_parallelism: 128, parallelism: 2, subtasks }];
    Manifest { checkpoint: 7, job_name: "orders".into(), operators, ..Manifest::default() }
}

#[test]
fn manifests() {
    let mutations = Mutations::new(vec![opened(manifest().encode()), opened(Manifest::default().encode())], &[]);
    fuzz("manifest", &mutations, |contents| {
        let _ = Manifest::decode(Bytes::copy_from_slice(contents), "_metadata");
        if let Ok(read) = Manifest::decode(sealed(contents), "_metadata") {
            assert_eq!(Manifest::decode(read.encode(), "_metadata").unwrap(), read);
        }
    });
}

#[test]
fn snapshots() {
    let mutations = Mutations::new(vec![opened(snapshot().encode()), opened(Snapshot::default().encode())], &[]);
    fuzz("snapshot", &mutations, |contents| {
        let _ = Snapshot::decode(Bytes::copy_from_slice(contents), "1-0");
        if let Ok(read) = Snapshot::decode(sealed(contents), "1-0") {
            assert_eq!(Snapshot::decode(read.encode(), "1-0").unwrap(), read);
            Snapshot::share(&[read.clone(), read], 0..=64, 1, 3);
        }
    });
}

/// The files of a whole checkpoint, read as a restore reads them.
#[test]
fn archives() {
    let mutations = Mutations::new(vec![opened(manifest().encode())], &["chk-7/1-1", "../chk-6/1-0", "/"]);
    fuzz("archive", &mutations, |contents| {
        let storage = Arc::new(MemoryStorage::default());
        storage.write("chk-7/_metadata", &sealed(contents)).unwrap();
        storage.write("chk-7/1-1", &snapshot().encode()).unwrap();
        let _ = Archive::new(storage).load(7);
    });
}

pub fn context(restored: Snapshot) -> SubtaskContext {
    SubtaskContext {
        operator: "fuzzed".into(),
        job_name: "fuzzed".into(),
        subtask: 0,
        parallelism: 1,
        max_parallelism: 128,
        groups: 0..=127,
        batch_size: 16,
        watermark_pace: Default::default(),
        clock: Arc::new(ManualClock::new(0)),
        metrics: OperatorMetrics::default(),
        cancelled: Arc::default(),
        waker: Waker::new(|| ()),
        durable: true,
        checkpoints: true,
        restored: Arc::new(restored),
        archive: None,
        backend: Arc::default(),
    }
}

/// Numbers by key, with event time.
fn records() -> Batch {
    let column = |of: fn(i64) -> i64| Arc::new((0..20).map(of).collect::<Int64Array>()) as ArrayRef;
    let columns = [("k", column(|n| n % 5)), ("n", column(|n| n * 7 % 11))];
    let records = RecordBatch::try_from_iter(columns).unwrap();
    Batch::columns(records, Shape::Row).with_timestamps(Some((0..20).map(|n| n * 3).collect()))
}

fn schema() -> SchemaRef {
    records().expect_columns().unwrap().schema()
}

fn keyed() -> Batch {
    let mut output = Output::default();
    let key_by = KeyBy::new(&[Expr::column("k")], &schema()).unwrap();
    key_by.create(&context(Snapshot::default())).unwrap().process(0, records(), &mut output).unwrap();
    match output.take().pop() {
        Some(Emission::Batch(None, batch)) => batch,
        _ => panic!("a key selector emits a batch"),
    }
}

/// What an operator has in each key group, changed: one at a time, in the place of what it had.
fn operator(target: &'static str, factory: &dyn OperatorFactory) {
    let mut operator = factory.create(&context(Snapshot::default())).unwrap();
    operator.open().unwrap();
    operator.process(0, keyed(), &mut Output::default()).unwrap();
    operator.watermark(20, &mut Output::default()).unwrap();
    let whole = operator.capture().unwrap().into_snapshot().unwrap();
    let groups = whole.keyed.iter().flat_map(|part| &part.groups).map(|(_, bytes)| bytes);
    let items = whole.items.iter().flat_map(|part| &part.items);
    let inputs: Vec<Vec<u8>> = groups.chain(items).map(|bytes| bytes.to_vec()).collect();
    let unsealed = |bytes: &Vec<u8>| bytes.len().checked_sub(4).map(|end| bytes[..end].to_vec());
    let inputs = inputs.iter().filter_map(unsealed).chain(inputs.iter().cloned()).collect();
    fuzz(target, &Mutations::new(inputs, &[]), |contents| {
        // any number that is the same for the same bytes
        let case = crc32c::crc32c(contents) as usize;
        let bytes = if case.is_multiple_of(4) { Bytes::copy_from_slice(contents) } else { sealed(contents) };
        let mut changed = whole.clone();
        let groups = changed.keyed.iter_mut().flat_map(|part| &mut part.groups).map(|(_, bytes)| bytes);
        let mut all: Vec<&mut Bytes> =
            groups.chain(changed.items.iter_mut().flat_map(|part| &mut part.items)).collect();
        let at = case / 4 % all.len();
        *all[at] = bytes;
        let mut output = Output::default();
        if let Ok(mut restored) = factory.create(&context(changed))
            && restored.open().is_ok()
        {
            let _ = restored.process(0, keyed(), &mut output);
            let _ = restored.watermark(i64::MAX, &mut output);
            let _ = restored.finish(&mut output);
        }
    });
}

#[test]
fn sums() {
    operator("restored-sum", &Aggregate::new(Function::Sum, 1, &schema()).unwrap());
}

fn windows(target: &'static str, span: Span, trigger: BuiltInTrigger) {
    let calls = ["sum", "avg", "min", "first_value"].map(|function| Expr::call(function, [Expr::column("n")]));
    let key = [Expr::column("k")];
    operator(target, &WindowAggregate::new(&key, span, true, trigger, &calls, &schema()).unwrap());
}

#[test]
fn sliding_windows() {
    let span = Span::Time(TimeSpan::Sliding { size: 20, slide: 10, offset: 0 });
    windows("restored-sliding-windows", span, BuiltInTrigger::EventTime);
}

#[test]
fn sessions() {
    windows("restored-sessions", Span::Time(TimeSpan::Session { gap: 5 }), BuiltInTrigger::EventTime);
}

#[test]
fn counted_windows() {
    let trigger = BuiltInTrigger::Purging(Box::new(BuiltInTrigger::Count(4)));
    windows("restored-counted-windows", Span::Count { size: 4, slide: 4 }, trigger);
}

struct Nowhere;

impl Sink for Nowhere {
    fn writer(&self, _: &SubtaskContext) -> flott::Result<Box<dyn SinkWriter>> {
        Ok(Box::new(Nowhere))
    }
}

impl SinkWriter for Nowhere {
    fn write(&mut self, _: Batch) -> flott::Result<()> {
        Ok(())
    }
    fn flush(&mut self) -> flott::Result<()> {
        Ok(())
    }
}

/// A whole job goes on from a checkpoint in which positions of its source are changed.
#[test]
fn positions_of_sources() {
    let options = [("connector", "number-sequence"), ("from", "1"), ("to", "60")];
    let options = Options::new(options.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let spec = Spec { options, row_type: None };
    let source = Arc::from(connector::find("number-sequence").unwrap().source(&spec).unwrap());
    let mut graph = StreamGraph::default();
    let numbers = graph.add_node("numbers", NodeKind::Source { source, watermarks: None });
    graph.node_mut(numbers).uid = Some("numbers".into());
    let sink = graph.add_node("sink", NodeKind::Sink(Arc::new(Nowhere)));
    graph.add_edge(StreamEdge { from: numbers, to: sink, input: 0, tag: None, partitioning: Partitioning::Rebalance });
    let item = |split: &str, position: &[u8]| {
        let mut out = Encoder::default();
        out.u8(0).text(split).bytes(position);
        out.into_bytes()
    };
    let range = |next: i64, last: i64| [next.to_le_bytes(), last.to_le_bytes()].concat();
    let inputs = [item("0", &range(20, 30)), item("1", &range(40, 60)), Bytes::from_static(b"\x01\x01\0\0\x001")];
    let mutations = Mutations::new(inputs.iter().map(|item| item.to_vec()).collect(), &[]);
    fuzz("positions", &mutations, |changed| {
        let items = vec![inputs[0].clone(), Bytes::copy_from_slice(changed)];
        let part = ItemPart { name: "splits".into(), encoding: "split".into(), spread: Spread::Split, items };
        let snapshot = Snapshot { items: vec![part], ..Snapshot::default() };
        let subtasks = vec![SubtaskState { subtask: 0, stored: Stored::Inline(snapshot.encode()) }];
        let (id, name) = ("numbers".to_owned(), "numbers".to_owned());
        let operators = vec![OperatorState { id, name, max_parallelism: 128, parallelism: 1, subtasks }];
        let archive = Archive::new(Arc::new(MemoryStorage::default()));
        archive.complete(&Manifest { checkpoint: 7, operators, ..Manifest::default() }).unwrap();
        let restored = Some(Arc::new(archive.load(7).unwrap()));
        let config = JobConfig { restored, batch_size: 16, parallelism: 2, ..JobConfig::default() };
        if let Ok(mut job) = Simulation::new(&graph, &config, 1, 0) {
            // a range may have become a long one
            for _ in 0..200 {
                if job.step().is_ok_and(|ended| !ended) {
                    continue;
                }
                break;
            }
        }
    });
}
