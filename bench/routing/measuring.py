"""What a run comes to, in figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.matching.report import percentile
from bench.routing.community import Community
from bench.routing.model import WEEK
from bench.routing.simulation import Run


@dataclass(frozen=True)
class Figures:
    """One rule over one community."""

    met: float
    """The share of fillable items that were handed over; of one that was handed over in part, that part counts."""
    median_hours: float
    """From opening to the first claim of an item, over all that are fillable; infinite where that is never."""
    p90_hours: float
    messages: int
    messages_a_claim: float
    gini: float
    """Of messages, over all partners that could be asked for any need."""
    over_budget: float
    """The share of these that got more messages in some seven days than they agreed to."""
    silent: int
    """Needs that ever stood open with nobody being asked, nothing due and nobody told."""


def measure(community: Community, run: Run) -> Figures:
    """All figures of a run."""
    hours = _hours_to_claim(community, run)
    askable = sorted({community.numbers[one.partner_id] for found in community.eligible for one in found})
    burdens = [run.messages[partner] for partner in askable]
    over = [
        most_in_a_week(burden) > community.partners[partner].messages_per_week
        for partner, burden in zip(askable, burdens, strict=True)
    ]
    messages = sum(map(len, burdens))
    return Figures(
        met=_share_met(community, run),
        median_hours=percentile(hours, 0.5) if hours else math.inf,
        p90_hours=percentile(hours, 0.9) if hours else math.inf,
        messages=messages,
        messages_a_claim=messages / run.claims if run.claims else math.inf,
        gini=gini([len(burden) for burden in burdens]),
        over_budget=sum(over) / len(over) if over else 0.0,
        silent=len(run.silent),
    )


def gini(burdens: Sequence[int]) -> float:
    """0 where all carry the same, near 1 where one carries all."""
    total, count = sum(burdens), len(burdens)
    ranked = sum(rank * burden for rank, burden in enumerate(sorted(burdens), start=1))
    return 2 * ranked / (count * total) - (count + 1) / count if total else 0.0


def most_in_a_week(moments: Sequence[datetime]) -> int:
    """The most of these, in their order, that fell in any seven days."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= WEEK:
            first += 1
        most = max(most, last - first + 1)
    return most


def _share_met(community: Community, run: Run) -> float:
    met = 0.0
    for number, line in community.fillable:
        need = run.needs[number]
        wanted = next(item.quantity for item in need.terms.items if item.line == line)
        met += need.delivered[line] / wanted
    return met / len(community.fillable) if community.fillable else 0.0


def _hours_to_claim(community: Community, run: Run) -> list[float]:
    return [
        (run.first_claims[number, line] - community.needs[number].opened_at).total_seconds() / 3600
        if (number, line) in run.first_claims
        else math.inf
        for number, line in community.fillable
    ]
