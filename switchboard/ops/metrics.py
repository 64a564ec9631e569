"""What `ops` reads of Kafka, as metrics: no service can tell how late a group is that does not run."""

from prometheus_client import CollectorRegistry, Gauge

from switchboard.ops.reading import KafkaFigures

FIGURES = CollectorRegistry()

WRITTEN = Gauge("switchboard_topic_records", "Records ever written to a topic", ["topic"], registry=FIGURES)
COMMITTED = Gauge(
    "switchboard_group_records", "Records of a topic that a group is done with", ["group", "topic"], registry=FIGURES
)
LAG = Gauge(
    "switchboard_group_lag_records",
    "Records of a partition that a group is not done with; absent where there are none",
    ["group", "topic", "partition"],
    registry=FIGURES,
)
LAG_SECONDS = Gauge(
    "switchboard_group_lag_seconds",
    "Since when the first of them has been there",
    ["group", "topic", "partition"],
    registry=FIGURES,
)
DEAD_LETTERS = Gauge(
    "switchboard_dead_letters_open", "Dead letters that wait for a decision", ["topic"], registry=FIGURES
)


def set_figures(kafka: KafkaFigures | str) -> None:
    """Sets them to one look; forgets them all while Kafka is away, for old figures would look like true ones."""
    for gauge in (WRITTEN, COMMITTED, LAG, LAG_SECONDS, DEAD_LETTERS):
        gauge.clear()
    if isinstance(kafka, str):
        return
    for topic, end in kafka.ends.items():
        WRITTEN.labels(topic).set(end)
    for (group, topic), count in kafka.committed.items():
        COMMITTED.labels(group, topic).set(count)
    for lag in kafka.lags:
        LAG.labels(lag.group, lag.topic, lag.partition).set(lag.records)
        LAG_SECONDS.labels(lag.group, lag.topic, lag.partition).set(lag.seconds)
    for topic, count in kafka.dead_letters.items():
        DEAD_LETTERS.labels(topic).set(count)
