//! What a client asks first: which requests there are, who the brokers are, where topics and coordinators live.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use kafka_protocol::messages::describe_cluster_request::DescribeClusterRequest;
use kafka_protocol::messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use kafka_protocol::messages::find_coordinator_request::FindCoordinatorRequest;
use kafka_protocol::messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};
use kafka_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use kafka_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::protocol::StrBytes;

use super::{APIS, Context, text, topic_name};
use crate::broker::state::NODE_ID;
use crate::broker::topics::Topic;

/// Kinds of coordinators: of a consumer group, of a transactional id.
const COORDINATORS: std::ops::RangeInclusive<i8> = 0..=1;

pub fn api_versions(error_code: i16) -> ApiVersionsResponse {
    let offer = |(key, min, max): &(_, i16, i16)| {
        ApiVersion::default().with_api_key(*key as i16).with_min_version(*min).with_max_version(*max)
    };
    ApiVersionsResponse::default().with_error_code(error_code).with_api_keys(APIS.iter().map(offer).collect())
}

/// Host and port as the client reached us.
fn own_address(c: &Context<'_>) -> (StrBytes, i32) {
    let address = c.peer.reached_by;
    (text(address.ip().to_canonical().to_string()), i32::from(address.port()))
}

pub fn metadata(c: &Context<'_>, request: MetadataRequest) -> MetadataResponse {
    let topics = match request.topics {
        // The first version had no null: an empty list asked for all.
        Some(asked) if c.version > 0 || !asked.is_empty() => {
            // Before version 4 every request could create.
            let create = request.allow_auto_topic_creation || c.version < 4;
            asked.into_iter().map(|asked| asked_topic(c, asked, create)).collect()
        }
        _ => c.state.topics.all().iter().map(|topic| describe_topic(topic)).collect(),
    };
    let (host, port) = own_address(c);
    MetadataResponse::default()
        .with_brokers(vec![
            MetadataResponseBroker::default().with_node_id(NODE_ID.into()).with_host(host).with_port(port),
        ])
        .with_cluster_id(Some(text(c.state.cluster_id.clone())))
        .with_controller_id(NODE_ID.into())
        .with_topics(topics)
}

fn asked_topic(c: &Context<'_>, asked: MetadataRequestTopic, create: bool) -> MetadataResponseTopic {
    let topics = &c.state.topics;
    let Some(name) = asked.name else {
        return match topics.get_by_id(asked.topic_id) {
            Some(topic) => describe_topic(&topic),
            None => MetadataResponseTopic::default()
                .with_error_code(ResponseError::UnknownTopicId.code())
                .with_topic_id(asked.topic_id),
        };
    };
    if let Some(topic) = topics.get(&name) {
        return describe_topic(&topic);
    }
    let partitions = c.state.config.num_partitions;
    let error = match create && c.state.config.auto_create_topics {
        true => match topics.create(&name, partitions, Default::default()) {
            Ok(topic) => return describe_topic(&topic),
            // Another connection was faster.
            Err(error) if error.code() == ResponseError::TopicAlreadyExists => ResponseError::LeaderNotAvailable,
            Err(error) => error.code(),
        },
        false => match topics.check_new(&name, partitions) {
            Err(error) => error.code(),
            Ok(()) => ResponseError::UnknownTopicOrPartition,
        },
    };
    MetadataResponseTopic::default().with_error_code(error.code()).with_name(Some(name))
}

fn describe_topic(topic: &Topic) -> MetadataResponseTopic {
    let partition = |index: usize| {
        MetadataResponsePartition::default()
            .with_partition_index(index as i32)
            .with_leader_id(NODE_ID.into())
            .with_leader_epoch(0)
            .with_replica_nodes(vec![NODE_ID.into()])
            .with_isr_nodes(vec![NODE_ID.into()])
    };
    MetadataResponseTopic::default()
        .with_name(Some(topic_name(topic.name.clone())))
        .with_topic_id(topic.id)
        .with_partitions((0..topic.partitions().len()).map(partition).collect())
}

pub fn find_coordinator(c: &Context<'_>, request: FindCoordinatorRequest) -> FindCoordinatorResponse {
    let (host, port) = own_address(c);
    let known = COORDINATORS.contains(&request.key_type);
    let error = if known { 0 } else { ResponseError::InvalidRequest.code() };
    let node = if known { NODE_ID } else { -1 };
    if c.version < 4 {
        return FindCoordinatorResponse::default()
            .with_error_code(error)
            .with_node_id(node.into())
            .with_host(host)
            .with_port(port);
    }
    let coordinator = |key: StrBytes| {
        Coordinator::default()
            .with_key(key)
            .with_node_id(node.into())
            .with_host(host.clone())
            .with_port(port)
            .with_error_code(error)
    };
    let coordinators = request.coordinator_keys.into_iter().map(coordinator).collect();
    FindCoordinatorResponse::default().with_coordinators(coordinators)
}

pub fn describe_cluster(c: &Context<'_>, request: DescribeClusterRequest) -> DescribeClusterResponse {
    let (host, port) = own_address(c);
    let response = DescribeClusterResponse::default().with_cluster_id(text(c.state.cluster_id.clone()));
    // Endpoint type 1 is brokers, 2 controllers.
    if c.version >= 1 && request.endpoint_type != 1 {
        let problem = "This is a broker; ask for the brokers' endpoints.";
        return response
            .with_error_code(ResponseError::MismatchedEndpointType.code())
            .with_error_message(Some(text(problem)));
    }
    response.with_endpoint_type(1).with_controller_id(NODE_ID.into()).with_brokers(vec![
        DescribeClusterBroker::default().with_broker_id(NODE_ID.into()).with_host(host).with_port(port),
    ])
}
