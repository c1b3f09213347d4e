//! What can go wrong between the engine and a Kafka cluster.

use std::time::Duration;

use crate::error::{ErrorKind, Explain};

/// A failure of the Kafka connector. No variant ever holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KafkaError {
    #[error("the Kafka option '{option}' {problem}")]
    Option { option: String, problem: String, hint: String },

    #[error("Kafka knows no property '{name}'")]
    UnknownProperty { name: String, nearest: Vec<String> },

    #[error("the Kafka property '{name}' cannot be used here: {reason}")]
    Property { name: String, reason: String },

    #[error("the Kafka client could not be created: {reason}")]
    Client { reason: String },

    #[error("no Kafka broker could be reached at {servers} within {} s{}", .waited.as_secs_f32().round(), because(.reason))]
    Unreachable { servers: String, waited: Duration, reason: Option<String> },

    #[error("Kafka at {servers} refused the login: {reason}")]
    Authentication { servers: String, reason: String },

    #[error("Kafka at {servers} does not allow this client to use the {resource}")]
    NotAuthorized { servers: String, resource: String },

    #[error("there is no topic '{topic}' on Kafka at {servers}")]
    TopicMissing { topic: String, servers: String },

    #[error("the topic '{topic}' has {count} partitions, there is no partition {partition}")]
    PartitionMissing { topic: String, partition: i32, count: usize },

    #[error("the group '{group}' has committed no offset for partition {partition} of topic '{topic}'")]
    NoCommittedOffset { topic: String, partition: i32, group: String },

    #[error("no offset to stop at is given for partition {partition} of topic '{topic}'")]
    NoStoppingOffset { topic: String, partition: i32 },

    #[error(
        "offset {position} of partition {partition} of topic '{topic}' does not exist any more: the broker holds {low} to {high}"
    )]
    OffsetLost { topic: String, partition: i32, position: i64, low: i64, high: i64 },

    #[error("Kafka did not tell {what}: {reason}")]
    Lookup { what: String, reason: String },

    #[error(
        "the record at offset {offset} of partition {partition} of topic '{topic}' could not be read as {format}: {reason}"
    )]
    Decode { topic: String, partition: i32, offset: i64, format: String, reason: String, skippable: bool },

    #[error("reading partition {partition} of topic '{topic}' failed: {reason}")]
    Fetch { topic: String, partition: i32, reason: String },

    #[error("a record of partition {partition} of topic '{topic}' is larger than this client accepts: {reason}")]
    RecordTooLargeToRead { topic: String, partition: i32, reason: String },

    #[error("Kafka's answer, with a record in it, is larger than this client accepts: {reason}")]
    AnswerTooLarge { reason: String },

    #[error("a record of {size} bytes is too large for topic '{topic}': {reason}")]
    RecordTooLargeToWrite { topic: String, size: usize, reason: String, by_broker: bool },

    #[error("{} not be written to topic '{topic}': {reason}", could(.count))]
    Delivery { topic: String, count: u64, reason: String },

    #[error("the Kafka transaction '{id}' could not be {what}: {reason}")]
    Transaction { id: String, what: &'static str, reason: String },

    #[error("another producer has taken the transactional id '{id}' over")]
    Fenced { id: String },

    #[error(
        "Kafka took the transaction '{id}' of checkpoint {checkpoint} back before it was committed: its records are lost"
    )]
    TransactionLost { id: String, checkpoint: u64 },

    #[error("'transaction.timeout.ms' is {timeout_ms}, and the brokers allow {limit_ms} at most")]
    TransactionTimeout { timeout_ms: i64, limit_ms: i64 },

    #[error("row {row} names no topic: its column '{column}' is {found}")]
    NoTopic { row: usize, column: String, found: String },

    #[error("the job was cancelled while it waited for Kafka")]
    Cancelled,

    #[error("the Kafka client gave up: {reason}")]
    Fatal { reason: String },
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn could(count: &u64) -> String {
    if *count == 1 { "a record could".into() } else { format!("{count} records could") }
}

impl Explain for KafkaError {
    fn kind(&self) -> ErrorKind {
        use KafkaError::*;
        match self {
            Option { .. } | UnknownProperty { .. } | Property { .. } | Client { .. } | Authentication { .. } => {
                ErrorKind::Config
            }
            TransactionLost { .. } | TransactionTimeout { .. } => ErrorKind::Config,
            NotAuthorized { .. } | PartitionMissing { .. } | NoCommittedOffset { .. } | NoStoppingOffset { .. } => {
                ErrorKind::Config
            }
            Decode { .. }
            | NoTopic { .. }
            | RecordTooLargeToRead { .. }
            | AnswerTooLarge { .. }
            | RecordTooLargeToWrite { .. } => ErrorKind::Data,
            Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::Connector,
        }
    }

    fn hint(&self) -> std::option::Option<String> {
        use KafkaError::*;
        Some(match self {
            Option { hint, .. } if hint.is_empty() => return None,
            Option { hint, .. } => hint.clone(),
            UnknownProperty { nearest, .. } if nearest.is_empty() => {
                "use the names of Kafka's Java client or of librdkafka".into()
            }
            UnknownProperty { nearest, .. } => format!("the nearest known names are: {}", nearest.join(", ")),
            Unreachable { .. } => "check that a broker runs at that address (for development: `flott broker`), that \
                 'bootstrap.servers' and 'security.protocol' are right; 'default.api.timeout.ms' says how long to try"
                .into(),
            Authentication { .. } => {
                "check user name, password, 'sasl.mechanism' and 'security.protocol' in the properties".into()
            }
            NotAuthorized { resource, .. } => {
                format!("grant the user access to the {resource} (kafka-acls.sh --add) or log in as another one")
            }
            TopicMissing { topic, servers } => format!(
                "check the name, or create the topic: kafka-topics.sh --bootstrap-server {} --create --topic {topic}",
                servers.split(',').next().unwrap_or(servers)
            ),
            PartitionMissing { .. } => "list partitions that exist; they count from 0".into(),
            NoCommittedOffset { .. } => "check 'group.id', or say where to start without a commit: \
                 KafkaOffsetsInitializer.committed_offsets(KafkaOffsetResetStrategy.EARLIEST)"
                .into(),
            NoStoppingOffset { .. } => "name an offset for each partition that is read".into(),
            OffsetLost { .. } => "records were deleted (retention) before they were read; to go on at the earliest or \
                 latest record that is left, set 'scan.startup.reset' to earliest or latest"
                .into(),
            Lookup { .. } => "check that the brokers are up and see what they log".into(),
            Decode { skippable: true, .. } => {
                "correct what is sent to the topic, or skip such records and count them: \
                 ignore_parse_errors() of the deserialization schema (option 'format.ignore-parse-errors' = 'true', \
                 in SQL 'json.ignore-parse-errors')"
                    .into()
            }
            Decode { .. } => "correct what is sent to the topic, or declare the type that is sent".into(),
            RecordTooLargeToRead { .. } | AnswerTooLarge { .. } => {
                "raise the properties 'fetch.max.bytes' and 'receive.message.max.bytes' (the latter by 512 more)".into()
            }
            RecordTooLargeToWrite { by_broker: true, topic, .. } => format!(
                "raise 'max.message.bytes' of the topic (kafka-configs.sh --alter --topic {topic} --add-config \
                 max.message.bytes=N) or 'message.max.bytes' of the brokers"
            ),
            RecordTooLargeToWrite { .. } => {
                "raise the producer's property 'message.max.bytes' (Java: 'max.request.size')".into()
            }
            Delivery { .. } => {
                "check that the brokers are up and reachable; 'delivery.timeout.ms' says how long to try".into()
            }
            Transaction { .. } => "check that the brokers are up, that they are of Kafka 3.0 or newer, and see what they \
                 log; without transactions: DeliveryGuarantee.AT_LEAST_ONCE"
                .into(),
            Fenced { .. } => "run the job once at a time, and give each sink of each job a prefix of its own: \
                 set_transactional_id_prefix('…')"
                .into(),
            TransactionLost { .. } => "raise 'transaction.timeout.ms' above the time from one checkpoint to the next and \
                 the longest pause of the job together (the brokers' 'transaction.max.timeout.ms' is its limit); to go on \
                 without those records call the sink's ignore_failures_after_transaction_timeout()"
                .into(),
            TransactionTimeout { limit_ms, .. } => format!(
                "set_property('transaction.timeout.ms', '{limit_ms}'), or raise 'transaction.max.timeout.ms' of the brokers"
            ),
            NoTopic { column, .. } => format!("fill the column '{column}' in each record"),
            Property { .. } | Client { .. } | Fetch { .. } | Cancelled | Fatal { .. } => return None,
        })
    }
}
