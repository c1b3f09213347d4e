//! What transactions need among the properties of a producer.

use std::time::Duration;

use super::super::error::KafkaError;
use super::super::properties::Properties;
use super::wire;

/// Flink's default of `transaction.timeout.ms`, where the cluster allows it.
const DEFAULT_TIMEOUT_MS: i64 = 3_600_000;
/// The cluster's limit where it does not tell: Kafka's default.
const USUAL_LIMIT_MS: i64 = 900_000;

/// What a sink with transactions is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionSettings {
    /// What the ids of its transactions start with; `None` for the names of job, operator and topic.
    pub prefix: Option<String>,
    /// A transaction that Kafka took back before it was committed is logged, and is no error.
    pub ignore_lost: bool,
}

/// Refuses what transactions do not work with.
pub fn transactional(properties: &Properties) -> Result<(), KafkaError> {
    wire::login(properties)?;
    timeout(properties).map(drop)
}

fn timeout(properties: &Properties) -> Result<Option<i64>, KafkaError> {
    let name = "transaction.timeout.ms";
    let refuse = || KafkaError::Property { name: name.into(), reason: "it is not a number of milliseconds".into() };
    properties.get(name).map(|text| text.trim().parse().map_err(|_| refuse())).transpose()
}

/// The properties of the producers, with a time-out that the cluster (`limit`, in ms) takes.
pub fn with_timeout(properties: &Properties, limit: Option<i64>) -> Result<Properties, KafkaError> {
    let timeout_ms = match (timeout(properties)?, limit) {
        (Some(timeout_ms), Some(limit_ms)) if timeout_ms > limit_ms => {
            return Err(KafkaError::TransactionTimeout { timeout_ms, limit_ms });
        }
        (Some(timeout), _) => timeout,
        (None, limit) => DEFAULT_TIMEOUT_MS.min(limit.unwrap_or(USUAL_LIMIT_MS)),
    };
    let mut properties = properties.clone();
    properties.set("transaction.timeout.ms", &timeout_ms.to_string());
    // a record can't wait for longer than its transaction
    let wait = ["message.timeout.ms", "delivery.timeout.ms"].iter().find_map(|name| properties.get(name));
    if wait.and_then(|wait| wait.trim().parse::<i64>().ok()).is_some_and(|wait| wait > timeout_ms || wait == 0) {
        properties.set("message.timeout.ms", &timeout_ms.to_string());
    }
    Ok(properties)
}

/// How long a checkpoint and the way back from a failure may take together.
pub fn patience(properties: &Properties) -> Duration {
    let millis = timeout(properties).ok().flatten().unwrap_or(USUAL_LIMIT_MS);
    Duration::from_millis(millis.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::kafka::properties::{Role, translate};

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        let pairs = pairs.iter().copied().chain([("bootstrap.servers", "localhost:9092")]);
        translate(Role::Producer, pairs).ok().unwrap()
    }

    fn chosen(pairs: &[(&str, &str)], limit: Option<i64>) -> String {
        let properties = with_timeout(&properties(pairs), limit).ok().unwrap();
        properties.get("transaction.timeout.ms").unwrap().to_owned()
    }

    #[test]
    fn without_a_word_the_timeout_is_flinks_hour_or_what_the_cluster_allows() {
        assert_eq!(chosen(&[], Some(7_200_000)), "3600000");
        assert_eq!(chosen(&[], Some(900_000)), "900000");
        assert_eq!(chosen(&[], None), "900000");
        assert_eq!(chosen(&[("transaction.timeout.ms", "60000")], Some(900_000)), "60000");
    }

    #[test]
    fn a_timeout_over_the_clusters_limit_names_both() {
        let error = with_timeout(&properties(&[("transaction.timeout.ms", "900001")]), Some(900_000)).err().unwrap();
        let text = crate::Error::from(error).to_string();
        assert!(
            text.contains("900001") && text.contains("900000") && text.contains("transaction.max.timeout.ms"),
            "{text}"
        );
    }

    #[test]
    fn a_record_waits_no_longer_than_its_transaction() {
        let pairs = [("transaction.timeout.ms", "30000"), ("message.timeout.ms", "120000")];
        let properties = with_timeout(&properties(&pairs), None).ok().unwrap();
        assert_eq!(properties.get("message.timeout.ms"), Some("30000"));
    }

    #[test]
    fn what_the_protocol_module_cannot_speak_is_refused() {
        for (pairs, name) in [
            (&[("security.protocol", "SSL")][..], "security.protocol"),
            (&[("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "SCRAM-SHA-256")], "sasl.mechanism"),
        ] {
            let text = crate::Error::from(transactional(&properties(pairs)).err().unwrap()).to_string();
            assert!(text.contains(name), "{text}");
        }
        let plain = [("security.protocol", "SASL_PLAINTEXT"), ("sasl.mechanism", "PLAIN")];
        assert!(transactional(&properties(&plain)).is_ok());
    }
}
