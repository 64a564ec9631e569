"""`/v1/needs/{need_id}/offers/{offer_id}/answers`: what a partner said to a coordinator."""

from enum import StrEnum, auto
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import DeclineReason
from services.intake import answers, needs
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.api.needs import NeedShown, show_need
from services.intake.phoned import answer_by_phone

router = APIRouter(prefix="/v1/needs/{need_id}/offers/{offer_id}", tags=["needs"])

Writer = Annotated[Caller, Depends(Calling(Scope.NEEDS_WRITE))]


class Said(StrEnum):
    """Yes or no."""

    YES = auto()
    NO = auto()


class TakenLine(BaseModel):
    """How much of a line of the need."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=1, le=50)
    quantity: int = Field(ge=1, le=100_000)


class PhonedAnswer(BaseModel):
    """What was said by phone. `lines` of a yes are what the partner takes; none is all that it was offered.

    `contact_id` is who said it; without it, the partner's first person who has a phone.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"answer": "yes", "lines": [{"line": 1, "quantity": 2}]}]}
    )

    answer: Said
    lines: tuple[TakenLine, ...] = Field(default=(), max_length=50)
    reason: DeclineReason = DeclineReason.OTHER
    contact_id: UUID | None = None


@router.post("/answers", status_code=202)
async def write_down_answer(need_id: UUID, offer_id: UUID, phoned: PhonedAnswer, caller: Writer) -> NeedShown:
    """Takes a phoned answer as if the partner had given it itself. A no after a yes hands the claim back.

    The need's history names its offers.
    """
    who, _ = await answer_by_phone(caller.desk.pool, need_id, caller.site_id, offer_id, phoned.contact_id)
    if phoned.answer is Said.YES:
        await answers.accept_offer(caller.desk.pool, who, {one.line: one.quantity for one in phoned.lines})
    else:
        await answers.say_no(caller.desk.pool, who, phoned.reason)
    need, _ = await needs.read_need(caller.desk.pool, need_id, caller.site_id)
    return show_need(need)
