"""Week 1: orders from Kafka into a database."""
