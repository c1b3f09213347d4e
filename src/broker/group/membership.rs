//! A consumer group's members and how they come to share the partitions: join, sync, heartbeat, leave.
//!
//! The group's phases are Kafka's. Members join; when all have, or the time for it is over, the protocol they all
//! know is chosen and the leader is given the list of members; the leader's assignment reaches everyone with the
//! answer to their sync. Whoever stays silent longer than its session timeout is taken out, and all join again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::ResponseError;
use tokio::sync::oneshot;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
}

impl Phase {
    /// Kafka's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Empty => "Empty",
            Phase::PreparingRebalance => "PreparingRebalance",
            Phase::CompletingRebalance => "CompletingRebalance",
            Phase::Stable => "Stable",
        }
    }
}

/// A member's request to join.
#[derive(Debug, Clone, Default)]
pub struct Join {
    pub member_id: String,
    pub instance: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub session_timeout: Duration,
    pub rebalance_timeout: Duration,
    pub protocol_type: String,
    pub protocols: Vec<(String, Bytes)>,
    /// Whether a newcomer is sent back once to come again with the id it is given.
    pub id_required: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    pub error: Option<ResponseError>,
    pub generation: i32,
    pub protocol: Option<String>,
    pub leader: String,
    pub member_id: String,
    /// For the leader: every member with its instance and what it said for the chosen protocol.
    pub members: Vec<(String, Option<String>, Bytes)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    pub error: Option<ResponseError>,
    pub protocol: Option<String>,
    pub assignment: Bytes,
}

pub struct Member {
    pub instance: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub assignment: Bytes,
    session_timeout: Duration,
    rebalance_timeout: Duration,
    protocols: Vec<(String, Bytes)>,
    /// When it counts as gone, unless it is heard of before.
    silent_until: Instant,
    join: Option<oneshot::Sender<Joined>>,
    sync: Option<oneshot::Sender<Synced>>,
}

impl Member {
    pub fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols.iter().find(|(name, _)| name == protocol).map(|(_, data)| data.clone()).unwrap_or_default()
    }

    fn heard(&mut self, now: Instant) {
        self.silent_until = now + self.session_timeout;
    }
}

pub struct Membership {
    pub phase: Phase,
    pub generation: i32,
    pub protocol_type: String,
    pub protocol: Option<String>,
    pub leader: Option<String>,
    pub members: BTreeMap<String, Member>,
    /// Newcomers sent back for their id, and until when they are waited for.
    expected: BTreeMap<String, Instant>,
    /// While members join: not complete before the first, complete at the second.
    join_window: (Instant, Instant),
    /// While members sync: whoever has not by then is taken out.
    sync_until: Instant,
    initial_delay: Duration,
}

impl Membership {
    pub fn new(initial_delay: Duration, now: Instant) -> Membership {
        Membership {
            phase: Phase::Empty,
            generation: 0,
            protocol_type: String::new(),
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            expected: BTreeMap::new(),
            join_window: (now, now),
            sync_until: now,
            initial_delay,
        }
    }

    /// Whether anyone is in the group or on the way into it.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Empty && self.expected.is_empty()
    }

    /// The answer comes through the channel: at once, or when everyone has joined.
    pub fn join(&mut self, join: Join, now: Instant) -> oneshot::Receiver<Joined> {
        let (answer, receiver) = oneshot::channel();
        if let Err((error, answer)) = self.try_join(join, answer, now) {
            let _ = answer.send(error);
        }
        self.complete_if_all_joined(now);
        receiver
    }

    /// An error, or anything that can be answered at once, comes back with the channel.
    fn try_join(
        &mut self,
        mut join: Join,
        answer: oneshot::Sender<Joined>,
        now: Instant,
    ) -> Result<(), (Joined, oneshot::Sender<Joined>)> {
        let refuse = |error, member_id: &str, answer| {
            let joined =
                Joined { error: Some(error), generation: -1, member_id: member_id.into(), ..Joined::default() };
            Err((joined, answer))
        };
        if !self.fits(&join) {
            return refuse(ResponseError::InconsistentGroupProtocol, &join.member_id, answer);
        }
        let instance_of = join.instance.as_ref().and_then(|instance| self.member_of_instance(instance));
        if join.member_id.is_empty() {
            join.member_id = format!(
                "{}-{}",
                join.instance.as_deref().unwrap_or(&join.client_id),
                uuid::Uuid::new_v4().hyphenated()
            );
            if let Some(old_id) = instance_of {
                return self.replace(&old_id, join, answer, now);
            }
            if join.id_required && join.instance.is_none() {
                self.expected.insert(join.member_id.clone(), now + join.session_timeout);
                return refuse(ResponseError::MemberIdRequired, &join.member_id, answer);
            }
            self.add(join, answer, now);
            return Ok(());
        }
        if instance_of.is_some_and(|id| id != join.member_id) {
            return refuse(ResponseError::FencedInstanceId, &join.member_id, answer);
        }
        if self.expected.remove(&join.member_id).is_some() {
            self.add(join, answer, now);
            return Ok(());
        }
        let Some(member) = self.members.get(&join.member_id) else {
            return refuse(ResponseError::UnknownMemberId, &join.member_id, answer);
        };
        let changed = member.protocols != join.protocols;
        let leads = self.leader.as_ref() == Some(&join.member_id);
        match self.phase {
            Phase::CompletingRebalance if !changed => return Err((self.result_for(&join.member_id), answer)),
            Phase::Stable if !changed && !leads => return Err((self.result_for(&join.member_id), answer)),
            Phase::PreparingRebalance => {}
            _ => self.prepare_rebalance(now),
        }
        if let Some(member) = self.members.get_mut(&join.member_id) {
            member.protocols = join.protocols;
            member.session_timeout = join.session_timeout;
            member.rebalance_timeout = join.rebalance_timeout;
            member.heard(now);
            member.join = Some(answer);
        }
        Ok(())
    }

    /// A group speaks one protocol type, and all its members know at least one protocol in common.
    fn fits(&self, join: &Join) -> bool {
        if join.protocols.is_empty() || join.protocol_type.is_empty() {
            return false;
        }
        let others = || self.members.iter().filter(|(id, _)| **id != join.member_id);
        if others().next().is_none() {
            return true;
        }
        let known_to_all =
            |name: &str| others().all(|(_, member)| member.protocols.iter().any(|(known, _)| known == name));
        self.protocol_type == join.protocol_type && join.protocols.iter().any(|(name, _)| known_to_all(name))
    }

    fn add(&mut self, join: Join, answer: oneshot::Sender<Joined>, now: Instant) {
        let first = self.phase == Phase::Empty;
        self.protocol_type = join.protocol_type;
        let member = Member {
            instance: join.instance,
            client_id: join.client_id,
            client_host: join.client_host,
            assignment: Bytes::new(),
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            protocols: join.protocols,
            silent_until: now + join.session_timeout,
            join: Some(answer),
            sync: None,
        };
        self.leader.get_or_insert_with(|| join.member_id.clone());
        self.members.insert(join.member_id, member);
        if self.phase != Phase::PreparingRebalance {
            self.prepare_rebalance(now);
        }
        if first {
            self.join_window.0 = now + self.initial_delay;
        }
    }

    /// A static member that comes back takes its old place; in a settled group nobody has to move for it.
    fn replace(
        &mut self,
        old_id: &str,
        join: Join,
        answer: oneshot::Sender<Joined>,
        now: Instant,
    ) -> Result<(), (Joined, oneshot::Sender<Joined>)> {
        let Some(mut member) = self.members.remove(old_id) else {
            self.add(join, answer, now);
            return Ok(());
        };
        let fenced = Some(ResponseError::FencedInstanceId);
        if let Some(waiting) = member.join.take() {
            let _ = waiting.send(Joined { error: fenced, generation: -1, ..Joined::default() });
        }
        if let Some(waiting) = member.sync.take() {
            let _ = waiting.send(Synced { error: fenced, ..Synced::default() });
        }
        let changed = member.protocols != join.protocols;
        member.protocols = join.protocols;
        member.client_id = join.client_id;
        member.client_host = join.client_host;
        member.session_timeout = join.session_timeout;
        member.rebalance_timeout = join.rebalance_timeout;
        member.heard(now);
        let old_leader = self.leader.clone().unwrap_or_default();
        if old_leader == old_id {
            self.leader = Some(join.member_id.clone());
        }
        self.members.insert(join.member_id.clone(), member);
        if self.phase == Phase::Stable && !changed {
            // Told of the leader there was, the member takes its assignment instead of making a new one.
            let joined = Joined { leader: old_leader, members: Vec::new(), ..self.result_for(&join.member_id) };
            return Err((joined, answer));
        }
        if let Some(member) = self.members.get_mut(&join.member_id) {
            member.join = Some(answer);
        }
        if self.phase != Phase::PreparingRebalance {
            self.prepare_rebalance(now);
        }
        Ok(())
    }

    fn member_of_instance(&self, instance: &str) -> Option<String> {
        self.members.iter().find(|(_, member)| member.instance.as_deref() == Some(instance)).map(|(id, _)| id.clone())
    }

    fn prepare_rebalance(&mut self, now: Instant) {
        for member in self.members.values_mut() {
            if let Some(waiting) = member.sync.take() {
                let _ = waiting.send(Synced { error: Some(ResponseError::RebalanceInProgress), ..Synced::default() });
            }
        }
        let patience = self.members.values().map(|member| member.rebalance_timeout).max().unwrap_or_default();
        self.phase = Phase::PreparingRebalance;
        self.join_window = (now, now + patience);
    }

    fn complete_if_all_joined(&mut self, now: Instant) {
        if self.phase == Phase::PreparingRebalance
            && now >= self.join_window.0
            && self.expected.is_empty()
            && self.members.values().all(|member| member.join.is_some())
        {
            self.complete_join(now);
        }
    }

    fn complete_join(&mut self, now: Instant) {
        // Who did not join in time is out, except static members: they may come back to their place.
        self.members.retain(|_, member| member.join.is_some() || member.instance.is_some());
        let here = |id: &String| self.members.get(id).is_some_and(|member| member.join.is_some());
        if !self.leader.as_ref().is_some_and(here) {
            self.leader = self.members.iter().find(|(_, member)| member.join.is_some()).map(|(id, _)| id.clone());
        }
        self.generation += 1;
        if self.leader.is_none() {
            self.members.clear();
            self.phase = Phase::Empty;
            self.protocol = None;
            return;
        }
        self.protocol = self.choose_protocol();
        self.phase = Phase::CompletingRebalance;
        let mut patience = Duration::ZERO;
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let joined = self.result_for(&id);
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = Bytes::new();
                member.heard(now);
                patience = patience.max(member.rebalance_timeout);
                if let Some(waiting) = member.join.take() {
                    let _ = waiting.send(joined);
                }
            }
        }
        self.sync_until = now + patience;
    }

    /// Of the protocols all members know, the one most of them name first.
    fn choose_protocol(&self) -> Option<String> {
        let known_to_all =
            |name: &str| self.members.values().all(|member| member.protocols.iter().any(|(known, _)| known == name));
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let first = member.protocols.iter().map(|(name, _)| name.as_str()).find(|name| known_to_all(name));
            if let Some(name) = first {
                *votes.entry(name).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.to_owned())
    }

    fn result_for(&self, member_id: &str) -> Joined {
        let leader = self.leader.clone().unwrap_or_default();
        let protocol = self.protocol.clone();
        let members = match leader == member_id {
            true => {
                let name = protocol.as_deref().unwrap_or_default();
                let all = self.members.iter();
                all.map(|(id, member)| (id.clone(), member.instance.clone(), member.metadata(name))).collect()
            }
            false => Vec::new(),
        };
        Joined { error: None, generation: self.generation, protocol, leader, member_id: member_id.into(), members }
    }

    /// The answer comes through the channel: at once, or when the leader has assigned.
    pub fn sync(
        &mut self,
        member_id: &str,
        instance: Option<&str>,
        generation: i32,
        assignments: Vec<(String, Bytes)>,
        now: Instant,
    ) -> oneshot::Receiver<Synced> {
        let (answer, receiver) = oneshot::channel();
        let refused = match (self.check(member_id, instance, generation), self.phase) {
            (Err(error), _) => Some(error),
            (Ok(()), Phase::PreparingRebalance) => Some(ResponseError::RebalanceInProgress),
            _ => None,
        };
        if let Some(error) = refused {
            let _ = answer.send(Synced { error: Some(error), ..Synced::default() });
            return receiver;
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.heard(now);
            member.sync = Some(answer);
        }
        if self.phase == Phase::CompletingRebalance && self.leader.as_deref() == Some(member_id) {
            for (id, assignment) in assignments {
                if let Some(member) = self.members.get_mut(&id) {
                    member.assignment = assignment;
                }
            }
            self.phase = Phase::Stable;
        }
        if self.phase == Phase::Stable {
            for member in self.members.values_mut() {
                if let Some(waiting) = member.sync.take() {
                    let assignment = member.assignment.clone();
                    let _ = waiting.send(Synced { error: None, protocol: self.protocol.clone(), assignment });
                    member.heard(now);
                }
            }
        }
        receiver
    }

    pub fn heartbeat(
        &mut self,
        member_id: &str,
        instance: Option<&str>,
        generation: i32,
        now: Instant,
    ) -> Result<(), ResponseError> {
        self.check(member_id, instance, generation)?;
        if let Some(member) = self.members.get_mut(member_id) {
            member.heard(now);
        }
        match self.phase {
            Phase::PreparingRebalance => Err(ResponseError::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// Whether a request with this member id and generation is from someone who belongs here now.
    pub fn check(&self, member_id: &str, instance: Option<&str>, generation: i32) -> Result<(), ResponseError> {
        if instance.and_then(|instance| self.member_of_instance(instance)).is_some_and(|id| id != member_id) {
            return Err(ResponseError::FencedInstanceId);
        }
        if !self.members.contains_key(member_id) {
            return Err(ResponseError::UnknownMemberId);
        }
        if generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        Ok(())
    }

    /// Takes a member out by its id or, with an empty id, by its instance.
    pub fn leave(&mut self, member_id: &str, instance: Option<&str>, now: Instant) -> Result<(), ResponseError> {
        let of_instance = instance.and_then(|instance| self.member_of_instance(instance));
        let id = match (of_instance, instance) {
            (Some(id), _) if member_id.is_empty() || id == member_id => id,
            (Some(_), _) => return Err(ResponseError::FencedInstanceId),
            (None, Some(_)) => return Err(ResponseError::UnknownMemberId),
            (None, None) => member_id.to_owned(),
        };
        if self.expected.remove(&id).is_some() {
            self.complete_if_all_joined(now);
            return Ok(());
        }
        if !self.members.contains_key(&id) {
            return Err(ResponseError::UnknownMemberId);
        }
        self.remove(&id, now);
        Ok(())
    }

    fn remove(&mut self, member_id: &str, now: Instant) {
        let Some(member) = self.members.remove(member_id) else { return };
        if let Some(waiting) = member.join {
            let error = Some(ResponseError::UnknownMemberId);
            let _ = waiting.send(Joined { error, generation: -1, ..Joined::default() });
        }
        if let Some(waiting) = member.sync {
            let _ = waiting.send(Synced { error: Some(ResponseError::UnknownMemberId), ..Synced::default() });
        }
        if self.leader.as_deref() == Some(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        if matches!(self.phase, Phase::Stable | Phase::CompletingRebalance) {
            self.prepare_rebalance(now);
        }
        self.complete_if_all_joined(now);
    }

    /// Acts on everything whose time is over.
    pub fn expire(&mut self, now: Instant) {
        self.expected.retain(|_, until| *until > now);
        let waiting = |member: &Member| member.join.is_some() || member.sync.is_some();
        let syncing = self.phase == Phase::CompletingRebalance && now >= self.sync_until;
        let gone: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| {
                (!waiting(member) && member.silent_until <= now) || (syncing && member.sync.is_none())
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.remove(&id, now);
        }
        if self.phase == Phase::PreparingRebalance && now >= self.join_window.1.max(self.join_window.0) {
            self.complete_join(now);
        }
        self.complete_if_all_joined(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Duration = Duration::from_secs(10);
    const REBALANCE: Duration = Duration::from_secs(60);

    fn join(id: &str, protocols: &[&str]) -> Join {
        let protocols = protocols.iter().map(|name| ((*name).to_owned(), Bytes::from_static(b"topics"))).collect();
        Join {
            member_id: id.into(),
            client_id: "client".into(),
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            protocol_type: "consumer".into(),
            protocols,
            ..Join::default()
        }
    }

    /// A group in which these instances have joined and synced; their member ids in the same order.
    fn settled(instances: &[&str], now: Instant) -> (Membership, Vec<String>) {
        let mut group = Membership::new(Duration::ZERO, now);
        let mut ids: Vec<String> = Vec::new();
        for instance in instances {
            // Those that are in already join again, as their heartbeat tells them to.
            let newcomer = Join { instance: Some((*instance).into()), ..join("", &["range"]) };
            let mut first = group.join(newcomer, now);
            for id in &ids {
                drop(group.join(Join { instance: instance_of(&group, id), ..join(id, &["range"]) }, now));
            }
            ids.push(first.try_recv().expect("all have joined").member_id);
        }
        let leader = group.leader.clone().unwrap();
        for id in &ids {
            let given = if *id == leader { assign(&ids) } else { Vec::new() };
            let instance = instance_of(&group, id);
            drop(group.sync(id, instance.as_deref(), group.generation, given, now));
        }
        assert_eq!(group.phase, Phase::Stable);
        (group, ids)
    }

    fn instance_of(group: &Membership, id: &str) -> Option<String> {
        group.members[id].instance.clone()
    }

    fn assign(ids: &[String]) -> Vec<(String, Bytes)> {
        ids.iter().map(|id| (id.clone(), Bytes::from(format!("for {id}")))).collect()
    }

    #[test]
    fn the_leader_gets_everyone_and_everyone_gets_their_part() {
        let now = Instant::now();
        let mut group = Membership::new(Duration::from_secs(3), now);
        let mut first = group.join(join("", &["range", "sticky"]), now);
        let mut second = group.join(join("", &["sticky", "range"]), now);
        assert!(first.try_recv().is_err(), "the group waits for more members at first");
        group.expire(now + Duration::from_secs(3));
        let (first, second) = (first.try_recv().unwrap(), second.try_recv().unwrap());
        assert_eq!((first.generation, second.generation, &first.leader), (1, 1, &first.member_id));
        assert_eq!((first.members.len(), second.members.len()), (2, 0));
        let mut waiting = group.sync(&second.member_id, None, 1, Vec::new(), now);
        assert!(waiting.try_recv().is_err(), "the leader has not assigned yet");
        let ids = [first.member_id.clone(), second.member_id.clone()];
        let mut own = group.sync(&ids[0], None, 1, assign(&ids), now);
        assert_eq!(own.try_recv().unwrap().assignment, format!("for {}", ids[0]));
        assert_eq!(waiting.try_recv().unwrap().assignment, format!("for {}", ids[1]));
    }

    #[test]
    fn a_newcomer_makes_the_others_join_again() {
        let now = Instant::now();
        let (mut group, ids) = settled(&["a"], now);
        let mut newcomer = group.join(join("", &["range"]), now);
        assert_eq!(group.heartbeat(&ids[0], Some("a"), 1, now), Err(ResponseError::RebalanceInProgress));
        assert!(newcomer.try_recv().is_err());
        let mut old = group.join(Join { instance: Some("a".into()), ..join(&ids[0], &["range"]) }, now);
        assert_eq!((old.try_recv().unwrap().generation, newcomer.try_recv().unwrap().generation), (2, 2));
    }

    #[test]
    fn who_falls_silent_is_taken_out_and_who_does_not_join_again_too() {
        let now = Instant::now();
        let (mut group, ids) = settled(&["a", "b"], now);
        let generation = group.generation;
        let later = now + SESSION - Duration::from_millis(1);
        group.heartbeat(&ids[0], Some("a"), generation, later).unwrap();
        group.expire(now + SESSION);
        assert_eq!(group.members.keys().collect::<Vec<_>>(), [&ids[0]]);
        assert_eq!(group.heartbeat(&ids[1], Some("b"), generation, later), Err(ResponseError::UnknownMemberId));
        // The one that is left neither joins again nor is heard of.
        group.expire(later + SESSION);
        assert!(group.is_idle() && group.members.is_empty());
    }

    #[test]
    fn a_newcomer_is_sent_back_for_its_id_and_waited_for() {
        let now = Instant::now();
        let mut group = Membership::new(Duration::ZERO, now);
        let mut first = group.join(Join { id_required: true, ..join("", &["range"]) }, now);
        let refused = first.try_recv().unwrap();
        assert_eq!(refused.error, Some(ResponseError::MemberIdRequired));
        assert!(!group.is_idle());
        let mut again = group.join(Join { id_required: true, ..join(&refused.member_id, &["range"]) }, now);
        assert_eq!(again.try_recv().unwrap().error, None);
        // One that never comes back is forgotten.
        drop(group.join(Join { id_required: true, ..join("", &["range"]) }, now));
        group.expire(now + SESSION);
        assert!(group.expected.is_empty());
    }

    #[test]
    fn members_must_have_a_protocol_in_common() {
        let now = Instant::now();
        let (mut group, _) = settled(&["a"], now);
        let mut stranger = group.join(join("", &["sticky"]), now);
        assert_eq!(stranger.try_recv().unwrap().error, Some(ResponseError::InconsistentGroupProtocol));
        assert_eq!(group.phase, Phase::Stable);
    }

    #[test]
    fn a_static_member_that_comes_back_fences_its_former_self() {
        let now = Instant::now();
        let (mut group, ids) = settled(&["a", "b"], now);
        let generation = group.generation;
        let mut back = group.join(Join { instance: Some("b".into()), ..join("", &["range"]) }, now);
        let back = back.try_recv().unwrap();
        assert_eq!((back.error, back.generation, group.phase), (None, generation, Phase::Stable));
        assert_ne!(back.member_id, ids[1]);
        let old = group.heartbeat(&ids[1], Some("b"), generation, now);
        assert_eq!(old, Err(ResponseError::FencedInstanceId));
        let mut part = group.sync(&back.member_id, Some("b"), generation, Vec::new(), now);
        assert_eq!(part.try_recv().unwrap().assignment, format!("for {}", ids[1]));
    }

    #[test]
    fn the_last_one_to_leave_empties_the_group() {
        let now = Instant::now();
        let (mut group, ids) = settled(&["a", "b"], now);
        group.leave(&ids[0], None, now).unwrap();
        assert_eq!(group.phase, Phase::PreparingRebalance);
        group.leave("", Some("b"), now).unwrap();
        assert_eq!(group.phase, Phase::Empty);
        assert_eq!(group.leave(&ids[0], None, now), Err(ResponseError::UnknownMemberId));
    }
}
