"""The board as tables for a terminal."""

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from switchboard.ops.board import Board

_RIGHT = {"in/s", "out/s", "waiting", "oldest"}


def show(board: Board) -> RenderableType:
    """Alarms first, then topics, then services."""
    alarms = [f"[red]! {escape(alarm)}[/red]" for alarm in board.alarms] or ["[green]Nothing needs a person.[/green]"]
    kafka = f"[red]Kafka: {board.kafka_trouble}[/red]" if board.kafka_trouble else _show_topics(board)
    return Group(*alarms, kafka, _show_services(board))


def _show_topics(board: Board) -> Table:
    table = Table(title="Topics", title_justify="left")
    for heading in ("topic", "in/s", "read by", "out/s", "waiting", "oldest", "where", "dead letters"):
        table.add_column(heading, justify="right" if heading in _RIGHT else "left")
    for one in board.topics:
        dead = f"[red]{one.dead_letters}[/red]" if one.dead_letters else "0"
        table.add_row(one.topic, one.came, one.group, one.went, str(one.waiting), one.oldest, one.where, dead)
    return table


def _show_services(board: Board) -> Table:
    table = Table(title="Services", title_justify="left")
    for heading in ("service", "ready", "outbox", "oldest", "retries", "what waits"):
        table.add_column(heading)
    for one in board.services:
        ready = f"[red]{escape(one.trouble)}[/red]" if one.trouble else "yes"
        table.add_row(one.service, ready, one.outbox, one.outbox_oldest, one.retries, "\n".join(one.waits))
    return table
