"""TCP proxies that stand between two parts and do to their connections what networks do.

They have a process of their own (`python -m bench.faults.proxy`): where they share one with the people of a storm, all
databases become as slow as those people are many.
"""

import asyncio
import json
import os
import random
import socket
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import StrEnum, auto

from switchboard.local.folders import CHECKOUT
from switchboard.processes import LOCALHOST

_CHUNK = 16 * 1024
_THIN_BYTES_PER_S = 20_000
_RESET = struct.pack("ii", 1, 0)


class Weather(StrEnum):
    """What a network can be like."""

    FAIR = auto()
    CUT = auto()
    """Nobody gets through, and whoever is connected is closed."""
    RESET = auto()
    """As CUT, but by a reset in the middle."""
    HALF_CLOSED = auto()
    """What is connected gets no more answers, and is not told; who connects anew gets through."""
    SILENT = auto()
    """Everything is accepted, nothing arrives."""
    SLOW = auto()
    """Each chunk is a while under way."""
    THIN = auto()
    """Few bytes pass in a second."""


class Proxy:
    """Listens on one port, passes on to the first of `targets` that answers, beginning with each in turn."""

    def __init__(self, port: int, targets: Sequence[int], chance: random.Random) -> None:
        self.port = port
        self._chance = chance
        self.weather = Weather.FAIR
        self._targets = list(targets)
        self._turn = 0
        self._fair = asyncio.Event()
        self._fair.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    def change(self, weather: Weather) -> None:
        """Lets it be like this from now on."""
        self.weather = weather
        if weather in {Weather.CUT, Weather.RESET}:
            for writer in tuple(self._open):
                _end(writer, reset=weather is Weather.RESET)
        if weather is Weather.SILENT:
            self._fair.clear()
        else:
            self._fair.set()
        if weather is Weather.HALF_CLOSED:
            for writer in tuple(self._open):
                with suppress(OSError, RuntimeError):
                    writer.write_eof()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its start to its end."""
        if self.weather in {Weather.CUT, Weather.RESET}:
            _end(writer, reset=self.weather is Weather.RESET)
            return
        onward = await self._connect()
        if onward is None:
            _end(writer, reset=True)
            return
        ends = (writer, onward[1])
        self._open.update(ends)
        tasks = [asyncio.create_task(self._pass(*way)) for way in ((reader, onward[1]), (onward[0], writer))]
        self._passing.update(tasks)
        try:
            await asyncio.gather(*tasks)
        finally:
            self._passing.difference_update(tasks)
            self._open.difference_update(ends)
            for end in ends:
                _end(end, reset=False)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        for step in range(len(self._targets)):
            target = self._targets[(self._turn + step) % len(self._targets)]
            with suppress(OSError):
                return await asyncio.open_connection(LOCALHOST, target)
        return None

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # RuntimeError: it was half closed meanwhile.
        with suppress(OSError, RuntimeError):
            while chunk := await reader.read(_CHUNK):
                await self._fair.wait()
                if delay := self._delay(len(chunk)):
                    await asyncio.sleep(delay)
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    def _delay(self, size: int) -> float:
        match self.weather:
            case Weather.SLOW:
                return self._chance.uniform(0.05, 0.3)
            case Weather.THIN:
                return size / _THIN_BYTES_PER_S
        return 0

    async def end(self) -> None:
        """Closes what is open."""
        for task in tuple(self._passing):
            task.cancel()
        for writer in tuple(self._open):
            _end(writer, reset=False)


class Ways:
    """The proxies, by the name of the way that each stands in."""

    def __init__(self, ports: Mapping[str, int], process: Process) -> None:
        self.ports = ports
        self._process = process

    def change(self, way: str, weather: Weather) -> None:
        """Lets it be like this there from now on."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{json.dumps([way, weather])}\n".encode())

    def clear(self) -> None:
        """Lets it be fair everywhere."""
        for way in self.ports:
            self.change(way, Weather.FAIR)


@asynccontextmanager
async def running_ways(ways: Mapping[str, tuple[int, Sequence[int]]], seed: int) -> AsyncIterator[Ways]:
    """Serves (port, targets) by the name of a way, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.faults.proxy",
        json.dumps([ways, seed]),
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the proxies have no pipes")
    try:
        if not await process.stdout.readline():
            raise RuntimeError("the proxies did not start")
        yield Ways({way: port for way, (port, _) in ways.items()}, process)
    finally:
        process.stdin.close()
        await process.wait()


async def serve_ways(ways: Mapping[str, tuple[int, Sequence[int]]], seed: int) -> None:
    """Serves until the other side of standard input is closed; each line of it is a way and its weather."""
    chance = random.Random(seed)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with AsyncExitStack() as stack:
        proxies = {
            way: await stack.enter_async_context(running_proxy(port, targets, chance))
            for way, (port, targets) in ways.items()
        }
        print("ready", flush=True)
        while order := await orders.readline():
            way, weather = json.loads(order)
            proxies[way].change(Weather(weather))


@asynccontextmanager
async def running_proxy(port: int, targets: Sequence[int], chance: random.Random) -> AsyncIterator[Proxy]:
    """Serves until the block ends."""
    proxy = Proxy(port, targets, chance)
    server = await asyncio.start_server(proxy.serve, LOCALHOST, port)
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()


def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    with suppress(OSError, RuntimeError):
        if reset and (plug := writer.get_extra_info("socket")) is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        else:
            writer.close()


if __name__ == "__main__":
    asyncio.run(serve_ways(*json.loads(sys.argv[1])))
