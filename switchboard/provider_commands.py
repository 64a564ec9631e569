"""`switchboard providers …`: who carries our messages, and whether ops lets them."""
# ruff: noqa: PLC0415 - as in cli.py, commands import what they need when they run

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from services.runtime.database import Connection, open_connection
from switchboard.errors import SwitchboardError

provider_commands = typer.Typer(no_args_is_help=True, help="Who carries emails and texts, and who is paused.")

DatabaseUrl = Annotated[str, typer.Option(envvar="NOTIFIER_DATABASE_URL", help="The notifier's database.")]
Name = Annotated[str, typer.Argument(help="As listed.")]

_Answer = TypeVar("_Answer")


@provider_commands.command("list")
def list_providers(database_url: DatabaseUrl) -> None:
    """List the providers that the notifier has had, a line for each. What waits, waits for any of its channel."""
    from services.notifier.store import providers

    for one in _ask(database_url, providers.standing):
        state = f"paused since {one.paused_since:%Y-%m-%d %H:%M} UTC" if one.paused_since else "running"
        typer.echo(f"{one.name}  {one.channel}  {state}  {one.waiting} messages wait")


@provider_commands.command("pause")
def pause(name: Name, database_url: DatabaseUrl) -> None:
    """Send nothing by a provider from now on. What no other one takes waits, and loses nothing by it."""
    _let(name, database_url, paused=True)
    typer.echo(f"{name} is paused")


@provider_commands.command("resume")
def resume(name: Name, database_url: DatabaseUrl) -> None:
    """Send by a provider again: at its rate, what is urgent first."""
    _let(name, database_url, paused=False)
    typer.echo(f"{name} is running")


def _let(name: str, database_url: str, *, paused: bool) -> None:
    from services.notifier.store import providers

    async def let(connection: Connection) -> None:
        if not await providers.pause(connection, name, paused=paused):
            known = ", ".join(one.name for one in await providers.standing(connection))
            raise SwitchboardError(f"there is no provider {name}; there are: {known or 'none, the notifier never ran'}")

    _ask(database_url, let)


def _ask(database_url: str, question: Callable[[Connection], Awaitable[_Answer]]) -> _Answer:
    async def ask() -> _Answer:
        async with open_connection(database_url) as connection:
            return await question(connection)

    return asyncio.run(ask())
