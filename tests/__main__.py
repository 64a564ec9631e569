"""`python -m tests`: every test. Those that meet one service or none run two at a time; storms have the machine alone.

Arguments go to pytest, such as `-k waves`.
"""

import subprocess
import sys

import pytest

SIDE_BY_SIDE = ("tests/unit", "tests/contract", "tests/integration", "tests/browser")
ALONE = ("tests/e2e", "tests/faults")


def main(arguments: list[str]) -> int:
    """Runs both parts, whatever the first says. Returns pytest's exit code: of the first that failed, or that ran."""
    codes = [
        _run("--numprocesses", "2", "--dist", "loadfile", *SIDE_BY_SIDE, *arguments),
        _run(*ALONE, *arguments),
    ]
    # Where a part has no test of the name that was asked for, the other decides.
    ran = [code for code in codes if code != pytest.ExitCode.NO_TESTS_COLLECTED] or codes
    return next((code for code in ran if code), 0)


def _run(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - what who runs the tests typed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
