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

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A mirror that does not answer must not keep the tests from a Chromium that is there.
APT_GET = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20")


def find_chromium() -> str:
    """The path of a Chromium that runs: `CHROMIUM`, a headless shell, one on the PATH, or playwright's own.

    Raises SwitchboardError where there is none.
    """
    found = os.environ.get("CHROMIUM") or find_shell() or _find_whole()
    if found and _runs(found):
        return found
    raise SwitchboardError(
        "No Chromium was found and none could be installed. Install one, or name one: CHROMIUM=/path/to/chromium"
    )


def find_shell() -> str | None:
    """The path of a headless shell that runs, the system's or playwright's own."""
    on_path = shutil.which(SHELL)
    if on_path and _runs(on_path):
        return on_path
    own = Path(_playwrights_own()).parents[2].glob("chromium_headless_shell-*/*/*headless*shell")
    return next((path for path in map(str, own) if _runs(path)), None)


def install_chromium() -> None:
    """From the system's packages where we may, else playwright's own build. May fail; `find_chromium` tells."""
    apt_get = shutil.which("apt-get") if os.geteuid() == 0 else None
    if apt_get:
        _run([apt_get, *APT_GET, "update", "--quiet"])
        _run([apt_get, *APT_GET, "install", "--yes", "--quiet", "--no-install-recommends", SHELL])
    if find_shell() is None:
        _run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"])
    if apt_get and find_shell() is None and _find_whole() is None:
        _run([apt_get, *APT_GET, "install", "--yes", "--quiet", "--no-install-recommends", "chromium"])


def _find_whole() -> str | None:
    candidates = (*map(shutil.which, NAMES), _playwrights_own())
    return next((path for path in candidates if path and _runs(path)), None)


def _playwrights_own() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


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
