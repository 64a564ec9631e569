"""Brings a service's database to the shape its code expects: plain SQL files, applied by pogo."""

import logging
from importlib import resources
from pathlib import Path

import asyncpg
from pogo_core.util import migrate as pogo

_LOCK = 7_041_001
"""Two copies that start together take turns."""


async def migrate(database_url: str, service: str) -> None:
    """Applies what is missing of the runtime's and the service's own migrations. Safe to repeat and to race."""
    logging.getLogger("pogo_core").setLevel(logging.ERROR)  # it warns of each step that it takes
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        for package in ("services.runtime", f"services.{service}"):
            folder = Path(str(resources.files(package).joinpath("migrations")))
            await pogo.apply(connection, folder, schema_name=package)
    finally:
        await connection.close()
