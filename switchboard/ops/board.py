"""What a look says, in words: the terminal and the page show the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.topics import TOPICS, ServiceName, Topic
from switchboard.ops.reading import KafkaFigures, Lag, Look, ServiceFigures

_TOO_OLD_S = 60


@dataclass(frozen=True)
class TopicLine:
    """One group's way through a topic. `waiting` is in records, by partition in `where`; rates are records a second."""

    topic: str
    came: str
    group: str
    went: str
    waiting: int
    oldest: str
    where: str
    dead_letters: int


@dataclass(frozen=True)
class ServiceLine:
    """One service. `trouble` is empty when it is ready."""

    service: str
    trouble: str
    outbox: str = "-"
    outbox_oldest: str = "-"
    retries: str = "-"
    waits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """Everything; `alarms` are what a person should look at first."""

    alarms: tuple[str, ...]
    kafka_trouble: str
    topics: tuple[TopicLine, ...]
    services: tuple[ServiceLine, ...]


def make_board(now: Look, before: Look | None) -> Board:
    """Two looks, one after the other, give the rates; the first has none."""
    services = tuple(_tell_service(name, figures) for name, figures in now.services.items())
    if isinstance(now.kafka, str):
        return Board((f"Kafka is {now.kafka}", *_service_alarms(services, now)), now.kafka, (), services)
    earlier = before.kafka if before is not None and isinstance(before.kafka, KafkaFigures) else None
    topics = tuple(_tell_topic(topic, group, now.kafka, earlier) for topic in TOPICS for group in topic.consumers)
    return Board((*_topic_alarms(topics, now.kafka), *_service_alarms(services, now)), "", topics, services)


def _tell_topic(topic: Topic, group: ServiceName, now: KafkaFigures, before: KafkaFigures | None) -> TopicLine:
    place = str(group), topic.name
    lags = [one for one in now.lags if (one.group, one.topic) == place]
    return TopicLine(
        topic.name,
        _rate(now.ends[topic.name], before.ends[topic.name] if before else None, now, before),
        str(group),
        _rate(now.committed[place], before.committed[place] if before else None, now, before),
        sum(one.records for one in lags),
        f"{max((one.seconds for one in lags), default=0):.1f} s",
        ", ".join(f"{one.partition}: {one.records} ({one.seconds:.1f} s)" for one in lags),
        now.dead_letters.get(topic.dead_letters_of(group), 0),
    )


def _rate(count: int, earlier: int | None, now: KafkaFigures, before: KafkaFigures | None) -> str:
    if earlier is None or before is None or now.at <= before.at:
        return "-"
    return f"{(count - earlier) / (now.at - before.at):.1f}"


def _tell_service(name: str, figures: ServiceFigures | str) -> ServiceLine:
    if isinstance(figures, str):
        return ServiceLine(name, figures)
    return ServiceLine(
        name,
        "; ".join(f"{part}: {problem}" for part, problem in figures.problems.items()),
        _count(figures, "switchboard_outbox_records"),
        f"{figures.one('switchboard_outbox_oldest_seconds') or 0:.1f} s",
        _count(figures, "switchboard_parked_records"),
        tuple(_what_waits(figures)),
    )


def _count(figures: ServiceFigures, name: str) -> str:
    value = figures.one(name)
    return "-" if value is None else f"{value:.0f}"


_BY_LABEL: Mapping[str, str] = {
    "switchboard_needs_open": "needs",
    "switchboard_needs_stuck": "stuck",
    "switchboard_messages_unfinished": "messages",
    "switchboard_messages_undelivered": "did not arrive",
}


def _what_waits(figures: ServiceFigures) -> list[str]:
    lines = []
    for name, title in _BY_LABEL.items():
        counts = {label: value for label, value in figures.by_label(name).items() if value}
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{value:.0f} {label}" for label, value in sorted(counts.items())))
    if waited := figures.one("switchboard_messages_undelivered_oldest_seconds"):
        lines.append(f"the oldest that did not arrive waits for {waited / 3600:.1f} h")
    if overdue := figures.one("switchboard_timers_overdue"):
        oldest = figures.one("switchboard_timers_overdue_oldest_seconds") or 0
        lines.append(f"timers overdue: {overdue:.0f}, the oldest by {oldest:.1f} s")
    if (partners := figures.one("switchboard_directory_partners")) is not None:
        position = figures.one("switchboard_directory_position") or 0
        age = figures.one("switchboard_directory_age_seconds") or 0
        lines.append(f"directory: {partners:.0f} partners from {position:.0f} records, the last {age:.0f} s ago")
    return lines


def _topic_alarms(topics: Sequence[TopicLine], kafka: KafkaFigures) -> list[str]:
    dead = [
        f"{one.dead_letters} dead letters: switchboard dlq list {one.topic}-{one.group}-dlq"
        for one in topics
        if one.dead_letters
    ]
    return dead + [_tell_lag(lag) for lag in kafka.lags if lag.seconds > _TOO_OLD_S]


def _tell_lag(lag: Lag) -> str:
    return f"{lag.group} is {lag.seconds:.0f} s behind on {lag.topic}, partition {lag.partition}"


def _service_alarms(services: Sequence[ServiceLine], now: Look) -> list[str]:
    alarms = [f"{one.service}: {one.trouble}" for one in services if one.trouble]
    for name, figures in now.services.items():
        if isinstance(figures, str):
            continue
        oldest = figures.one("switchboard_outbox_oldest_seconds") or 0
        if oldest > _TOO_OLD_S:
            alarms.append(f"{name}: events wait in the outbox for {oldest:.0f} s")
        overdue = figures.one("switchboard_timers_overdue_oldest_seconds") or 0
        if overdue > _TOO_OLD_S:
            alarms.append(f"{name}: timers are overdue by {overdue:.0f} s")
    return alarms
