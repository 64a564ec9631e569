"""`/v1/gaps`: what nobody could do, as each quarter was reported."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from services.intake import gaps
from services.intake.api.callers import Caller, Calling, Scope
from services.intake.domain.gaps import Dimension, Telling, to_month

router = APIRouter(prefix="/v1/gaps", tags=["gaps"])

Reader = Annotated[Caller, Depends(Calling(Scope.NEEDS_READ))]

_EXAMPLE: dict[str, Any] = {
    "by": "category",
    "quarters": [
        {"from": "2026-04", "to": "2026-06", "state": "told"},
        {"from": "2026-07", "to": "2026-09", "state": "too_few"},
    ],
    "total": 96,
    "rows": [{"value": "beds", "gaps": 41, "whole": True}, {"value": "rent", "gaps": 24, "whole": True}],
    "others": 31,
}


class QuarterShown(BaseModel):
    """A quarter, and whether it is `told`, has `too_few` needs to be told, or is `not_yet` reported."""

    begins: str = Field(serialization_alias="from")
    ends: str = Field(serialization_alias="to")
    state: Telling


class RowShown(BaseModel):
    """How many gaps have a value; not `whole` where some quarters do not tell it: so many at least."""

    value: str
    gaps: int
    whole: bool


class GapsShown(BaseModel):
    """Gaps of the quarters that are told: a gap is a kind of help that a need ended without.

    What stands for fewer than ten needs is in `others`, together with what would give it away.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    by: Dimension
    quarters: list[QuarterShown]
    total: int
    rows: list[RowShown]
    others: int


@router.get("")
async def show_gaps(
    caller: Reader,
    by: Dimension,
    begins: Annotated[str | None, Query(alias="from", examples=["2026-04"])] = None,
    ends: Annotated[str | None, Query(alias="to", examples=["2026-09"])] = None,
) -> GapsShown:
    """What nobody could do, of the key's site or of all together: whole quarters, the newest four unless named.

    `rule` is what left out most partners. A quarter is reported a week after it ended, and never changes after that.
    """
    quarters = gaps.choose_quarters(await gaps.read_quarters(caller.desk.pool), begins, ends)
    found = await gaps.read_report(caller.desk.pool, gaps.Wanted(caller.site_id, by, quarters))
    return GapsShown(
        by=by,
        quarters=[
            QuarterShown(begins=to_month(quarter.first), ends=to_month(quarter.months[2]), state=telling)
            for quarter, telling in found.quarters.items()
        ],
        total=found.total,
        rows=[RowShown(value=row.value, gaps=row.gaps, whole=row.whole) for row in found.rows],
        others=found.others,
    )
