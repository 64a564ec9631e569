"""The engines side by side: each in a process of its own, asked in turn, held to the same answers."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations
from multiprocessing import get_context
from typing import Any

from bench.matching.measuring import Answer, Built, Order, Task, serve

SAME_SCORE = 1e-9
"""Scores that differ by less are one: engines add the same numbers in another order."""


class Disagreement(Exception):
    """Two engines found other partners for the same need."""


@dataclass
class Result:
    """What one engine did. `rounds` are seconds by need, `updates` seconds by update."""

    task: Task
    built: Built
    answers: Sequence[Answer] = ()
    rounds: list[list[float]] = field(default_factory=list)
    updates: Sequence[float] = ()


class EngineProcess:
    """An engine that is told what to do, and has built its nation when this returns."""

    def __init__(self, task: Task) -> None:
        context = get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(task, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.result = Result(task, self._orders.recv())

    def tell(self, order: Order) -> Any:  # noqa: ANN401 - what the order says
        """Does it, and returns what came of it; raises EOFError where the process ended instead."""
        self._orders.send(order)
        return self._orders.recv()

    def stop(self) -> None:
        """Ends it, and what it started."""
        self._orders.send(Order.STOP)
        self._process.join()


def _run(task: Task, orders: Any) -> None:  # noqa: ANN401 - a connection's type depends on the system
    asyncio.run(serve(task, orders))


def compete(tasks: Sequence[Task], rounds: int, say: Callable[[str], None]) -> list[Result]:
    """Measures all engines over the same partners and needs. Raises Disagreement."""
    with ExitStack() as stack, ThreadPoolExecutor(os.cpu_count()) as builders:
        # As many at a time as there are cores: a million partners take each of them minutes.
        building = [builders.submit(EngineProcess, task) for task in tasks]
        engines = [one.result() for one in building]
        for engine in engines:
            stack.callback(engine.stop)
        for engine in engines:
            task, built = engine.result.task, engine.result.built
            say(f"{task.engine} has {task.partners:,} partners: {built.seconds:.1f} s, {built.memory / 1e6:,.0f} MB")
        for engine in engines:
            say(f"answers of {engine.result.task.engine}")
            engine.result.answers = engine.tell(Order.ANSWER)
        compare([engine.result for engine in engines])
        for number in range(rounds):
            say(f"round {number + 1}")
            for engine in engines:
                engine.result.rounds.append(engine.tell(Order.TIME_NEEDS))
        results = [engine.result for engine in engines]
        for engine in engines:
            say(f"updates of {engine.result.task.engine}")
            engine.result.updates = engine.tell(Order.TIME_UPDATES)
        compare([Result(engine.result.task, engine.result.built, engine.tell(Order.ANSWER)) for engine in engines])
        return results


def compare(results: Sequence[Result]) -> None:
    """Raises Disagreement where two engines found other partners for a need that both were asked about."""
    for first, second in combinations(results, 2):
        for number, (one, two) in enumerate(zip(first.answers, second.answers, strict=False)):
            where = f"need {number} of {first.task.partners:,} partners: {first.task.engine} and {second.task.engine}"
            if one.digest != two.digest:
                raise Disagreement(f"{where} found {one.hits} and {two.hits} partners, not the same")
            if one.scores and two.scores and not _are_alike(one.scores, two.scores):
                raise Disagreement(f"{where} ranked the same partners otherwise: {one.scores} and {two.scores}")


def _are_alike(one: Sequence[float], two: Sequence[float]) -> bool:
    return len(one) == len(two) and all(abs(a - b) < SAME_SCORE for a, b in zip(one, two, strict=True))
