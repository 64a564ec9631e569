"""`python -m tests`: every test, three at a time, for they wait more than they work.

Storms, in which it matters when things happen, have the machine alone. Arguments go to pytest, such as `-k waves`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

# The longest first: else few of them would come last, each with the other processes idle beside it.
FIRST = ("tests/faults", "tests/browser", "tests/e2e", "tests/integration")
ALONE = ("tests/faults/test_checker.py", "tests/faults/test_burst.py", "tests/faults/test_storm.py")


def main(arguments: list[str]) -> int:
    """Runs both parts, whatever the first says. Returns pytest's exit code: of the first that failed, or that ran."""
    rest = sorted({str(Path(*file.parts[:2])) for file in Path("tests").glob("*/**/test_*.py")} - {*FIRST})
    shared = ("--numprocesses", "3", "--dist", "loadfile", "--no-loadscope-reorder", *FIRST, *rest)
    codes = [_run(*shared, *(f"--ignore={one}" for one in ALONE), *arguments), _run(*ALONE, *arguments)]
    # Where a part has no test of the name that was asked for, the other decides.
    ran = [code for code in codes if code != pytest.ExitCode.NO_TESTS_COLLECTED] or codes
    return next((code for code in ran if code), 0)


def _run(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - what who runs the tests typed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
