"""A real Kafka and a real PostgreSQL as child processes, for a machine that has neither."""
