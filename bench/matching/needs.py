"""What families ask for, invented by seed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from random import Random
from uuid import UUID

from bench.matching.homes import Homes, homes
from bench.matching.partners import NOW
from schemas.event import Item
from schemas.needs import Consent, NeedTerms
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import (
    AgeBand,
    Circumstance,
    Condition,
    ConsentKind,
    Fit,
    HandoverWay,
    IncomeBand,
    PartnerKind,
    Urgency,
)

_CODES = tuple(ITEM_KINDS)
_CODE_WEIGHTS = tuple(accumulate(1 if kind.category.sensitive else 4 for kind in ITEM_KINDS.values()))
_CHILDREN = (AgeBand.AGES_0_2, AgeBand.AGES_3_5, AgeBand.AGES_6_12, AgeBand.AGES_13_17)
_ADULTS = (AgeBand.AGES_18_24, AgeBand.AGES_25_59, AgeBand.AGES_25_59, AgeBand.AGES_60_UP)
_LANGUAGES = (("en",), ("en",), ("en",), ("es", "en"), ("es",), ("zh",), ("ht", "fr"), ("ar",))


def invent_needs(count: int, seed: int, where: Homes | None = None) -> Iterator[NeedTerms]:
    """The first `count` needs of a seed, all asked about at `NOW`; any partner may hear of them."""
    random = Random(seed)
    return (_invent_need(random, where or homes()) for _ in range(count))


def _invent_need(random: Random, where: Homes) -> NeedTerms:
    codes = dict.fromkeys(random.choices(_CODES, cum_weights=_CODE_WEIGHTS, k=random.randint(1, 3)))
    holds = random.sample(tuple(Circumstance), 4)
    return NeedTerms(
        site_id=UUID(int=random.getrandbits(128), version=4),
        items=tuple(
            Item(line=line, code=code, quantity=random.randint(1, 3)) for line, code in enumerate(codes, start=1)
        ),
        zip_code=where.places[where.choose(random)].zip_code,
        urgency=random.choice(tuple(Urgency)),
        needed_by=NOW + timedelta(days=random.randint(1, 14)),
        languages=random.choice(_LANGUAGES),
        household=_invent_household(random),
        must_speak=random.random() < 0.5,
        income=random.choice(tuple(IncomeBand)) if random.random() < 0.5 else None,
        circumstances=tuple(holds[: random.randint(0, 2)]),
        not_circumstances=tuple(holds[2 : 2 + random.randint(0, 2)]),
        handover=tuple(random.sample(tuple(HandoverWay), random.choice((0, 0, 1, 2)))),
        excluded_conditions=tuple(random.sample(tuple(Condition), random.choice((0, 0, 0, 1)))),
        preferences=tuple(random.sample(tuple(Fit), random.choice((0, 0, 1, 2)))),
        consent=Consent(
            kind=ConsentKind.SPOKEN,
            until=NOW + timedelta(days=90),
            excluded_kinds=tuple(random.sample(tuple(PartnerKind), random.choice((0, 0, 0, 1)))),
        ),
    )


def _invent_household(random: Random) -> tuple[AgeBand, ...]:
    if random.random() < 0.2:
        return ()
    adults, children = random.randint(1, 2), random.randint(1, 4)
    return tuple(random.choice(_ADULTS) for _ in range(adults)) + tuple(
        random.choice(_CHILDREN) for _ in range(children)
    )
