"""How an invented community answers. All of its parameters are those of `Model`; none was measured on a real one.

- Days. Partners read and answer by day only, from 8 to 21 o'clock, all days alike; "hours" below are of those.
- An answer comes with a chance that is the product of three: the partner's own (drawn once from a Beta distribution),
  distance (`half_distance / (half_distance + miles)`), and fatigue (`fatigue` to the power of how many messages the
  partner got in the seven days before). Offers are messages, and so are reminders to answer one.
- A reminder gives who would not have answered a second chance, `reminder` times as large; for it, too, fatigue counts.
- How long an answer takes is log-normal, and `today` or `tonight` times as long where it is for then. It may come
  after the offer's time is over.
- An answer is a yes with the chance `yes`, else a no; and a no as well where the partner has as many claims of the last
  seven days as it has room for: what it says itself (`claims_per_week`), else one and a Poisson number.
- A yes takes all that was offered, or, with the chance `part`, half of each quantity, rounded down, and one thing at
  least. Who finds that all is taken says nothing.
- A claim is followed by contact with the chance `contacts`, at any moment of the time allowed; then by delivery with
  the chance `delivers`, at any moment of the time allowed. Else it lapses.
- Each time that a family is asked whether help arrived it says yes with the chance `confirms`, no with the chance
  `disputes`, else nothing, by `family_hours`.
- Each of these chances is drawn once for each (partner, need), whoever asks and when: rules that are compared differ
  only by whom they ask, and when.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from statistics import NormalDist
from typing import NamedTuple

from schemas.event import Item
from schemas.vocabulary import Urgency

WEEK = timedelta(days=7)
_LOCAL = timezone(timedelta(hours=-5))
"""Winter in the east."""
_OPENS, _CLOSES = 8.0, 21.0
HOURS_OF_A_DAY = _CLOSES - _OPENS
_UNKNOWN_MILES = 5.0
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Model:
    """What makes one community another."""

    answers: float = 0.4
    """The mean of the partners' own chances to answer."""
    answers_alike: float = 3.0
    """The two parameters of their Beta distribution together: the more, the more alike they are."""
    half_distance: float = 20.0
    """Miles at which half as many answer."""
    fatigue: float = 0.9
    reminder: float = 0.5
    median_hours: float = 4.0
    spread: float = 1.0
    """The standard deviation of the logarithm of the hours."""
    today: float = 0.25
    tonight: float = 0.1
    yes: float = 0.5
    part: float = 0.25
    room: float = 3.0
    """The mean of the Poisson number."""
    contacts: float = 0.92
    delivers: float = 0.95
    confirms: float = 0.6
    disputes: float = 0.02
    family_hours: float = 6.0

    def answers_with(self, own: float, miles: float | None, recent_messages: int) -> float:
        """The chance of an answer."""
        near = self.half_distance / (self.half_distance + (_UNKNOWN_MILES if miles is None else miles))
        return own * near * self.fatigue**recent_messages


class Would(NamedTuple):
    """What one partner would do about one need, each a number drawn evenly from 0 to 1."""

    answer: float
    answer_when_reminded: float
    delay: float
    say_yes: float
    take_a_part: float
    contact: float
    contact_within: float
    deliver: float
    deliver_within: float

    def answer_moment(self, asked_at: datetime, urgency: Urgency, model: Model) -> datetime:
        """When the answer comes."""
        hours = model.median_hours * math.exp(model.spread * _NORMAL.inv_cdf(max(self.delay, 1e-9)))
        times = {Urgency.TODAY: model.today, Urgency.TONIGHT: model.tonight}.get(urgency, 1.0)
        return by_day(asked_at, hours * times)

    def quantities(self, items: tuple[Item, ...], model: Model) -> Mapping[int, int]:
        """By line, what a yes takes of these items."""
        if self.take_a_part >= model.part:
            return {item.line: item.quantity for item in items}
        halves = {item.line: item.quantity // 2 for item in items if item.quantity > 1}
        return halves or {items[0].line: 1}


def by_day(start: datetime, hours: float) -> datetime:
    """So many hours of the day later, the nights not counted."""
    local = start.astimezone(_LOCAL)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    since_midnight = (local - midnight) / timedelta(hours=1)
    days, rest = divmod(min(max(since_midnight - _OPENS, 0.0), HOURS_OF_A_DAY) + hours, HOURS_OF_A_DAY)
    return (midnight + timedelta(days=days, hours=_OPENS + rest)).astimezone(start.tzinfo)
