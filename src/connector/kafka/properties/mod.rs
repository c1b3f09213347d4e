//! `properties.*`: names of Kafka's Java client or of librdkafka, translated to what librdkafka takes.
//!
//! Nothing is passed over in silence: a name either works, or is ignored knowingly (said at debug level, with the
//! reason), or is an error that names it. Values may be secrets and are never printed.

mod jaas;
mod java;
mod known;
mod nearest;

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use self::jaas::Jaas;
use self::java::Rule;
use super::error::KafkaError;
use crate::connector::Options;

pub use nearest::nearest;

/// How long to try to reach a broker before the job fails, unless 'default.api.timeout.ms' says otherwise.
pub const DEFAULT_API_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Consumer,
    Producer,
}

/// Properties under librdkafka's names, and those that the connector reads itself.
#[derive(Clone)]
pub struct Properties {
    entries: BTreeMap<String, String>,
    /// The bootstrap servers, for messages.
    pub servers: String,
    pub group: Option<String>,
    pub api_timeout: Duration,
    /// `partition.discovery.interval.ms`; `None` inside where discovery is off.
    pub discovery: Option<Option<Duration>>,
    pub commit_offsets: bool,
    /// `auto.offset.reset`: the reset strategy where the connector's own options give none.
    pub offset_reset: Option<String>,
    client_id_prefix: Option<String>,
}

/// Translates `properties` (name and value) for a client of that `role`.
pub fn translate<'a>(
    role: Role,
    properties: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Properties, KafkaError> {
    let given: BTreeMap<&str, &str> = properties.map(|(name, value)| (name.trim(), value)).collect();
    let mut entries = BTreeMap::new();
    for (name, value) in &given {
        let (name, value) = (*name, *value);
        match java::rule(name) {
            Some(Rule::Own) => {}
            Some(Rule::Ignore(why)) => tracing::debug!("the Kafka property '{name}' is ignored: {why}"),
            Some(Rule::Refuse(why)) => {
                return Err(KafkaError::Property { name: name.into(), reason: why.into() });
            }
            Some(Rule::Rename(own)) => put(&mut entries, name, own, value)?,
            Some(Rule::Kilobytes(own)) => {
                let bytes: u64 = number(name, value)?;
                put(&mut entries, name, own, &(bytes / 1024).max(1).to_string())?;
            }
            Some(Rule::Buffer(own)) => {
                let bytes: i64 = number(name, value)?;
                put(&mut entries, name, own, &bytes.max(0).to_string())?;
            }
            None => put(&mut entries, name, name, value)?,
        }
    }
    if let Some(value) = given.get("request.timeout.ms") {
        // Java: how long any request may take. librdkafka has that name for a producer's acknowledgements only.
        let own = if role == Role::Consumer { "socket.timeout.ms" } else { "request.timeout.ms" };
        put(&mut entries, "request.timeout.ms", own, value)?;
    }
    login(&given, &mut entries)?;
    tls(&given, &mut entries)?;

    let servers = match entries.get("bootstrap.servers").or(entries.get("metadata.broker.list")) {
        Some(servers) if !servers.trim().is_empty() => servers.clone(),
        _ => {
            return Err(KafkaError::Option {
                option: "properties.bootstrap.servers".into(),
                problem: "is missing".into(),
                hint: "give the address of at least one broker: set_bootstrap_servers('host:9092')".into(),
            });
        }
    };
    let group = entries.get("group.id").filter(|group| !group.is_empty()).cloned();
    if group.is_none() {
        entries.remove("group.id");
    }
    Ok(Properties {
        servers,
        group,
        api_timeout: match given.get("default.api.timeout.ms") {
            None => DEFAULT_API_TIMEOUT,
            Some(value) => Duration::from_millis(number::<u64>("default.api.timeout.ms", value)?.max(1)),
        },
        discovery: match given.get("partition.discovery.interval.ms") {
            None => None,
            Some(value) => Some(interval(number("partition.discovery.interval.ms", value)?)),
        },
        commit_offsets: match given.get("commit.offsets.on.checkpoint") {
            None => true,
            Some(value) => number("commit.offsets.on.checkpoint", &value.to_ascii_lowercase())?,
        },
        offset_reset: given.get("auto.offset.reset").map(|value| value.trim().to_ascii_lowercase()),
        client_id_prefix: given.get("client.id.prefix").map(|prefix| (*prefix).to_owned()),
        entries,
    })
}

/// Flink's meaning of a discovery interval in milliseconds: not positive is never.
pub fn interval(millis: i64) -> Option<Duration> {
    (millis > 0).then(|| Duration::from_millis(millis.unsigned_abs()))
}

impl Properties {
    /// Sets what the connector needs, whatever the user said.
    pub fn set(&mut self, name: &str, value: &str) {
        self.entries.insert(name.to_owned(), value.to_owned());
    }

    /// Sets what holds unless the user said otherwise.
    pub fn set_default(&mut self, name: &str, value: &str) {
        self.entries.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(String::as_str)
    }

    /// A configuration for one client; `suffix` tells it from the others in the broker's logs.
    pub fn client_config(&self, suffix: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.extend(self.entries.clone());
        if !self.entries.contains_key("client.id") {
            let prefix = self.client_id_prefix.as_deref().or(self.group.as_deref()).unwrap_or("flott");
            config.set("client.id", format!("{prefix}-{suffix}"));
        }
        config.set_log_level(RDKafkaLogLevel::Info);
        config
    }
}

/// Checks that librdkafka takes the value, and keeps it under librdkafka's name.
fn put(entries: &mut BTreeMap<String, String>, given: &str, own: &str, value: &str) -> Result<(), KafkaError> {
    let mut probe = ClientConfig::new();
    probe.set(own, value);
    if let Err(rdkafka::error::KafkaError::ClientConfig(result, reason, ..)) = probe.create_native_config() {
        if result == rdkafka::types::RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN {
            let java = java::RULES.iter().map(|(name, _)| *name);
            let names = known::librdkafka_names().iter().map(String::as_str).chain(java);
            return Err(KafkaError::UnknownProperty { name: given.into(), nearest: nearest(given, names) });
        }
        let reason = if Options::is_secret(given) { "its value is not valid".to_owned() } else { reason };
        return Err(KafkaError::Property { name: given.into(), reason });
    }
    entries.insert(own.to_owned(), value.to_owned());
    Ok(())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, KafkaError> {
    value.trim().parse().map_err(|_| KafkaError::Property {
        name: name.into(),
        reason: format!(
            "'{value}' is not {}",
            if std::any::type_name::<T>() == "bool" { "true or false" } else { "a number" }
        ),
    })
}

/// `sasl.jaas.config` to `sasl.username` and `sasl.password`.
fn login(given: &BTreeMap<&str, &str>, entries: &mut BTreeMap<String, String>) -> Result<(), KafkaError> {
    let Some(text) = given.get("sasl.jaas.config") else { return Ok(()) };
    let refuse = |reason: &str| KafkaError::Property { name: "sasl.jaas.config".into(), reason: reason.into() };
    let jaas = Jaas::parse(text).map_err(refuse)?;
    let mechanism = entries.get("sasl.mechanism").or(entries.get("sasl.mechanisms")).cloned();
    match jaas.module.as_str() {
        "PlainLoginModule" => {
            if mechanism.is_none() {
                entries.insert("sasl.mechanism".into(), "PLAIN".into());
            }
        }
        "ScramLoginModule" => {
            if mechanism.is_none() {
                return Err(refuse("'sasl.mechanism' must say SCRAM-SHA-256 or SCRAM-SHA-512"));
            }
        }
        "OAuthBearerLoginModule" => {
            return Err(refuse("for OAUTHBEARER use librdkafka's 'sasl.oauthbearer.*' properties"));
        }
        "Krb5LoginModule" => return Err(refuse("Kerberos is not built in")),
        _ => return Err(refuse("only PlainLoginModule and ScramLoginModule are known")),
    }
    for (option, name) in [("username", "sasl.username"), ("password", "sasl.password")] {
        let value = jaas.option(option).ok_or_else(|| refuse(&format!("it has no {option}")))?;
        entries.insert(name.into(), value.into());
    }
    Ok(())
}

/// Java's stores to librdkafka's PEM files.
fn tls(given: &BTreeMap<&str, &str>, entries: &mut BTreeMap<String, String>) -> Result<(), KafkaError> {
    if let Some(algorithm) = given.get("ssl.endpoint.identification.algorithm") {
        let name = "ssl.endpoint.identification.algorithm";
        put(entries, name, name, if algorithm.trim().is_empty() { "none" } else { algorithm })?;
    }
    let pem = |kind: &str, path: &str| match given.get(format!("ssl.{kind}.type").as_str()) {
        Some(declared) => declared.eq_ignore_ascii_case("PEM"),
        None => [".pem", ".crt", ".cer"].iter().any(|end| path.to_ascii_lowercase().ends_with(end)),
    };
    if let Some(path) = given.get("ssl.truststore.location") {
        if !pem("truststore", path) {
            return Err(KafkaError::Property {
                name: "ssl.truststore.location".into(),
                reason: "only PEM files are read, set 'ssl.truststore.type' to PEM; a JKS or PKCS12 store becomes one \
                         with: keytool -exportcert -rfc -keystore STORE -alias NAME -file ca.pem"
                    .into(),
            });
        }
        put(entries, "ssl.truststore.location", "ssl.ca.location", path)?;
    }
    if let Some(path) = given.get("ssl.keystore.location") {
        let declared = given.get("ssl.keystore.type").copied().unwrap_or_default();
        if pem("keystore", path) {
            put(entries, "ssl.keystore.location", "ssl.certificate.location", path)?;
            put(entries, "ssl.keystore.location", "ssl.key.location", path)?;
        } else if declared.eq_ignore_ascii_case("PKCS12") || path.to_ascii_lowercase().ends_with(".p12") {
            put(entries, "ssl.keystore.location", "ssl.keystore.location", path)?;
        } else {
            return Err(KafkaError::Property {
                name: "ssl.keystore.location".into(),
                reason: "only PEM and PKCS12 files are read, set 'ssl.keystore.type'; a JKS store becomes one with: \
                         keytool -importkeystore -srckeystore STORE -destkeystore client.p12 -deststoretype PKCS12"
                    .into(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(role: Role, pairs: &[(&str, &str)]) -> Result<Properties, KafkaError> {
        let mut all = vec![("bootstrap.servers", "localhost:9092")];
        all.extend_from_slice(pairs);
        translate(role, all.into_iter())
    }

    fn message(result: Result<Properties, KafkaError>) -> String {
        crate::Error::from(result.err().expect("the properties are refused")).to_string()
    }

    #[test]
    fn both_clients_names_are_known() {
        let properties = translated(
            Role::Consumer,
            &[
                ("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"),
                ("fetch.max.wait.ms", "250"),
                ("receive.buffer.bytes", "-1"),
                ("request.timeout.ms", "20000"),
                ("queued.min.messages", "5000"),
                ("enable.auto.commit", "true"),
            ],
        )
        .ok()
        .unwrap();
        assert_eq!(properties.get("fetch.wait.max.ms"), Some("250"));
        assert_eq!(properties.get("socket.receive.buffer.bytes"), Some("0"));
        assert_eq!(properties.get("socket.timeout.ms"), Some("20000"));
        assert_eq!(properties.get("queued.min.messages"), Some("5000"));
        assert_eq!(properties.get("enable.auto.commit"), None);
        assert_eq!(properties.get("key.deserializer"), None);
    }

    #[test]
    fn a_producers_sizes_are_converted() {
        let properties =
            translated(Role::Producer, &[("buffer.memory", "33554432"), ("max.request.size", "2000000")]).ok().unwrap();
        // 32 MiB are 32,768 KiB
        assert_eq!(properties.get("queue.buffering.max.kbytes"), Some("32768"));
        assert_eq!(properties.get("message.max.bytes"), Some("2000000"));
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let text = message(translated(Role::Consumer, &[("isolation.levle", "read_committed")]));
        assert!(text.contains("'isolation.levle'") && text.contains("isolation.level"), "{text}");
        let text = message(translated(Role::Consumer, &[("fetch.max.wait", "1")]));
        assert!(text.contains("fetch.max.wait.ms"), "{text}");
    }

    #[test]
    fn a_bad_value_names_the_property() {
        let text = message(translated(Role::Consumer, &[("isolation.level", "read_everything")]));
        assert!(text.contains("isolation.level") && text.contains("read_everything"), "{text}");
    }

    #[test]
    fn a_jaas_line_becomes_user_and_password() {
        let jaas = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"bob\" password=\"pw\";";
        let properties = translated(Role::Consumer, &[("sasl.mechanism", "SCRAM-SHA-256"), ("sasl.jaas.config", jaas)])
            .ok()
            .unwrap();
        assert_eq!(properties.get("sasl.username"), Some("bob"));
        assert_eq!(properties.get("sasl.password"), Some("pw"));
        let text = message(translated(Role::Consumer, &[("sasl.jaas.config", "Scram required password=\"hush\"")]));
        assert!(text.contains("sasl.jaas.config") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn javas_stores_become_pem_files() {
        let properties = translated(
            Role::Consumer,
            &[("ssl.truststore.location", "/x/ca.pem"), ("ssl.endpoint.identification.algorithm", "")],
        )
        .ok()
        .unwrap();
        assert_eq!(properties.get("ssl.ca.location"), Some("/x/ca.pem"));
        assert_eq!(properties.get("ssl.endpoint.identification.algorithm"), Some("none"));
        let text = message(translated(Role::Consumer, &[("ssl.truststore.location", "/x/trust.jks")]));
        assert!(text.contains("keytool"), "{text}");
    }

    #[test]
    fn servers_are_required() {
        assert!(message(translate(Role::Consumer, std::iter::empty())).contains("bootstrap.servers"));
    }

    #[test]
    fn every_java_rule_leads_to_a_name_librdkafka_takes() {
        for (name, rule) in java::RULES {
            if let Rule::Rename(own) | Rule::Kilobytes(own) | Rule::Buffer(own) = rule {
                let result = put(&mut BTreeMap::new(), name, own, "1000");
                assert!(!matches!(result, Err(KafkaError::UnknownProperty { .. })), "{name} → {own}");
            }
        }
    }
}
