"""`switchboard match`: who could help with a need, why these, and why not the others."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from switchboard.errors import SwitchboardError

_PARTS = {"proximity": "near", "fairness": "fair", "yes_chance": "yes", "language": "speaks", "fit": "fits"}
"""The parts of the score, and what the table calls them."""


def explain(path: Path, url: str, key: str, partner_id: UUID | None, console: Console) -> None:
    """Asks intake about the need in a file, and prints what it says. Raises SwitchboardError."""
    told = _ask(_read(path), url, key, partner_id)
    tally = told["tally"]
    console.print(f"{tally['near']} partners near or serving the place, {tally['eligible']} can help.")
    for cause in tally["left_out"]:
        console.print(f"  {escape(cause['words'])}", highlight=False)
    if told["best"]:
        console.print(_show(told["best"]))
        for number, one in enumerate(told["best"], start=1):
            console.print(f"{number}. {escape(one['name'])}: {escape(one['because'])}", highlight=False)
    if told["partner"]:
        console.print(f"{escape(told['partner']['name'])}: {escape(told['partner']['because'])}", highlight=False)


def _read(path: Path) -> dict[str, Any]:
    try:
        need = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SwitchboardError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SwitchboardError(f"{path} is not JSON: {error}") from error
    if not isinstance(need, dict):
        raise SwitchboardError(f"{path} is not a need: write it as for POST /v1/needs")
    # Who the family is decides nothing here, and stays where it is.
    return {name: value for name, value in need.items() if name != "family"}


def _ask(need: dict[str, Any], url: str, key: str, partner_id: UUID | None) -> dict[str, Any]:
    try:
        answer = httpx.post(
            f"{url}/v1/matching",
            json=need,
            params={"partner_id": str(partner_id)} if partner_id else {},
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        document: dict[str, Any] = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SwitchboardError(f"{url} did not answer as Switchboard does ({type(error).__name__})") from error
    if not answer.is_success:
        errors = "; ".join(f"{one['field']}: {one['message']}" for one in document.get("errors", []))
        raise SwitchboardError(f"{document.get('detail', answer.status_code)} {errors}".strip())
    return document


def _show(best: list[dict[str, Any]]) -> Table:
    table = Table()
    for heading in ("", "partner", "miles", *_PARTS.values(), "score"):
        table.add_column(heading, justify="left" if heading == "partner" else "right")
    for number, one in enumerate(best, start=1):
        miles = "" if one["distance_miles"] is None else str(one["distance_miles"])
        parts = (f"{one['reasons'][part]:.2f}" for part in _PARTS)
        table.add_row(str(number), escape(one["name"]), miles, *parts, f"{one['score']:.2f}")
    return table
