"""The figures as tables for a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table

from schemas.topics import TOPICS
from switchboard.ops.reading import KafkaFigures, Look, ServiceFigures


def show(now: Look, before: Look | None) -> RenderableType:
    """Two looks, one after the other, give the rates; the first has none."""
    earlier = before.kafka if before is not None and isinstance(before.kafka, KafkaFigures) else None
    kafka = f"[red]Kafka: {now.kafka}[/red]" if isinstance(now.kafka, str) else _show_topics(now.kafka, earlier)
    return Group(kafka, _show_services(now))


def _show_topics(now: KafkaFigures, before: KafkaFigures | None) -> Table:
    table = Table(title="Topics", title_justify="left")
    for heading in ("topic", "in/s", "read by", "out/s", "waiting", "oldest", "where", "dead letters"):
        table.add_column(heading, justify="right" if heading in {"in/s", "out/s", "waiting", "oldest"} else "left")
    for topic in TOPICS:
        came = _rate(now.ends[topic.name], before.ends[topic.name] if before else None, now, before)
        for service in topic.consumers:
            place = str(service), topic.name
            lags = [one for one in now.lags if (one.group, one.topic) == place]
            dead = now.dead_letters.get(topic.dead_letters_of(service), 0)
            table.add_row(
                topic.name,
                came,
                service,
                _rate(now.committed[place], before.committed[place] if before else None, now, before),
                str(sum(one.records for one in lags)),
                f"{max((one.seconds for one in lags), default=0):.1f} s",
                ", ".join(f"{one.partition}: {one.records}" for one in lags),
                f"[red]{dead}[/red]" if dead else "0",
            )
    return table


def _rate(count: int, earlier: int | None, now: KafkaFigures, before: KafkaFigures | None) -> str:
    if earlier is None or before is None or now.at <= before.at:
        return "-"
    return f"{(count - earlier) / (now.at - before.at):.1f}"


def _show_services(now: Look) -> Table:
    table = Table(title="Services", title_justify="left")
    for heading in ("service", "ready", "outbox", "oldest", "retries", "what waits"):
        table.add_column(heading)
    for name, figures in now.services.items():
        if isinstance(figures, str):
            table.add_row(name, f"[red]{figures}[/red]")
            continue
        problems = "; ".join(f"{part}: {problem}" for part, problem in figures.problems.items())
        table.add_row(
            name,
            f"[red]{problems}[/red]" if problems else "yes",
            _count(figures, "switchboard_outbox_records"),
            f"{figures.one('switchboard_outbox_oldest_seconds') or 0:.1f} s",
            _count(figures, "switchboard_parked_records"),
            "\n".join(_what_waits(figures)),
        )
    return table


def _count(figures: ServiceFigures, name: str) -> str:
    value = figures.one(name)
    return "-" if value is None else f"{value:.0f}"


_BY_LABEL = {
    "switchboard_needs_open": "needs",
    "switchboard_needs_stuck": "stuck",
    "switchboard_messages_unfinished": "messages",
}


def _what_waits(figures: ServiceFigures) -> list[str]:
    lines = []
    for name, title in _BY_LABEL.items():
        counts = {label: value for label, value in figures.by_label(name).items() if value}
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{value:.0f} {label}" for label, value in sorted(counts.items())))
    if overdue := figures.one("switchboard_timers_overdue"):
        oldest = figures.one("switchboard_timers_overdue_oldest_seconds") or 0
        lines.append(f"timers overdue: {overdue:.0f}, the oldest by {oldest:.1f} s")
    if (position := figures.one("switchboard_directory_position")) is not None:
        lines.append(f"directory: {position:.0f} records read")
    return lines
