"""Families' needs as `POST /v1/needs` takes them. Pure."""

import random
from datetime import datetime, timedelta
from typing import Any

from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import AgeBand, Circumstance, Condition, Fit, HandoverWay, IncomeBand, Urgency
from switchboard.demo.city import NEEDS, NOBODY_OFFERS, sometimes

_LANGUAGES = (["es", "en"], ["es", "en"], ["es"], ["en"], ["en"], ["ht", "en"], ["zh"])
_AT_HOME = (*AgeBand, AgeBand.AGES_3_5, AgeBand.AGES_6_12, AgeBand.AGES_6_12, AgeBand.AGES_25_59)
_HANDOVER = ([HandoverWay.DROP_OFF], [HandoverWay.PICK_UP, HandoverWay.DROP_OFF], [HandoverWay.REMOTE])


def invent_need(chance: random.Random, number: int, zips: list[str], now: datetime) -> dict[str, Any]:
    """One family's need. The last one is for what nobody offers."""
    codes = [code for code, kind in ITEM_KINDS.items() if kind.category is not NOBODY_OFFERS]
    wanted = ["childcare.week"] if number == NEEDS - 1 else chance.sample(codes, chance.choice([1, 1, 2]))
    languages = chance.choice(_LANGUAGES)
    return {
        "items": [{"code": code, "quantity": _quantity(chance, code)} for code in wanted],
        "zip_code": chance.choice(zips),
        "urgency": chance.choice(list(Urgency)),
        "needed_by": (now + timedelta(seconds=chance.uniform(35, 50))).isoformat(),
        "languages": languages,
        # Few speak what few speak: then others are better than nobody.
        "must_speak": not {"ht", "zh"} & set(languages),
        "household": [AgeBand.AGES_25_59, *chance.choices(_AT_HOME, k=chance.randint(1, 4))],
        **_what_fits(chance),
        "consent": {"kind": "spoken"},
        "family": {
            "name": f"Family {number}",
            "phone": f"+1347{5_550_000 + number}",
            "language": "es" if "es" in languages else "en",
            "channels": ["text"] if number % 5 else [],
        },
    }


def _what_fits(chance: random.Random) -> dict[str, Any]:
    holds, *holds_not = chance.sample(list(Circumstance), 4)
    return {
        **sometimes(chance, 0.5, income=chance.choice(list(IncomeBand))),
        **sometimes(chance, 0.3, circumstances=[holds], not_circumstances=holds_not),
        **sometimes(chance, 0.3, handover=chance.choice(_HANDOVER)),
        **sometimes(chance, 0.2, excluded_conditions=[chance.choice([Condition.WORSHIP, Condition.SHOWS_ID])]),
        **sometimes(chance, 0.4, preferences=chance.sample(list(Fit), 2)),
    }


def _quantity(chance: random.Random, code: str) -> int:
    return chance.choice([200, 350]) if code.endswith(".dollars") else chance.randint(1, 4)
