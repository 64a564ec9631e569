"""`python -m bench.notify`: messages a second, and how soon, ours beside Procrastinate; a pause; a long run.

From the moment an event is due to be published (or a job to be deferred) to the moment a real SMTP server, or an API
that speaks like Twilio's, has taken the message. Seven in ten are emails, three in ten texts; a quarter is in Spanish.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import describe_machine
from bench.notify.contestants import Contestant, running_ours, running_procrastinate
from bench.notify.load import invent_partners
from bench.notify.measuring import Ledger, Measure, Round
from switchboard.local.folders import claimed_run_folder
from switchboard.local.ports import find_free_port
from switchboard.processes import HttpProcess, running
from switchboard.up import running_switchboard

SEED, RATES = 20261126, (20.0, 100.0, 400.0)
_PATIENCE_S = 300.0


@dataclass
class Arena:
    """Everything that runs."""

    measure: Measure
    contestants: Sequence[Contestant]
    receivers: HttpProcess


@asynccontextmanager
async def running_arena(folder: Path) -> AsyncIterator[Arena]:
    """Parts, services, receivers and both contestants, until the block ends."""
    chance = random.Random(SEED)
    smtp_port, http_port = find_free_port(), find_free_port()
    ledger = folder / "ledger"
    arguments = ["bench.notify.receivers", "--ledger", str(ledger)]
    arguments += ["--smtp-port", str(smtp_port), "--http-port", str(http_port)]
    receivers = HttpProcess("receivers", arguments, http_port, dict(os.environ), folder / "logs" / "receivers.log")
    named = {
        "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "SMS_API_URL": f"http://127.0.0.1:{http_port}",
        "QUIET_HOURS": "off",
        "OFFER_WINDOW_MINUTES": "0",
        "LOG_LEVEL": "WARNING",
    }
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(receivers))
        run = await stack.enter_async_context(running_switchboard(folder, named))
        ours = await stack.enter_async_context(running_ours(run))
        theirs = await stack.enter_async_context(running_procrastinate(run))
        partners = invent_partners(chance)
        await ours.tell_of(partners)
        assert run.parts.kafka is not None
        assert run.parts.postgres is not None
        watched = {
            "intake": run.intake.pid,
            "matcher": run.matcher.pid,
            "kafka": run.parts.kafka.pid,
            "postgresql": run.parts.postgres.pid,
            "receivers": receivers.pid,
        }
        yield Arena(Measure(Ledger(ledger), partners, chance, watched), [ours, theirs], receivers)


async def measure(given: argparse.Namespace) -> None:
    """Everything that was asked for, in order."""
    print(describe_machine("procrastinate", "aiosmtplib", "aiosmtpd"))
    with claimed_run_folder("bench-notify", fresh=True) as folder:
        async with running_arena(folder) as arena:
            for contestant in arena.contestants:
                await arena.measure.at_rate(contestant, 20, 5, 60)
            for rate in given.rates:
                for contestant in arena.contestants:
                    rounds = [
                        await arena.measure.at_rate(contestant, rate, given.seconds, _PATIENCE_S)
                        for _ in range(given.rounds)
                    ]
                    _print_rounds(f"{contestant.name}, {rate:.0f} a second for {given.seconds:.0f} s", rounds)
            for contestant in arena.contestants:
                rounds = [
                    await arena.measure.all_at_once(contestant, given.ceiling, _PATIENCE_S) for _ in range(given.rounds)
                ]
                _print_rounds(f"{contestant.name}, {given.ceiling} at once", rounds)
            if given.pause:
                for contestant in arena.contestants:
                    await _pause(arena, contestant, given.pause)
            if given.sustained:
                ours = arena.contestants[0]
                long = await arena.measure.at_rate(ours, given.sustained, given.sustained_for, _PATIENCE_S)
                _print_rounds(f"{ours.name}, {given.sustained:.0f} a second for {given.sustained_for:.0f} s", [long])


async def _pause(arena: Arena, contestant: Contestant, seconds: float) -> None:
    """The providers take nothing for a while, as 100 messages a second come in."""
    rate = 100.0
    running_load = asyncio.create_task(arena.measure.at_rate(contestant, rate, seconds + 10, _PATIENCE_S))
    await asyncio.sleep(5)
    os.kill(arena.receivers.pid, signal.SIGUSR1)
    await asyncio.sleep(seconds)
    os.kill(arena.receivers.pid, signal.SIGUSR2)
    held = await running_load
    ended_by = held.last_taken - (min(held.due.values()) + 5 + seconds)
    _print_rounds(f"{contestant.name}, providers closed for {seconds:.0f} s at {rate:.0f} a second", [held])
    print(f"    the last was taken {ended_by:.1f} s after they opened")


def _print_rounds(name: str, rounds: Sequence[Round]) -> None:
    figures = {
        "taken a second": [one.per_second for one in rounds],
        "p50, ms": [1000 * one.latency(0.5) for one in rounds],
        "p95, ms": [1000 * one.latency(0.95) for one in rounds],
        "p99, ms": [1000 * one.latency(0.99) for one in rounds],
    }
    print(f"{name}: " + "; ".join(f"{what} {_spread(values)}" for what, values in figures.items()))
    print(
        f"    missing {sum(one.missing for one in rounds)}, doubled {sum(one.doubled for one in rounds)}; cores: "
        + ", ".join(f"{process} {cores:.2f}" for process, cores in rounds[-1].cores.items()),
        flush=True,
    )


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}, {max(values):.0f})"


def main() -> None:
    """Measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="*", default=RATES, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ceiling", type=int, default=10_000, help="messages handed over at once")
    parser.add_argument("--pause", type=float, default=60, help="seconds for which the providers take nothing")
    parser.add_argument(
        "--sustained", type=float, default=0, help="messages a second of ours in the long run; none without it"
    )
    parser.add_argument("--sustained-for", type=float, default=600, help="seconds")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
