"""A database with a role of its own, made on a server where we may."""

import secrets
from urllib.parse import urlsplit

import asyncpg


async def create_database(admin_url: str, name: str) -> str:
    """Make the database `name` and the role `name` that owns it; return the URL to connect with.

    Both may be there already: the role then gets a new password, and the data stays.
    """
    password = secrets.token_urlsafe(24)
    connection = await asyncpg.connect(admin_url)
    try:
        if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name) is None:
            await connection.execute(f'CREATE ROLE "{name}" LOGIN')
        await connection.execute(f"ALTER ROLE \"{name}\" PASSWORD '{password}'")
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name) is None:
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
            await connection.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
    finally:
        await connection.close()
    server = urlsplit(admin_url)
    return f"postgresql://{name}:{password}@{server.hostname}:{server.port}/{name}"


async def drop_database(admin_url: str, name: str) -> None:
    """Drop what `create_database` made, whoever is still connected."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    finally:
        await connection.close()
