"""A directory of partners that an administrator uploads: looked at first, then taken in, both times the same file."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from schemas.vocabulary import PartnerStatus
from services.intake import partners
from services.intake.directory_import.keeping import keep_entered, made_active
from services.intake.directory_import.partners import Partner
from services.intake.directory_import.recognising import Reading, read_upload
from services.intake.directory_import.report import preview, tell_report
from services.intake.domain.partner import ListedPartner
from services.intake.pages.languages import Words
from services.intake.sealing import Seal
from services.intake.staff import NotYours
from services.intake.store import eligibility, imports, staff
from services.intake.store import partners as partners_store
from services.intake.store.imports import Upload
from services.intake.store.people import Person
from services.intake.store.staff import Change
from services.runtime.database import Connection, Pool

MOST_BYTES = 4 * 1024 * 1024
_MOST_UNPACKED = 24 * 1024 * 1024
_AT_ONCE = 50
"""Partners that are written in one transaction: whoever says STOP meanwhile waits for so many."""


@dataclass(frozen=True)
class Preview:
    """What an uploaded file was read as, and the report of it, in the reader's words."""

    upload: Upload
    reading: Reading
    report: Sequence[str]


async def keep_upload(pool: Pool, name: str, raw: bytes, by: Person, *, active: bool) -> UUID:
    """Keeps a file that can be read, to be looked at. Raises UnreadableSource."""
    upload = Upload(uuid4(), name, raw, active)
    await asyncio.to_thread(_read, upload)
    async with pool.acquire() as connection:
        await imports.add_upload(connection, upload, by.person_id)
    return upload.import_id


async def look(pool: Pool, import_id: UUID, words: Words) -> Preview:
    """What would be taken in of a file. Raises NotYours for one that was taken, or uploaded more than a day ago."""
    upload = await _find(pool, import_id)
    reading = await asyncio.to_thread(_read, upload)
    lines: list[str] = []
    preview(reading, words, lines.append)
    tell_report(reading, words, lines.append)
    return Preview(upload, reading, lines)


async def take_in(pool: Pool, seal: Seal, import_id: UUID, by: Person) -> int:
    """Takes in what is good of a file; returns how many partners. Again is safe. Raises NotYours."""
    upload = await _find(pool, import_id)
    reading = await asyncio.to_thread(_read, upload)
    taken = 0
    for start in range(0, len(reading.partners), _AT_ONCE):
        some = reading.partners[start : start + _AT_ONCE]
        async with pool.acquire() as connection, connection.transaction():
            kept = some if reading.ours else await _keep_entered(connection, some, active=upload.active)
            entered = [ListedPartner.model_validate(one.record) for one in kept]
            records = [one.to_record(one.partner_id) for one in entered]
            texts = {one.partner_id: one.eligibility_texts for one in entered}
            await partners.record_with(connection, seal, records, texts)
        taken += len(kept)
    async with pool.acquire() as connection, connection.transaction():
        if await imports.drop_upload(connection, import_id):
            await staff.note(connection, Change(by.person_id, "partners_imported", f"{upload.name} ({taken})"))
    return taken


def _read(upload: Upload) -> Reading:
    status = PartnerStatus.ACTIVE if upload.active else PartnerStatus.PAUSED
    return read_upload(upload.name, upload.raw, status, datetime.now(UTC).date(), _MOST_UNPACKED)


async def _find(pool: Pool, import_id: UUID) -> Upload:
    async with pool.acquire() as connection:
        upload = await imports.read_upload(connection, import_id)
    if upload is None:
        raise NotYours
    return upload


async def _keep_entered(connection: Connection, found: Sequence[Partner], *, active: bool) -> Sequence[Partner]:
    """The partners with what was entered here, which nobody changes before they are written."""
    known = await _lock_known(connection, [UUID(one.record["partner_id"]) for one in found])
    if active:
        known = {one: made_active(record) for one, record in known.items()}
    return await asyncio.to_thread(keep_entered, found, known)


async def _lock_known(connection: Connection, partner_ids: Sequence[UUID]) -> Mapping[str, dict[str, Any]]:
    """Partners that are here already, by id, each with what stands beside its record."""
    known = await partners_store.lock_partners(connection, partner_ids)
    texts = await eligibility.read_texts(connection, list(known))
    records = {str(partner_id): record.model_dump(mode="json") for partner_id, record in known.items()}
    for partner_id, record in records.items():
        for service in record["services"]:
            service["eligibility_text"] = texts.get((UUID(partner_id), UUID(service["service_id"])))
    return records
