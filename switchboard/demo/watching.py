"""The needs while they move: a table on a terminal, plain lines elsewhere."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

from schemas.taxonomy import ITEM_KINDS

_EVERY_S, _LINE_EVERY_S = 0.5, 5.0
ENDED = {"fulfilled", "partly_fulfilled", "unmet"}
_COLOURS = {
    "fulfilled": "green",
    "partly_fulfilled": "yellow",
    "unmet": "red",
    "claimed": "cyan",
    "confirming": "magenta",
}
_NEWEST = 40

Need = dict[str, Any]


def settled(need: Need) -> bool:
    """Whether a need ended, or stands in a queue that a person sees."""
    return need["status"] in ENDED or need["stuck"] == "family_silent"


@dataclass
class Watch:
    """Looks at all needs through the API, and lets the coordinator act on those that wait for one."""

    url: str
    client: httpx.AsyncClient
    console: Console
    act: Callable[[Need], None]
    needs: list[Need] = field(default_factory=list)

    async def until_settled(self, count: int, within: float) -> bool:
        """Shows the needs until all have settled. False when some have not, in time."""
        ends = monotonic() + within
        said = 0.0
        with Live(console=self.console, auto_refresh=False, transient=True) as live:
            while True:
                await self._look()
                if self.console.is_terminal:
                    live.update(self._table(), refresh=True)
                elif monotonic() - said > _LINE_EVERY_S:
                    said = monotonic()
                    self.console.print(f"  {self._counts()}", highlight=False)
                if len(self.needs) >= count and all(settled(need) for need in self.needs):
                    return True
                if monotonic() > ends:
                    return False
                await asyncio.sleep(_EVERY_S)

    async def _look(self) -> None:
        answer = await self.client.get(f"{self.url}/v1/needs", params={"limit": 200})
        self.needs = answer.raise_for_status().json()["needs"]
        for need in self.needs:
            self.act(need)

    def _counts(self) -> str:
        counts = Counter(need["status"] for need in self.needs)
        stuck = sum(need["stuck"] is not None for need in self.needs)
        return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items())) + (
            f" ({stuck} waiting for the coordinator)" if stuck else ""
        )

    def _table(self) -> Table:
        table = Table(title=self._counts())
        for heading in ("need", "asked for", "where", "how soon", "stands at"):
            table.add_column(heading)
        for need in self.needs[:_NEWEST]:
            terms = need["terms"]
            items = ", ".join(ITEM_KINDS[item["code"]].label(item["quantity"], "en") for item in terms["items"])
            colour = _COLOURS.get(need["status"], "white")
            stands = need["status"].replace("_", " ") + (
                f", {need['stuck'].replace('_', ' ')}" if need["stuck"] else ""
            )
            table.add_row(need["reference"], items, terms["zip_code"], terms["urgency"], f"[{colour}]{stands}[/]")
        return table
