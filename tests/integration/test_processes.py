"""`ChildProcess` and `HttpProcess`, which the demo, the fault tests and the bench stand on."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from switchboard.local.ports import find_free_port
from switchboard.processes import ChildProcess, HttpProcess, ProcessError, end_leftovers, running, running_together
from tests.waiting import WITHIN_SECONDS, eventually

# Ready when asked the third time; says goodbye on SIGTERM.
SERVER = """
import http.server, signal, sys

asked = 0

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += 1
        self.send_response(200 if asked >= 3 else 503)
        self.end_headers()

def stop(*_):
    print("goodbye", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""


def make_server(folder: Path, name: str = "server") -> HttpProcess:
    (folder / "server_program.py").write_text(SERVER)
    port = find_free_port()
    return HttpProcess(name, ["server_program", str(port)], port, {"PYTHONPATH": str(folder)}, folder / f"{name}.log")


def pid_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.pid"))


async def test_it_is_ready_when_it_says_so_and_stops_when_asked(tmp_path: Path) -> None:
    server = make_server(tmp_path)
    async with running(server):
        assert server.running
        first = server.pid
        await server.restart()
        assert server.pid != first
    assert server.exit_code == 0
    assert server.log_path.read_text().count("goodbye") == 2
    assert pid_files(tmp_path) == []


async def test_processes_run_together(tmp_path: Path) -> None:
    both = [make_server(tmp_path, "one"), make_server(tmp_path, "two")]
    async with running_together(both):
        assert [await process.is_ready() for process in both] == [True, True]
    assert [process.exit_code for process in both] == [0, 0]


async def test_a_paused_process_stands_still_until_it_is_resumed(tmp_path: Path) -> None:
    async with running(make_server(tmp_path)) as server:
        server.pause()

        async def is_stopped() -> bool:
            return bool(psutil.Process(server.pid).status() == psutil.STATUS_STOPPED)

        await eventually(is_stopped)
        server.resume()
        await server.wait_ready()
        server.pause()
    assert server.exit_code == 0  # stopping resumes it first


async def test_one_that_ends_too_soon_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    failing = ChildProcess("failing", command, {}, tmp_path / "failing.log")
    with pytest.raises(ProcessError, match=r"failing ended with exit code 1\..*no such thing"):
        await failing.run(WITHIN_SECONDS)


async def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = ChildProcess("deaf", [sys.executable, "-c", DEAF], {}, tmp_path / "deaf.log")
    deaf.start()

    async def is_deaf() -> bool:
        return "deaf" in deaf.log_path.read_text()

    await eventually(is_deaf)
    await deaf.stop(within=0.1)
    assert deaf.exit_code == -signal.SIGKILL


async def test_what_a_killed_run_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    left = ChildProcess("left", [sys.executable, "-c", DEAF], {}, tmp_path / "left.log")
    left.start()
    # A number that was given to another process since: ours.
    (tmp_path / "reused.pid").write_text(f"{os.getpid()} 1.0")
    end_leftovers(tmp_path)
    assert not left.running
    assert pid_files(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root changes no user")
async def test_another_user_still_finds_its_programs_below_a_folder_of_roots_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    program = home / "program"
    program.write_text("#!/bin/sh\nexec id -u\n")
    program.chmod(0o755)
    # As PostgreSQL looks before it runs: by access(2), which minds the real user.
    looks = "import os, sys; sys.exit(not os.access(sys.argv[1], os.R_OK | os.X_OK) or os.getuid() == 0)"
    command = [sys._base_executable, "-c", looks, program]  # type: ignore[attr-defined]  # noqa: SLF001
    await ChildProcess("look", command, {}, tmp_path / "look.log", user="nobody").run(WITHIN_SECONDS)
    await ChildProcess("program", [program], {"PATH": os.defpath}, tmp_path / "program.log", user="nobody").run(
        WITHIN_SECONDS
    )
    assert (tmp_path / "program.log").read_text().strip() not in {"", "0"}
