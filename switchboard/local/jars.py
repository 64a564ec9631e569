"""Kafka's jars: fetched by Maven coordinate, kept only when their checksum is the one in `kafka-jars.lock`.

`python -m switchboard.local.jars` writes the lock file anew from KAFKA and LOGGING (`make lock` does).
"""

import asyncio
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from switchboard.errors import SwitchboardError
from switchboard.progress import Tell

KAFKA = "org.apache.kafka:kafka_2.13:4.3.0"
# Kafka brings no logger of its own: without one it ends in silence when it cannot start.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
LOCK_FILE = Path(__file__).with_name("kafka-jars.lock")
DOWNLOADS_AT_A_TIME = 4
SOCKET_SECONDS = 60


@dataclass(frozen=True)
class Jar:
    """One line of the lock file: `group:artifact:version sha256`."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """What the repository and our folder call it."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_lock_file() -> list[Jar]:
    """The jars of one broker, in the order they stand on its class path."""
    return [Jar(*line.split()) for line in LOCK_FILE.read_text().splitlines()]


async def fetch_jars(folder: Path, scratch: Path, tell: Tell) -> list[Path]:
    """The paths of all locked jars in `folder`; those missing are downloaded, by way of `scratch`.

    Raises SwitchboardError where one cannot be had, or is not the one that was locked.
    """
    jars = read_lock_file()
    missing = [jar for jar in jars if not (folder / jar.file_name).exists()]
    if missing:
        if authorities := os.environ.get("SSL_CERT_FILE"):  # as uv and pip do; jgo's client only knows its own variable
            os.environ.setdefault("REQUESTS_CA_BUNDLE", authorities)
        turns = asyncio.Semaphore(DOWNLOADS_AT_A_TIME)
        fetched = count(1)

        async def fetch(jar: Jar) -> None:
            async with turns:
                await asyncio.to_thread(_download, jar, folder, scratch)
            tell(f"{next(fetched)} of {len(missing)} files")

        await asyncio.gather(*(fetch(jar) for jar in missing))
    return [folder / jar.file_name for jar in jars]


def _download(jar: Jar, folder: Path, scratch: Path) -> None:
    # Imported where it is needed: with the jars in place jgo is not.
    from jgo.maven import MavenContext  # noqa: PLC0415

    # jgo only warns of a checksum that it fetched beside the file; ours is the judge.
    logging.getLogger("jgo").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(dir=scratch) as downloads:
        context = MavenContext(repo_cache=Path(downloads), timeout=SOCKET_SECONDS)
        group, artifact, version = jar.coordinate.split(":")
        try:
            path = context.project(group, artifact).at_version(version).artifact().resolve()
        except (OSError, RuntimeError) as error:
            raise SwitchboardError(f"Could not download {jar.coordinate}: {error}") from error
        check(jar, path)
        path.rename(folder / jar.file_name)


def check(jar: Jar, path: Path) -> None:
    """Raises SwitchboardError unless the file at `path` is the one that was locked."""
    found = _sha256(path)
    if found != jar.sha256:
        raise SwitchboardError(
            f"{jar.file_name} is not the file that {LOCK_FILE.name} names: expected sha256 {jar.sha256}, got {found}. "
            "It was not kept; try again, or from another network."
        )


def write_lock_file() -> None:
    """Resolve KAFKA and LOGGING with all they stand on, and lock what the repository holds today."""
    import jgo  # noqa: PLC0415

    lines = [
        f"{artifact.groupId}:{artifact.artifactId}:{artifact.version} {_sha256(artifact.resolve())}"
        for artifact in jgo.resolve(f"{KAFKA}+{LOGGING}")
    ]
    LOCK_FILE.write_text("\n".join(sorted(lines)) + "\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    write_lock_file()
