"""The view that stays up, and the one that is printed once."""

import asyncio
from collections.abc import Mapping

from rich.console import Console
from rich.live import Live

from switchboard.lifetime import run_until_stopped
from switchboard.ops.board import make_board
from switchboard.ops.reading import Watcher
from switchboard.ops.terminal import show

_EVERY_S = 1.0


def watch(bootstrap_servers: str, urls: Mapping[str, str], *, once: bool) -> None:
    """Shows everything, again and again until Ctrl-C; or once, after a second that gives the rates."""
    run_until_stopped(_watch(bootstrap_servers, urls, once=once))


async def _watch(bootstrap_servers: str, urls: Mapping[str, str], *, once: bool) -> None:
    async with Watcher(bootstrap_servers, urls) as watcher:
        before = await watcher.look()
        if once:
            await asyncio.sleep(_EVERY_S)
            Console().print(show(make_board(await watcher.look(), before)))
            return
        with Live(show(make_board(before, None)), screen=True, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(_EVERY_S)
                now = await watcher.look()
                live.update(show(make_board(now, before)), refresh=True)
                before = now
