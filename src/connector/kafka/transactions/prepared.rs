//! A transaction that is prepared: what a checkpoint keeps of it, and how it is ended after a restore.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};

use super::super::error::KafkaError;
use super::coordinator::{Coordinators, Described};
use super::ids;
use crate::checkpoint::CheckpointId;
use crate::error::{Error, Result};

/// An open transaction whose records are all with the brokers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    pub transactional_id: String,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub checkpoint: CheckpointId,
}

impl Prepared {
    /// For a checkpoint.
    pub fn stored(&self) -> Result<Bytes> {
        let json = serde_json::to_vec(self);
        Ok(json.map_err(|error| Error::internal(format!("a transaction cannot be stored: {error}")))?.into())
    }

    pub fn read(stored: &Bytes) -> Result<Prepared> {
        let damaged = |error| Error::internal(format!("a transaction in the checkpoint cannot be read: {error}"));
        serde_json::from_slice(stored).map_err(damaged)
    }

    /// Commits it: the checkpoint that holds it is complete. It may have been committed before.
    fn commit(&self, coordinators: &mut Coordinators, ignore_lost: bool) -> Result<(), KafkaError> {
        let Prepared { transactional_id: id, producer_id, producer_epoch, checkpoint } = self;
        let reason = match coordinators.commit(id, *producer_id, *producer_epoch)? {
            Ok(()) => return Ok(()),
            Err(reason) => reason,
        };
        match self.end(reason, coordinators.describe(id)?) {
            End::Committed => {
                tracing::debug!("the transaction '{id}' of checkpoint {checkpoint} was committed before");
                Ok(())
            }
            End::Unknown => {
                tracing::warn!(
                    "the transaction '{id}' of checkpoint {checkpoint} has ended long ago: committed, unless another run, \
                     one that did not go on from that checkpoint, took it back"
                );
                Ok(())
            }
            End::Lost if ignore_lost => {
                tracing::error!(
                    "the records of the transaction '{id}' of checkpoint {checkpoint} are lost: Kafka took it back \
                     before it was committed. The job goes on, as it was told to"
                );
                Ok(())
            }
            End::Lost => Err(KafkaError::TransactionLost { id: id.clone(), checkpoint: *checkpoint }),
            End::Failed(reason) => {
                Err(KafkaError::Transaction { id: id.clone(), what: "committed", reason: reason.to_string() })
            }
        }
    }

    /// How a transaction ended that can't be committed any more: the coordinator's refusal, and what it knows.
    fn end(&self, refusal: ResponseError, described: Result<Described, ResponseError>) -> End {
        use ResponseError::*;
        if !matches!(refusal, InvalidProducerEpoch | ProducerFenced | InvalidTxnState | InvalidProducerIdMapping) {
            return End::Failed(refusal);
        }
        let Ok(Described { producer_id, epoch, state }) = described else { return End::Unknown };
        let aborted = matches!(state.as_str(), "PrepareAbort" | "PrepareEpochFence" | "CompleteAbort" | "Dead");
        // whoever takes a transaction back, because its time is over or for a new producer, raises the epoch by one first, and a
        // new producer's is one more; behind one that was committed a new producer has the next
        match i32::from(epoch) - i32::from(self.producer_epoch) {
            0 | 1 if producer_id == self.producer_id && aborted => End::Lost,
            0 | 1 if producer_id == self.producer_id => End::Committed,
            _ => End::Unknown,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Committed,
    Lost,
    /// The coordinator has forgotten it, or newer transactions have its id.
    Unknown,
    Failed(ResponseError),
}

/// What a subtask does with the transactions of earlier attempts before it begins its own.
pub struct Recovery<'a> {
    pub prefix: &'a str,
    pub subtask: usize,
    pub parallelism: usize,
    /// Everything that the checkpoint has, of all subtasks.
    pub prepared: &'a [Prepared],
    /// A transaction that Kafka took back is no error.
    pub ignore_lost: bool,
}

impl Recovery<'_> {
    /// Commits its share of what the checkpoint has, and takes back what is open besides: also of subtasks that do not
    /// exist any more.
    pub fn run(&self, coordinators: &mut Coordinators) -> Result<(), KafkaError> {
        let own = |at: usize| at % self.parallelism == self.subtask;
        for (_, prepared) in self.prepared.iter().enumerate().filter(|(at, _)| own(*at)) {
            prepared.commit(coordinators, self.ignore_lost)?;
        }
        for id in coordinators.open()? {
            let lingers = ids::subtask(&id, self.prefix).is_some_and(own);
            if !lingers || self.prepared.iter().any(|prepared| prepared.transactional_id == id) {
                continue;
            }
            match coordinators.abort(&id)? {
                Ok(()) => tracing::info!("the transaction '{id}' of an earlier attempt was taken back"),
                Err(reason) => {
                    return Err(KafkaError::Transaction { id, what: "taken back", reason: reason.to_string() });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> Prepared {
        Prepared { transactional_id: "p-0-1".into(), producer_id: 7, producer_epoch: 3, checkpoint: 5 }
    }

    fn end(producer_id: i64, epoch: i16, state: &str) -> End {
        let described = Described { producer_id, epoch, state: state.into() };
        prepared().end(ResponseError::ProducerFenced, Ok(described))
    }

    #[test]
    fn comes_back_as_it_was() {
        assert_eq!(Prepared::read(&prepared().stored().unwrap()).unwrap(), prepared());
        assert!(Prepared::read(&Bytes::from_static(b"{}")).is_err());
    }

    #[test]
    fn what_kafka_took_back_is_lost() {
        // time-outs raise the epoch by one
        assert_eq!(end(7, 4, "CompleteAbort"), End::Lost);
        assert_eq!(end(7, 4, "PrepareAbort"), End::Lost);
    }

    #[test]
    fn a_new_producer_behind_a_committed_transaction_has_the_next_epoch() {
        for state in ["Empty", "Ongoing", "PrepareCommit", "CompleteCommit"] {
            assert_eq!(end(7, 4, state), End::Committed, "{state}");
        }
    }

    #[test]
    fn of_what_is_long_ago_nobody_knows() {
        assert_eq!(end(7, 9, "Ongoing"), End::Unknown);
        assert_eq!(end(8, 0, "Ongoing"), End::Unknown, "the epochs of a producer id have an end");
        let forgotten = Err(ResponseError::TransactionalIdNotFound);
        assert_eq!(prepared().end(ResponseError::InvalidProducerIdMapping, forgotten), End::Unknown);
    }

    #[test]
    fn other_refusals_are_failures() {
        let refusal = ResponseError::UnsupportedVersion;
        let described = Described { producer_id: 7, epoch: 3, state: "Ongoing".into() };
        assert_eq!(prepared().end(refusal, Ok(described)), End::Failed(refusal));
    }
}
