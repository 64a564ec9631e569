"""`switchboard family …` and `switchboard audit …`: the end of what is known of a family, and who looked.

With intake's own settings in the environment.
"""
# ruff: noqa: PLC0415 - as in cli.py, commands import what they need when they run

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from switchboard.errors import SwitchboardError

family_commands = typer.Typer(no_args_is_help=True, help="Who families are: kept sealed, and erased.")
audit_commands = typer.Typer(no_args_is_help=True, help="The log of who looked at which family.")


@family_commands.command("erase")
def erase(
    need: Annotated[str, typer.Argument(help="The need's six digits, or its id.")],
    search: Annotated[
        list[Path] | None, typer.Option(help="Also look through this file or folder: logs, dumps, what sinks keep.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the key to a family, then look for what it held: in databases, topics and the places that --search names.

    Needs INTAKE_, MATCHER_ and NOTIFIER_DATABASE_URL besides intake's settings. Ends with 1 where anything is found, or
    cannot be read.
    """
    from switchboard import erasing

    if not yes:
        typer.confirm(f"Nobody will ever know again which family need {need} was. Erase it?", abort=True)
    urls = {
        name: url
        for name in ("intake", "matcher", "notifier")
        if (url := os.environ.get(f"{name.upper()}_DATABASE_URL"))
    }
    asyncio.run(erasing.erase(need, urls, search or [], typer.echo))


@family_commands.command("rewrap")
def rewrap() -> None:
    """Wrap all families' keys under the first of SERVICE_KEYS, so that the others can go. Safe to repeat."""
    from switchboard import erasing

    typer.echo(f"{asyncio.run(erasing.rewrap())} keys wrapped anew")


@audit_commands.command("verify")
def verify(
    expect: Annotated[str | None, typer.Option(help="What an earlier run printed: the log must still hold it.")] = None,
) -> None:
    """Read the whole log, and say whether each entry is as it was written. Keep what it prints somewhere else."""
    from switchboard import auditing

    sequence, _, head = (expect or "0:").partition(":")
    if not sequence.isdigit():
        raise SwitchboardError("--expect: write what an earlier run printed, such as 41:9f2c…")
    typer.echo(asyncio.run(auditing.verify_log(int(sequence), head)))
