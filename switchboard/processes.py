"""Child processes that are started, watched, and never left behind: one class for the demo, tests, faults and bench."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil

from switchboard import leash
from switchboard.errors import SwitchboardError

LOCALHOST = "127.0.0.1"
POLL_SECONDS = 0.02
PROBE_SECONDS = 5.0
KILL_SECONDS = 5.0
LOG_TAIL_LINES = 8


class ProcessError(SwitchboardError):
    """A child process ended, or did not become ready in time."""


class ChildProcess:
    """A command of ours with its log in a file. It dies with us, whichever way we die.

    Start it from the main thread: on Linux the child is tied to the thread that started it.
    It has a session of its own, so that Ctrl-C reaches us alone and we stop the children in order.
    """

    stop_signal = signal.SIGTERM
    death_signal = signal.SIGKILL

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        env: Mapping[str, str],
        log_path: Path,
        *,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.env = dict(env)
        self.log_path = log_path
        self.user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Raises ProcessError before the first start."""
        if self._process is None:
            raise ProcessError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Paused counts as running."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Spawn it, appending to its log; `wait_ready` tells when it can be used."""
        if self.running:
            raise ProcessError(f"{self.name} runs already")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        on_leash = [sys.executable, "-I", "-S", leash.__file__]
        on_leash += [str(int(self.death_signal)), str(os.getpid()), self.user or "-"]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - only commands of our own get here
                [*on_leash, *self.command],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._pid_path.write_text(f"{self.pid} {psutil.Process(self.pid).create_time()}")

    async def stop(self, within: float = 30.0) -> None:
        """Ask it to stop; after `within` seconds, kill it. Nothing happens where it does not run."""
        if self.running:
            self._signal_tree(signal.SIGCONT)
            os.kill(self.pid, self.stop_signal)
            await self._ended(within)
        self.kill()

    def kill(self) -> None:
        """SIGKILL, children of its own included, as a crash or an out-of-memory kill would."""
        if self.running:
            self._signal_tree(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._pid_path.unlink(missing_ok=True)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): alive to the kernel, silent to everyone else."""
        self._signal_tree(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal_tree(signal.SIGCONT)

    async def is_ready(self) -> bool:
        """Whether it can be used now; a command that nothing more is known of can be, as soon as it runs."""
        return self.running

    async def wait_ready(self, within: float = 120.0) -> None:
        """Poll `is_ready`. Raises ProcessError when the process ends first, or after `within` seconds."""
        deadline = time.monotonic() + within
        while not await self.is_ready():
            if not self.running:
                raise self._failure(f"ended with exit code {self.exit_code}")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {within:.0f} s")
            await asyncio.sleep(POLL_SECONDS)

    async def restart(self) -> None:
        """Stop it gracefully, start it, and wait until it is ready."""
        await self.stop()
        self.start()
        await self.wait_ready()

    async def run(self, within: float) -> None:
        """Start it and wait for its end. Raises ProcessError unless it ends with 0 and `within` seconds."""
        self.start()
        try:
            if not await self._ended(within):
                raise self._failure(f"did not end within {within:.0f} s")
            if self.exit_code != 0:
                raise self._failure(f"ended with exit code {self.exit_code}")
        finally:
            self.kill()

    async def _ended(self, within: float) -> bool:
        deadline = time.monotonic() + within
        while self.running:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True

    @property
    def _pid_path(self) -> Path:
        return self.log_path.with_suffix(".pid")

    def _signal_tree(self, sign: signal.Signals) -> None:
        _signal_tree(psutil.Process(self.pid), sign)

    def _failure(self, what: str) -> ProcessError:
        lines = self.log_path.read_text(errors="replace").splitlines()
        tail = " | ".join(line.strip() for line in lines[-LOG_TAIL_LINES:] if line.strip())
        return ProcessError(f"{self.name} {what}. Its log, {self.log_path}, ends with: {tail or '(nothing)'}")


ProcessT = TypeVar("ProcessT", bound=ChildProcess)


class HttpProcess(ChildProcess):
    """A program of ours that answers `/health/ready` on a port of 127.0.0.1."""

    def __init__(self, name: str, arguments: Sequence[str], port: int, env: Mapping[str, str], log_path: Path) -> None:
        super().__init__(name, [sys.executable, "-m", *arguments], env, log_path)
        self.port = port
        self.url = f"http://{LOCALHOST}:{port}"

    async def is_ready(self) -> bool:
        """Whether it answers 200."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(LOCALHOST, self.port)
                writer.write(b"GET /health/ready HTTP/1.0\r\n\r\n")
                status_line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return b" 200 " in status_line


class ServiceProcess(HttpProcess):
    """`switchboard run <name>` with `env` as its whole environment, `<NAME>_PORT` among it."""

    def __init__(self, name: str, env: Mapping[str, str], log_path: Path) -> None:
        super().__init__(name, ["switchboard", "run", name], int(env[f"{name.upper()}_PORT"]), env, log_path)


@asynccontextmanager
async def running(process: ProcessT) -> AsyncIterator[ProcessT]:
    """Start it, wait until it is ready, and stop it when the block ends."""
    process.start()
    try:
        await process.wait_ready()
        yield process
    finally:
        await process.stop()


@asynccontextmanager
async def running_together(processes: Sequence[ChildProcess]) -> AsyncIterator[None]:
    """Start all, wait until all are ready, and stop all at once when the block ends."""
    try:
        for process in processes:
            process.start()
        await asyncio.gather(*(process.wait_ready() for process in processes))
        yield
    finally:
        await asyncio.gather(*(process.stop() for process in processes))


def end_leftovers(folder: Path) -> None:
    """Kill what a killed run left in `folder`, by its pid files. Call it only while holding the folder's lock."""
    for pid_path in folder.rglob("*.pid"):
        if pid_path.name == "postmaster.pid":  # PostgreSQL's own
            continue
        pid, _, created = pid_path.read_text().partition(" ")
        try:
            process = psutil.Process(int(pid))
            if process.create_time() == float(created):  # else the number was given to another process since
                psutil.wait_procs(_signal_tree(process, signal.SIGKILL), timeout=KILL_SECONDS)
        except (psutil.NoSuchProcess, ValueError):
            pass
        pid_path.unlink(missing_ok=True)


def _signal_tree(process: psutil.Process, sign: signal.Signals) -> list[psutil.Process]:
    try:
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    for member in tree:
        with suppress(psutil.NoSuchProcess):
            member.send_signal(sign)
    return tree
