"""`python -m bench.matching`: engines that find partners, side by side, over the same nation and the same needs.

Each engine has a process of its own. Memory is what that process grew by while it took the partners in (for
PostgreSQL, the table with its indexes); inventing them is in no figure. All have to find the same partners for every
need, before and after the updates, and those that rank have to rank them alike; else it ends with what differs.

PostGIS is not among them: the server that is started here comes from a wheel which has it not.
"""

import argparse
import sys

from bench.machine import describe_machine
from bench.matching.contest import Disagreement, compete
from bench.matching.measuring import ENGINES, Task
from bench.matching.report import render

UPDATES = 1_000


def main() -> None:
    """Prints the table; exit code 1 when engines disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partners", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--needs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(ENGINES), help="engines, with commas between them: %(default)s")
    given = parser.parse_args()
    engines: list[str] = given.only.split(",")
    if unknown := set(engines) - set(ENGINES):
        parser.error(f"there is no engine {', '.join(sorted(unknown))}; the engines are {', '.join(ENGINES)}")
    print(describe_machine("numpy", "pyroaring", "shapely"), flush=True)
    results = []
    for partners in given.partners:
        tasks = [Task(engine, partners, given.needs, UPDATES, given.seed) for engine in engines]
        try:
            results += compete(tasks, given.rounds, lambda said: print(said, file=sys.stderr, flush=True))
        except Disagreement as disagreement:
            sys.exit(str(disagreement))
    print("\n".join(render(results)))


if __name__ == "__main__":
    main()
