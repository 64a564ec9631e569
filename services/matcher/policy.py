"""The policy file: how many are asked, how long each has, what counts in the choice. Data, read once at start."""

import re
import tomllib
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from schemas.vocabulary import Urgency

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


class UrgencyPolicy(_Section):
    """What one urgency allows."""

    first_wave: int = Field(ge=1, le=500)
    respond_within: Duration
    contact_within: Duration
    complete_grace: Duration
    look_again_every: Duration


class AskingPolicy(_Section):
    """What bounds every offer, whatever the urgency."""

    share_of_time_left: float = Field(gt=0, le=1)


class ConfirmationPolicy(_Section):
    """How often a family is asked whether help arrived."""

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
    confirmation: ConfirmationPolicy
    ranking: RankingPolicy

    @model_validator(mode="after")
    def _every_urgency_is_there(self) -> "Policy":
        missing = [urgency.value for urgency in Urgency if urgency not in self.urgency]
        if missing:
            raise ValueError(f"the section [urgency.{missing[0]}] is missing")
        return self


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
