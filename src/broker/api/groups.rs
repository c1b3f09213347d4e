//! Consumer groups: the members' requests, and those of the tools that look at groups.

use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_groups_request::DeleteGroupsRequest;
use kafka_protocol::messages::delete_groups_response::{DeletableGroupResult, DeleteGroupsResponse};
use kafka_protocol::messages::describe_groups_request::DescribeGroupsRequest;
use kafka_protocol::messages::describe_groups_response::{
    DescribeGroupsResponse, DescribedGroup, DescribedGroupMember,
};
use kafka_protocol::messages::heartbeat_request::HeartbeatRequest;
use kafka_protocol::messages::heartbeat_response::HeartbeatResponse;
use kafka_protocol::messages::join_group_request::JoinGroupRequest;
use kafka_protocol::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};
use kafka_protocol::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use kafka_protocol::messages::leave_group_response::{LeaveGroupResponse, MemberResponse};
use kafka_protocol::messages::list_groups_request::ListGroupsRequest;
use kafka_protocol::messages::list_groups_response::{ListGroupsResponse, ListedGroup};
use kafka_protocol::messages::sync_group_request::SyncGroupRequest;
use kafka_protocol::messages::sync_group_response::SyncGroupResponse;
use kafka_protocol::messages::{GroupId, sync_group_request};

use super::{Context, code, text};
use crate::broker::group::{Committer, Description, Join, Joined, MemberDescription, Synced};

/// The kind of group this broker has: members balance among themselves.
const CLASSIC: &str = "Classic";

fn millis(value: i32) -> Duration {
    Duration::from_millis(value.max(0) as u64)
}

fn member<'a>(member_id: &'a str, instance: Option<&'a str>, generation: i32) -> Committer<'a> {
    Committer { member_id, instance, generation }
}

pub async fn join(c: &Context<'_>, request: JoinGroupRequest) -> JoinGroupResponse {
    let protocols = request.protocols.into_iter();
    let join = Join {
        member_id: request.member_id.to_string(),
        instance: request.group_instance_id.as_ref().map(ToString::to_string),
        client_id: c.client_id.to_owned(),
        client_host: c.peer.host.clone(),
        session_timeout: millis(request.session_timeout_ms),
        // The first version had one timeout for both.
        rebalance_timeout: millis(match c.version {
            0 => request.session_timeout_ms,
            _ => request.rebalance_timeout_ms,
        }),
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols.map(|protocol| (protocol.name.to_string(), protocol.metadata)).collect(),
        id_required: c.version >= 4,
    };
    let joined = match c.state.groups.join(&request.group_id, join) {
        // The other end is dropped only when the broker stops.
        Ok(answer) => answer.await.unwrap_or(Joined {
            error: Some(ResponseError::CoordinatorNotAvailable),
            generation: -1,
            ..Joined::default()
        }),
        Err(error) => Joined { error: Some(error), generation: -1, ..Joined::default() },
    };
    let members = joined.members.into_iter().map(|(id, instance, metadata)| {
        JoinGroupResponseMember::default()
            .with_member_id(text(id))
            .with_group_instance_id(instance.map(text))
            .with_metadata(metadata)
    });
    // Before version 7 the name of the protocol could not be absent.
    let protocol = joined.protocol.map(text).or((c.version < 7).then(Default::default));
    let member_id = if joined.member_id.is_empty() { request.member_id } else { text(joined.member_id) };
    JoinGroupResponse::default()
        .with_error_code(joined.error.map_or(0, |error| error.code()))
        .with_generation_id(joined.generation)
        .with_protocol_type(joined.error.is_none().then_some(request.protocol_type))
        .with_protocol_name(protocol)
        .with_leader(text(joined.leader))
        .with_member_id(member_id)
        .with_members(members.collect())
}

pub async fn sync(c: &Context<'_>, request: SyncGroupRequest) -> SyncGroupResponse {
    let assignment =
        |given: sync_group_request::SyncGroupRequestAssignment| (given.member_id.to_string(), given.assignment);
    let assignments = request.assignments.into_iter().map(assignment).collect();
    let by = member(&request.member_id, request.group_instance_id.as_deref(), request.generation_id);
    let synced = match c.state.groups.sync(&request.group_id, by, assignments) {
        Ok(answer) => {
            answer.await.unwrap_or(Synced { error: Some(ResponseError::CoordinatorNotAvailable), ..Synced::default() })
        }
        Err(error) => Synced { error: Some(error), ..Synced::default() },
    };
    SyncGroupResponse::default()
        .with_error_code(synced.error.map_or(0, |error| error.code()))
        .with_protocol_type(request.protocol_type)
        .with_protocol_name(synced.protocol.map(text))
        .with_assignment(synced.assignment)
}

pub fn heartbeat(c: &Context<'_>, request: HeartbeatRequest) -> HeartbeatResponse {
    let by = member(&request.member_id, request.group_instance_id.as_deref(), request.generation_id);
    HeartbeatResponse::default().with_error_code(code(&c.state.groups.heartbeat(&request.group_id, by)))
}

pub fn leave(c: &Context<'_>, request: LeaveGroupRequest) -> LeaveGroupResponse {
    let groups = &c.state.groups;
    if c.version < 3 {
        let left = groups.leave(&request.group_id, &request.member_id, None);
        return LeaveGroupResponse::default().with_error_code(code(&left));
    }
    let answer = |leaving: MemberIdentity| {
        let left = groups.leave(&request.group_id, &leaving.member_id, leaving.group_instance_id.as_deref());
        MemberResponse::default()
            .with_member_id(leaving.member_id)
            .with_group_instance_id(leaving.group_instance_id)
            .with_error_code(code(&left))
    };
    LeaveGroupResponse::default().with_members(request.members.into_iter().map(answer).collect())
}

pub fn list(c: &Context<'_>, request: ListGroupsRequest) -> ListGroupsResponse {
    let wanted = |filter: &[kafka_protocol::protocol::StrBytes], value: &str| {
        filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let groups = c.state.groups.all().into_iter().filter(|(_, group)| {
        wanted(&request.states_filter, group.phase.name()) && wanted(&request.types_filter, CLASSIC)
    });
    let listed = groups.map(|(name, group)| {
        ListedGroup::default()
            .with_group_id(GroupId(text(name)))
            .with_protocol_type(text(group.protocol_type))
            .with_group_state(text(group.phase.name()))
            .with_group_type(text(CLASSIC))
    });
    ListGroupsResponse::default().with_groups(listed.collect())
}

pub fn describe(c: &Context<'_>, request: DescribeGroupsRequest) -> DescribeGroupsResponse {
    let answer = |name: GroupId| {
        let described = DescribedGroup::default().with_group_id(name.clone());
        match c.state.groups.describe(&name) {
            Some(group) => describe_group(described, group),
            // Before version 6 a group that is not there was a dead one.
            None if c.version < 6 => described.with_group_state(text("Dead")),
            None => described
                .with_group_state(text("Dead"))
                .with_error_code(ResponseError::GroupIdNotFound.code())
                .with_error_message(Some(text(format!("Group {} not found.", name.as_str())))),
        }
    };
    DescribeGroupsResponse::default().with_groups(request.groups.into_iter().map(answer).collect())
}

fn describe_group(described: DescribedGroup, group: Description) -> DescribedGroup {
    let member = |member: MemberDescription| {
        DescribedGroupMember::default()
            .with_member_id(text(member.id))
            .with_group_instance_id(member.instance.map(text))
            .with_client_id(text(member.client_id))
            .with_client_host(text(member.client_host))
            .with_member_metadata(member.metadata)
            .with_member_assignment(member.assignment)
    };
    described
        .with_group_state(text(group.phase.name()))
        .with_protocol_type(text(group.protocol_type))
        .with_protocol_data(text(group.protocol))
        .with_members(group.members.into_iter().map(member).collect())
}

pub fn delete(c: &Context<'_>, request: DeleteGroupsRequest) -> DeleteGroupsResponse {
    let answer = |name: GroupId| {
        let deleted = c.state.groups.delete(&name);
        DeletableGroupResult::default().with_error_code(code(&deleted)).with_group_id(name)
    };
    DeleteGroupsResponse::default().with_results(request.groups_names.into_iter().map(answer).collect())
}
