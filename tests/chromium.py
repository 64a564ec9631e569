"""A Chromium for the browser tests. `python -m tests.chromium` finds one, or installs one.

Its headless shell is taken first: the same engine without a browser's windows around it, at half of the work.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from switchboard.errors import SwitchboardError

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = NAMES[:2]


def find_chromium() -> str:
    """The path of a Chromium that runs: `CHROMIUM`, one on the PATH, or playwright's own.

    Raises SwitchboardError where there is none.
    """
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    for path in candidates:
        if path and _runs(path):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if _runs(own):
        return own
    raise SwitchboardError(
        "No Chromium was found and none could be installed. Install one, or name one: CHROMIUM=/path/to/chromium"
    )


def install_chromium() -> None:
    """From the system's packages where we may, else playwright's own build. May fail; `find_chromium` tells."""
    apt_get = shutil.which("apt-get") if os.geteuid() == 0 else None
    if apt_get:
        # A mirror that does not answer must not keep the tests waiting for long.
        options = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "--quiet")
        _run([apt_get, *options, "update"])
        any(_run([apt_get, *options, "install", "--yes", "--no-install-recommends", name]) for name in PACKAGES)
    if not any(map(shutil.which, NAMES)):
        _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _runs(path: str) -> bool:
    # Ubuntu's chromium-browser is there without being there: it asks for a snap.
    return Path(path).exists() and _run([path, "--version"], quiet=True)


def _run(command: list[str], *, quiet: bool = False) -> bool:
    return subprocess.run(command, capture_output=quiet, check=False).returncode == 0  # noqa: S603 - see the callers


def main() -> None:
    """Leave with a Chromium that runs, or with one line that says what to do."""
    try:
        find_chromium()
    except SwitchboardError:
        sys.stdout.write("Installing Chromium for the browser tests (once) ...\n")
        sys.stdout.flush()
        install_chromium()
        try:
            find_chromium()
        except SwitchboardError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
