//! Creating, deleting and growing topics.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use kafka_protocol::messages::create_partitions_response::{CreatePartitionsResponse, CreatePartitionsTopicResult};
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use kafka_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse,
};
use kafka_protocol::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use kafka_protocol::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};

use super::{Context, configs, text};
use crate::broker::error::BrokerError;
use crate::broker::state::NODE_ID;
use crate::broker::topic_config::TopicConfig;

/// An error and its sentence, as the tools show it.
type Refused = (ResponseError, String);

fn refused(error: &BrokerError) -> Refused {
    match error {
        BrokerError::Topic { problem, code, .. } => (*code, problem.clone()),
        other => {
            tracing::error!(error = %other, "a topic could not be changed");
            (other.code(), other.to_string())
        }
    }
}

pub fn create_topics(c: &Context<'_>, request: CreateTopicsRequest) -> CreateTopicsResponse {
    let answer = |asked: CreatableTopic| {
        let result = CreatableTopicResult::default().with_name(asked.name.clone());
        match create(c, &asked, request.validate_only) {
            Ok((id, partitions, config)) => {
                let shown = configs::topic_values(&c.state.config, &config).map(|(setting, value, source)| {
                    CreatableTopicConfigs::default()
                        .with_name(text(setting.name))
                        .with_value(Some(text(value)))
                        .with_config_source(source)
                });
                result
                    .with_topic_id(id)
                    .with_num_partitions(partitions)
                    .with_replication_factor(1)
                    .with_configs(Some(shown.collect()))
            }
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        }
    };
    CreateTopicsResponse::default().with_topics(request.topics.into_iter().map(answer).collect())
}

fn create(
    c: &Context<'_>,
    asked: &CreatableTopic,
    validate_only: bool,
) -> Result<(uuid::Uuid, i32, TopicConfig), Refused> {
    let partitions = match (asked.assignments.len(), asked.num_partitions) {
        (0, -1) => c.state.config.num_partitions,
        (0, count) => count,
        (assigned, _) => assigned as i32,
    };
    if asked.assignments.iter().any(|partition| partition.broker_ids != [NODE_ID]) {
        let problem = format!("The only broker there is has the id {NODE_ID}.");
        return Err((ResponseError::InvalidReplicaAssignment, problem));
    }
    if asked.assignments.is_empty() && !matches!(asked.replication_factor, -1 | 1) {
        let problem = format!("Replication factor: {} larger than available brokers: 1.", asked.replication_factor);
        return Err((ResponseError::InvalidReplicationFactor, problem));
    }
    let mut config = TopicConfig::default();
    for given in &asked.configs {
        if let Some(value) = &given.value {
            config.set(&given.name, value).map_err(|problem| (ResponseError::InvalidConfig, problem))?;
        }
    }
    let topics = &c.state.topics;
    topics.check_new(&asked.name, partitions).map_err(|error| refused(&error))?;
    if validate_only {
        return Ok((uuid::Uuid::nil(), partitions, config));
    }
    let topic = topics.create(&asked.name, partitions, config.clone()).map_err(|error| refused(&error))?;
    Ok((topic.id, partitions, config))
}

pub fn delete_topics(c: &Context<'_>, request: DeleteTopicsRequest) -> DeleteTopicsResponse {
    let by_name = request.topic_names.into_iter().map(|name| DeleteTopicState::default().with_name(Some(name)));
    let answer = |asked: DeleteTopicState| {
        let topic = match &asked.name {
            Some(name) => c.state.topics.get(name),
            None => c.state.topics.get_by_id(asked.topic_id),
        };
        let result = DeletableTopicResult::default().with_name(asked.name.clone()).with_topic_id(asked.topic_id);
        let Some(topic) = topic else {
            let unknown = match asked.name {
                Some(_) => ResponseError::UnknownTopicOrPartition,
                None => ResponseError::UnknownTopicId,
            };
            return result.with_error_code(unknown.code());
        };
        let result = result.with_name(Some(super::topic_name(topic.name.clone()))).with_topic_id(topic.id);
        let deleted = c.state.topics.delete(&topic.name).and_then(|_| c.state.groups.forget_topic(&topic.name));
        match deleted.map_err(|error| refused(&error)) {
            Ok(()) => result,
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        }
    };
    DeleteTopicsResponse::default().with_responses(by_name.chain(request.topics).map(answer).collect())
}

pub fn create_partitions(c: &Context<'_>, request: CreatePartitionsRequest) -> CreatePartitionsResponse {
    let answer = |asked: CreatePartitionsTopic| {
        let result = CreatePartitionsTopicResult::default().with_name(asked.name.clone());
        match grow(c, &asked, request.validate_only) {
            Ok(()) => result,
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        }
    };
    CreatePartitionsResponse::default().with_results(request.topics.into_iter().map(answer).collect())
}

fn grow(c: &Context<'_>, asked: &CreatePartitionsTopic, validate_only: bool) -> Result<(), Refused> {
    let Some(topic) = c.state.topics.get(&asked.name) else {
        let problem = "This server does not host this topic-partition.".to_owned();
        return Err((ResponseError::UnknownTopicOrPartition, problem));
    };
    let there = topic.partitions().len() as i32;
    if asked.count <= there {
        let name = &topic.name;
        let problem = match asked.count == there {
            true => format!("Topic '{name}' already has {there} partition(s)."),
            false => format!(
                "The topic {name} currently has {there} partition(s); {} would not be an increase.",
                asked.count
            ),
        };
        return Err((ResponseError::InvalidPartitions, problem));
    }
    if asked.count > 10_000 {
        return Err((ResponseError::InvalidPartitions, "A topic has at most 10000 partitions.".into()));
    }
    if validate_only {
        return Ok(());
    }
    c.state.topics.grow(&topic, asked.count).map_err(|error| refused(&error))
}
