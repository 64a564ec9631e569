"""A need as it comes in."""

from dataclasses import replace
from datetime import datetime

from schemas.needs import NeedOpened
from services.matcher.domain.state import Need
from services.matcher.domain.turn import Turn
from services.matcher.policy import Policy


def open_need(event: NeedOpened, at: datetime, traceparent: str, zone: str, policy: Policy) -> Need:
    """A need of which nothing was said yet; `zone` is that of its place."""
    need = Need(event.need_id, traceparent, 0, event.terms, event.terms.needed_by, zone=zone)
    return replace(need, alert_at=Turn(need, at, policy).alert_at)
