"""The contract of a Kafka broker, checked on the embedded one and on Apache Kafka alike."""
