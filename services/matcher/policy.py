"""The policy file: how many are asked, how long each has, what counts in the choice. Data, read once at start."""

import re
import tomllib
from collections.abc import Container
from datetime import date, timedelta
from enum import StrEnum, auto
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated

from holidays import HolidayBase, country_holidays
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from schemas.vocabulary import Urgency
from services.matcher.clocks import EVERY_HOUR, Clock, hours_of_week

_HOURS_OF_A_DAY = 24
_UNITS = {"second": "seconds", "minute": "minutes", "hour": "hours", "day": "days", "week": "weeks"}


class BadPolicy(ValueError):
    """The policy file cannot be used; the text names the field and what is wrong with it."""


def _read_duration(text: object) -> timedelta:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) (second|minute|hour|day|week)s?", text if isinstance(text, str) else "")
    if found is None:
        raise ValueError(f'write a number and a unit, such as "20 minutes", "2 hours" or "3 days", not {text!r}')
    length = timedelta(**{_UNITS[found[2]]: float(found[1])})
    if not length:
        raise ValueError("must be longer than nothing")
    return length


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]


class _Section(BaseModel):
    # A misspelt name is an error, not a default.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(StrEnum):
    """Which hours count when partners are given time."""

    ALWAYS = auto()
    WAKING = auto()
    WORKING = auto()


class UrgencyPolicy(_Section):
    """What one urgency allows."""

    ask_until_chance: float = Field(gt=0, le=1)
    ask_at_most: int = Field(ge=1, le=500)
    ask_in_all: int = Field(ge=1, le=10_000)
    hurry_within: Duration
    hours: Hours
    respond_within: Duration
    contact_within: Duration
    complete_grace: Duration
    alert_after: Duration | None = None
    look_again_every: Duration


class AskingPolicy(_Section):
    """What bounds every offer, whatever the urgency."""

    share_of_time_left: float = Field(gt=0, le=1)
    ask_until_chance_in_a_hurry: float = Field(gt=0, le=1)
    near_miles: float = Field(gt=0)


def _read_hours(text: object) -> range:
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text if isinstance(text, str) else "")
    if found is None or not int(found[1]) < int(found[2]) <= _HOURS_OF_A_DAY:
        raise ValueError(f'write two hours of the day, the earlier first, such as "8-21", not {text!r}')
    return range(int(found[1]), int(found[2]))


HoursOfDay = Annotated[range, PlainValidator(_read_hours)]


class HoursPolicy(_Section):
    """When people can be expected to answer."""

    waking: HoursOfDay
    working: HoursOfDay
    working_days: frozenset[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1)
    federal_holidays: bool
    days_off: frozenset[date]


class ConfirmationPolicy(_Section):
    """How often a family is asked whether help arrived."""

    attempts: int = Field(ge=1, le=10)
    wait: Duration


class ReachingPolicy(_Section):
    """How often a partner tries to reach a family before it is the coordinator's turn."""

    attempts: int = Field(ge=1, le=10)
    wait: Duration


class RankingPolicy(_Section):
    """What counts, and how much, when more can help than are asked."""

    proximity: float = Field(ge=0)
    fairness: float = Field(ge=0)
    yes_chance: float = Field(ge=0)
    language: float = Field(ge=0)
    fit: float = Field(ge=0)
    half_distance_miles: float = Field(gt=0)
    usual_claims_per_week: int = Field(ge=1)

    @model_validator(mode="after")
    def _something_counts(self) -> "RankingPolicy":
        if not self.total_weight:
            raise ValueError("at least one of proximity, fairness, yes_chance, language and fit must be more than 0")
        return self

    @property
    def total_weight(self) -> float:
        """What the weights add up to."""
        return self.proximity + self.fairness + self.yes_chance + self.language + self.fit


class Policy(_Section):
    """The whole file."""

    urgency: dict[Urgency, UrgencyPolicy]
    asking: AskingPolicy
    hours: HoursPolicy
    confirmation: ConfirmationPolicy
    reaching: ReachingPolicy
    ranking: RankingPolicy

    @model_validator(mode="after")
    def _every_urgency_is_there(self) -> "Policy":
        missing = [urgency.value for urgency in Urgency if urgency not in self.urgency]
        if missing:
            raise ValueError(f"the section [urgency.{missing[0]}] is missing")
        return self

    @cached_property
    def days_off(self) -> Container[date]:
        """The days on which nobody is at work."""
        days = country_holidays("US") if self.hours.federal_holidays else HolidayBase()
        days.append(list(self.hours.days_off))
        return days

    def clock_of(self, urgency: Urgency, zone: str, open_hours: int = 0) -> Clock:
        """The clock by which somebody in this zone is given time. Where its own hours are known, these count."""
        hours, always = self.urgency[urgency].hours, self.urgency[urgency].hours is Hours.ALWAYS
        if open_hours and not always:
            return Clock(zone, open_hours, self.days_off)
        return Clock(zone, self._hours_of_week(hours), self.days_off if hours is Hours.WORKING else ())

    def _hours_of_week(self, hours: Hours) -> int:
        match hours:
            case Hours.ALWAYS:
                return EVERY_HOUR
            case Hours.WAKING:
                return hours_of_week(range(7), self.hours.waking)
            case Hours.WORKING:
                return hours_of_week([day - 1 for day in self.hours.working_days], self.hours.working)


def load_policy(path: Path | None = None) -> Policy:
    """Reads the policy at `path`, or the one that comes with the service. Raises BadPolicy."""
    name = str(path or "policy.toml")
    try:
        text = (path or resources.files(__package__).joinpath("policy.toml")).read_text(encoding="utf-8")
        return Policy.model_validate(tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"{name} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadPolicy(f"{name} is not TOML: {error}") from error
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'the file'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        ]
        raise BadPolicy(f"{name}: " + "; ".join(problems)) from error
