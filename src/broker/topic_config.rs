//! The settings a topic can have: Kafka's names, types and defaults.
//!
//! All are kept and shown; those that change what this broker does say so in [`Setting::effective`].

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
    /// Whether this broker acts on it.
    pub effective: bool,
}

const fn shown(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { name, kind, default, effective: false }
}

const fn effective(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting { name, kind, default, effective: true }
}

const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
const SEGMENT_BYTES: &str = "segment.bytes";
const TIMESTAMP_TYPE: &str = "message.timestamp.type";

/// Sorted by name.
pub const SETTINGS: &[Setting] = &[
    shown("cleanup.policy", Kind::List, "delete"),
    shown("compression.gzip.level", Kind::Int, "-1"),
    shown("compression.lz4.level", Kind::Int, "9"),
    shown("compression.type", Kind::Text, "producer"),
    shown("compression.zstd.level", Kind::Int, "3"),
    shown("delete.retention.ms", Kind::Long, "86400000"),
    shown("file.delete.delay.ms", Kind::Long, "60000"),
    shown("flush.messages", Kind::Long, "9223372036854775807"),
    shown("flush.ms", Kind::Long, "9223372036854775807"),
    shown("follower.replication.throttled.replicas", Kind::List, ""),
    shown("index.interval.bytes", Kind::Int, "4096"),
    shown("leader.replication.throttled.replicas", Kind::List, ""),
    shown("local.retention.bytes", Kind::Long, "-2"),
    shown("local.retention.ms", Kind::Long, "-2"),
    shown("max.compaction.lag.ms", Kind::Long, "9223372036854775807"),
    effective(MAX_MESSAGE_BYTES, Kind::Int, "1048588"),
    shown("message.timestamp.after.max.ms", Kind::Long, "3600000"),
    shown("message.timestamp.before.max.ms", Kind::Long, "9223372036854775807"),
    effective(TIMESTAMP_TYPE, Kind::Text, "CreateTime"),
    shown("min.cleanable.dirty.ratio", Kind::Double, "0.5"),
    shown("min.compaction.lag.ms", Kind::Long, "0"),
    shown("min.insync.replicas", Kind::Int, "1"),
    shown("preallocate", Kind::Boolean, "false"),
    shown("remote.log.copy.disable", Kind::Boolean, "false"),
    shown("remote.log.delete.on.disable", Kind::Boolean, "false"),
    shown("remote.storage.enable", Kind::Boolean, "false"),
    shown("retention.bytes", Kind::Long, "-1"),
    shown("retention.ms", Kind::Long, "604800000"),
    effective(SEGMENT_BYTES, Kind::Int, "1073741824"),
    shown("segment.index.bytes", Kind::Int, "10485760"),
    shown("segment.jitter.ms", Kind::Long, "0"),
    shown("segment.ms", Kind::Long, "604800000"),
    shown("unclean.leader.election.enable", Kind::Boolean, "false"),
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
