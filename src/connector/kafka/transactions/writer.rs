//! Writes the records of one subtask, a transaction a checkpoint.

use std::collections::BTreeMap;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::super::error::KafkaError;
use super::super::events::Events;
use super::super::properties::Properties;
use super::super::records::Records;
use super::super::sender::Sender;
use super::super::writer::IDLE_CHECK;
use super::coordinator::Coordinators;
use super::ids::Ids;
use super::prepared::{Prepared, Recovery};
use super::settings::{self, TransactionSettings};
use super::transaction::Transaction;
use crate::batch::Batch;
use crate::checkpoint::CheckpointId;
use crate::connector::{PREPARED, SinkWriter};
use crate::error::{Error, Result};
use crate::operator::SubtaskContext;

/// How long `close` waits for a transaction that is being opened.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

pub struct TransactionalWriter {
    records: Records,
    properties: Properties,
    context: SubtaskContext,
    ids: Ids,
    /// Registered and not begun: made while the one before is written, so that no barrier waits for it.
    spare: Spare,
    /// What is written now; none before the first record behind a barrier.
    current: Option<Transaction>,
    prepared: BTreeMap<CheckpointId, (Transaction, Prepared)>,
    /// The last barrier.
    last: CheckpointId,
    next_check: i64,
}

enum Spare {
    Ready(Box<Transaction>),
    Opening(JoinHandle<Result<Transaction, KafkaError>>),
    None,
}

impl TransactionalWriter {
    /// Connects, makes sure that the topic exists, and puts the transactions of earlier attempts in order.
    pub fn new(
        properties: &Properties,
        told: &TransactionSettings,
        records: Records,
        context: &SubtaskContext,
    ) -> Result<TransactionalWriter> {
        let looking = Sender::new(properties, context)?;
        looking.look(records.topic.as_deref(), properties.api_timeout)?;
        let mut coordinators = Coordinators::new(properties, looking.events())?;
        let properties = settings::with_timeout(properties, coordinators.max_timeout()?)?;
        let of_job = || format!("{}-{}", context.job_name, context.operator);
        let prefix = told.prefix.clone().unwrap_or_else(|| match &records.topic {
            Some(topic) => format!("{}-{topic}", of_job()),
            None => of_job(),
        });
        let stored = context.restored.items(PREPARED);
        let prepared = stored.iter().map(Prepared::read).collect::<Result<Vec<_>>>()?;
        let recovery = Recovery {
            prefix: &prefix,
            subtask: context.subtask,
            parallelism: context.parallelism,
            prepared: &prepared,
            ignore_lost: told.ignore_lost,
        };
        recovery.run(&mut coordinators)?;
        let mut ids =
            Ids::new(&prefix, context.subtask, prepared.into_iter().map(|prepared| prepared.transactional_id));
        let limit = settings::patience(&properties);
        let spare = Transaction::open(ids.take(), &properties, &mut coordinators, context, limit)?;
        Ok(TransactionalWriter {
            records,
            properties,
            context: context.clone(),
            ids,
            spare: Spare::Ready(Box::new(spare)),
            current: None,
            prepared: BTreeMap::new(),
            last: 0,
            next_check: context.clock.now() + IDLE_CHECK,
        })
    }

    /// The spare transaction, begun; another one is opened meanwhile.
    fn begin(&mut self) -> Result<Transaction> {
        let mut next = match std::mem::replace(&mut self.spare, Spare::None) {
            Spare::Ready(ready) => *ready,
            Spare::Opening(thread) => {
                thread.join().map_err(|_| Error::internal("the thread that opens a transaction has panicked"))??
            }
            Spare::None => return Err(Error::internal("a Kafka writer has no transaction to write into")),
        };
        next.begin()?;
        self.spare = Spare::Opening(self.open_another(next.sender.events().clone())?);
        Ok(next)
    }

    fn open_another(&mut self, events: Events) -> Result<JoinHandle<Result<Transaction, KafkaError>>> {
        let (id, properties, context) = (self.ids.take(), self.properties.clone(), self.context.clone());
        let open = move || {
            let mut coordinators = Coordinators::new(&properties, &events)?;
            let limit = settings::patience(&properties);
            Transaction::open(id, &properties, &mut coordinators, &context, limit)
        };
        let thread = std::thread::Builder::new().name("kafka-transaction".into()).spawn(open);
        thread.map_err(|error| Error::connector(format!("no thread can be started to open a transaction: {error}")))
    }

    fn check(&self) -> Result<()> {
        for transaction in self.current.iter().chain(self.prepared.values().map(|(transaction, _)| transaction)) {
            transaction.sender.poll();
        }
        self.current.as_ref().map_or(Ok(()), |current| Ok(current.sender.check()?))
    }
}

impl SinkWriter for TransactionalWriter {
    fn write(&mut self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let current = match self.current.take() {
            Some(current) => current,
            None => self.begin()?,
        };
        let sent = self.records.each(&batch, |record| current.sender.send(record));
        self.current = Some(current);
        sent?;
        self.check()
    }

    fn flush(&mut self) -> Result<()> {
        if let Some(current) = &self.current {
            current.sender.drain(None)?;
        }
        self.check()
    }

    fn prepare(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.last = checkpoint;
        if let Some(current) = self.current.take() {
            let prepared = current.prepared(checkpoint);
            self.prepared.insert(checkpoint, (current, prepared));
        }
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<Bytes>> {
        self.prepared.values().map(|(_, prepared)| prepared.stored()).collect()
    }

    fn commit(&mut self, checkpoint: CheckpointId) -> Result<()> {
        let later = self.prepared.split_off(&(checkpoint + 1));
        for (transaction, _) in std::mem::replace(&mut self.prepared, later).into_values() {
            transaction.commit()?;
            self.ids.rest(transaction.id, self.last);
        }
        self.ids.complete(checkpoint);
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        Some(self.next_check)
    }

    fn on_time(&mut self, now: i64) -> Result<()> {
        self.next_check = now.max(self.context.clock.now()) + IDLE_CHECK;
        self.check()
    }

    /// What belongs to no checkpoint is taken back. What is prepared stays: its checkpoint may be complete.
    fn close(&mut self) -> Result<()> {
        if let Some(current) = self.current.take() {
            current.abort();
        }
        if let Spare::Opening(thread) = std::mem::replace(&mut self.spare, Spare::None) {
            let started = Instant::now();
            while !thread.is_finished() && started.elapsed() < CLOSE_WAIT {
                std::thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                drop(thread.join());
            }
        }
        Ok(())
    }
}
