"""What each person's main journey takes: `python -m bench.journeys`.

Runs the browser test that walks them, as often as asked. Taps, fields and strokes are the same each time. Seconds are
what browser and pages take between them: nobody thinks, reads or looks for a key.
"""

import argparse
import statistics
import sys
from collections import defaultdict

import pytest

from bench.machine import describe_machine
from tests.browser.walking import Taken, walked_in

_WALKED = "tests/browser/test_journeys.py"


class Noting:
    """A plugin of pytest that keeps what was walked."""

    def __init__(self) -> None:
        self.walked: dict[tuple[str, int], list[Taken]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each part of each test; a test's own part has all that it noted."""
        for taken in walked_in(report):
            self.walked[taken.journey, taken.width].append(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    noting = Noting()
    for _ in range(rounds):
        if code := pytest.main(["--quiet", "--no-summary", "--no-header", _WALKED], plugins=[noting]):
            sys.exit(code)
    print(f"\n{describe_machine('playwright')}; {rounds} rounds\n")
    print("| journey | width | taps | fields | keys | seconds (least, most) |\n| --- | --- | --- | --- | --- | --- |")
    for (journey, width), taken in sorted(noting.walked.items()):
        seconds, one = [each.seconds for each in taken], taken[0]
        spread = f"{statistics.median(seconds):.1f} ({min(seconds):.1f}, {max(seconds):.1f})"
        print(f"| {journey} | {width} | {one.taps} | {one.fields} | {one.strokes} | {spread} |")


if __name__ == "__main__":
    main()
