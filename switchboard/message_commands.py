"""`switchboard messages …`: what people are told, to be looked at before anybody gets it."""
# ruff: noqa: PLC0415 - as in cli.py, commands import what they need when they run

from pathlib import Path
from typing import Annotated

import typer

from schemas.vocabulary import MessagePurpose, RecipientKind
from switchboard.errors import SwitchboardError

message_commands = typer.Typer(no_args_is_help=True, help="What people are told, and how it looks.")


@message_commands.callback()
def messages() -> None:
    """Makes `preview` a command of its own, though it is the only one."""


@message_commands.command("preview")
def preview(
    purpose: Annotated[MessagePurpose | None, typer.Argument(help="Such as offer; all where none is given.")] = None,
    recipient: Annotated[RecipientKind | None, typer.Option(help="Only what they get.")] = None,
    language: Annotated[str | None, typer.Option(help="en or es; both where none is given.")] = None,
    templates_dir: Annotated[
        Path | None, typer.Option(envvar="TEMPLATES_DIR", help="A county's own words and brand.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write pages here: index.html shows them all.")] = None,
    *,
    sensitive: Annotated[bool, typer.Option("--sensitive", help="Only what is said of sensitive needs.")] = False,
) -> None:
    """Show messages as people would get them, with example facts: subject, plain text, and what a text costs.

    Nothing is sent. See docs/messages.md for words and colours of your own.
    """
    from services.notifier.rendering import Renderer
    from services.notifier.wording import LANGUAGES, BadWording, Wording
    from switchboard.messages.preview import find_samples, to_lines, write_pages

    if language not in {None, *LANGUAGES}:
        raise typer.BadParameter(f"There are words in {', '.join(LANGUAGES)}.", param_hint="--language")
    try:
        renderer = Renderer(Wording.load(templates_dir))
    except BadWording as error:
        raise SwitchboardError(str(error)) from error
    found = find_samples(renderer, language, purpose, recipient, sensitive=sensitive)
    if out is not None:
        typer.echo(write_pages(found, out))
        return
    for line in (line for samples in found.values() for line in to_lines(samples)):
        typer.echo(line)
