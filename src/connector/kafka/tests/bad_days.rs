//! What a user sees when Kafka is not well.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use arrow::array::{ArrayRef, StringArray};

use super::server::Server;
use super::*;
use crate::ErrorKind;
use crate::batch::Batch;

/// An address at which nothing listens.
fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("127.0.0.1:{}", listener.local_addr().unwrap().port())
}

fn texts(values: &[&str]) -> Batch {
    let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
    Batch::columns(RecordBatch::try_new(strings().0, vec![column]).unwrap(), Shape::Scalar)
}

#[test]
fn an_absent_broker_is_an_error_in_bounded_time() {
    let servers = nobody();
    let pairs = [("topics", "t"), ("topic", "t"), ("properties.default.api.timeout.ms", "1500")];
    let started = Instant::now();
    let reading = Run::start(source(&servers, &[pairs[0], pairs[2]]).unwrap().as_ref()).err().unwrap();
    let writing = sink(&servers, strings(), &pairs[1..]).unwrap().writer(&context(1)).err().unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    for error in [reading, writing] {
        assert_eq!(error.kind(), ErrorKind::Connector);
        assert!(error.message().contains(&servers) && error.message().contains("refused"), "{error}");
        assert!(error.hint().unwrap().contains("flott broker"), "{error}");
    }
}

#[test]
fn cancelling_ends_the_wait_for_a_broker() {
    let servers = nobody();
    let context = context(1);
    let source = source(&servers, &[("topics", "t"), ("properties.default.api.timeout.ms", "120000")]).unwrap();
    let mut enumerator = source.enumerator(&context).unwrap();
    let started = Instant::now();
    let waiting = thread::spawn(move || enumerator.discover());
    context.cancelled.store(true, Ordering::SeqCst);
    let error = waiting.join().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_refused_login_is_an_error_at_once_and_shows_no_password() {
    let Some(server) = Server::start() else { return };
    create_topic(&server.servers(), "orders", 1, &[]);
    produce(&server.servers(), "orders", &[text(0, "a")]);
    let servers = server.sasl_servers();
    let plain = |password: &str| {
        let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
        ("PLAIN", format!("{module} required username=\"alice\" password=\"{password}\";"))
    };
    let scram = |password: &str| {
        let module = "org.apache.kafka.common.security.scram.ScramLoginModule";
        ("SCRAM-SHA-256", format!("{module} required username=\"bob\" password=\"{password}\";"))
    };
    let read = |(mechanism, jaas): (&str, String)| {
        let pairs = [
            ("topics", "orders"),
            ("properties.security.protocol", "SASL_PLAINTEXT"),
            ("properties.sasl.mechanism", mechanism),
            ("properties.sasl.jaas.config", &jaas),
            ("properties.default.api.timeout.ms", "60000"),
        ];
        read_all(&servers, &pairs)
    };
    assert_eq!(read(plain("alice-secret")).unwrap().texts(None), ["a"]);
    assert_eq!(read(scram("bob-secret")).unwrap().texts(None), ["a"]);
    for login in [plain("wrong-one"), scram("wrong-one")] {
        let started = Instant::now();
        let error = read(login).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.message().contains(&servers) && error.message().contains("login"), "{error}");
        assert!(!error.to_string().contains("wrong-one"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(30), "it does not try for ever");
    }
}

#[test]
fn a_killed_broker_is_waited_for_and_nothing_is_lost() {
    let Some(mut server) = Server::start() else { return };
    let servers = server.servers();
    create_topic(&servers, "orders", 1, &[]);
    let group = [("topics", "orders"), ("properties.group.id", "survivors")];
    let source = source(&servers, &group).unwrap();
    let mut run = Run::start(source.as_ref()).unwrap();
    let pairs = [("topic", "orders"), ("delivery-guarantee", "at-least-once")];
    let mut writer = sink(&servers, strings(), &pairs).unwrap().writer(&context(1)).unwrap();

    let values: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let slice = |from: usize| texts(&values[from..from + 100].iter().map(String::as_str).collect::<Vec<_>>());
    writer.write(slice(0)).unwrap();
    writer.flush().unwrap();
    run.until_rows(100).unwrap();

    server.kill();
    writer.write(slice(100)).unwrap();
    let flushing = thread::spawn(move || {
        writer.flush().unwrap();
        writer
    });
    // the reader notices, and goes on polling
    let deadline = Instant::now() + PATIENCE;
    while run.counter("connectionErrors") == 0 {
        assert!(Instant::now() < deadline, "the lost connection is counted");
        run.step().unwrap();
    }
    assert!(!flushing.is_finished(), "flush waits for the acknowledgement");
    server.restart();
    let mut writer = flushing.join().unwrap();
    writer.write(slice(200)).unwrap();
    writer.flush().unwrap();
    run.until_rows(300).unwrap();
    assert_eq!(run.texts(None), values);
    run.commit_and_close().unwrap();
    assert_eq!(run.counter("commitsFailed"), 0);
    writer.close().unwrap();
}

#[test]
fn a_broker_that_stays_away_fails_the_flush_and_close_ends() {
    let Some(mut server) = Server::start() else { return };
    create_topic(&server.servers(), "orders", 1, &[]);
    let pairs = [
        ("topic", "orders"),
        ("delivery-guarantee", "at-least-once"),
        ("properties.delivery.timeout.ms", "2000"),
        ("properties.linger.ms", "5"),
    ];
    let mut writer = sink(&server.servers(), strings(), &pairs).unwrap().writer(&context(1)).unwrap();
    server.kill();
    writer.write(texts(&["a", "b"])).unwrap();
    let error = writer.flush().unwrap_err();
    assert!(error.message().contains("2 records could not be written to topic 'orders'"), "{error}");
    writer.write(texts(&["c"])).unwrap();
    let started = Instant::now();
    let _ = writer.close();
    drop(writer);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_topic_nobody_creates_is_an_error_of_the_sink() {
    let Some(server) = Server::start() else { return };
    let error = sink(&server.servers(), strings(), &[("topic", "nowhere")]).unwrap().writer(&context(1)).err().unwrap();
    assert!(error.message().contains("no topic 'nowhere'"), "{error}");
    assert!(error.hint().unwrap().contains("--create --topic nowhere"), "{error}");
}
