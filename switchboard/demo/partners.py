"""Partners as `PUT /v1/partners` takes them: what they do, for whom, where, when, and who answers for them. Pure."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from schemas.taxonomy import Category
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay, PartnerKind
from switchboard.demo.city import COUNTY, NOBODY_OFFERS, ROOT, STATE, sometimes

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
_LANGUAGES: tuple[list[str], ...] = (
    ["en"],
    ["en"],
    ["en", "es"],
    ["en", "es"],
    ["es"],
    ["en", "ht"],
    ["en", "zh"],
    [],
    [],
)
_AGES = ({"max_age": 12}, {"min_age": 5, "max_age": 18}, {"min_age": 18}, {"min_age": 60})
_HOUSEHOLDS = (
    {"max_household": 4},
    {"max_household": 6},
    {"min_household": 2},
    {"min_household": 2, "max_household": 8},
)
_HANDOVER = (
    [HandoverWay.PICK_UP],
    [HandoverWay.DROP_OFF],
    [HandoverWay.PICK_UP, HandoverWay.DROP_OFF],
    [HandoverWay.IN_PERSON, HandoverWay.REMOTE],
)
_WORKING_DAYS, _EVERY_DAY = range(5), range(7)
_HOURS = ((_WORKING_DAYS, "09:00", "17:00"), (_EVERY_DAY, "07:00", "22:00"), (_EVERY_DAY, "00:00", "23:59"))


def invent_partner(chance: random.Random, number: int, zips: list[str], today: date) -> dict[str, Any]:
    """One partner of the city."""
    word, kind = chance.choice(_KINDS)
    name = f"{chance.choice(_PLACES)} {word} {number}"
    home, services = chance.choice(zips), chance.choice([1, 1, 1, 2, 2, 3])
    return {
        "name": name,
        "kind": kind,
        "services": [_service(chance, f"{number} {place}", kind, home, zips, today) for place in range(services)],
        "contacts": [_contact(chance, number, person) for person in range(2)],
        "messages_per_week": 30,
        "sensitive_needs": chance.random() < 0.25,  # noqa: PLR2004 - a quarter
    }


def _service(
    chance: random.Random, mark: str, kind: PartnerKind, home: str, zips: list[str], today: date
) -> dict[str, Any]:
    offered = [category for category in Category if category is not NOBODY_OFFERS]
    categories = chance.sample(offered, chance.randint(2, 4))
    return {
        "service_id": str(uuid5(ROOT, f"service {mark}")),
        "categories": categories,
        **(_programme(chance, today) if Category.AFTER_SCHOOL in categories else {}),
        "area": _area(chance, home, zips),
        "zip_code": home,
        "languages": chance.choice(_LANGUAGES),
        **_whom_it_helps(chance),
        **sometimes(chance, 0.5, handover=chance.choice(_HANDOVER)),
        **sometimes(chance, 0.25, hours=_open(*chance.choice(_HOURS))),
        **sometimes(chance, 0.25, conditions=[chance.choice(_conditions_of(kind))]),
        **sometimes(chance, 0.4, fits=chance.sample(list(Fit), chance.randint(1, 3))),
        "claims_per_week": chance.choice([3, 5, 8, None]),
        "claims_at_once": chance.choice([1, 2, 4, None]),
    }


def _area(chance: random.Random, home: str, zips: list[str]) -> dict[str, Any]:
    match chance.randrange(8):
        case 0:
            return {"kind": "nation"}
        case 1:
            return {"kind": "state", "state": STATE}
        case 2:
            return {"kind": "county", "county": COUNTY, "state": STATE}
        case 3 | 4:
            return {"kind": "zip_codes", "zip_codes": sorted({home, *chance.sample(zips, 12)})}
    return {"kind": "radius", "zip_code": home, "miles": chance.choice([2, 4, 6, 10])}


def _whom_it_helps(chance: random.Random) -> dict[str, Any]:
    return {
        **sometimes(chance, 0.2, **chance.choice(_AGES)),
        **sometimes(chance, 0.2, **chance.choice(_HOUSEHOLDS)),
        **sometimes(chance, 0.25, income_limit=chance.choice([130, 185, 200, 300])),
        **sometimes(chance, 0.15, only_for=[chance.choice(list(Circumstance))]),
    }


def _programme(chance: random.Random, today: date) -> dict[str, Any]:
    term = {"begins": today - timedelta(days=60), "ends": today + timedelta(days=120)}
    return {"programme": {"seats": chance.choice([5, 12, 20])} | {day: when.isoformat() for day, when in term.items()}}


def _open(days: range, opens: str, closes: str) -> list[dict[str, Any]]:
    return [{"weekday": day, "opens": opens, "closes": closes} for day in days]


def _conditions_of(kind: PartnerKind) -> list[Condition]:
    return [one for one in Condition if one is not Condition.WORSHIP or kind is PartnerKind.CHURCH]


def _contact(chance: random.Random, number: int, person: int) -> dict[str, Any]:
    name = chance.choice(_FIRST_NAMES)
    return {
        "contact_id": str(uuid5(ROOT, f"contact {number} {person}")),
        "name": f"{name} of Partner {number}",
        "email": f"{name.lower()}.{number}.{person}@partner.example.org",
        "phone": f"+1718{5_550_000 + number * 2 + person}",
        "language": chance.choice(["en", "en", "es"]),
        "channels": chance.choice([["email", "text"], ["text"]]),
        "urgent_at_night": True,
    }
