//! The settings a topic can have: Kafka's names, types and defaults.
//!
//! All are kept and shown. This broker acts on `max.message.bytes`, `message.timestamp.type` and `segment.bytes`; it
//! keeps every record, so those about retention and compaction change nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::config::BrokerConfig;

/// Kafka's numbers for the types of settings, as DescribeConfigs gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}

pub struct Setting {
    pub name: &'static str,
    pub kind: Kind,
    pub default: &'static str,
}

const fn setting(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { name, kind, default }
}

const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
const SEGMENT_BYTES: &str = "segment.bytes";
const TIMESTAMP_TYPE: &str = "message.timestamp.type";

/// Sorted by name.
pub const SETTINGS: &[Setting] = &[
    setting("cleanup.policy", Kind::List, "delete"),
    setting("compression.gzip.level", Kind::Int, "-1"),
    setting("compression.lz4.level", Kind::Int, "9"),
    setting("compression.type", Kind::Text, "producer"),
    setting("compression.zstd.level", Kind::Int, "3"),
    setting("delete.retention.ms", Kind::Long, "86400000"),
    setting("file.delete.delay.ms", Kind::Long, "60000"),
    setting("flush.messages", Kind::Long, "9223372036854775807"),
    setting("flush.ms", Kind::Long, "9223372036854775807"),
    setting("follower.replication.throttled.replicas", Kind::List, ""),
    setting("index.interval.bytes", Kind::Int, "4096"),
    setting("leader.replication.throttled.replicas", Kind::List, ""),
    setting("local.retention.bytes", Kind::Long, "-2"),
    setting("local.retention.ms", Kind::Long, "-2"),
    setting("max.compaction.lag.ms", Kind::Long, "9223372036854775807"),
    setting(MAX_MESSAGE_BYTES, Kind::Int, "1048588"),
    setting("message.timestamp.after.max.ms", Kind::Long, "3600000"),
    setting("message.timestamp.before.max.ms", Kind::Long, "9223372036854775807"),
    setting(TIMESTAMP_TYPE, Kind::Text, "CreateTime"),
    setting("min.cleanable.dirty.ratio", Kind::Double, "0.5"),
    setting("min.compaction.lag.ms", Kind::Long, "0"),
    setting("min.insync.replicas", Kind::Int, "1"),
    setting("preallocate", Kind::Boolean, "false"),
    setting("remote.log.copy.disable", Kind::Boolean, "false"),
    setting("remote.log.delete.on.disable", Kind::Boolean, "false"),
    setting("remote.storage.enable", Kind::Boolean, "false"),
    setting("retention.bytes", Kind::Long, "-1"),
    setting("retention.ms", Kind::Long, "604800000"),
    setting(SEGMENT_BYTES, Kind::Int, "1073741824"),
    setting("segment.index.bytes", Kind::Int, "10485760"),
    setting("segment.jitter.ms", Kind::Long, "0"),
    setting("segment.ms", Kind::Long, "604800000"),
    setting("unclean.leader.election.enable", Kind::Boolean, "false"),
];

pub fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.binary_search_by(|setting| setting.name.cmp(name)).ok().map(|at| &SETTINGS[at])
}

/// The settings given to a topic; all others have their defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicConfig(BTreeMap<String, String>);

impl TopicConfig {
    /// Sets a value after checking name and type; the error is a sentence.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let setting = find(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
        let value = value.trim();
        let fits = match (setting.name, setting.kind) {
            (MAX_MESSAGE_BYTES, _) => value.parse::<i32>().is_ok_and(|bytes| bytes >= 0),
            (SEGMENT_BYTES, _) => value.parse::<i32>().is_ok_and(|bytes| bytes >= 14),
            (TIMESTAMP_TYPE, _) => matches!(value, "CreateTime" | "LogAppendTime"),
            ("cleanup.policy", _) => value.split(',').all(|policy| matches!(policy.trim(), "delete" | "compact")),
            (_, Kind::Boolean) => matches!(value, "true" | "false"),
            (_, Kind::Int) => value.parse::<i32>().is_ok(),
            (_, Kind::Long) => value.parse::<i64>().is_ok(),
            (_, Kind::Double) => value.parse::<f64>().is_ok(),
            (_, Kind::Text | Kind::List) => true,
        };
        if !fits {
            return Err(format!("Invalid value {value} for configuration {name}"));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Takes a given value back, so that the default counts again.
    pub fn unset(&mut self, name: &str) -> Result<(), String> {
        find(name).ok_or_else(|| format!("Unknown topic config name: {name}"))?;
        self.0.remove(name);
        Ok(())
    }

    /// The value given to this topic.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn max_message_bytes(&self, broker: &BrokerConfig) -> usize {
        self.number(MAX_MESSAGE_BYTES).unwrap_or(broker.message_max_bytes)
    }

    pub fn segment_bytes(&self, broker: &BrokerConfig) -> u64 {
        self.number(SEGMENT_BYTES).unwrap_or(broker.segment_bytes)
    }

    pub fn log_append_time(&self) -> bool {
        self.given(TIMESTAMP_TYPE) == Some("LogAppendTime")
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.given(name)?.parse().ok()
    }
}

/// The value a topic has when nothing is given to it, here where the broker's own settings decide.
pub fn default_value(setting: &Setting, broker: &BrokerConfig) -> String {
    match setting.name {
        MAX_MESSAGE_BYTES => broker.message_max_bytes.to_string(),
        SEGMENT_BYTES => broker.segment_bytes.to_string(),
        _ => setting.default.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_by_name() {
        assert!(SETTINGS.is_sorted_by(|a, b| a.name < b.name));
        assert!(find("retention.ms").is_some() && find("retention.sec").is_none());
    }

    #[test]
    fn a_wrong_name_or_value_is_named() {
        let mut config = TopicConfig::default();
        assert_eq!(config.set("color", "red"), Err("Unknown topic config name: color".into()));
        assert_eq!(
            config.set("max.message.bytes", "big"),
            Err("Invalid value big for configuration max.message.bytes".into())
        );
        assert_eq!(config, TopicConfig::default());
    }

    #[test]
    fn a_topics_own_value_wins_over_the_brokers() {
        let broker = BrokerConfig::new("unused");
        let mut config = TopicConfig::default();
        assert_eq!(config.max_message_bytes(&broker), 1_048_588);
        config.set("max.message.bytes", "25000000").unwrap();
        assert_eq!(config.max_message_bytes(&broker), 25_000_000);
        config.unset("max.message.bytes").unwrap();
        assert_eq!(config.max_message_bytes(&broker), 1_048_588);
    }
}
