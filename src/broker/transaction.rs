//! The transaction coordinator: who may write under a transactional id, and how transactions end.
//!
//! A transaction ends in three steps, each of which a restart can repeat: the decision is written to the journal
//! (`PrepareCommit` or `PrepareAbort`), a marker to every partition that takes part, and the offsets that were
//! sent along to their groups; then the end is written to the journal. A newer producer with the same id, and a
//! transaction that runs out of time, raise the epoch first: whoever still writes with the old one is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};

use super::config::BrokerConfig;
use super::error::BrokerError;
use super::journal::Journal;
use super::state::{State, lock};

/// So many producer ids are reserved at once; those not given out before a restart are skipped.
const RESERVED: i64 = 1_000;
/// The last epoch a producer gets; after it, it goes on under a new id.
const LAST_EPOCH: i16 = i16::MAX - 1;
pub const NO_PRODUCER_ID: i64 = -1;
const NO_EPOCH: i16 = -1;

type Code<T> = Result<T, ResponseError>;

pub struct Transactions {
    inner: Mutex<Inner>,
    /// Transactions end one at a time.
    ending: Mutex<()>,
    max_timeout_ms: i32,
}

struct Inner {
    journal: Journal,
    by_id: BTreeMap<String, Transaction>,
    next_producer_id: i64,
    reserved_to: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Empty,
    Ongoing,
    PrepareCommit,
    PrepareAbort,
    CompleteCommit,
    CompleteAbort,
}

/// The latest transaction of a transactional id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transaction {
    pub producer_id: i64,
    pub epoch: i16,
    /// The epoch before a raise that the producer asked for itself: it may ask again.
    last_epoch: i16,
    pub timeout_ms: i32,
    pub phase: Phase,
    pub started: i64,
    pub partitions: BTreeMap<String, BTreeSet<i32>>,
    groups: BTreeSet<String>,
}

/// A producer as it names itself in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    pub id: i64,
    pub epoch: i16,
}

#[derive(Serialize, Deserialize)]
enum Event {
    ProducerIds { reserved_to: i64 },
    Transaction { id: String, transaction: Transaction },
}

impl Phase {
    fn is_ending(self) -> bool {
        matches!(self, Phase::PrepareCommit | Phase::PrepareAbort)
    }

    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Empty => "Empty",
            Phase::Ongoing => "Ongoing",
            Phase::PrepareCommit => "PrepareCommit",
            Phase::PrepareAbort => "PrepareAbort",
            Phase::CompleteCommit => "CompleteCommit",
            Phase::CompleteAbort => "CompleteAbort",
        }
    }
}

impl Transaction {
    fn of(producer: Producer, timeout_ms: i32) -> Transaction {
        Transaction {
            producer_id: producer.id,
            epoch: producer.epoch,
            last_epoch: NO_EPOCH,
            timeout_ms,
            phase: Phase::Empty,
            started: -1,
            partitions: BTreeMap::new(),
            groups: BTreeSet::new(),
        }
    }

    /// The same transaction on its way to being taken back, its producer fenced.
    fn fenced(&self) -> Transaction {
        let epoch = self.epoch.saturating_add(1);
        Transaction { epoch, last_epoch: NO_EPOCH, phase: Phase::PrepareAbort, ..self.clone() }
    }

    /// Ongoing from now on, if it was not already.
    fn begun(&self, now: i64) -> Transaction {
        match self.phase {
            Phase::Ongoing => self.clone(),
            _ => Transaction {
                phase: Phase::Ongoing,
                started: now,
                partitions: BTreeMap::new(),
                groups: BTreeSet::new(),
                ..self.clone()
            },
        }
    }
}

impl Inner {
    fn apply(&mut self, id: &str, transaction: Transaction) -> Code<()> {
        let event = Event::Transaction { id: id.to_owned(), transaction };
        self.write(&event)?;
        if let Event::Transaction { id, transaction } = event {
            self.by_id.insert(id, transaction);
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> Code<()> {
        let written = self.journal.append(event).and_then(|()| match self.journal.wants_compaction() {
            true => {
                let ids = Event::ProducerIds { reserved_to: self.reserved_to };
                let transactions = self.by_id.iter();
                let all = transactions.map(|(id, t)| Event::Transaction { id: id.clone(), transaction: t.clone() });
                self.journal.rewrite(std::iter::once(ids).chain(all))?;
                self.journal.append(event)
            }
            false => Ok(()),
        });
        written.map_err(|error| {
            tracing::error!(%error, "the broker cannot write down a transaction");
            error.code()
        })
    }

    fn new_producer_id(&mut self) -> Code<i64> {
        if self.next_producer_id >= self.reserved_to {
            let reserved_to = self.next_producer_id + RESERVED;
            self.write(&Event::ProducerIds { reserved_to })?;
            self.reserved_to = reserved_to;
        }
        let id = self.next_producer_id;
        self.next_producer_id += 1;
        Ok(id)
    }

    /// The id's transaction, if the producer is the one it belongs to and it is not just ending.
    fn checked(&self, id: &str, producer: Producer, stale: ResponseError) -> Code<&Transaction> {
        let transaction = self.by_id.get(id).ok_or(ResponseError::InvalidProducerIdMapping)?;
        if transaction.producer_id != producer.id {
            Err(ResponseError::InvalidProducerIdMapping)
        } else if transaction.epoch != producer.epoch {
            Err(stale)
        } else if transaction.phase.is_ending() {
            Err(ResponseError::ConcurrentTransactions)
        } else {
            Ok(transaction)
        }
    }
}

impl Transactions {
    pub fn open(config: &BrokerConfig) -> Result<Transactions, BrokerError> {
        let mut by_id = BTreeMap::new();
        let mut reserved = 0;
        let journal = Journal::open(&config.data_dir.join("transactions.journal"), |event| match event {
            Event::ProducerIds { reserved_to } => reserved = reserved_to,
            Event::Transaction { id, transaction } => {
                by_id.insert(id, transaction);
            }
        })?;
        let inner = Inner { journal, by_id, next_producer_id: reserved, reserved_to: reserved };
        let max_timeout_ms = config.transaction_max_timeout_ms;
        Ok(Transactions { inner: Mutex::new(inner), ending: Mutex::new(()), max_timeout_ms })
    }

    /// Ends what was decided but not finished when the broker stopped.
    pub fn recover(&self, state: &State) -> Result<(), BrokerError> {
        let unfinished = self.ids_where(|transaction| transaction.phase.is_ending());
        unfinished.iter().try_for_each(|id| self.finish(state, id, true))
    }

    /// A producer id, and for a transactional id a new epoch: from here on, older producers with it are fenced.
    ///
    /// `given` is what the producer had so far, when it asks for a new epoch to go on after an error.
    pub fn init(&self, state: &State, id: Option<&str>, timeout_ms: i32, given: Option<Producer>) -> Code<Producer> {
        let Some(id) = id else {
            return Ok(Producer { id: lock(&self.inner).new_producer_id()?, epoch: 0 });
        };
        if id.is_empty() {
            return Err(ResponseError::InvalidRequest);
        }
        if timeout_ms <= 0 || timeout_ms > self.max_timeout_ms {
            return Err(ResponseError::InvalidTransactionTimeout);
        }
        let open = {
            let mut inner = lock(&self.inner);
            match inner.by_id.get(id) {
                Some(old) => {
                    let own_epochs = [old.epoch, old.last_epoch];
                    if given.is_some_and(|given| given.id != old.producer_id || !own_epochs.contains(&given.epoch)) {
                        return Err(ResponseError::ProducerFenced);
                    }
                    if old.phase.is_ending() {
                        return Err(ResponseError::ConcurrentTransactions);
                    }
                    let fenced = (old.phase == Phase::Ongoing).then(|| old.fenced());
                    fenced.map(|fenced| inner.apply(id, fenced)).transpose()?.is_some()
                }
                None => false,
            }
        };
        if open {
            self.finish(state, id, false).map_err(|error| error.code())?;
        }
        let mut inner = lock(&self.inner);
        let next = match inner.by_id.get(id) {
            None => Transaction::of(Producer { id: inner.new_producer_id()?, epoch: 0 }, timeout_ms),
            Some(old) if !open && given.is_some_and(|given| given.epoch == old.last_epoch) => {
                return Ok(Producer { id: old.producer_id, epoch: old.epoch });
            }
            Some(old) if old.epoch >= LAST_EPOCH => {
                Transaction::of(Producer { id: inner.new_producer_id()?, epoch: 0 }, timeout_ms)
            }
            Some(old) => {
                let producer = Producer { id: old.producer_id, epoch: old.epoch + 1 };
                let last_epoch = given.map_or(NO_EPOCH, |given| given.epoch);
                Transaction { last_epoch, ..Transaction::of(producer, timeout_ms) }
            }
        };
        let producer = Producer { id: next.producer_id, epoch: next.epoch };
        inner.apply(id, next)?;
        Ok(producer)
    }

    /// Takes partitions into the producer's transaction, beginning one where there is none.
    pub fn add_partitions(
        &self,
        id: &str,
        producer: Producer,
        partitions: impl IntoIterator<Item = (String, i32)>,
        now: i64,
    ) -> Code<()> {
        let mut inner = lock(&self.inner);
        let mut next = inner.checked(id, producer, ResponseError::ProducerFenced)?.begun(now);
        for (topic, partition) in partitions {
            next.partitions.entry(topic).or_default().insert(partition);
        }
        inner.apply(id, next)
    }

    /// Takes a group's offsets into the producer's transaction.
    pub fn add_group(&self, id: &str, producer: Producer, group: &str, now: i64) -> Code<()> {
        let mut inner = lock(&self.inner);
        let mut next = inner.checked(id, producer, ResponseError::ProducerFenced)?.begun(now);
        next.groups.insert(group.to_owned());
        inner.apply(id, next)
    }

    /// Whether the producer may write to a partition now: the partition must be part of its open transaction.
    pub fn check_write(&self, id: &str, producer: Producer, topic: &str, partition: i32) -> Code<()> {
        let inner = lock(&self.inner);
        let transaction = inner.checked(id, producer, ResponseError::InvalidProducerEpoch)?;
        let part = transaction.partitions.get(topic).is_some_and(|partitions| partitions.contains(&partition));
        if transaction.phase == Phase::Ongoing && part { Ok(()) } else { Err(ResponseError::InvalidTxnState) }
    }

    /// Whether the producer may send offsets of a group along now.
    pub fn check_offsets(&self, id: &str, producer: Producer, group: &str) -> Code<()> {
        let inner = lock(&self.inner);
        let transaction = inner.checked(id, producer, ResponseError::InvalidProducerEpoch)?;
        let part = transaction.groups.contains(group);
        if transaction.phase == Phase::Ongoing && part { Ok(()) } else { Err(ResponseError::InvalidTxnState) }
    }

    /// Ends the producer's transaction. Ending it the same way twice is a repetition, not an error.
    pub fn end(&self, state: &State, id: &str, producer: Producer, commit: bool) -> Code<()> {
        {
            let mut inner = lock(&self.inner);
            let transaction = inner.checked(id, producer, ResponseError::ProducerFenced)?;
            match (transaction.phase, commit) {
                (Phase::Ongoing, _) => {}
                (Phase::CompleteCommit, true) | (Phase::CompleteAbort, false) => return Ok(()),
                _ => return Err(ResponseError::InvalidTxnState),
            }
            let phase = if commit { Phase::PrepareCommit } else { Phase::PrepareAbort };
            let decided = Transaction { phase, ..transaction.clone() };
            inner.apply(id, decided)?;
        }
        self.finish(state, id, false).map_err(|error| error.code())
    }

    /// Takes back the transactions that have run out of time, and tries again to end those that could not be ended.
    pub fn expire(&self, state: &State) {
        let now = state.now();
        let late = |t: &Transaction| t.phase == Phase::Ongoing && t.started + i64::from(t.timeout_ms) < now;
        for id in self.ids_where(late) {
            let mut inner = lock(&self.inner);
            if let Some(fenced) = inner.by_id.get(&id).filter(|t| late(t)).map(Transaction::fenced) {
                tracing::warn!(transactional_id = %id, "a transaction ran out of time and is taken back");
                let _ = inner.apply(&id, fenced);
            }
        }
        for id in self.ids_where(|transaction| transaction.phase.is_ending()) {
            if let Err(error) = self.finish(state, &id, true) {
                tracing::error!(transactional_id = %id, %error, "a transaction cannot be ended");
            }
        }
    }

    /// Transactions as they are, for the tools that list and describe them.
    pub fn all(&self) -> Vec<(String, Transaction)> {
        lock(&self.inner).by_id.iter().map(|(id, transaction)| (id.clone(), transaction.clone())).collect()
    }

    pub fn flush(&self) {
        if let Err(error) = lock(&self.inner).journal.flush() {
            tracing::error!(%error, "the broker could not write its transactions to disk");
        }
    }

    /// Carries out a decision. `again`: part of it may have been done before, so markers go only where the
    /// transaction is still open.
    fn finish(&self, state: &State, id: &str, again: bool) -> Result<(), BrokerError> {
        let _one_at_a_time = lock(&self.ending);
        let Some(decided) = lock(&self.inner).by_id.get(id).filter(|t| t.phase.is_ending()).cloned() else {
            return Ok(());
        };
        let commit = decided.phase == Phase::PrepareCommit;
        for (topic, partitions) in &decided.partitions {
            for partition in partitions.iter().filter_map(|partition| state.topics.partition(topic, *partition)) {
                let mut log = partition.log();
                if !again || log.in_transaction(decided.producer_id) {
                    log.append_marker(decided.producer_id, decided.epoch, commit, state.now())?;
                    drop(log);
                    partition.wake();
                }
            }
        }
        for group in &decided.groups {
            state.groups.end_transaction(group, decided.producer_id, commit)?;
        }
        let phase = if commit { Phase::CompleteCommit } else { Phase::CompleteAbort };
        let ended = Transaction { phase, partitions: BTreeMap::new(), groups: BTreeSet::new(), ..decided };
        // Not written down: the decision is, and carrying it out again does no harm.
        let _ = lock(&self.inner).apply(id, ended);
        Ok(())
    }

    fn ids_where(&self, wanted: impl Fn(&Transaction) -> bool) -> Vec<String> {
        let inner = lock(&self.inner);
        inner.by_id.iter().filter(|(_, transaction)| wanted(transaction)).map(|(id, _)| id.clone()).collect()
    }
}
