"""Why a partner was not asked, looked at once a day for those who want to know."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from schemas.matching import MOST_PUBLISHED, WhyNotQuestion
from schemas.vocabulary import EligibilityRule
from services.intake.domain.not_asked import Figures
from services.intake.matching import Matcher
from services.intake.store import not_asked
from services.intake.store.not_asked import MadeFigures
from services.runtime.database import Pool

_LOOKS_BACK = timedelta(days=30)
_MOST = 1000
"""Of all the network: the newest of them stand for the others."""


async def look(pool: Pool, matcher: Matcher, partner_id: UUID, now: datetime) -> MadeFigures:
    """The figures of this day, made now if nobody looked before. Raises MatcherAway."""
    since = now - _LOOKS_BACK
    async with pool.acquire() as connection:
        if (made := await not_asked.read_figures(connection, partner_id)) is not None:
            return made
        asked = await not_asked.count_asked(connection, partner_id, since)
        found = await not_asked.needs_not_asked(connection, partner_id, since, _MOST)
    # That there are sensitive needs is told to nobody who was not asked about one.
    open_ones = [one for one in found if not one.terms.is_sensitive]
    in_area, left_out = 0, Counter[EligibilityRule]()
    for begin in range(0, len(open_ones), MOST_PUBLISHED):
        batch = tuple(open_ones[begin : begin + MOST_PUBLISHED])
        answer = await matcher.ask_why_not(WhyNotQuestion(partner_id=partner_id, needs=batch))
        in_area += answer.in_area
        left_out.update(answer.left_out)
    figures = Figures(asked, in_area, left_out)
    async with pool.acquire() as connection:
        await not_asked.save_figures(connection, partner_id, figures)
        return await not_asked.read_figures(connection, partner_id) or MadeFigures(figures, now)
