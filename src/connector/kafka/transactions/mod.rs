//! `EXACTLY_ONCE`: the sink writes one transaction a checkpoint and subtask.
//!
//! Records go into a transaction of librdkafka. At a barrier they are flushed and the transaction stays open: it is *prepared*,
//! and its transactional id, producer id and epoch are in the checkpoint. It is committed when the checkpoint is complete;
//! where the process died before, whoever goes on from that checkpoint commits it, which librdkafka can't do for another
//! producer: that is asked of the coordinator in Kafka's protocol. Everything else that earlier attempts left open is taken
//! back first.

mod coordinator;
mod ids;
mod prepared;
mod settings;
mod transaction;
mod wire;
mod writer;

pub use settings::{TransactionSettings, transactional};
pub use writer::TransactionalWriter;
