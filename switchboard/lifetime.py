"""Run until told to stop, and clean up then."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_until_stopped(main: Coroutine[Any, Any, Result]) -> Result | None:
    """`asyncio.run`, but Ctrl-C, SIGTERM or a closed terminal cancel `main`, which then has time to clean up.

    Returns None when it was stopped. A second signal interrupts the clean-up.
    """

    async def run_stoppable() -> Result | None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("asyncio.run always makes a task")
        for sign in ENDING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
        try:
            return await main
        except asyncio.CancelledError:
            return None

    return asyncio.run(run_stoppable())
