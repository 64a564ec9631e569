"""A city, its partners and its families' needs, all invented from a seed. Pure."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import zipcodes

from schemas.taxonomy import ITEM_KINDS, Category
from schemas.vocabulary import AgeBand, PartnerKind, Urgency

SEED = 21
PARTNERS, NEEDS = 200, 40
SECONDS_BETWEEN_NEEDS = 0.25
_ROOT = UUID("5b0a0f4e-0000-4000-8000-000000000021")
_CITY, _STATE, _COUNTY = "Brooklyn", "NY", "Kings County"
_NOBODY_OFFERS = Category.CHILDCARE
"""One kind of help that this city lacks, so that the demo shows a need that nobody can meet."""
_PLACES = (
    "Second Street",
    "Atlantic",
    "Flatbush",
    "Prospect",
    "Gowanus",
    "Bay Ridge",
    "Sunset",
    "Fulton",
    "Harbor",
    "Linden",
)
_KINDS = (
    ("Church", PartnerKind.CHURCH),
    ("Pantry", PartnerKind.NONPROFIT),
    ("Family Centre", PartnerKind.AGENCY),
    ("After School", PartnerKind.SCHOOL_PROGRAMME),
    ("Hardware", PartnerKind.BUSINESS),
)
_FIRST_NAMES = ("Ada", "Bo", "Carmen", "Dae", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jamal", "Kim", "Luz")


@dataclass(frozen=True)
class Community:
    """Partners by id, as `PUT /v1/partners` takes them, and needs, as `POST /v1/needs` does."""

    partners: dict[UUID, dict[str, Any]]
    needs: list[dict[str, Any]]


def invent(now: datetime) -> Community:
    """The same community every time; only the days are counted from now."""
    chance = random.Random(SEED)  # noqa: S311 - the same numbers every time are what is wanted
    zips = sorted(row["zip_code"] for row in zipcodes.filter_by(city=_CITY, state=_STATE) if float(row["lat"]))  # type: ignore[no-untyped-call]
    partners = {uuid5(_ROOT, f"partner {number}"): _partner(chance, number, zips) for number in range(PARTNERS)}
    return Community(partners, [_need(chance, number, zips, now) for number in range(NEEDS)])


def _partner(chance: random.Random, number: int, zips: list[str]) -> dict[str, Any]:
    word, kind = chance.choice(_KINDS)
    name = f"{chance.choice(_PLACES)} {word} {number}"
    home = chance.choice(zips)
    offered = [category for category in Category if category is not _NOBODY_OFFERS]
    languages = chance.choice([["en"], ["en", "es"], ["es"], []])
    service: dict[str, Any] = {
        "service_id": str(uuid5(_ROOT, f"service {number}")),
        "categories": chance.sample(offered, chance.randint(2, 5)),
        "area": _area(chance, home, zips),
        "zip_code": home,
        "languages": languages,
        "claims_per_week": chance.choice([3, 5, 8, None]),
    }
    return {
        "name": name,
        "kind": kind,
        "services": [service],
        "contacts": [_contact(chance, number, person) for person in range(2)],
        "messages_per_week": 30,
        "sensitive_needs": chance.random() < 0.25,  # noqa: PLR2004 - a quarter
    }


def _area(chance: random.Random, home: str, zips: list[str]) -> dict[str, Any]:
    match chance.randrange(4):
        case 0:
            return {"kind": "county", "county": _COUNTY, "state": _STATE}
        case 1:
            return {"kind": "zip_codes", "zip_codes": sorted({home, *chance.sample(zips, 12)})}
    return {"kind": "radius", "zip_code": home, "miles": chance.choice([2, 4, 6, 10])}


def _contact(chance: random.Random, number: int, person: int) -> dict[str, Any]:
    name = chance.choice(_FIRST_NAMES)
    return {
        "contact_id": str(uuid5(_ROOT, f"contact {number} {person}")),
        "name": f"{name} of Partner {number}",
        "email": f"{name.lower()}.{number}.{person}@partner.example.org",
        "phone": f"+1718{5_550_000 + number * 2 + person}",
        "language": chance.choice(["en", "en", "es"]),
        "channels": chance.choice([["email", "text"], ["text"]]),
        "urgent_at_night": True,
    }


def _need(chance: random.Random, number: int, zips: list[str], now: datetime) -> dict[str, Any]:
    codes = [code for code, kind in ITEM_KINDS.items() if kind.category is not _NOBODY_OFFERS]
    wanted = ["childcare.week"] if number == NEEDS - 1 else chance.sample(codes, chance.choice([1, 1, 2]))
    urgency = chance.choice(list(Urgency))
    language = chance.choice(["en", "es", "es"])
    return {
        "items": [{"code": code, "quantity": _quantity(chance, code)} for code in wanted],
        "zip_code": chance.choice(zips),
        "urgency": urgency,
        "needed_by": (now + timedelta(seconds=number * SECONDS_BETWEEN_NEEDS + chance.uniform(35, 50))).isoformat(),
        "languages": [language, "en"],
        "household": [AgeBand.AGES_25_59, chance.choice(list(AgeBand))],
        "consent": {"kind": "spoken"},
        "family": {
            "name": f"Family {number}",
            "phone": f"+1347{5_550_000 + number}",
            "language": language,
            "channels": ["text"] if number % 5 else [],
        },
    }


def _quantity(chance: random.Random, code: str) -> int:
    return chance.choice([200, 350]) if code.endswith(".dollars") else chance.randint(1, 4)
