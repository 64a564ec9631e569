"""The `switchboard` command.

Commands import what they need when they run: production images hold neither the local stack nor the demo.
"""
# ruff: noqa: PLC0415

import asyncio
import importlib
import logging
import os
from datetime import UTC, datetime
from enum import StrEnum, auto
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from switchboard.errors import SwitchboardError
from switchboard.family_commands import audit_commands, family_commands
from switchboard.message_commands import message_commands
from switchboard.provider_commands import provider_commands


class Service(StrEnum):
    """The three services."""

    INTAKE = auto()
    MATCHER = auto()
    NOTIFIER = auto()


class OneLineErrors(TyperGroup):
    """Says an error in one line, with exit code 2 for a wrong call and 1 for the rest.

    `SWITCHBOARD_DEBUG=1` shows where it came from.
    """

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if os.environ.get("SWITCHBOARD_DEBUG"):
                raise
            typer.echo(f"switchboard: {describe(error)}", err=True)
            raise typer.Exit(getattr(error, "exit_code", 1)) from error


def describe(error: Exception) -> str:
    """One line that says what is wrong; of several errors at once, the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ValidationError):
        found = error.errors(include_input=False, include_url=False)
        said = (
            (".".join(map(str, one["loc"])).upper(), "is not set" if one["type"] == "missing" else one["msg"])
            for one in found
        )
        return "; ".join(f"{name}: {problem}" if name else problem for name, problem in said)
    text = error.format_message() if isinstance(error, TyperException) else str(error)
    if not isinstance(error, SwitchboardError | TyperException):
        name = type(error).__name__
        text = f"{name}: {text.removeprefix(f'{name}: ')}"
    return " ".join(text.split())


def quiet_kafka() -> None:
    """Keeps aiokafka's log off the terminal: it tells each error that it raises, or gets over by trying again."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Switchboard brings a family's need to the neighbours who can help, and follows it until it happened.",
)
topic_commands = typer.Typer(help="Kafka's topics.")
app.add_typer(topic_commands, name="topics")
partner_commands = typer.Typer(no_args_is_help=True, help="The directory of partners.")
app.add_typer(partner_commands, name="partners")

dead_letter_commands = typer.Typer(no_args_is_help=True, callback=quiet_kafka, help="What the services gave up on.")
app.add_typer(dead_letter_commands, name="dlq")

app.add_typer(family_commands, name="family")
app.add_typer(audit_commands, name="audit")
app.add_typer(message_commands, name="messages")
app.add_typer(provider_commands, name="providers")

Servers = Annotated[str, typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", help="host:port[,host:port]")]
Key = Annotated[str | None, typer.Option(help="Only this key: a need or a partner.")]
Problem = Annotated[str | None, typer.Option(help="Only where the problem has this in it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Numbers = Annotated[list[int] | None, typer.Argument(help="Which, by number; all that are open where none is given.")]
DeadLetterTopic = Annotated[str, typer.Argument(help="Such as needs-matcher-dlq.")]


@app.command()
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help="End after the summary: 0 if every need got somewhere.")
    ] = False,
) -> None:
    """Invent a community, send 40 needs, and watch them find help. Stays up until Ctrl-C."""
    from switchboard.demo import run_demo

    raise typer.Exit(run_demo(leave=leave))


@app.command()
def up() -> None:
    """Start everything on this machine, without the demo's community. Stays up until Ctrl-C.

    A Kafka, database, mail server or texting API named by the environment is used; what is not named is started.
    """
    from switchboard.up import run_up

    run_up()


@app.command()
def run(service: Annotated[Service, typer.Argument(help="Which one.")]) -> None:
    """Run one service in the foreground until SIGTERM, with settings from the environment. For production."""
    importlib.import_module(f"services.{service}.app").main()


@topic_commands.command("create")
def create_topics(
    bootstrap_servers: Servers,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition; 3 in production.")] = 1,
) -> None:
    """Make the topics that are missing. One that exists is never changed."""
    from services.runtime import topics

    quiet_kafka()
    for name in asyncio.run(topics.create_topics(bootstrap_servers, replication)):
        typer.echo(f"made {name}")


@app.command()
def migrate() -> None:
    """Bring the databases to the shape this version expects.

    Each service whose <SERVICE>_DATABASE_URL is set takes part. Safe to repeat, and while services run.
    """
    from services.runtime import migrations

    urls = {service: os.environ.get(f"{service.upper()}_DATABASE_URL") for service in Service}
    if not any(urls.values()):
        raise SwitchboardError("Set INTAKE_DATABASE_URL, MATCHER_DATABASE_URL or NOTIFIER_DATABASE_URL.")
    for service, url in urls.items():
        if url:
            asyncio.run(migrations.migrate(url, service))
            typer.echo(f"{service}'s database is up to date")


@partner_commands.command("import")
def import_partners(
    source: Annotated[Path, typer.Argument(help="A file, a folder or a .zip; what it is, is seen by its content.")],
    url: Annotated[str, typer.Option(envvar="PUBLIC_URL", help="Where intake is.")] = "",
    key: Annotated[
        str, typer.Option(envvar=["SWITCHBOARD_API_KEY", "BOOTSTRAP_API_KEY"], help="With partners:write and :read.")
    ] = "",
    report: Annotated[Path | None, typer.Option(help="Write each row with gaps, or refused, into this CSV.")] = None,
    *,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would be taken, and send nothing.")] = False,
    active: Annotated[bool, typer.Option("--active", help="A directory's partners agreed to be asked.")] = False,
) -> None:
    """Take partners from a directory: HSDS (JSON or tables), a spreadsheet of any columns, or our own CSV and JSON.

    What is good is taken, the rest is named with its line and reason. Importing again updates, and never doubles.
    A directory's partners are paused until somebody makes them active. See docs/importing.md.
    """
    from switchboard.directory_import import importing
    from switchboard.directory_import.sending import Intake

    if not preview and not (url and key):
        raise typer.BadParameter("Set PUBLIC_URL and SWITCHBOARD_API_KEY, or add --preview.")
    intake = None if preview else Intake(url, key)
    today = datetime.now(UTC).date()
    importing.import_partners(source, intake, typer.echo, today, report, active=active)


@partner_commands.command("key")
def make_partner_key(
    partner_id: Annotated[UUID, typer.Argument(help="As in the directory.")],
    database_url: Annotated[str, typer.Option(envvar="INTAKE_DATABASE_URL", help="Intake's database.")],
) -> None:
    """Print a new key by which a partner refers families. It is shown once, and ends the one before.

    The key enters needs for any school, and sees where those stand alone.
    """
    from switchboard import partner_keys

    typer.echo(asyncio.run(partner_keys.make_key(partner_id, database_url)))


@app.command()
def match(
    path: Annotated[Path, typer.Option("--explain", help="A need as JSON, as for POST /v1/needs.")],
    url: Annotated[str, typer.Option(envvar="PUBLIC_URL", help="Where intake is.")],
    key: Annotated[
        str,
        typer.Option(envvar=["SWITCHBOARD_API_KEY", "BOOTSTRAP_API_KEY"], help="With needs:read and partners:read."),
    ],
    partner: Annotated[UUID | None, typer.Option(help="Why would this one be asked, or why not?")] = None,
) -> None:
    """Show who could help with a need, why these, and why not the others. Nothing is stored, nobody is asked."""
    from rich.console import Console

    from switchboard.matching import explain

    explain(path, url, key, partner, Console())


@app.command()
def need(
    need_id: Annotated[UUID, typer.Argument(help="As the API gave it.")],
    bootstrap_servers: Servers,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show everything that happened to one need, in order, from all services."""
    from switchboard.history import print_history

    quiet_kafka()
    print_history(bootstrap_servers, need_id, as_json=as_json)


@app.command()
def tail(
    topic: Annotated[str, typer.Argument(help="Such as needs or offers.")],
    bootstrap_servers: Servers,
    *,
    key: Annotated[UUID | None, typer.Option(help="Only this need or partner.")] = None,
    kind: Annotated[str, typer.Option("--type", help="Only types with this in their name, such as claim_.")] = "",
    since: Annotated[str | None, typer.Option(help="From 10m ago, 2h ago, or a time; from now on if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show events as they pass, until Ctrl-C. Joins no consumer group: safe on production."""
    from switchboard import tailing

    quiet_kafka()
    start = tailing.read_since(since, datetime.now(UTC)) if since else None
    wanted = tailing.Wanted(key, kind)
    tailing.tail(bootstrap_servers, tailing.topic_to_tail(topic), wanted, start, as_json=as_json, tell=typer.echo)


@app.command()
def ops(
    bootstrap_servers: Servers,
    intake: Annotated[str, typer.Option(envvar="INTAKE_URL", help="Where intake is.")] = "http://127.0.0.1:8080",
    matcher: Annotated[str, typer.Option(envvar="MATCHER_URL", help="Where the matcher is.")] = "http://127.0.0.1:8081",
    notifier: Annotated[
        str, typer.Option(envvar="NOTIFIER_URL", help="Where the notifier is.")
    ] = "http://127.0.0.1:8082",
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and end.")] = False,
    page: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve it as a web page on this port.")] = None,
    host: Annotated[str, typer.Option(envvar="BIND_HOST", help="Where the page listens.")] = "127.0.0.1",
) -> None:
    """Watch topics and services: rates, what waits and since when, retries, dead letters, overdue timers.

    The page has no sign-in and shows figures alone: let only ops reach it.
    """
    quiet_kafka()
    urls = {"intake": intake, "matcher": matcher, "notifier": notifier}
    if page is None:
        from switchboard.ops.live import watch

        watch(bootstrap_servers, urls, once=once)
    else:
        from services.runtime.serving import serve
        from switchboard.ops.page import OpsPage

        typer.echo(f"http://{host}:{page}/")
        serve(OpsPage(bootstrap_servers, urls).app(), host, page, grace_seconds=1)


@app.command()
def reconcile(
    service: Annotated[Service, typer.Argument(help="Whose database was restored. It must be stopped.")],
    since: Annotated[datetime, typer.Option(parser=datetime.fromisoformat, help="When the backup was begun.")],
) -> None:
    """Bring a restored database up to what the topics hold, before its service starts again.

    With the service's own settings in the environment. Safe to repeat. See docs/runbook/restore.md.
    """
    from schemas.topics import ServiceName
    from switchboard import reconciling

    quiet_kafka()
    reconciling.reconcile(ServiceName(service), since, typer.echo)


@dead_letter_commands.command("list")
def list_dead_letters(
    bootstrap_servers: Servers,
    topics: Annotated[
        list[str] | None, typer.Argument(help="Such as needs-matcher-dlq; all where none is given.")
    ] = None,
    *,
    key: Key = None,
    problem: Problem = None,
    decided: Annotated[bool, typer.Option("--decided", help="Also those that were replayed or discarded.")] = False,
) -> None:
    """List dead letters that wait for a decision."""
    from switchboard import dead_letters

    dead_letters.list_letters(
        bootstrap_servers, topics or [], dead_letters.Wanted(key=key, problem=problem, decided=decided)
    )


@dead_letter_commands.command("show")
def show_dead_letter(
    topic: DeadLetterTopic, number: Annotated[int, typer.Argument(help="As listed.")], bootstrap_servers: Servers
) -> None:
    """Show one dead letter: where it comes from, why it failed, its headers and its value."""
    from switchboard import dead_letters

    dead_letters.show_letter(bootstrap_servers, topic, number)


@dead_letter_commands.command("replay")
def replay_dead_letters(
    topic: DeadLetterTopic,
    bootstrap_servers: Servers,
    numbers: Numbers = None,
    *,
    key: Key = None,
    problem: Problem = None,
    dry_run: DryRun = False,
) -> None:
    """Publish dead letters again, as they were, to the topic they come from.

    Whoever handled the record already drops it. One that fails again becomes a new dead letter.
    """
    from switchboard import dead_letters

    wanted = dead_letters.Wanted(tuple(numbers or ()), key, problem)
    dead_letters.decide(
        bootstrap_servers, topic, wanted, dead_letters.Decision.REPLAYED, dry_run=dry_run, tell=typer.echo
    )


@dead_letter_commands.command("discard")
def discard_dead_letters(
    topic: DeadLetterTopic,
    bootstrap_servers: Servers,
    numbers: Numbers = None,
    *,
    key: Key = None,
    problem: Problem = None,
    dry_run: DryRun = False,
) -> None:
    """Write down that dead letters need nothing more. They stay in the topic for its 90 days."""
    from switchboard import dead_letters

    wanted = dead_letters.Wanted(tuple(numbers or ()), key, problem)
    dead_letters.decide(
        bootstrap_servers, topic, wanted, dead_letters.Decision.DISCARDED, dry_run=dry_run, tell=typer.echo
    )
