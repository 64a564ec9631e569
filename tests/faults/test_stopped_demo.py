"""Whichever way the demo ends, nothing of it is left, and the next one starts."""

import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, create_subprocess_exec

import psutil
import pytest

from switchboard.local.folders import CHECKOUT
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("sign", "exit_code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0), (signal.SIGINT, 0)]
)
async def test_no_child_outlives_the_demo(sign: signal.Signals, exit_code: int) -> None:
    demo = await create_subprocess_exec(
        *(sys.executable, "-m", "switchboard", "demo"), cwd=CHECKOUT, stdout=PIPE, stderr=STDOUT
    )
    assert demo.stdout is not None
    said = await demo.stdout.readuntil(b"hours are seconds")
    children = psutil.Process(demo.pid).children(recursive=True)
    assert len(children) >= len(["kafka", "postgres", "sinks", "intake", "matcher", "notifier"]), said.decode()

    demo.send_signal(sign)
    await demo.communicate()
    assert demo.returncode == exit_code

    async def all_gone() -> bool:
        return not [child for child in children if is_alive(child)]

    await eventually(all_gone)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False
