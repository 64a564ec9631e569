"""A city's partners and its families' needs, all invented from a seed. Pure."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from schemas.taxonomy import ITEM_KINDS
from switchboard.demo.city import NEEDS, PARTNERS, ROOT, SEED, zip_codes
from switchboard.demo.families import invent_need
from switchboard.demo.partners import invent_partner

_ASKED_FIRST = (6, 19)
"""The needs whose coordinator picks two partners to ask first. They may say no: then everybody else is asked."""


@dataclass(frozen=True)
class Community:
    """Partners by id, as `PUT /v1/partners` takes them, and needs, as `POST /v1/needs` does."""

    partners: dict[UUID, dict[str, Any]]
    needs: list[dict[str, Any]]
    """As of `invented_at`."""
    invented_at: datetime

    def needs_at(self, moment: Callable[[], datetime]) -> Iterator[dict[str, Any]]:
        """The needs as of the moment at which each is taken from here: however late that is, there is as much time."""
        for need in self.needs:
            until = datetime.fromisoformat(need["needed_by"]) - self.invented_at
            yield need | {"needed_by": (moment() + until).isoformat()}


def invent(now: datetime) -> Community:
    """The same community every time; only the days are counted from now."""
    chance = random.Random(SEED)  # noqa: S311 - the same numbers every time are what is wanted
    zips = zip_codes()
    partners = {
        uuid5(ROOT, f"partner {number}"): invent_partner(chance, number, zips, now.date()) for number in range(PARTNERS)
    }
    needs = [invent_need(chance, number, zips, now) for number in range(NEEDS)]
    for number in _ASKED_FIRST:
        needs[number] |= {"first_partner_ids": _helpers(partners, needs[number])[:2], "first_for_hours": 1}
    return Community(partners, needs, now)


def _helpers(partners: Mapping[UUID, dict[str, Any]], need: dict[str, Any]) -> list[str]:
    """Partners who do what is needed in all of the county, as a coordinator may know them."""
    category = ITEM_KINDS[need["items"][0]["code"]].category
    return [
        str(partner_id)
        for partner_id, partner in partners.items()
        if partner["sensitive_needs"] or not category.sensitive
        for service in partner["services"][:1]
        if category in service["categories"] and service["area"]["kind"] in {"county", "state", "nation"}
    ]
