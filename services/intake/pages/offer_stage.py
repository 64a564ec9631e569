"""What an offer's page shows: the matcher's word, and what the partner has answered since."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto

from services.intake.store.offers import OfferRow

_SETTLES_WITHIN = timedelta(seconds=15)


class Stage(StrEnum):
    """One value for each face of the page."""

    OPEN = auto()
    MOMENT = auto()
    LATER = auto()
    DECLINED = auto()
    AWARDED = auto()
    DONE = auto()
    RELEASED = auto()
    UNDONE = auto()
    REFUSED = auto()
    WITHDRAWN = auto()
    EXPIRED = auto()
    LAPSED = auto()


def stage_of(offer: OfferRow, answers: Mapping[str, datetime], now: datetime) -> Stage:
    """The face to show. `answers` are the times of what was answered, by kind."""
    if offer.state == "awarded":
        return _stage_of_claim(answers, now)
    if "undone" in answers and offer.state == "lapsed":
        return Stage.UNDONE
    if "released" in answers and offer.state == "lapsed":
        return Stage.RELEASED
    if "declined" in answers and "accepted" not in answers:
        return Stage.DECLINED
    if offer.state != "open":
        return Stage(offer.state)
    if "accepted" in answers:
        return Stage.MOMENT if now - answers["accepted"] < _SETTLES_WITHIN else Stage.LATER
    return Stage.OPEN


def may_undo(offer: OfferRow, answers: Mapping[str, datetime], now: datetime) -> bool:
    """Whether a claim can still be taken back as a mistake. The matcher has the last word."""
    in_time = offer.undo_until is not None and now < offer.undo_until
    return in_time and stage_of(offer, answers, now) is Stage.AWARDED and not answers.keys() & {"contacted", "undone"}


def _stage_of_claim(answers: Mapping[str, datetime], now: datetime) -> Stage:
    # What the matcher does not take back within moments came too late: it is theirs.
    if "undone" in answers and now - answers["undone"] < _SETTLES_WITHIN:
        return Stage.UNDONE
    if "released" in answers:
        return Stage.RELEASED
    return Stage.DONE if "completed" in answers else Stage.AWARDED
