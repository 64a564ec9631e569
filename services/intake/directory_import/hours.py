"""Weekly hours: HSDS's schedules of versions 1 to 3, and what a cell of a spreadsheet says."""

import re
from datetime import date, time

from services.intake.directory_import.nodes import Node
from services.intake.directory_import.words import fold

Hours = tuple[int, time, time]
"""Weekday (0 is Monday), from, until."""

_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_SPANISH = {"lu": 0, "ma": 1, "mi": 2, "ju": 3, "vi": 4, "do": 6}
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\.?"
_DAYS_AND_HOURS = re.compile(
    rf"({_DAY}(?:\s*(?:-|\u2013|to|through|,|&|and)\s*{_DAY})*|daily|every day)[:,]?\s*"
    r"(?:from\s*)?([\d:]+\s*[ap]?\.?m?\.?)\s*(?:-|\u2013|to|until)\s*([\d:]+\s*[ap]?\.?m?\.?)"
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*(?:([ap])\.?m?\.?)?(?:z|[+-]\d{2}:?\d{2})?")
_NOON = 12
_ALWAYS = ("24/7", "24 hours", "24 hours a day", "24 hours a day, 7 days a week", "always open")


def read_schedule(schedule: Node, today: date) -> list[Hours]:
    """The hours of one HSDS schedule. Raises ValueError where it is not weekly, has ended or is not understood."""
    until = schedule.says("valid_to", "until")
    if until and until[:10] < today.isoformat():
        raise ValueError(f"ended on {until[:10]}")
    if schedule.says("freq").upper() not in {"", "WEEKLY"} or schedule.says("interval") not in {"", "1"}:
        raise ValueError("not every week")
    days, opens, closes = schedule.says("byday", "weekday"), schedule.says("opens_at"), schedule.says("closes_at")
    if not days or not opens or not closes:
        return read_hours(schedule.says("description"))
    return [_opening(day, _read_clock(opens), _read_clock(closes)) for day in _read_days(days)]


def read_hours(text: str) -> list[Hours]:
    """The hours in words such as "Mon-Fri 9am-5pm; Sat 10-2". Raises ValueError where any of it is not understood."""
    folded = re.sub(r"\bm ?- ?f\b", "mon-fri", fold(text))
    if folded.strip(" .") in _ALWAYS:
        return [(day, time(0), time(23, 59)) for day in range(7)]
    found = list(_DAYS_AND_HOURS.finditer(folded))
    if not found or re.sub(r"[\s;,.|]", "", _DAYS_AND_HOURS.sub("", folded)):
        raise ValueError(text[:60] or "no days")
    return [_opening(day, *_read_span(match[2], match[3])) for match in found for day in _days_between(match[1])]


def _opening(day: int, opens: time, closes: time) -> Hours:
    if closes <= opens:
        raise ValueError(f"{opens:%H:%M} to {closes:%H:%M}")
    return day, opens, closes


def _read_days(text: str) -> list[int]:
    return [_read_day(part) for part in re.split(r"[,;\s]+", text.strip()) if part]


def _read_day(text: str) -> int:
    folded = fold(text)
    if folded in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(folded) - 1
    if folded[:2] in _DAYS:
        return _DAYS.index(folded[:2])
    if folded[:2] in _SPANISH:
        return _SPANISH[folded[:2]]
    raise ValueError(text[:60])


def _days_between(text: str) -> list[int]:
    if text in {"daily", "every day"}:
        return list(range(7))
    days: list[int] = []
    for part in re.split(r"\s*(?:,|&|\band\b)\s*", text):
        first, *last = re.split(r"\s*(?:-|\u2013|\bto\b|\bthrough\b)\s*", part)
        low, high = _read_day(first), _read_day(last[-1] if last else first)
        days += [day % 7 for day in range(low, high + 1 if high >= low else high + 8)]
    return days


def _read_span(opens: str, closes: str) -> tuple[time, time]:
    """Both ends; "9-5" is until five in the afternoon, as nobody opens at nine to close before."""
    first, last = _read_clock(opens), _read_clock(closes)
    if last <= first and not re.search("[ap]", closes) and last.hour < _NOON:
        last = last.replace(hour=last.hour + _NOON)
    return first, last


def _read_clock(text: str) -> time:
    found = _CLOCK.fullmatch(text.strip().casefold())
    if not found:
        raise ValueError(text[:60])
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        hour = hour % _NOON + (_NOON if found[3] == "p" else 0)
    return time(hour, minute)
