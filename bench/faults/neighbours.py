"""The partners of a storm's town, and when it is night for them."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.notifier.domain.quiet_hours import QuietHours

AWAKE, ASLEEP = "America/New_York", "Asia/Tokyo"
ZIPS = ("11201", "11215", "11225", "11231")


def quiet_hours(now: datetime) -> QuietHours:
    """Hours that it is quiet in at ASLEEP, now and for a while, and not at AWAKE."""
    hour = now.astimezone(ZoneInfo(ASLEEP)).hour
    return QuietHours((hour - 2) % 24, (hour + 3) % 24)


@dataclass(frozen=True)
class Neighbour:
    """A partner, and what the checker may hold against an offer to it."""

    partner_id: UUID
    record: dict[str, Any]
    categories: frozenset[str]
    state: str
    may_be_asked: bool
    """Not when it is paused."""

    @property
    def contact(self) -> dict[str, Any]:
        """The one person who answers."""
        contact: dict[str, Any] = self.record["contacts"][0]
        return contact


def invent(seed: int) -> list[Neighbour]:
    """The partners of a town: most can help; some may never be asked, some cannot be reached, some are asleep."""
    chance = random.Random(f"{seed} town")
    kinds = ["email"] * 24 + ["text"] * 24 + ["asleep"] * 4 + ["asleep, woken when urgent"] * 4
    kinds += ["paused"] * 4 + ["elsewhere"] * 4 + ["other things"] * 4 + ["stopped"] * 3 + ["no mailbox"] * 2
    return [_make_neighbour(chance, number, kind) for number, kind in enumerate(kinds)]


def _make_neighbour(chance: random.Random, number: int, kind: str) -> Neighbour:
    by_text = kind in {"text", "stopped"} or (kind.startswith("asleep") and number % 2 == 0)
    categories = ["tutoring"] if kind == "other things" else ["food", "beds", "clothing"]
    state = "CA" if kind == "elsewhere" else "NY"
    contact = {
        "contact_id": str(uuid4()),
        "name": f"Contact {number}",
        "email": "nobody@dead.example.org" if kind == "no mailbox" else f"contact{number}@partner.example.org",
        "phone": f"+1718{5_560_000 + number}",
        "channels": ["text"] if by_text else ["email"],
        "time_zone": ASLEEP if kind.startswith("asleep") else AWAKE,
        "urgent_at_night": kind == "asleep, woken when urgent",
    }
    record = {
        "name": f"{kind.capitalize()} {number}",
        "kind": "church",
        "status": "paused" if kind == "paused" else "active",
        "services": [
            {
                "service_id": str(uuid4()),
                "categories": categories,
                "area": {"kind": "state", "state": state},
                "zip_code": "90012" if state == "CA" else chance.choice(ZIPS),
            }
        ],
        "contacts": [contact],
        "messages_per_week": 200,
        "open_offers": 100,
    }
    return Neighbour(uuid4(), record, frozenset(categories), state, kind != "paused")
