//! The connector's own options, read once when a source or sink is made.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;

use super::error::KafkaError;
use super::metadata::MetadataField;
use super::offsets::{Reset, Start, Stop};
use super::properties::{self, Properties, Role, nearest, translate};
use super::split::TopicPartition;
use super::transactions::TransactionSettings;
use crate::connector::Options;

/// Flink looks for new partitions every five minutes unless the program says otherwise.
const DEFAULT_DISCOVERY: Duration = Duration::from_secs(300);

const SOURCE_OPTIONS: &[&str] = &[
    "connector",
    "topics",
    "topic-pattern",
    "partitions",
    "scan.startup.mode",
    "scan.startup.reset",
    "scan.startup.timestamp-millis",
    "scan.startup.specific-offsets",
    "scan.bounded.mode",
    "scan.bounded.timestamp-millis",
    "scan.bounded.specific-offsets",
    "scan.boundedness",
    "scan.topic-partition-discovery.interval",
    "format",
    "metadata",
];

const SINK_OPTIONS: &[&str] = &[
    "connector",
    "topic",
    "topic.field",
    "format",
    "key.format",
    "key.fields",
    "delivery-guarantee",
    "transactional-id-prefix",
    "lost-transactions",
];

/// What a source reads.
#[derive(Debug, Clone)]
pub enum Subscription {
    Topics(Vec<String>),
    Pattern(Regex),
    Partitions(Vec<TopicPartition>),
}

pub struct SourceOptions {
    pub subscription: Subscription,
    pub start: Start,
    pub reset: Reset,
    pub stop: Option<Stop>,
    /// Whether the source says it is bounded; one that is not may have a stop all the same (`setUnbounded`).
    pub bounded: bool,
    pub discovery: Option<Duration>,
    pub format: String,
    pub format_options: Options,
    pub ignore_parse_errors: bool,
    pub metadata: Vec<MetadataField>,
    pub properties: Properties,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    Fixed(String),
    Field(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarantee {
    None,
    AtLeastOnce,
    ExactlyOnce(TransactionSettings),
}

pub struct SinkOptions {
    pub topic: Topic,
    pub format: String,
    pub format_options: Options,
    pub key_format: Option<String>,
    pub key_format_options: Options,
    /// Empty for the whole record.
    pub key_fields: Vec<String>,
    pub guarantee: Guarantee,
    pub properties: Properties,
}

impl SourceOptions {
    pub fn parse(options: &Options) -> Result<SourceOptions, KafkaError> {
        check_names(options, SOURCE_OPTIONS, &["properties", "format"])?;
        let properties = translate(Role::Consumer, options.under("properties"))?;
        let (start, default_reset) = start(options)?;
        // 'auto.offset.reset' means what it means in Flink SQL: how to start where the group has no commit
        let reset = match (options.get("scan.startup.reset"), properties.offset_reset.as_deref(), &start) {
            (Some(name), ..) => reset("scan.startup.reset", name)?,
            (None, Some(name), Start::Committed) => reset("properties.auto.offset.reset", name)?,
            (None, given, _) => {
                if given.is_some() {
                    tracing::debug!("the Kafka property 'auto.offset.reset' is ignored: the starting offsets decide");
                }
                default_reset
            }
        };
        let stop = stop(options)?;
        if properties.group.is_none() && (start == Start::Committed || stop == Some(Stop::Committed)) {
            return Err(KafkaError::Option {
                option: "properties.group.id".into(),
                problem: "is missing, but offsets committed by the group are to be used".into(),
                hint: "name the group: set_group_id('…')".into(),
            });
        }
        let bounded = match options.get("scan.boundedness") {
            None => stop.is_some(),
            Some("bounded") if stop.is_some() => true,
            Some("unbounded") => false,
            Some(other) => {
                return Err(wrong("scan.boundedness", other, "'unbounded', or 'bounded' with a 'scan.bounded.mode'"));
            }
        };
        let discovery = match (options.get("scan.topic-partition-discovery.interval"), properties.discovery) {
            _ if bounded => None,
            (Some(text), _) => properties::interval(integer("scan.topic-partition-discovery.interval", text)?),
            (None, Some(given)) => given,
            (None, None) => Some(DEFAULT_DISCOVERY),
        };
        let format_options = owned(options, "format");
        Ok(SourceOptions {
            subscription: subscription(options)?,
            start,
            reset,
            stop,
            bounded,
            discovery,
            format: required(options, "format")?.to_owned(),
            ignore_parse_errors: format_options.get("ignore-parse-errors").is_some_and(|value| value.trim() == "true"),
            format_options,
            metadata: list(options.get("metadata")).map(MetadataField::parse).collect::<Result<_, _>>()?,
            properties,
        })
    }
}

impl SinkOptions {
    pub fn parse(options: &Options) -> Result<SinkOptions, KafkaError> {
        check_names(options, SINK_OPTIONS, &["properties", "format", "key.format"])?;
        let topic = match (options.get("topic"), options.get("topic.field")) {
            (Some(topic), None) if !topic.is_empty() => Topic::Fixed(topic.to_owned()),
            (None, Some(field)) => Topic::Field(field.to_owned()),
            (Some(_), Some(_)) => return Err(wrong_pair("topic", "topic.field")),
            _ => return Err(missing("topic")),
        };
        let guarantee = match options.get("delivery-guarantee") {
            None | Some("none") => Guarantee::None,
            Some("at-least-once") => Guarantee::AtLeastOnce,
            Some("exactly-once") => Guarantee::ExactlyOnce(TransactionSettings {
                prefix: options.get("transactional-id-prefix").map(str::to_owned),
                ignore_lost: match options.get("lost-transactions") {
                    None | Some("fail") => false,
                    Some("ignore") => true,
                    Some(other) => return Err(wrong("lost-transactions", other, "fail or ignore")),
                },
            }),
            Some(other) => return Err(wrong("delivery-guarantee", other, "none, at-least-once or exactly-once")),
        };
        let key_format = options.get("key.format").map(str::to_owned);
        if key_format.is_none() && options.get("key.fields").is_some() {
            return Err(KafkaError::Option {
                option: "key.fields".into(),
                problem: "is given without 'key.format'".into(),
                hint: "say how the key is written, for example 'key.format' = 'string'".into(),
            });
        }
        Ok(SinkOptions {
            topic,
            format: required(options, "format")?.to_owned(),
            format_options: owned(options, "format"),
            key_format,
            key_format_options: owned(options, "key.format"),
            key_fields: list(options.get("key.fields")).map(str::to_owned).collect(),
            guarantee,
            properties: translate(Role::Producer, options.under("properties"))?,
        })
    }
}

fn subscription(options: &Options) -> Result<Subscription, KafkaError> {
    let given = ["topics", "topic-pattern", "partitions"].map(|name| options.get(name).map(|value| (name, value)));
    let mut given = given.into_iter().flatten();
    let (name, value) = given.next().ok_or_else(|| missing("topics"))?;
    if let Some((other, _)) = given.next() {
        return Err(wrong_pair(name, other));
    }
    match name {
        "topics" => {
            let topics: Vec<String> = list(Some(value)).map(str::to_owned).collect();
            if topics.is_empty() { Err(missing("topics")) } else { Ok(Subscription::Topics(topics)) }
        }
        // Java's `matches()`: the whole name
        "topic-pattern" => {
            Regex::new(&format!("^(?:{value})$")).map(Subscription::Pattern).map_err(|error| KafkaError::Option {
                option: name.into(),
                problem: format!("is '{value}', which is not a pattern this engine can match: {error}"),
                hint: "write it without look-around and back-references".into(),
            })
        }
        _ => {
            let pairs: Vec<(String, i32)> =
                serde_json::from_str(value).map_err(|_| wrong(name, value, "JSON of the form [[\"topic\",0],…]"))?;
            Ok(Subscription::Partitions(pairs.iter().map(|(t, p)| TopicPartition::new(t, *p)).collect()))
        }
    }
}

/// Where to start, and Flink's reset strategy for that start.
fn start(options: &Options) -> Result<(Start, Reset), KafkaError> {
    let name = "scan.startup.mode";
    Ok(match options.get(name).unwrap_or("earliest-offset") {
        "earliest-offset" => (Start::Earliest, Reset::Earliest),
        "latest-offset" => (Start::Latest, Reset::Latest),
        "group-offsets" => (Start::Committed, Reset::None),
        "timestamp" => (Start::Timestamp(timestamp(options, "scan.startup.timestamp-millis")?), Reset::Latest),
        "specific-offsets" => (Start::Specific(specific(options, "scan.startup.specific-offsets")?), Reset::Earliest),
        other => {
            let expected = "earliest-offset, latest-offset, group-offsets, timestamp or specific-offsets";
            return Err(wrong(name, other, expected));
        }
    })
}

fn stop(options: &Options) -> Result<Option<Stop>, KafkaError> {
    let name = "scan.bounded.mode";
    Ok(match options.get(name) {
        None | Some("unbounded") => None,
        Some("latest-offset") => Some(Stop::Latest),
        Some("group-offsets") => Some(Stop::Committed),
        Some("timestamp") => Some(Stop::Timestamp(timestamp(options, "scan.bounded.timestamp-millis")?)),
        Some("specific-offsets") => Some(Stop::Specific(specific(options, "scan.bounded.specific-offsets")?)),
        Some(other) => {
            let expected = "unbounded, latest-offset, group-offsets, timestamp or specific-offsets";
            return Err(wrong(name, other, expected));
        }
    })
}

fn reset(option: &str, name: &str) -> Result<Reset, KafkaError> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "earliest" => Reset::Earliest,
        "latest" => Reset::Latest,
        "none" => Reset::None,
        _ => return Err(wrong(option, name, "earliest, latest or none")),
    })
}

fn timestamp(options: &Options, name: &str) -> Result<i64, KafkaError> {
    integer(name, required(options, name)?)
}

fn specific(options: &Options, name: &str) -> Result<BTreeMap<TopicPartition, i64>, KafkaError> {
    let text = required(options, name)?;
    let triples: Vec<(String, i32, i64)> =
        serde_json::from_str(text).map_err(|_| wrong(name, text, "JSON of the form [[\"topic\",0,42],…]"))?;
    Ok(triples.iter().map(|(topic, partition, offset)| (TopicPartition::new(topic, *partition), *offset)).collect())
}

fn check_names(options: &Options, known: &[&str], prefixes: &[&str]) -> Result<(), KafkaError> {
    for (name, _) in options.iter() {
        let prefixed =
            prefixes.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')));
        if !prefixed && !known.contains(&name) {
            let near = nearest(name, known.iter().copied());
            let hint = if near.is_empty() { known.join(", ") } else { near.join(", ") };
            return Err(KafkaError::Option {
                option: name.into(),
                problem: "is not known".into(),
                hint: format!("{}: {hint}", if near.is_empty() { "the options are" } else { "did you mean" }),
            });
        }
    }
    Ok(())
}

fn owned(options: &Options, prefix: &str) -> Options {
    Options::new(options.under(prefix).map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn list(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn integer(option: &str, text: &str) -> Result<i64, KafkaError> {
    text.trim().parse().map_err(|_| wrong(option, text, "a whole number of milliseconds"))
}

fn required<'a>(options: &'a Options, name: &str) -> Result<&'a str, KafkaError> {
    options.get(name).ok_or_else(|| missing(name))
}

fn missing(option: &str) -> KafkaError {
    KafkaError::Option { option: option.into(), problem: "is missing".into(), hint: String::new() }
}

fn wrong(option: &str, value: &str, expected: &str) -> KafkaError {
    KafkaError::Option {
        option: option.into(),
        problem: format!("is '{}'", crate::error::shorten(value, 100)),
        hint: format!("it has to be {expected}"),
    }
}

fn wrong_pair(one: &str, other: &str) -> KafkaError {
    KafkaError::Option {
        option: one.into(),
        problem: format!("cannot be given together with '{other}'"),
        hint: "keep one of the two".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Options {
        let fixed = [("properties.bootstrap.servers", "localhost:9092"), ("format", "json")];
        Options::new(fixed.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn source(pairs: &[(&str, &str)]) -> Result<SourceOptions, String> {
        SourceOptions::parse(&options(pairs)).map_err(|error| crate::Error::from(error).to_string())
    }

    #[test]
    fn defaults_are_flinks() {
        let parsed = source(&[("topics", "a, b")]).ok().unwrap();
        assert!(matches!(&parsed.subscription, Subscription::Topics(topics) if *topics == ["a", "b"]));
        assert_eq!((parsed.start, parsed.reset), (Start::Earliest, Reset::Earliest));
        assert!(!parsed.bounded);
        assert_eq!(parsed.discovery, Some(Duration::from_secs(300)));
        assert_eq!(parsed.properties.api_timeout, Duration::from_secs(10));
    }

    #[test]
    fn a_bounded_source_never_discovers() {
        let parsed = source(&[
            ("topics", "a"),
            ("scan.bounded.mode", "latest-offset"),
            ("scan.topic-partition-discovery.interval", "1000"),
        ]);
        let parsed = parsed.ok().unwrap();
        assert!(parsed.bounded && parsed.discovery.is_none());
    }

    #[test]
    fn an_unbounded_source_may_stop_all_the_same() {
        let stop = [("topics", "a"), ("scan.bounded.mode", "latest-offset")];
        let unbounded = [&stop[..], &[("scan.boundedness", "unbounded")]].concat();
        let parsed = source(&unbounded).ok().unwrap();
        assert!(!parsed.bounded && parsed.stop == Some(Stop::Latest));
        assert!(source(&[("topics", "a"), ("scan.boundedness", "bounded")]).is_err());
    }

    #[test]
    fn discovery_is_off_where_the_interval_is_not_positive() {
        let parsed = source(&[("topics", "a"), ("properties.partition.discovery.interval.ms", "-1")]).ok().unwrap();
        assert_eq!(parsed.discovery, None);
    }

    #[test]
    fn explicit_offsets_are_read() {
        let parsed = source(&[
            ("partitions", r#"[["a",0],["a",2]]"#),
            ("scan.startup.mode", "specific-offsets"),
            ("scan.startup.specific-offsets", r#"[["a",2,42]]"#),
        ]);
        let Start::Specific(offsets) = parsed.ok().unwrap().start else { panic!("explicit offsets") };
        assert_eq!(offsets, BTreeMap::from([(TopicPartition::new("a", 2), 42)]));
    }

    #[test]
    fn committed_offsets_need_a_group() {
        let error = source(&[("topics", "a"), ("scan.startup.mode", "group-offsets")]).err().unwrap();
        assert!(error.contains("group.id"), "{error}");
        let pairs = [("topics", "a"), ("scan.startup.mode", "group-offsets"), ("properties.group.id", "g")];
        assert_eq!(source(&pairs).ok().unwrap().reset, Reset::None);
        let with_reset = [pairs.as_slice(), &[("properties.auto.offset.reset", "latest")]].concat();
        assert_eq!(source(&with_reset).ok().unwrap().reset, Reset::Latest);
    }

    #[test]
    fn each_start_has_flinks_reset_strategy() {
        // the strategies of Flink's OffsetsInitializer.earliest(), latest(), timestamp() and offsets()
        let start = [
            ("earliest-offset", Reset::Earliest),
            ("latest-offset", Reset::Latest),
            ("timestamp", Reset::Latest),
            ("specific-offsets", Reset::Earliest),
        ];
        for (mode, reset) in start {
            let pairs = [
                ("topics", "a"),
                ("scan.startup.mode", mode),
                ("scan.startup.timestamp-millis", "1"),
                ("scan.startup.specific-offsets", "[]"),
            ];
            assert_eq!(source(&pairs).ok().unwrap().reset, reset, "{mode}");
        }
    }

    #[test]
    fn a_mistyped_option_is_named() {
        let error = source(&[("topics", "a"), ("scan.startup.mod", "latest-offset")]).err().unwrap();
        assert!(error.contains("'scan.startup.mod'") && error.contains("did you mean: scan.startup.mode"), "{error}");
        let error = source(&[("topics", "a"), ("topic-pattern", "a.*")]).err().unwrap();
        assert!(error.contains("'topics'") && error.contains("'topic-pattern'"), "{error}");
        let error = source(&[]).err().unwrap();
        assert!(error.contains("'topics' is missing"), "{error}");
    }

    #[test]
    fn a_pattern_matches_whole_names() {
        let parsed = source(&[("topic-pattern", "a|order-.*")]).ok().unwrap();
        let Subscription::Pattern(pattern) = parsed.subscription else { panic!("a pattern") };
        assert!(pattern.is_match("a") && pattern.is_match("order-raw"));
        assert!(!pattern.is_match("ab") && !pattern.is_match("my-order-raw"));
    }

    #[test]
    fn exactly_once_takes_a_prefix() {
        let pairs = [("topic", "a"), ("delivery-guarantee", "exactly-once"), ("transactional-id-prefix", "orders")];
        let parsed = SinkOptions::parse(&options(&pairs)).ok().unwrap();
        let expected = TransactionSettings { prefix: Some("orders".into()), ignore_lost: false };
        assert_eq!(parsed.guarantee, Guarantee::ExactlyOnce(expected));
    }
}
