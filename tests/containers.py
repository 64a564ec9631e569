"""Kafka and PostgreSQL in containers, for `--parts=containers`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from switchboard.local.ports import find_free_port

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18"
START_SECONDS = 120


@contextmanager
def running_kafka() -> Iterator[str]:
    """Bootstrap servers of one KRaft node. testcontainers brings another Kafka, so this is a container of our own."""
    # A broker tells clients where to come back to, so the port outside must be known before it starts.
    port = find_free_port()
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    servers = f"{container.get_container_host_ip()}:{port}"
    container.with_envs(
        KAFKA_NODE_ID="1",
        KAFKA_PROCESS_ROLES="broker,controller",
        KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9093",
        KAFKA_LISTENERS="BROKER://:9092,CONTROLLER://:9093",
        KAFKA_ADVERTISED_LISTENERS=f"BROKER://{servers}",
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_INTER_BROKER_LISTENER_NAME="BROKER",
        KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
        KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS="4",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
    )
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_SECONDS))
    with container:
        yield servers


@contextmanager
def running_postgres() -> Iterator[str]:
    """The URL of a superuser."""
    password = secrets.token_urlsafe(16)
    container = DockerContainer(POSTGRES_IMAGE).with_exposed_ports(5432).with_env("POSTGRES_PASSWORD", password)
    # The image starts it twice; the first one, that runs the set-up scripts, does not listen on the network.
    ready = LogMessageWaitStrategy("database system is ready to accept connections", times=2)
    container.waiting_for(ready.with_startup_timeout(START_SECONDS))
    with container:
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
        yield f"postgresql://postgres:{password}@{host}:{port}/postgres"
