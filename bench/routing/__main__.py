"""`python -m bench.routing`: rules of asking, side by side, over the same invented city and the same needs.

The model of how people answer, with all its parameters, is told in `bench/routing/model.py`. Who may be asked, who of
them is the best, what an offer, a claim and an ending are: all that is the matcher's own code, without its database.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from bench.machine import describe_machine
from bench.routing.community import Size, invent_community
from bench.routing.measuring import Figures, measure
from bench.routing.model import Model
from bench.routing.report import render
from bench.routing.routers import all_routers
from bench.routing.simulation import simulate
from services.matcher.policy import load_policy

_VARIED = ("fatigue", "answers", "median_hours", "room")
_OURS_AND_BLAST = 2


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = Size()
    parser.add_argument("--partners", type=int, default=size.partners)
    parser.add_argument("--needs", type=int, default=size.needs)
    parser.add_argument("--weeks", type=int, default=size.weeks)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sensitivity", action="store_true", help="also with each parameter halved and doubled")
    given = parser.parse_args()
    size = Size(given.partners, given.needs, given.weeks)
    print(describe_machine("numpy"))
    print(f"{size.partners} partners, {size.needs:,} needs in {size.weeks} weeks, seeds {given.seeds}: {Model()}\n")
    print("\n".join(render(compare(size, Model(), given.seeds))), flush=True)
    for name, model in vary(Model()) if given.sensitivity else ():
        print(f"\n{name}\n")
        print("\n".join(render(compare(size, model, given.seeds, _OURS_AND_BLAST))), flush=True)


def compare(size: Size, model: Model, seeds: list[int], first: int | None = None) -> dict[str, list[Figures]]:
    """By rule (all, or the first so many), the figures of each seed."""
    routers = all_routers(load_policy())[:first]
    figures: dict[str, list[Figures]] = {router.name: [] for router in routers}
    for seed in seeds:
        community = invent_community(size, model, seed)
        # Found once for all rules, and in no rule's time.
        assert community.fillable is not None
        for router in routers:
            started = time.perf_counter()
            figures[router.name].append(measure(community, simulate(community, router)))
            took = time.perf_counter() - started
            print(f"{router.name}, seed {seed}: {size.needs / took:,.0f} needs a second", file=sys.stderr, flush=True)
    return figures


def vary(model: Model) -> Iterator[tuple[str, Model]]:
    """The model with each of four parameters halved and doubled, and what to call that."""
    for name in _VARIED:
        for word, times in (("halved", 0.5), ("doubled", 2.0)):
            value: float = getattr(model, name)
            # Half the fatigue is half as much less, by its logarithm, for each message.
            changed = value**times if name == "fatigue" else value * times
            yield f"{name} {word}: {changed:.3g}", replace(model, **{name: changed})


if __name__ == "__main__":
    main()
