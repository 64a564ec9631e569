"""The front door: the command line, and a real Kafka and PostgreSQL started for whoever has none."""
