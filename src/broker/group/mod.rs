//! The group coordinator: all groups, their members in memory, their offsets in a journal.
//!
//! After a restart the offsets are there and the members are not: they are told so and join again, as they do when
//! a Kafka broker fails over.

mod membership;
mod offsets;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kafka_protocol::ResponseError;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

pub use self::membership::{Join, Joined, Membership, Phase, Synced};
use self::offsets::Offsets;
pub use self::offsets::{Committed, OffsetList, TopicPartition};
use super::config::BrokerConfig;
use super::error::BrokerError;
use super::journal::Journal;
use super::state::lock;

pub struct Groups {
    inner: Mutex<Inner>,
    initial_delay: Duration,
    session_timeouts: std::ops::RangeInclusive<i32>,
}

struct Inner {
    groups: BTreeMap<String, Group>,
    journal: Journal,
}

struct Group {
    membership: Membership,
    offsets: Offsets,
}

#[derive(Serialize, Deserialize)]
enum Event {
    Kind { group: String, protocol_type: String },
    Commit { group: String, offsets: OffsetList },
    Hold { group: String, producer_id: i64, offsets: OffsetList },
    EndTransaction { group: String, producer_id: i64, commit: bool },
    Forget { group: String, partitions: Vec<TopicPartition> },
    Delete { group: String },
}

/// Who commits offsets: a member of the group, or (generation -1) someone outside of it.
#[derive(Debug, Clone, Copy)]
pub struct Committer<'a> {
    pub member_id: &'a str,
    pub instance: Option<&'a str>,
    pub generation: i32,
}

/// A group as the tools show it.
#[derive(Debug, Clone)]
pub struct Description {
    pub phase: Phase,
    pub protocol_type: String,
    pub protocol: String,
    pub members: Vec<MemberDescription>,
}

#[derive(Debug, Clone)]
pub struct MemberDescription {
    pub id: String,
    pub instance: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub metadata: bytes::Bytes,
    pub assignment: bytes::Bytes,
}

/// A partition's committed offset as a group's member gets it.
pub type Fetched = Result<Option<Committed>, ResponseError>;

impl Group {
    fn is_unused(&self) -> bool {
        self.membership.is_idle() && self.offsets.is_empty()
    }

    fn events(&self, name: &str) -> Vec<Event> {
        let group = || name.to_owned();
        let mut events = Vec::new();
        if !self.membership.protocol_type.is_empty() {
            let protocol_type = self.membership.protocol_type.clone();
            events.push(Event::Kind { group: group(), protocol_type });
        }
        let offsets: OffsetList = self.offsets.all().map(|(key, value)| (key.clone(), value.clone())).collect();
        if !offsets.is_empty() {
            events.push(Event::Commit { group: group(), offsets });
        }
        let held = self.offsets.held();
        events.extend(held.map(|(producer_id, offsets)| Event::Hold { group: group(), producer_id, offsets }));
        events
    }
}

impl Inner {
    fn group(&mut self, name: &str, initial_delay: Duration) -> &mut Group {
        self.groups.entry(name.to_owned()).or_insert_with(|| Group {
            membership: Membership::new(initial_delay, Instant::now()),
            offsets: Offsets::default(),
        })
    }

    /// Writes an event down, then lets it happen.
    fn happen(&mut self, event: Event, initial_delay: Duration) -> Result<(), BrokerError> {
        self.journal.append(&event)?;
        self.apply(event, initial_delay);
        if self.journal.wants_compaction() {
            let groups = &self.groups;
            self.journal.rewrite(groups.iter().flat_map(|(name, group)| group.events(name)))?;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event, initial_delay: Duration) {
        match event {
            Event::Kind { group, protocol_type } => {
                self.group(&group, initial_delay).membership.protocol_type = protocol_type;
            }
            Event::Commit { group, offsets } => self.group(&group, initial_delay).offsets.commit(offsets),
            Event::Hold { group, producer_id, offsets } => {
                self.group(&group, initial_delay).offsets.hold(producer_id, offsets);
            }
            Event::EndTransaction { group, producer_id, commit } => {
                self.group(&group, initial_delay).offsets.end_transaction(producer_id, commit);
            }
            Event::Forget { group, partitions } => self.group(&group, initial_delay).offsets.forget(&partitions),
            Event::Delete { group } => {
                self.groups.remove(&group);
            }
        }
    }
}

impl Groups {
    pub fn open(config: &BrokerConfig) -> Result<Groups, BrokerError> {
        let initial_delay = Duration::from_millis(config.group_initial_rebalance_delay_ms);
        let mut events = Vec::new();
        let journal = Journal::open(&config.data_dir.join("groups.journal"), |event: Event| events.push(event))?;
        let mut inner = Inner { groups: BTreeMap::new(), journal };
        for event in events {
            inner.apply(event, initial_delay);
        }
        let session_timeouts = config.group_min_session_timeout_ms..=config.group_max_session_timeout_ms;
        Ok(Groups { inner: Mutex::new(inner), initial_delay, session_timeouts })
    }

    pub fn join(&self, group: &str, join: Join) -> Result<oneshot::Receiver<Joined>, ResponseError> {
        if group.is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let timeout = i32::try_from(join.session_timeout.as_millis()).unwrap_or(i32::MAX);
        if !self.session_timeouts.contains(&timeout) {
            return Err(ResponseError::InvalidSessionTimeout);
        }
        let mut inner = lock(&self.inner);
        let known = inner.groups.get(group).is_some_and(|group| group.membership.protocol_type == join.protocol_type);
        if !known && !join.protocol_type.is_empty() {
            let protocol_type = join.protocol_type.clone();
            let idle = inner.groups.get(group).is_none_or(|group| group.membership.is_idle());
            if idle {
                let event = Event::Kind { group: group.to_owned(), protocol_type };
                inner.happen(event, self.initial_delay).map_err(|error| error.code())?;
            }
        }
        Ok(inner.group(group, self.initial_delay).membership.join(join, Instant::now()))
    }

    pub fn sync(
        &self,
        group: &str,
        member: Committer<'_>,
        assignments: Vec<(String, bytes::Bytes)>,
    ) -> Result<oneshot::Receiver<Synced>, ResponseError> {
        let mut inner = lock(&self.inner);
        let group = inner.groups.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        let now = Instant::now();
        Ok(group.membership.sync(member.member_id, member.instance, member.generation, assignments, now))
    }

    pub fn heartbeat(&self, group: &str, member: Committer<'_>) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let group = inner.groups.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        group.membership.heartbeat(member.member_id, member.instance, member.generation, Instant::now())
    }

    pub fn leave(&self, group: &str, member_id: &str, instance: Option<&str>) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let group = inner.groups.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        group.membership.leave(member_id, instance, Instant::now())
    }

    pub fn commit(&self, group: &str, by: Committer<'_>, offsets: OffsetList) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let membership = &inner.group(group, self.initial_delay).membership;
        match by.generation {
            ..0 if membership.phase == Phase::Empty => {}
            _ if membership.phase == Phase::Empty => return Err(ResponseError::IllegalGeneration),
            _ => membership.check(by.member_id, by.instance, by.generation)?,
        }
        if membership.phase == Phase::CompletingRebalance {
            return Err(ResponseError::RebalanceInProgress);
        }
        if offsets.is_empty() {
            return Ok(());
        }
        // A commit is a sign of life.
        let _ = inner.group(group, self.initial_delay).membership.heartbeat(
            by.member_id,
            by.instance,
            by.generation,
            Instant::now(),
        );
        let event = Event::Commit { group: group.to_owned(), offsets };
        inner.happen(event, self.initial_delay).map_err(|error| error.code())
    }

    /// Keeps offsets until the producer's transaction ends.
    pub fn hold(
        &self,
        group: &str,
        by: Committer<'_>,
        producer_id: i64,
        offsets: OffsetList,
    ) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let membership = &inner.group(group, self.initial_delay).membership;
        if by.generation >= 0 || !by.member_id.is_empty() || by.instance.is_some() {
            membership.check(by.member_id, by.instance, by.generation)?;
        }
        let event = Event::Hold { group: group.to_owned(), producer_id, offsets };
        inner.happen(event, self.initial_delay).map_err(|error| error.code())
    }

    pub fn end_transaction(&self, group: &str, producer_id: i64, commit: bool) -> Result<(), BrokerError> {
        let event = Event::EndTransaction { group: group.to_owned(), producer_id, commit };
        lock(&self.inner).happen(event, self.initial_delay)
    }

    /// With `stable`, an offset that an open transaction may change is an error instead of the old value.
    pub fn fetch(&self, group: &str, partitions: &[TopicPartition], stable: bool) -> Vec<Fetched> {
        let inner = lock(&self.inner);
        let offsets = inner.groups.get(group).map(|group| &group.offsets);
        let fetch = |(topic, partition): &TopicPartition| match offsets {
            None => Ok(None),
            Some(offsets) if stable && offsets.is_unsettled(topic, *partition) => {
                Err(ResponseError::UnstableOffsetCommit)
            }
            Some(offsets) => Ok(offsets.get(topic, *partition).cloned()),
        };
        partitions.iter().map(fetch).collect()
    }

    /// The partitions for which a group has committed.
    pub fn committed_partitions(&self, group: &str) -> Vec<TopicPartition> {
        let inner = lock(&self.inner);
        let offsets = inner.groups.get(group).map(|group| group.offsets.all());
        offsets.into_iter().flatten().map(|(partition, _)| partition.clone()).collect()
    }

    /// Every group's name and description.
    pub fn all(&self) -> Vec<(String, Description)> {
        let inner = lock(&self.inner);
        inner.groups.iter().map(|(name, group)| (name.clone(), describe(&group.membership))).collect()
    }

    pub fn describe(&self, group: &str) -> Option<Description> {
        lock(&self.inner).groups.get(group).map(|group| describe(&group.membership))
    }

    pub fn delete(&self, group: &str) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let found = inner.groups.get(group).ok_or(ResponseError::GroupIdNotFound)?;
        if found.membership.phase != Phase::Empty {
            return Err(ResponseError::NonEmptyGroup);
        }
        let event = Event::Delete { group: group.to_owned() };
        inner.happen(event, self.initial_delay).map_err(|error| error.code())
    }

    /// Forgets committed offsets of a group nobody is in.
    pub fn forget(&self, group: &str, partitions: Vec<TopicPartition>) -> Result<(), ResponseError> {
        let mut inner = lock(&self.inner);
        let found = inner.groups.get(group).ok_or(ResponseError::GroupIdNotFound)?;
        if found.membership.phase != Phase::Empty {
            return Err(ResponseError::GroupSubscribedToTopic);
        }
        let event = Event::Forget { group: group.to_owned(), partitions };
        inner.happen(event, self.initial_delay).map_err(|error| error.code())
    }

    /// A deleted topic's offsets mean nothing to a new topic of the same name.
    pub fn forget_topic(&self, topic: &str) -> Result<(), BrokerError> {
        let mut inner = lock(&self.inner);
        let of_topic = |(name, group): (&String, &Group)| {
            let partitions = group.offsets.partitions_of(topic);
            (!partitions.is_empty()).then(|| Event::Forget { group: name.clone(), partitions })
        };
        let events: Vec<Event> = inner.groups.iter().filter_map(of_topic).collect();
        events.into_iter().try_for_each(|event| inner.happen(event, self.initial_delay))
    }

    /// Acts on everything whose time is over.
    pub fn expire(&self, now: Instant) {
        let mut inner = lock(&self.inner);
        inner.groups.retain(|_, group| {
            group.membership.expire(now);
            !group.is_unused()
        });
    }

    pub fn flush(&self) {
        if let Err(error) = lock(&self.inner).journal.flush() {
            tracing::error!(%error, "the broker could not write its groups to disk");
        }
    }
}

fn describe(membership: &Membership) -> Description {
    let protocol = membership.protocol.clone().unwrap_or_default();
    let members = membership.members.iter();
    let members = members
        .map(|(id, member)| MemberDescription {
            id: id.clone(),
            instance: member.instance.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            metadata: member.metadata(&protocol),
            assignment: member.assignment.clone(),
        })
        .collect();
    let protocol_type = membership.protocol_type.clone();
    Description { phase: membership.phase, protocol_type, protocol, members }
}
