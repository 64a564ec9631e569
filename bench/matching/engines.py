"""What every engine can do, and the two that the matcher has."""

from typing import Protocol
from uuid import UUID

from schemas.partners import PartnerRecorded
from services.matcher.directory.directory import Directory
from services.matcher.domain.eligible import Asked
from services.matcher.domain.ranking import Record

Choice = tuple[UUID, float]
"""A partner, and how well it fits: 0 where the engine does not say."""


class Engine(Protocol):
    """Whoever finds the partners that may be asked."""

    ranks: bool
    """Whether `find` gives the best; else it gives all."""

    async def put(self, partner: PartnerRecorded, record: Record | None) -> None:
        """Takes a partner in, or its newer version."""

    async def settle(self) -> None:
        """What has to be done between the last `put` and the next question."""

    async def find(self, asked: Asked, most: int) -> list[Choice]:
        """The best so many for each kind of help, best first; all, in no order, of an engine that does not rank."""

    async def find_all(self, asked: Asked) -> list[UUID]:
        """All that may be asked, in no order."""

    async def stored_bytes(self) -> int | None:
        """What it keeps in another process; None where it keeps all in this one."""


class DirectoryEngine:
    """The matcher's index, or its plain loop."""

    ranks = True

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def put(self, partner: PartnerRecorded, record: Record | None) -> None:
        self._directory.apply(partner)
        if record is not None:
            self._directory.learn({partner.partner_id: record})

    async def settle(self) -> None:
        pass

    async def find(self, asked: Asked, most: int) -> list[Choice]:
        return [(one.partner_id, one.score) for one in self._directory.find(asked, most)]

    async def find_all(self, asked: Asked) -> list[UUID]:
        return [one.partner_id for one in self._directory.find(asked)]

    async def stored_bytes(self) -> int | None:
        return None
