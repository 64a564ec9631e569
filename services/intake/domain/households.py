"""Which needs may be of the same household, and how much of that a coordinator is shown.

Two schools may help the same family and not know. Who a family is lies sealed, so what can be compared are keyed hashes
of a few marks. A mark is a blocking key of record linkage (Fellegi and Sunter, A Theory for Record Linkage, 1969;
Christen, Data Matching, 2012): two needs that share one may be of the same household, and a person decides. Each mark
is strong enough by itself, and nothing with few values, such as a birth year, is hashed alone:

- the phone, and the email: hardly two households share one;
- the address with one word of the name: a house has many flats, but few neighbours share a name. Nobody can say which
  word is the family name (García López, Ana; Nguyen Van An), so each stands beside the address. This finds the sister
  whom the other parent entered at another school;
- the whole name, of two words or more, with the birth year: a name alone is borne by many.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from uuid import UUID

from services.intake.domain.family import Family
from services.intake.domain.spelling import address_words, name_words

_STREET_AND_NUMBER = 2
_WHOLE_NAME = 2


class MarkKind(StrEnum):
    """What a mark is made of."""

    PHONE = auto()
    EMAIL = auto()
    ADDRESS_AND_NAME = auto()
    NAME_AND_BIRTH_YEAR = auto()


@dataclass(frozen=True)
class Mark:
    """One thing to know a household by, in clear: to be hashed before it is kept."""

    kind: MarkKind
    text: str


class Shown(StrEnum):
    """How much of a need that may be of the same household is shown."""

    NEED = auto()
    THAT_ONE_MAY_EXIST = auto()


def marks_of(family: Family) -> frozenset[Mark]:
    """All marks of a family; none where nothing but a name is known."""
    names, address = name_words(family.name), address_words(family.address or "")
    marks = set()
    if family.phone:
        marks.add(Mark(MarkKind.PHONE, family.phone))
    if family.email:
        marks.add(Mark(MarkKind.EMAIL, family.email.casefold()))
    if len(address) >= _STREET_AND_NUMBER and any(letter.isdigit() for word in address for letter in word):
        marks |= {Mark(MarkKind.ADDRESS_AND_NAME, f"{' '.join(address)}\n{name}") for name in names}
    if family.birth_year and len(names) >= _WHOLE_NAME:
        marks.add(Mark(MarkKind.NAME_AND_BIRTH_YEAR, f"{' '.join(names)}\n{family.birth_year}"))
    return frozenset(marks)


def what_to_show(site_id: UUID, viewer_site: UUID | None) -> Shown:
    """How much of a need of one site somebody of another may see; without a site, the viewer sees all sites.

    Sites would have to agree on more than that a need may exist, and cannot yet: an agreement would be asked for here.
    """
    return Shown.NEED if viewer_site in {None, site_id} else Shown.THAT_ONE_MAY_EXIST
