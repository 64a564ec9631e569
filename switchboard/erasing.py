"""`switchboard family erase`: destroys the key to a family, and shows that nothing is left that tells who it was."""

import asyncio
import gzip
import json
import quopri
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from schemas.topics import DEAD_LETTER_ORIGINS, TOPICS
from services.intake.domain.family import Family
from services.intake.erasing import erase_family, rewrap_keys
from services.intake.settings import IntakeSettings
from services.intake.store import families
from services.intake.store.erasures import ErasureCause
from services.runtime.database import Connection, open_connection
from services.runtime.topics import missing_topics
from switchboard.errors import SwitchboardError
from switchboard.reading import read_to_end

_SHORTEST = 4
"""Shorter texts than this are found everywhere, and tell of nobody."""
_POSTGRES_ARCHIVE, _GZIP = b"PGDMP", b"\x1f\x8b"


@dataclass(frozen=True)
class Traces:
    """What a family would be recognised by. Never printed."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, family: Family) -> "Traces":
        """The name, phone, email, address and notes, each as a whole; the phone also as people write it."""
        told = (family.name, family.phone, family.email, family.address, family.notes, family.partner_notes)
        texts = {one for one in told if one}
        if family.phone:
            digits = family.phone[-10:]
            texts |= {digits, f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"}
        return cls(tuple(sorted(one for one in texts if len(one) >= _SHORTEST)))

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Finds any of them in bytes, as they are, as JSON and as emails write them."""
        forms = {form for one in self.texts for form in (one, json.dumps(one)[1:-1])}
        quoted = {quopri.encodestring(one.encode()).replace(b"=\n", b"") for one in self.texts}
        return re.compile(b"|".join(map(re.escape, {form.encode() for form in forms} | quoted)), re.IGNORECASE)

    @property
    def for_sql(self) -> list[str]:
        """Patterns for ILIKE: as text, and as a column of bytes is shown."""
        escaped = [re.sub(r"([\\%_])", r"\\\1", one) for one in self.texts]
        return [f"%{one}%" for one in (*escaped, *(one.encode().hex() for one in self.texts))]


async def erase(
    need: str, database_urls: Mapping[str, str], places: Sequence[Path], tell: Callable[[str], None]
) -> None:
    """Erases, then searches. Raises SwitchboardError where something is left, or cannot be read.

    Whatever is to be searched is reached first: an erasure that nobody can prove is not begun.
    """
    settings = IntakeSettings()
    missing = [
        f"{name.upper()}_DATABASE_URL" for name in ("intake", "matcher", "notifier") if name not in database_urls
    ]
    if missing:
        raise SwitchboardError(f"nothing was erased: set {', '.join(missing)} too, so that it can be searched")
    for url in database_urls.values():
        async with open_connection(url):
            pass
    await missing_topics(settings.kafka_bootstrap_servers, [])
    async with open_connection(settings.intake_database_url) as connection:
        need_id = await _find(connection, need)
        sealed = await families.read_family(connection, need_id)
        if sealed is None:
            raise SwitchboardError(f"need {need}: its family is erased already")
        traces = Traces.of(await settings.seal.open(sealed, need_id))
        await erase_family(connection, need_id, ErasureCause.ASKED)
    if not traces.texts:
        tell(f"the key to the family of need {need} is destroyed; what it held is too short to be searched for")
        return
    tell(f"the key to the family of need {need} is destroyed")
    found = [f"{name}'s database" for name, url in database_urls.items() if await _in_database(name, url, traces, tell)]
    if await _in_topics(settings.kafka_bootstrap_servers, traces, tell):
        found.append("the topics")
    found += [str(place) for place in places if await asyncio.to_thread(_in_files, place, traces, tell)]
    if found:
        raise SwitchboardError(f"something of the family is left, or could not be read, in: {', '.join(found)}")


async def rewrap() -> int:
    """Wraps all keys under the newest service key. Returns how many."""
    settings = IntakeSettings()
    async with open_connection(settings.intake_database_url) as connection:
        return await rewrap_keys(connection, settings.seal)


async def _find(connection: Connection, need: str) -> UUID:
    found: UUID | None = await connection.fetchval(
        "SELECT need_id FROM needs WHERE reference = $1 OR need_id::text = $1", need
    )
    if found is None:
        raise SwitchboardError(f"there is no need {need}; write its six digits, or its id")
    return found


async def _in_database(name: str, url: str, traces: Traces, tell: Callable[[str], None]) -> int:
    async with open_connection(url) as connection:
        tables = await connection.fetch(
            "SELECT quote_ident(nspname) || '.' || quote_ident(relname) AS name FROM pg_class "
            "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
        )
        rows = found = 0
        for table in tables:
            [counts] = await connection.fetch(
                f"SELECT count(*) AS rows, count(*) FILTER (WHERE t::text ILIKE ANY($1::text[])) AS found "  # noqa: S608
                f"FROM {table['name']} AS t",  # a name that the database itself gave, quoted
                traces.for_sql,
            )
            rows, found = rows + counts["rows"], found + counts["found"]
    tell(f"{name}'s database: {rows} rows in {len(tables)} tables, {found} with something of the family")
    return found


async def _in_topics(bootstrap_servers: str, traces: Traces, tell: Callable[[str], None]) -> int:
    places = [(topic.name, number) for topic in TOPICS for number in range(topic.partitions)]
    places += [(name, 0) for name in DEAD_LETTER_ORIGINS]
    pattern, records, found = traces.pattern, 0, 0
    async for record in read_to_end(bootstrap_servers, places):
        records += 1
        parts = (record.key, record.value, *(value for _, value in record.headers))
        found += any(pattern.search(part) for part in parts if part)
    tell(f"topics: {records} records in {len(TOPICS) + len(DEAD_LETTER_ORIGINS)} topics, {found} with something of it")
    return found


def _in_files(place: Path, traces: Traces, tell: Callable[[str], None]) -> int:
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    if not files:
        tell(f"{place}: nothing there to be read")
        return 1
    pattern = traces.pattern
    unread = [one for one in files if _is_archive(one)]
    found = sum(any(pattern.search(chunk) for chunk in _chunks(one)) for one in files if one not in unread)
    tell(f"{place}: {len(files)} files, {found} with something of the family")
    for one in unread:
        tell(f"{one} is packed: unpack it (pg_restore -f {one.name}.sql {one.name}) and search that")
    return found + len(unread)


def _is_archive(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_POSTGRES_ARCHIVE)) == _POSTGRES_ARCHIVE


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        packed = opened.read(len(_GZIP)) == _GZIP
    with gzip.open(file) if packed else file.open("rb") as opened:
        before = b""
        while chunk := opened.read(1 << 20):
            yield before + chunk
            # What lies across the border of two chunks is found too.
            before = chunk[-4096:]
