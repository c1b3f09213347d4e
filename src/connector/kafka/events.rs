//! What librdkafka tells besides records: logs, errors, commits and delivery reports.
//!
//! librdkafka hands these over while a client is polled. Its log lines go to `tracing` (never to stderr); an error
//! that no waiting will heal is kept until the connector asks for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;

use super::error::KafkaError;
use crate::metrics::Counter;
use crate::operator::SubtaskContext;

/// The troubles of one client, shared with librdkafka's callbacks.
#[derive(Clone)]
pub struct Events {
    servers: Arc<str>,
    state: Arc<Mutex<State>>,
    connection_errors: Counter,
    cancelled: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    last_reason: Option<String>,
    last_time: Option<Instant>,
    stop: Option<Stop>,
}

enum Stop {
    Authentication(String),
    Fatal(String),
    TooLarge(String),
}

impl Events {
    pub fn new(servers: &str, context: &SubtaskContext) -> Events {
        Events {
            servers: servers.into(),
            state: Arc::default(),
            connection_errors: context.metrics.counter("connectionErrors"),
            cancelled: context.cancelled.clone(),
        }
    }

    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Why the last connection failed, in librdkafka's words.
    pub fn last_reason(&self) -> Option<String> {
        lock(&self.state).last_reason.clone()
    }

    /// The error that no waiting will heal, if there was one.
    pub fn check(&self) -> Result<(), KafkaError> {
        match &lock(&self.state).stop {
            None => Ok(()),
            Some(Stop::Authentication(reason)) => {
                Err(KafkaError::Authentication { servers: self.servers.to_string(), reason: reason.clone() })
            }
            Some(Stop::TooLarge(reason)) => Err(KafkaError::AnswerTooLarge { reason: reason.clone() }),
            Some(Stop::Fatal(reason)) => Err(KafkaError::Fatal { reason: reason.clone() }),
        }
    }

    /// As [`Events::check`], for loops that wait: an error also when the job is being cancelled.
    pub fn check_waiting(&self) -> Result<(), KafkaError> {
        if self.is_cancelled() { Err(KafkaError::Cancelled) } else { self.check() }
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn failed(&self, error: &ClientError, reason: &str) {
        let code = error.rdkafka_error_code();
        let reason = tidy(reason);
        let mut state = lock(&self.state);
        // a producer hands each error over twice
        let again = state.last_reason.as_ref() == Some(&reason);
        if again && state.last_time.is_some_and(|time| time.elapsed() < Duration::from_millis(100)) {
            return;
        }
        match code {
            Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism) => {
                state.stop = Some(Stop::Authentication(reason.clone()));
            }
            // the broker would send the same again and again
            Some(Code::BadMessage) if reason.contains("receive.message.max.bytes") => {
                state.stop = Some(Stop::TooLarge(reason.clone()));
            }
            Some(Code::Fatal) => state.stop = Some(Stop::Fatal(reason.clone())),
            // says nothing that the broker's own error did not say
            Some(Code::AllBrokersDown) => {
                tracing::warn!("no Kafka broker of {} can be reached just now: {reason}", self.servers);
                return;
            }
            _ => {
                self.connection_errors.add(1);
                tracing::warn!("Kafka at {}: {reason}; going on when it is back", self.servers);
            }
        }
        state.last_reason = Some(reason);
        state.last_time = Some(Instant::now());
    }
}

/// librdkafka's text without the name of its own thread in front and its repetition count behind.
fn tidy(reason: &str) -> String {
    let text = reason.split_once("]: ").map_or(reason, |(_, text)| text);
    let text = text.split(" (after ").next().unwrap_or(text);
    text.trim().trim_end_matches('.').to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "librdkafka", "{facility}: {message}");
        }
        // a broken connection is an error there and an everyday thing here: the connector reports what matters
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "librdkafka", "{facility}: {message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", "{facility}: {message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", "{facility}: {message}"),
    }
}

/// A consumer's callbacks.
#[derive(Clone)]
pub struct ConsumerEvents {
    pub events: Events,
}

impl ConsumerEvents {
    pub fn new(events: Events) -> ConsumerEvents {
        ConsumerEvents { events }
    }
}

impl ClientContext for ConsumerEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.events.failed(&error, reason);
    }

    fn stats_raw(&self, statistics: &[u8]) {
        tracing::debug!(target: "librdkafka", "statistics: {}", String::from_utf8_lossy(statistics));
    }
}

impl ConsumerContext for ConsumerEvents {}

/// A producer's callbacks.
#[derive(Clone)]
pub struct ProducerEvents {
    pub events: Events,
    failures: Arc<Mutex<Option<Failure>>>,
}

/// The records that could not be delivered: the first one's reason, and how many there were.
struct Failure {
    topic: String,
    code: Option<Code>,
    reason: String,
    size: usize,
    count: u64,
}

impl ProducerEvents {
    pub fn new(events: Events) -> ProducerEvents {
        ProducerEvents { events, failures: Arc::default() }
    }

    /// The error of the records that could not be delivered since the last call, if there were any.
    pub fn check(&self) -> Result<(), KafkaError> {
        let Some(failure) = lock(&self.failures).take() else { return self.events.check() };
        if failure.code == Some(Code::MessageSizeTooLarge) {
            return Err(KafkaError::RecordTooLargeToWrite {
                topic: failure.topic,
                size: failure.size,
                reason: failure.reason,
                by_broker: true,
            });
        }
        // The reason of a time-out is the connection's, and a refused login explains everything behind it.
        self.events.check()?;
        let reason = match (failure.code, self.events.last_reason()) {
            (Some(Code::MessageTimedOut), Some(cause)) => format!("{} ({cause})", failure.reason),
            _ => failure.reason,
        };
        Err(KafkaError::Delivery { topic: failure.topic, count: failure.count, reason })
    }
}

impl ClientContext for ProducerEvents {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.events.failed(&error, reason);
    }

    fn stats_raw(&self, statistics: &[u8]) {
        tracing::debug!(target: "librdkafka", "statistics: {}", String::from_utf8_lossy(statistics));
    }
}

impl ProducerContext for ProducerEvents {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        let mut failures = lock(&self.failures);
        let failure = failures.get_or_insert_with(|| Failure {
            topic: message.topic().to_owned(),
            code: error.rdkafka_error_code(),
            reason: describe(error),
            size: message.payload_len() + message.key_len(),
            count: 0,
        });
        failure.count += 1;
    }
}

/// An error of the client in Kafka's words, without the name of the client's own type around it.
pub fn describe(error: &ClientError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::kafka::tests::context;

    #[test]
    fn reasons_lose_what_only_librdkafka_understands() {
        let reason = "[thrd:localhost:9092/bootstrap]: localhost:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: \
                      Connection refused (after 0ms in state CONNECT, 2 identical error(s) suppressed)";
        assert_eq!(tidy(reason), "localhost:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused");
    }

    #[test]
    fn a_refused_login_is_kept_and_a_lost_connection_is_not() {
        let context = context(1);
        let events = Events::new("localhost:1", &context);
        events.failed(&ClientError::Global(Code::BrokerTransportFailure), "Disconnected");
        assert!(events.check().is_ok());
        assert_eq!(events.last_reason().as_deref(), Some("Disconnected"));
        assert_eq!(context.metrics.counter("connectionErrors").get(), 1);
        events.failed(&ClientError::Global(Code::Authentication), "SASL authentication error: bad password");
        assert!(matches!(events.check(), Err(KafkaError::Authentication { .. })));
    }
}
