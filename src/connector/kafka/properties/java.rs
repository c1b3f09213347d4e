//! What each property of Kafka's Java client becomes here. A name that is not in this table is librdkafka's
//! own (many names are the same in both) or unknown.

/// What becomes of a property that only the Java client knows under that name or with that meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// librdkafka's name for it; the value stays.
    Rename(&'static str),
    /// Bytes here, kilobytes there.
    Kilobytes(&'static str),
    /// A buffer size whose "as the operating system likes" is -1 here and 0 there.
    Buffer(&'static str),
    /// Has no meaning without a JVM or without the Java client's own poll loop.
    Ignore(&'static str),
    /// Would change what the job does, and cannot be done.
    Refuse(&'static str),
    /// Read by the connector itself (see `properties::translate`).
    Own,
}

const JVM: &str = "it configures the JVM";
const GROUP: &str = "the engine assigns partitions itself, no group membership is used";
const FORMAT: &str = "the connector's format decides";

/// Sorted by subject; the names are those of Kafka 4.x's `ConsumerConfig`, `ProducerConfig`, `SslConfigs`,
/// `SaslConfigs`, and of Flink's `KafkaSourceOptions`.
pub const RULES: &[(&str, Rule)] = &[
    // read by the connector
    ("client.id.prefix", Rule::Own),
    ("commit.offsets.on.checkpoint", Rule::Own),
    ("default.api.timeout.ms", Rule::Own),
    ("partition.discovery.interval.ms", Rule::Own),
    ("auto.offset.reset", Rule::Own),
    ("sasl.jaas.config", Rule::Own),
    ("ssl.endpoint.identification.algorithm", Rule::Own),
    ("ssl.truststore.location", Rule::Own),
    ("ssl.truststore.type", Rule::Own),
    ("ssl.keystore.location", Rule::Own),
    ("ssl.keystore.type", Rule::Own),
    ("request.timeout.ms", Rule::Own),
    // other names
    ("buffer.memory", Rule::Kilobytes("queue.buffering.max.kbytes")),
    ("fetch.max.wait.ms", Rule::Rename("fetch.wait.max.ms")),
    ("max.request.size", Rule::Rename("message.max.bytes")),
    ("receive.buffer.bytes", Rule::Buffer("socket.receive.buffer.bytes")),
    ("send.buffer.bytes", Rule::Buffer("socket.send.buffer.bytes")),
    ("ssl.keystore.certificate.chain", Rule::Rename("ssl.certificate.pem")),
    ("ssl.keystore.key", Rule::Rename("ssl.key.pem")),
    ("ssl.truststore.certificates", Rule::Rename("ssl.ca.pem")),
    // the formats do this
    ("key.deserializer", Rule::Ignore(FORMAT)),
    ("key.deserializer.encoding", Rule::Ignore(FORMAT)),
    ("key.serializer", Rule::Ignore(FORMAT)),
    ("value.deserializer", Rule::Ignore(FORMAT)),
    ("value.deserializer.encoding", Rule::Ignore(FORMAT)),
    ("value.serializer", Rule::Ignore(FORMAT)),
    // the engine does this
    ("auto.commit.interval.ms", Rule::Ignore("offsets are committed when the engine says so")),
    ("enable.auto.commit", Rule::Ignore("offsets are committed when the engine says so")),
    ("enable.auto.offset.store", Rule::Ignore("offsets are committed when the engine says so")),
    ("enable.partition.eof", Rule::Ignore("the connector needs it")),
    ("group.instance.id", Rule::Ignore(GROUP)),
    ("group.protocol", Rule::Ignore(GROUP)),
    ("group.remote.assignor", Rule::Ignore(GROUP)),
    ("heartbeat.interval.ms", Rule::Ignore(GROUP)),
    ("max.poll.interval.ms", Rule::Ignore(GROUP)),
    ("max.poll.records", Rule::Ignore("the engine's batch size decides")),
    ("partition.assignment.strategy", Rule::Ignore(GROUP)),
    ("session.timeout.ms", Rule::Ignore(GROUP)),
    ("exclude.internal.topics", Rule::Ignore("internal topics are never matched by a pattern")),
    ("max.block.ms", Rule::Ignore("a full queue slows the job down instead of failing it")),
    ("register.consumer.metrics", Rule::Ignore("the engine has metrics of its own")),
    ("register.producer.metrics", Rule::Ignore("the engine has metrics of its own")),
    // the JVM
    ("auto.include.jmx.reporter", Rule::Ignore(JVM)),
    ("config.providers", Rule::Ignore(JVM)),
    ("metric.reporters", Rule::Ignore(JVM)),
    ("metrics.num.samples", Rule::Ignore(JVM)),
    ("metrics.recording.level", Rule::Ignore(JVM)),
    ("metrics.sample.window.ms", Rule::Ignore(JVM)),
    ("metadata.max.idle.ms", Rule::Ignore(JVM)),
    ("partitioner.adaptive.partitioning.enable", Rule::Ignore(JVM)),
    ("partitioner.availability.timeout.ms", Rule::Ignore(JVM)),
    ("sasl.kerberos.ticket.renew.jitter", Rule::Ignore(JVM)),
    ("sasl.kerberos.ticket.renew.window.factor", Rule::Ignore(JVM)),
    ("sasl.login.class", Rule::Ignore(JVM)),
    ("sasl.login.connect.timeout.ms", Rule::Ignore(JVM)),
    ("sasl.login.read.timeout.ms", Rule::Ignore(JVM)),
    ("sasl.login.refresh.buffer.seconds", Rule::Ignore(JVM)),
    ("sasl.login.refresh.min.period.seconds", Rule::Ignore(JVM)),
    ("sasl.login.refresh.window.factor", Rule::Ignore(JVM)),
    ("sasl.login.refresh.window.jitter", Rule::Ignore(JVM)),
    ("sasl.login.retry.backoff.max.ms", Rule::Ignore(JVM)),
    ("sasl.login.retry.backoff.ms", Rule::Ignore(JVM)),
    ("security.providers", Rule::Ignore(JVM)),
    ("socket.connection.setup.timeout.max.ms", Rule::Ignore("connections are tried again without a limit")),
    ("ssl.enabled.protocols", Rule::Ignore(JVM)),
    ("ssl.keymanager.algorithm", Rule::Ignore(JVM)),
    ("ssl.protocol", Rule::Ignore(JVM)),
    ("ssl.provider", Rule::Ignore(JVM)),
    ("ssl.secure.random.implementation", Rule::Ignore(JVM)),
    ("ssl.trustmanager.algorithm", Rule::Ignore(JVM)),
    ("ssl.truststore.password", Rule::Ignore("a PEM file needs none")),
    // code for the JVM that the job would miss
    ("interceptor.classes", Rule::Refuse("interceptors are Java classes; do it in the job, with map()")),
    ("partitioner.class", Rule::Refuse("partitioners are Java classes; choose one with librdkafka's 'partitioner'")),
    ("sasl.client.callback.handler.class", Rule::Refuse("it names a Java class")),
    ("sasl.login.callback.handler.class", Rule::Refuse("it names a Java class")),
    ("ssl.engine.factory.class", Rule::Refuse("it names a Java class")),
    ("transactional.id", Rule::Refuse("set the sink's 'transactional-id-prefix' instead")),
];

pub fn rule(name: &str) -> Option<Rule> {
    RULES.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule)
}
