"""Where the local stack keeps what it downloads and what a run leaves: one folder, that `make clean` removes."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from switchboard.processes import end_leftovers

CHECKOUT = Path(__file__).resolve().parents[2]


def find_home() -> Path:
    """`SWITCHBOARD_HOME`, or `.switchboard` in the checkout."""
    return Path(os.environ.get("SWITCHBOARD_HOME") or CHECKOUT / ".switchboard").resolve()


def make_parts_folder(name: str) -> Path:
    """A folder for what every run shares, such as Kafka's jars."""
    folder = find_home() / "parts" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def claimed_run_folder(kind: str, *, fresh: bool) -> Iterator[Path]:
    """The first `runs/<kind>-<n>` that no living process holds, ours until the block ends.

    What a killed run left running there is ended first. `fresh` empties the folder.
    """
    runs = find_home() / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        folder = runs / f"{kind}-{number}"
        with (runs / f"{kind}-{number}.lock").open("w") as lock:
            if not _try_lock(lock):
                continue
            if fresh:
                empty_folder(folder)
            else:
                end_leftovers(folder)
            folder.mkdir(exist_ok=True)
            yield folder
            return


@asynccontextmanager
async def exclusive(lock_path: Path) -> AsyncIterator[None]:
    """Wait for our turn among processes that prepare the same folder."""
    with lock_path.open("w") as lock:
        while not _try_lock(lock):  # noqa: ASYNC110 - another process holds it, no Event of ours can tell
            await asyncio.sleep(0.1)
        yield


def empty_folder(folder: Path) -> None:
    """Make it, or empty it; what still runs there is ended. Call it only while holding the lock that guards it."""
    end_leftovers(folder)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def write_secret(path: Path, text: str) -> None:
    """Write `text` where only its owner can read it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
