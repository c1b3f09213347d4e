//! One transaction of librdkafka, from its first record to its end.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode as Code};
use rdkafka::producer::Producer;

use super::super::error::KafkaError;
use super::super::events::describe;
use super::super::properties::Properties;
use super::super::sender::Sender;
use super::coordinator::Coordinators;
use super::ids::Id;
use super::prepared::Prepared;
use crate::checkpoint::CheckpointId;
use crate::operator::SubtaskContext;

/// How long one call of librdkafka waits before the connection's errors and the job are looked at.
const SLICE: Duration = Duration::from_millis(500);
/// How often it is said that a transaction waits for Kafka.
const SAID: Duration = Duration::from_secs(10);
/// What is open when a job ends is taken back within this, or runs out of time.
const ABORT: Duration = Duration::from_secs(2);

/// A producer with a transactional id of its own. It serves one transaction.
pub struct Transaction {
    pub id: Id,
    pub sender: Sender,
    producer_id: i64,
    epoch: i16,
    begun: bool,
}

impl Transaction {
    /// Registers a producer under the id: what is open under it is taken back, and older producers are shut out.
    pub fn open(
        id: Id,
        properties: &Properties,
        coordinators: &mut Coordinators,
        context: &SubtaskContext,
        limit: Duration,
    ) -> Result<Transaction, KafkaError> {
        let mut properties = properties.clone();
        properties.set("transactional.id", &id.name);
        let sender = Sender::new(&properties, context)?;
        let mut transaction = Transaction { id, sender, producer_id: -1, epoch: -1, begun: false };
        transaction.until("opened", Some(limit), |sender, wait| sender.producer.init_transactions(wait))?;
        let name = &transaction.id.name;
        match coordinators.describe(name)? {
            Ok(described) => (transaction.producer_id, transaction.epoch) = (described.producer_id, described.epoch),
            Err(error) => {
                let (id, reason) = (name.clone(), error.to_string());
                return Err(KafkaError::Transaction { id, what: "opened", reason });
            }
        }
        Ok(transaction)
    }

    /// Begins it, unless it has begun.
    pub fn begin(&mut self) -> Result<(), KafkaError> {
        if !self.begun {
            let begun = self.sender.producer.begin_transaction();
            begun.map_err(|error| self.failed("begun", &error))?;
            self.begun = true;
        }
        Ok(())
    }

    /// All its records are with the brokers: it can be committed from now on, by whoever knows this.
    pub fn prepared(&self, checkpoint: CheckpointId) -> Prepared {
        Prepared {
            transactional_id: self.id.name.clone(),
            producer_id: self.producer_id,
            producer_epoch: self.epoch,
            checkpoint,
        }
    }

    pub fn commit(&self) -> Result<(), KafkaError> {
        self.until("committed", None, |sender, wait| sender.producer.commit_transaction(wait))
    }

    /// Takes back what has been written, if Kafka can be reached.
    pub fn abort(&self) {
        if self.begun && self.sender.producer.abort_transaction(ABORT).is_err() {
            tracing::debug!("the transaction '{}' stays open until its time is over", self.id.name);
        }
    }

    /// Calls again while Kafka is away: librdkafka goes on where it was.
    fn until(
        &self,
        what: &'static str,
        limit: Option<Duration>,
        call: impl Fn(&Sender, Duration) -> rdkafka::error::KafkaResult<()>,
    ) -> Result<(), KafkaError> {
        let started = Instant::now();
        let mut said = started;
        loop {
            let Err(error) = call(&self.sender, SLICE) else { return Ok(()) };
            self.sender.poll();
            if !again(&error) {
                return Err(self.failed(what, &error));
            }
            self.sender.events().check_waiting()?;
            if limit.is_some_and(|limit| started.elapsed() > limit) {
                return Err(self.failed(what, &error));
            }
            if said.elapsed() >= SAID {
                said = Instant::now();
                let servers = self.sender.events().servers();
                tracing::warn!("waiting for Kafka at {servers}: the transaction '{}' is to be {what}", self.id.name);
            }
        }
    }

    fn failed(&self, what: &'static str, error: &ClientError) -> KafkaError {
        // what became of its records says more
        if let Err(cause) = self.sender.check_delivery() {
            return cause;
        }
        let id = self.id.name.clone();
        match error.rdkafka_error_code() {
            Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch) => KafkaError::Fenced { id },
            Some(Code::TransactionalIdAuthorizationFailed) => {
                let servers = self.sender.events().servers().to_owned();
                KafkaError::NotAuthorized { servers, resource: format!("transactional id '{id}'") }
            }
            _ => KafkaError::Transaction { id, what, reason: reason(error) },
        }
    }
}

/// Whether the call only took longer than it was allowed to.
fn again(error: &ClientError) -> bool {
    match error {
        ClientError::Transaction(error) => error.is_retriable(),
        _ => false,
    }
}

fn reason(error: &ClientError) -> String {
    match error {
        ClientError::Transaction(error) => error.string(),
        _ => describe(error),
    }
}
