"""`/v1/taxonomy`: what can be asked for, in words, and what it is called elsewhere."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS, Category
from schemas.taxonomy_mappings import GRAVITY_CODES, GRAVITY_SYSTEM, OPEN_ELIGIBILITY_NAMES
from services.intake.api.callers import Caller, Calling, Scope

router = APIRouter(prefix="/v1/taxonomy", tags=["taxonomy"])

Reader = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ, partners_too=True))]


class ItemShown(BaseModel):
    """One thing that can be asked for. `labels` are (one, many) by language; `most` is the largest quantity."""

    code: str
    labels: Mapping[str, tuple[str, str]]
    most: int


class Coding(BaseModel):
    """A code of another system."""

    system: str
    code: str


class CategoryShown(BaseModel):
    """A kind of help, its items, and what it is nearest to elsewhere."""

    id: Category
    labels: Mapping[str, str]
    sensitive: bool
    items: list[ItemShown]
    gravity: Coding
    open_eligibility: tuple[str, ...]


class Taxonomy(BaseModel):
    """Everything that can be asked for."""

    categories: list[CategoryShown]


@router.get("")
async def show_taxonomy(_caller: Reader) -> Taxonomy:
    """The categories, with their items and mappings."""
    return Taxonomy(categories=[_show(category) for category in Category])


def _show(category: Category) -> CategoryShown:
    items = [kind for kind in ITEM_KINDS.values() if kind.category is category]
    return CategoryShown(
        id=category,
        labels=CATEGORY_LABELS[category],
        sensitive=category.sensitive,
        items=[ItemShown(code=kind.code, labels=kind.labels, most=kind.most) for kind in items],
        gravity=Coding(system=GRAVITY_SYSTEM, code=GRAVITY_CODES[category]),
        open_eligibility=OPEN_ELIGIBILITY_NAMES[category],
    )
