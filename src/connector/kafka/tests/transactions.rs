//! `EXACTLY_ONCE` against a real broker: what a reader of committed records sees, whatever happens to the writers.

use std::collections::BTreeMap;

use arrow::array::{ArrayRef, StringArray};

use super::server::Server;
use super::*;
use crate::ErrorKind;
use crate::batch::Batch;
use crate::checkpoint::{ItemPart, Snapshot};
use crate::connector::{PREPARED, SinkWriter};

fn texts(values: &[&str]) -> Batch {
    let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
    Batch::columns(RecordBatch::try_new(strings().0, vec![column]).unwrap(), Shape::Scalar)
}

/// A sink whose writers come and go, and the topic they write to.
struct Job {
    servers: String,
    topic: String,
    options: Vec<(&'static str, String)>,
}

type Prepared = Vec<bytes::Bytes>;

impl Job {
    fn new(servers: &str, name: &str) -> Job {
        let topic = unique(name);
        create_topic(servers, &topic, 1, &[]);
        let options =
            vec![("delivery-guarantee", "exactly-once".to_owned()), ("transactional-id-prefix", topic.clone())];
        Job { servers: servers.to_owned(), topic, options }
    }

    fn with(mut self, name: &'static str, value: &str) -> Job {
        self.options.push((name, value.to_owned()));
        self
    }

    /// The writer of a subtask, with what the checkpoint has of all of them.
    fn try_writer(&self, subtask: usize, parallelism: usize, restored: &Prepared) -> Result<Box<dyn SinkWriter>> {
        let mut pairs: Vec<(&str, &str)> = self.options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        pairs.push(("topic", &self.topic));
        let sink = sink(&self.servers, strings(), &pairs)?;
        let (name, encoding, spread) = (PREPARED.to_owned(), "sink".to_owned(), sink.spread());
        let part = ItemPart { name, encoding, spread, items: restored.clone() };
        let snapshot = Snapshot { items: vec![part], ..Snapshot::default() };
        let share = Snapshot::share(&[snapshot], 0..=127, subtask, parallelism);
        let mut context = context(parallelism);
        (context.subtask, context.restored, context.checkpoints) = (subtask, Arc::new(share), true);
        sink.writer(&context)
    }

    fn writer(&self, restored: &Prepared) -> Box<dyn SinkWriter> {
        self.try_writer(0, 1, restored).unwrap()
    }

    /// A reader sees that, and nothing else. Kafka has decided about a transaction a moment before readers see it.
    fn shows(&self, expected: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        while self.visible() != expected && Instant::now() < deadline {}
        assert_eq!(self.visible(), expected);
    }

    /// What a reader sees, in order.
    fn visible(&self) -> Vec<String> {
        let committed = [("topics", self.topic.as_str()), ("properties.isolation.level", "read_committed")];
        read_all(&self.servers, &committed).unwrap().texts(None)
    }
}

/// Writes the values, and what the engine does at a barrier; returns what the checkpoint has.
fn checkpoint(writer: &mut dyn SinkWriter, id: u64, values: &[&str]) -> Prepared {
    writer.write(texts(values)).unwrap();
    writer.flush().unwrap();
    writer.prepare(id).unwrap();
    writer.prepared().unwrap()
}

#[test]
fn records_appear_with_their_checkpoint() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "appear");
    let mut writer = job.writer(&Vec::new());
    for (id, values) in [(1, ["a", "b"]), (2, ["c", "d"]), (3, ["e", "f"]), (4, ["g", "h"])] {
        let before = job.visible();
        checkpoint(writer.as_mut(), id, &values);
        assert_eq!(job.visible(), before);
        writer.commit(id).unwrap();
        let expected: Vec<&str> = before.iter().map(String::as_str).chain(values).collect();
        job.shows(&expected);
    }
    writer.write(texts(&["never"])).unwrap();
    writer.flush().unwrap();
    writer.close().unwrap();
    job.shows(&["a", "b", "c", "d", "e", "f", "g", "h"]);
    // what was open at the end does not hold back readers: it was taken back
    produce(&servers, &job.topic, &[text(0, "behind")]);
    job.shows(&["a", "b", "c", "d", "e", "f", "g", "h", "behind"]);
}

#[test]
fn a_checkpoint_without_records_prepares_nothing() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "empty");
    let mut writer = job.writer(&Vec::new());
    writer.flush().unwrap();
    writer.prepare(1).unwrap();
    assert!(writer.prepared().unwrap().is_empty());
    writer.commit(1).unwrap();
    checkpoint(writer.as_mut(), 2, &["a"]);
    writer.commit(2).unwrap();
    job.shows(&["a"]);
}

#[test]
fn a_killed_writers_prepared_transaction_is_committed_by_the_next_and_what_it_wrote_behind_is_not() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "killed");
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, &["a", "b"]);
    assert_eq!(prepared.len(), 1);
    writer.write(texts(&["c"])).unwrap();
    writer.flush().unwrap();
    // no good-bye: as SIGKILL leaves it
    drop(writer);
    assert!(job.visible().is_empty());
    for _ in 0..3 {
        let mut next = job.writer(&prepared);
        next.write(texts(&["c"])).unwrap();
        next.flush().unwrap();
        drop(next);
        // twice is once
        job.shows(&["a", "b"]);
    }
    let mut last = job.writer(&prepared);
    checkpoint(last.as_mut(), 2, &["c"]);
    last.commit(2).unwrap();
    job.shows(&["a", "b", "c"]);
}

#[test]
fn one_that_committed_before_it_was_killed_is_not_committed_twice() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "committed");
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, &["a"]);
    writer.commit(1).unwrap();
    // of the next checkpoint, which will not be complete
    checkpoint(writer.as_mut(), 2, &["b"]);
    writer.write(texts(&["c"])).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let mut next = job.writer(&prepared);
    job.shows(&["a"]);
    checkpoint(next.as_mut(), 2, &["b", "c"]);
    next.commit(2).unwrap();
    job.shows(&["a", "b", "c"]);
}

/// A savepoint is older than the last checkpoint: the ids in it have been used again.
#[test]
fn an_old_checkpoint_never_ends_a_transaction_of_these_days() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "old");
    let mut writer = job.writer(&Vec::new());
    let mut used: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = Vec::new();
    for id in 1..=6 {
        let prepared = checkpoint(writer.as_mut(), id, &["x"]);
        let text = String::from_utf8(prepared[0].to_vec()).unwrap();
        let name = text.split('"').nth(3).unwrap().to_owned();
        *used.entry(name).or_default() += 1;
        all.push(prepared);
        writer.commit(id).unwrap();
    }
    assert!(used.len() < 6 && used.values().any(|times| *times > 1), "ids come from a pool: {used:?}");
    writer.write(texts(&["open"])).unwrap();
    writer.flush().unwrap();
    drop(writer);
    for prepared in &all {
        drop(job.writer(prepared));
        job.shows(&["x"; 6]);
    }
}

#[test]
fn transactions_of_subtasks_that_are_gone_are_taken_back() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "gone");
    let other = Job::new(&servers, "gone").with("transactional-id-prefix", &format!("{}-more", job.topic));
    let mut bystander = other.writer(&Vec::new());
    checkpoint(bystander.as_mut(), 1, &["mine"]);
    for subtask in 0..4 {
        let mut writer = job.try_writer(subtask, 4, &Vec::new()).unwrap();
        writer.write(texts(&["lost"])).unwrap();
        writer.flush().unwrap();
    }
    produce(&servers, &job.topic, &[text(0, "behind")]);
    assert!(job.visible().is_empty(), "an open transaction holds back what is behind it");
    let _one = job.writer(&Vec::new());
    job.shows(&["behind"]);
    bystander.commit(1).unwrap();
    other.shows(&["mine"]);
}

#[test]
fn no_subtask_takes_back_what_another_is_to_commit() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "shared");
    let mut writers: Vec<_> = (0..3).map(|subtask| job.try_writer(subtask, 3, &Vec::new()).unwrap()).collect();
    let values = ["a", "b", "c"];
    let prepared: Prepared =
        writers.iter_mut().zip(values).flat_map(|(writer, value)| checkpoint(writer.as_mut(), 1, &[value])).collect();
    drop(writers);
    // at another parallelism, the last one first
    let last = job.try_writer(1, 2, &prepared).unwrap();
    assert_eq!(job.visible().len(), 0, "the first transaction in the log is not yet committed");
    let first = job.try_writer(0, 2, &prepared).unwrap();
    // in the log they stand as they were written
    job.shows(&values);
    drop((first, last));
}

#[test]
fn a_transaction_whose_time_was_over_is_an_error_unless_that_is_allowed() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "late").with("properties.transaction.timeout.ms", "1000");
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, &["a"]);
    drop(writer);
    produce(&servers, &job.topic, &[text(0, "behind")]);
    let deadline = Instant::now() + PATIENCE;
    while job.visible().is_empty() {
        assert!(Instant::now() < deadline, "the broker takes it back");
    }
    let error = job.try_writer(0, 1, &prepared).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("of checkpoint 1") && error.message().contains("lost"), "{error}");
    assert!(error.hint().unwrap().contains("transaction.timeout.ms"), "{error}");
    let allowed = job.with("lost-transactions", "ignore");
    drop(allowed.writer(&prepared));
    allowed.shows(&["behind"]);
}

#[test]
fn a_second_job_with_the_same_prefix_shuts_the_first_out() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "fenced");
    let mut first = job.writer(&Vec::new());
    first.write(texts(&["a"])).unwrap();
    first.flush().unwrap();
    let _second = job.writer(&Vec::new());
    first.prepare(1).unwrap();
    let error = first.commit(1).unwrap_err();
    assert!(error.message().contains(&format!("'{}-0-0'", job.topic)), "{error}");
    assert!(error.hint().unwrap().contains("set_transactional_id_prefix"), "{error}");
    assert!(job.visible().is_empty());
}

#[test]
fn a_timeout_that_the_brokers_refuse_names_their_limit() {
    let Some(servers) = broker() else { return };
    let job = Job::new(&servers, "limit").with("properties.transaction.timeout.ms", "3600000");
    let error = job.try_writer(0, 1, &Vec::new()).err().unwrap();
    // Kafka's default of 'transaction.max.timeout.ms' is 15 minutes
    assert!(error.message().contains("3600000") && error.message().contains("900000"), "{error}");
}

#[test]
fn transactions_work_behind_a_login() {
    let Some(server) = Server::start() else { return };
    let mut job = Job::new(&server.servers(), "login");
    let plain = "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"alice\" ";
    job = job.with("properties.security.protocol", "SASL_PLAINTEXT").with("properties.sasl.mechanism", "PLAIN");
    let inside = job.servers.clone();
    job.servers = server.sasl_servers();
    let right = job.options.clone();
    job = job.with("properties.sasl.jaas.config", &format!("{plain} password=\"alice-secret\";"));
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, &["a"]);
    drop(writer);
    drop(job.writer(&prepared));
    job.servers = inside;
    let look = Job { servers: job.servers.clone(), topic: job.topic.clone(), options: Vec::new() };
    look.shows(&["a"]);
    let mut wrong = Job { servers: server.sasl_servers(), topic: job.topic.clone(), options: right };
    wrong = wrong.with("properties.sasl.jaas.config", &format!("{plain} password=\"wrong-one\";"));
    let error = wrong.try_writer(0, 1, &prepared).err().unwrap();
    assert!(error.message().contains("login") && !error.to_string().contains("wrong-one"), "{error}");
}

#[test]
fn a_broker_that_is_killed_between_prepare_and_commit_is_waited_for() {
    let Some(mut server) = Server::start() else { return };
    let job = Job::new(&server.servers(), "survivor");
    let mut writer = job.writer(&Vec::new());
    let prepared = checkpoint(writer.as_mut(), 1, &["a"]);
    server.kill();
    let committing = std::thread::spawn(move || {
        writer.commit(1).unwrap();
        writer
    });
    server.restart();
    let mut writer = committing.join().unwrap();
    job.shows(&["a"]);
    checkpoint(writer.as_mut(), 2, &["b"]);
    server.kill();
    drop(writer);
    server.restart();
    drop(job.writer(&prepared));
    // the transaction of checkpoint 2 is taken back
    job.shows(&["a"]);
}
