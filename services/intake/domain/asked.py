"""What may be asked, read from the models themselves: for refusals, and for docs/what-we-ask.md."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class SeenBy(Enum):
    """Who gets to see what a field holds. It stands beside the field, in its annotation."""

    SITE = "The coordinators of the site."
    FAMILY = "The coordinators of the site, and the messages that go to the family itself."
    CLAIMANT = (
        "The coordinators of the site, and the messages that go to the family itself. Where the family signed so: "
        "the person who gives the help, once that is settled, with a code."
    )
    VISITOR = (
        "The coordinators of the site. Where the family signed so: the person with a clearance whose visit the family "
        "was told of and did not refuse."
    )
    RULES = "The coordinators of the site. It decides who is asked, and is told to nobody."
    ASKED = "The coordinators of the site, and the partners who are asked."
    PLACE = "The coordinators of the site. Partners who are asked see the town and how far away it is."
    AWARDED = "The coordinators of the site, and the partner who was awarded the need, on a page of ours."
    NOBODY = "Nobody: it is not kept."


NEVER_ASKED = frozenset(
    {
        "aliennumber",
        "anumber",
        "birthcountry",
        "birthplace",
        "citizen",
        "citizenship",
        "citizenshipstatus",
        "cityofbirth",
        "countryofbirth",
        "countryoforigin",
        "documented",
        "greencard",
        "immigrant",
        "immigration",
        "immigrationstatus",
        "itin",
        "legalstatus",
        "nationality",
        "nationalorigin",
        "passport",
        "passportnumber",
        "placeofbirth",
        "residencystatus",
        "socialsecurity",
        "socialsecuritynumber",
        "ssn",
        "taxpayerid",
        "undocumented",
        "visa",
        "visastatus",
    }
)
"""Immigration status, social security number and place of birth, by the names that a field may give them, in small
letters alone. What was never asked cannot be told."""


def never_asked_in(body: Any) -> list[str]:  # noqa: ANN401 - whatever somebody sent
    """The dotted paths of fields that are never asked, wherever they stand in a JSON body."""
    found: list[str] = []
    waiting = [("", body)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            inner = [(f"{place}{name}", part) for name, part in value.items()]
            found += [path for path, _ in inner if _is_never_asked(path.rpartition(".")[2])]
        else:
            inner = [(f"{place}{number}", part) for number, part in enumerate(value)] if isinstance(value, list) else []
        waiting += [(f"{path}.", part) for path, part in inner]
    return sorted(found)


def _is_never_asked(name: str) -> bool:
    return re.sub(r"[^a-z]", "", name.casefold()) in NEVER_ASKED


def fields_in(model: type[BaseModel], within: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Each field of a model with its dotted path; after it those of the models that it holds."""
    for name, field in model.model_fields.items():
        yield f"{within}{name}", field
        for inner in _models_in(field.annotation):
            yield from fields_in(inner, f"{within}{name}.")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field is annotated with
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
