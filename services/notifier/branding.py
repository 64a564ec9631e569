"""How messages look, and who they say they are from."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.partners import EmailAddress
from services.notifier.domain.contrast import contrast

_READABLE = 4.5
"""WCAG 2.2 AA for text of ordinary size."""

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
OneLine = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f<>{}\[\]]*$", strip_whitespace=True)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Colors(_Section):
    """Of one scheme: what is written (`ink`, `quiet`) on what (`card`, `page`), and the button."""

    page: Color
    card: Color
    ink: Color
    quiet: Color
    accent: Color
    on_accent: Color
    title: Color

    @model_validator(mode="after")
    def _is_readable(self) -> Self:
        for front, back in (("ink", "card"), ("quiet", "page"), ("on_accent", "accent"), ("title", "page")):
            found = contrast(getattr(self, front), getattr(self, back))
            if found < _READABLE:
                raise ValueError(f"{front} on {back} is hard to read: its contrast is {found:.1f}, not {_READABLE}")
        return self


class Brand(_Section):
    """What a county calls itself, where it can be written to, and its colours."""

    name: Annotated[OneLine, Field(min_length=1, max_length=60)]
    address: Annotated[OneLine, Field(max_length=200)]
    """Where the network is to be found, in the footer of every email; may be empty."""
    reply_to: EmailAddress | Annotated[str, AfterValidator(str.strip), Field(max_length=0)]
    light: Colors
    dark: Colors
