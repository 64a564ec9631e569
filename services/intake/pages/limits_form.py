"""The forms of how much a partner takes on, and until when it takes nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.partners import PartnerRecorded
from schemas.taxonomy import CATEGORY_LABELS
from services.intake.domain.editing import Fields
from services.intake.domain.own_record import Limits
from services.intake.pages.edited import Typed
from services.intake.pages.languages import Words
from services.intake.pages.need_form import BadForm

_MOST: Mapping[str, int] = {"messages": 200, "offers": 100}
_MOST_CLAIMS = 10_000
_MOST_DIGITS = 5
LONGEST_PAUSE = timedelta(days=366)


def fields_of_limits(record: PartnerRecorded) -> Fields:
    """The form as the record fills it in; an empty number is no limit."""
    fields: dict[str, tuple[str, ...]] = {}
    for service in record.services:
        fields[f"week-{service.service_id}"] = _number(service.claims_per_week)
        fields[f"hand-{service.service_id}"] = _number(service.claims_at_once)
    return fields | {"messages": (str(record.messages_per_week),), "offers": (str(record.open_offers),)}


def understand_limits(record: PartnerRecorded, typed: Typed, words: Words) -> Limits:
    """What was meant. Raises BadForm."""
    problems: dict[str, str] = {}

    def read(name: str, most: int) -> int | None:
        text = typed.one(name)
        right = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= most
        if text and not right:
            problems[name] = words("limits.bad_number", most=most)
        return int(text) if right else None

    of_services: dict[UUID, tuple[int | None, int | None]] = {}
    for service in record.services:
        week, hand = (read(f"{name}-{service.service_id}", _MOST_CLAIMS) for name in ("week", "hand"))
        of_services[service.service_id] = week, hand
    own = {name: read(name, most) for name, most in _MOST.items()}
    for name, most in _MOST.items():
        if own[name] is None:
            problems[name] = words("limits.bad_number", most=most)
    if problems:
        raise BadForm(problems)
    return Limits(of_services, own["messages"] or 0, own["offers"] or 0)


def say_limit(record: PartnerRecorded, name: str, values: tuple[str, ...], words: Words) -> tuple[str, str]:
    """A field's label, and its number, in words."""
    base, _, service_id = name.partition("-")
    label = words(f"limits.{base}")
    names = [
        CATEGORY_LABELS[category][words.language]
        for service in record.services
        if str(service.service_id) == service_id
        for category in service.categories
    ]
    return f"{', '.join(names)}: {label}" if names else label, " ".join(values) or words("limits.none")


def fields_of_pause(record: PartnerRecorded, zone: str) -> Fields:
    """The day from which the partner is asked again; nothing once that has passed."""
    until = record.snoozed_until
    if until is None or until <= datetime.now(UTC):
        return {"until": ()}
    return {"until": (until.astimezone(ZoneInfo(zone)).date().isoformat(),)}


def understand_pause(typed: Typed, zone: str, words: Words) -> datetime:
    """The first moment of that day there. Raises BadForm."""
    now = datetime.now(UTC)
    try:
        begins = datetime.combine(date.fromisoformat(typed.one("until")), time(0), ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        begins = now
    if not now < begins <= now + LONGEST_PAUSE:
        raise BadForm({"until": words("limits.bad_day")})
    return begins


def say_pause(values: tuple[str, ...], words: Words) -> tuple[str, str]:
    """Until when, in words; what is no day, as it was typed."""
    text = " ".join(values)
    try:
        said = words.day(date.fromisoformat(text)) if text else words("limits.not_paused")
    except ValueError:
        said = text
    return words("limits.until"), said


def _number(value: int | None) -> tuple[str, ...]:
    return () if value is None else (str(value),)
