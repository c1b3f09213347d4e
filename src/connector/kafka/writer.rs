//! Writes the records of one subtask.

use std::time::Duration;

use super::properties::Properties;
use super::records::Records;
use super::sender::Sender;
use crate::batch::Batch;
use crate::connector::SinkWriter;
use crate::error::Result;
use crate::operator::SubtaskContext;

/// How often an idle writer looks for delivery errors, in ms.
pub const IDLE_CHECK: i64 = 1000;
/// How long `close` waits for records that `flush` was not asked to wait for.
const CLOSE_WAIT: Duration = Duration::from_secs(30);
/// How long `close` waits where the job has failed.
const FAILED_WAIT: Duration = Duration::from_secs(1);

pub struct KafkaWriter {
    sender: Sender,
    context: SubtaskContext,
    records: Records,
    /// Whether `flush` returns only when the brokers have everything (at-least-once).
    acknowledged: bool,
    next_check: i64,
}

impl KafkaWriter {
    /// Connects, and makes sure that the topic exists: fails within the time that 'default.api.timeout.ms' says.
    pub fn new(
        properties: &Properties,
        records: Records,
        acknowledged: bool,
        context: &SubtaskContext,
    ) -> Result<KafkaWriter> {
        let sender = Sender::new(properties, context)?;
        sender.look(records.topic.as_deref(), properties.api_timeout)?;
        let next_check = context.clock.now() + IDLE_CHECK;
        Ok(KafkaWriter { sender, context: context.clone(), records, acknowledged, next_check })
    }
}

impl SinkWriter for KafkaWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        let sender = &self.sender;
        self.records.each(&batch, |record| sender.send(record))?;
        sender.poll();
        Ok(sender.check()?)
    }

    fn flush(&mut self) -> Result<()> {
        if self.acknowledged {
            self.sender.drain(None)?;
        } else {
            self.sender.poll();
        }
        Ok(self.sender.check()?)
    }

    fn next_wakeup(&self) -> Option<i64> {
        Some(self.next_check)
    }

    fn on_time(&mut self, now: i64) -> Result<()> {
        self.next_check = now.max(self.context.clock.now()) + IDLE_CHECK;
        self.sender.poll();
        Ok(self.sender.check()?)
    }

    /// Records that nobody waited for get some time, but not for ever: with at-least-once there are such records
    /// only where the job has failed and will send them again.
    fn close(&mut self) -> Result<()> {
        let failed = self.acknowledged || self.sender.events().is_cancelled();
        let limit = if failed { FAILED_WAIT } else { CLOSE_WAIT };
        if self.sender.unconfirmed() == 0 || self.sender.drain(Some(limit))? {
            return Ok(());
        }
        let lost = self.sender.unconfirmed();
        self.context.metrics.counter("recordsNotConfirmed").add(lost);
        tracing::warn!("{lost} records were not confirmed by Kafka at {} in time", self.sender.events().servers());
        Ok(())
    }
}
