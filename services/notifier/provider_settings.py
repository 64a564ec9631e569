"""How several providers are written down: a list in JSON, or in TOML.

[{name = "relay", url = "smtps://user:password@relay.example.org", weight = 3, per_second = 20},
 {name = "spare", url = "smtp://spare.example.org"}]
"""

import json
import tomllib
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import NoDecode

Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")]
Rate: TypeAlias = Annotated[float, Field(gt=0, le=100_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EmailProvider(_Part):
    """Somebody who takes emails by SMTP."""

    name: Name
    url: SecretStr
    """`smtp://[user:password@]host:port`, or `smtps://`."""
    weight: float = Field(default=1, gt=0)
    """Its share, beside the others'."""
    per_second: Rate | None = None
    """How many it takes; None is no limit."""


class TextNumber(_Part):
    """A number that texts come from."""

    number: Annotated[str, StringConstraints(min_length=3, max_length=30)]
    per_second: Rate | None = None


class TextProvider(_Part):
    """Twilio, or somebody who speaks like it."""

    name: Name
    url: str
    account: str
    token: SecretStr
    numbers: tuple[TextNumber, ...] = Field(min_length=1)
    weight: float = Field(default=1, gt=0)
    per_second: Rate | None = None


def read_list(value: object) -> object:
    """Reads a list that stands in one variable. Raises ValueError for what is neither JSON nor TOML."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    try:
        return tomllib.loads(f"providers = {value.strip()}")["providers"]
    except tomllib.TOMLDecodeError as error:
        raise ValueError("write a list of tables in TOML or JSON") from error


EmailProviders: TypeAlias = Annotated[tuple[EmailProvider, ...], NoDecode, BeforeValidator(read_list)]
TextProviders: TypeAlias = Annotated[tuple[TextProvider, ...], NoDecode, BeforeValidator(read_list)]
