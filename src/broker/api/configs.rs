//! Settings of topics, shown and changed, and those of the broker, shown.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::alter_configs_request::AlterConfigsRequest;
use kafka_protocol::messages::alter_configs_response::{
    AlterConfigsResourceResponse as AlterResult, AlterConfigsResponse,
};
use kafka_protocol::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::incremental_alter_configs_request::{AlterableConfig, IncrementalAlterConfigsRequest};
use kafka_protocol::messages::incremental_alter_configs_response::{
    AlterConfigsResourceResponse as IncrementalResult, IncrementalAlterConfigsResponse,
};

use super::{Context, text};
use crate::broker::config::BrokerConfig;
use crate::broker::state::NODE_ID;
use crate::broker::topic_config::{self, Kind, SETTINGS, Setting, TopicConfig};

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

// Where a value comes from.
const GIVEN_TO_TOPIC: i8 = 1;
const GIVEN_TO_BROKER: i8 = 4;
const DEFAULT: i8 = 5;

type Refused = (ResponseError, String);

/// Every setting of a topic with its value and where that comes from.
pub fn topic_values<'a>(
    broker: &'a BrokerConfig,
    config: &'a TopicConfig,
) -> impl Iterator<Item = (&'static Setting, String, i8)> + 'a {
    SETTINGS.iter().map(move |setting| match config.given(setting.name) {
        Some(value) => (setting, value.to_owned(), GIVEN_TO_TOPIC),
        None => (setting, topic_config::default_value(setting, broker), DEFAULT),
    })
}

fn broker_values(broker: &BrokerConfig) -> Vec<(&'static str, Kind, String)> {
    vec![
        ("auto.create.topics.enable", Kind::Boolean, broker.auto_create_topics.to_string()),
        ("broker.id", Kind::Int, NODE_ID.to_string()),
        ("default.replication.factor", Kind::Int, "1".into()),
        ("group.initial.rebalance.delay.ms", Kind::Int, broker.group_initial_rebalance_delay_ms.to_string()),
        ("group.max.session.timeout.ms", Kind::Int, broker.group_max_session_timeout_ms.to_string()),
        ("group.min.session.timeout.ms", Kind::Int, broker.group_min_session_timeout_ms.to_string()),
        ("log.dirs", Kind::Text, broker.data_dir.display().to_string()),
        ("log.segment.bytes", Kind::Int, broker.segment_bytes.to_string()),
        ("message.max.bytes", Kind::Int, broker.message_max_bytes.to_string()),
        ("num.partitions", Kind::Int, broker.num_partitions.to_string()),
        ("transaction.max.timeout.ms", Kind::Int, broker.transaction_max_timeout_ms.to_string()),
    ]
}

pub fn describe(c: &Context<'_>, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let synonyms = request.include_synonyms;
    let answer = |asked: DescribeConfigsResource| {
        let result = DescribeConfigsResult::default()
            .with_resource_type(asked.resource_type)
            .with_resource_name(asked.resource_name.clone());
        let wanted =
            |name: &str| asked.configuration_keys.as_ref().is_none_or(|keys| keys.iter().any(|k| **k == *name));
        match values_of(c, asked.resource_type, &asked.resource_name) {
            Ok(values) => {
                let shown = values.into_iter().filter(|value| wanted(value.name)).map(|value| value.shown(synonyms));
                result.with_configs(shown.collect())
            }
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        }
    };
    DescribeConfigsResponse::default().with_results(request.resources.into_iter().map(answer).collect())
}

struct Value {
    name: &'static str,
    kind: Kind,
    value: String,
    source: i8,
    read_only: bool,
    default: Option<String>,
}

impl Value {
    fn shown(self, synonyms: bool) -> DescribeConfigsResourceResult {
        let synonym = |value: &str, source| {
            DescribeConfigsSynonym::default()
                .with_name(text(self.name))
                .with_value(Some(text(value)))
                .with_source(source)
        };
        let mut known_as = Vec::new();
        if synonyms {
            known_as.push(synonym(&self.value, self.source));
            known_as.extend(self.default.as_ref().map(|default| synonym(default, DEFAULT)));
        }
        DescribeConfigsResourceResult::default()
            .with_name(text(self.name))
            .with_value(Some(text(self.value)))
            .with_read_only(self.read_only)
            .with_config_source(self.source)
            .with_config_type(self.kind as i8)
            .with_synonyms(known_as)
    }
}

fn values_of(c: &Context<'_>, resource_type: i8, name: &str) -> Result<Vec<Value>, Refused> {
    let broker = &c.state.config;
    match resource_type {
        TOPIC => {
            let config = topic_config_of(c, name)?;
            let value = |(setting, value, source): (&'static Setting, String, i8)| Value {
                name: setting.name,
                kind: setting.kind,
                value,
                source,
                read_only: false,
                default: (source == GIVEN_TO_TOPIC).then(|| topic_config::default_value(setting, broker)),
            };
            Ok(topic_values(broker, &config).map(value).collect())
        }
        // An empty name asks for what all brokers would have in common: nothing is set so.
        BROKER if name.is_empty() => Ok(Vec::new()),
        BROKER if name == NODE_ID.to_string() => {
            let values = broker_values(broker).into_iter();
            let value = |(name, kind, value)| Value {
                name,
                kind,
                value,
                source: GIVEN_TO_BROKER,
                read_only: true,
                default: None,
            };
            Ok(values.map(value).collect())
        }
        BROKER => Err((ResponseError::InvalidRequest, format!("The only broker there is has the id {NODE_ID}."))),
        _ => Ok(Vec::new()),
    }
}

fn topic_config_of(c: &Context<'_>, name: &str) -> Result<TopicConfig, Refused> {
    match c.state.topics.get(name) {
        Some(topic) => Ok(topic.config()),
        None => Err((ResponseError::UnknownTopicOrPartition, format!("There is no topic '{name}'."))),
    }
}

/// Changes a topic's settings as `change` says.
fn alter_topic(
    c: &Context<'_>,
    resource_type: i8,
    name: &str,
    validate_only: bool,
    change: impl FnOnce(TopicConfig) -> Result<TopicConfig, String>,
) -> Result<(), Refused> {
    if resource_type != TOPIC {
        let problem = "Only settings of topics can be changed; the broker's are given when it starts.".to_owned();
        return Err((ResponseError::InvalidRequest, problem));
    }
    let config = change(topic_config_of(c, name)?).map_err(|problem| (ResponseError::InvalidConfig, problem))?;
    match c.state.topics.get(name) {
        Some(topic) if !validate_only => {
            c.state.topics.configure(&topic, config).map_err(|error| (error.code(), error.to_string()))
        }
        _ => Ok(()),
    }
}

/// The old way: the settings given are all there are.
pub fn alter(c: &Context<'_>, request: AlterConfigsRequest) -> AlterConfigsResponse {
    let mut responses = Vec::with_capacity(request.resources.len());
    for asked in &request.resources {
        let change = |_| {
            let mut config = TopicConfig::default();
            for given in &asked.configs {
                config.set(&given.name, given.value.as_deref().unwrap_or_default())?;
            }
            Ok(config)
        };
        let altered = alter_topic(c, asked.resource_type, &asked.resource_name, request.validate_only, change);
        let result = AlterResult::default()
            .with_resource_type(asked.resource_type)
            .with_resource_name(asked.resource_name.clone());
        responses.push(match altered {
            Ok(()) => result,
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        });
    }
    AlterConfigsResponse::default().with_responses(responses)
}

/// The new way: set, delete, append to a list, take from a list.
pub fn alter_incrementally(
    c: &Context<'_>,
    request: IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    let mut responses = Vec::with_capacity(request.resources.len());
    for asked in &request.resources {
        let change = |mut config: TopicConfig| {
            for given in &asked.configs {
                change_one(&c.state.config, &mut config, given)?;
            }
            Ok(config)
        };
        let altered = alter_topic(c, asked.resource_type, &asked.resource_name, request.validate_only, change);
        let result = IncrementalResult::default()
            .with_resource_type(asked.resource_type)
            .with_resource_name(asked.resource_name.clone());
        responses.push(match altered {
            Ok(()) => result,
            Err((code, problem)) => result.with_error_code(code.code()).with_error_message(Some(text(problem))),
        });
    }
    IncrementalAlterConfigsResponse::default().with_responses(responses)
}

fn change_one(broker: &BrokerConfig, config: &mut TopicConfig, given: &AlterableConfig) -> Result<(), String> {
    const SET: i8 = 0;
    const DELETE: i8 = 1;
    const APPEND: i8 = 2;
    const SUBTRACT: i8 = 3;
    let name = given.name.as_str();
    let value = given.value.as_deref().unwrap_or_default();
    match given.config_operation {
        SET => config.set(name, value),
        DELETE => config.unset(name),
        operation @ (APPEND | SUBTRACT) => {
            let Some(setting) = topic_config::find(name).filter(|setting| setting.kind == Kind::List) else {
                return Err(format!("Config value append is not allowed for config key: {name}"));
            };
            let default = topic_config::default_value(setting, broker);
            let old = config.given(name).unwrap_or(&default);
            let named: Vec<&str> = value.split(',').collect();
            let kept = old.split(',').filter(|item| !item.is_empty() && !named.contains(item));
            let added = named.iter().copied().filter(|_| operation == APPEND);
            let list: Vec<&str> = kept.chain(added).collect();
            config.set(name, &list.join(","))
        }
        other => Err(format!("Unknown operation {other} on config key: {name}")),
    }
}
