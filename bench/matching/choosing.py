"""From rows that may be asked to the partners that are asked first, as the matcher chooses them."""

from uuid import UUID

import numpy as np

from bench.matching.columns import Columns, Floats, Rows
from bench.matching.engines import Choice
from bench.matching.wanted import Wanted


def partners_of(columns: Columns, rows: Rows) -> list[UUID]:
    """Whose rows they are, each once, in no order."""
    return [columns.partner_ids[number] for number in np.unique(columns.column("partner")[rows]).tolist()]


def best_partners(columns: Columns, rows: Rows, wanted: Wanted, most: int) -> list[Choice]:
    """Of those, the best so many for each kind of help, best first; ties go by id."""
    rows, scores = _best_service_of_each(columns, rows, columns.scores(rows, wanted), wanted)
    categories, numbers = columns.column("categories")[rows], columns.column("partner")[rows]
    taken = set[tuple[float, UUID]]()
    for category in set(wanted.items):
        able = np.flatnonzero(categories & category)
        first = able[_at_least_the_best(scores[able], most)]
        ids = (columns.partner_ids[number] for number in numbers[first].tolist())
        taken.update(sorted(zip((-scores[first]).tolist(), ids, strict=True))[:most])
    return [(partner_id, -minus) for minus, partner_id in sorted(taken)]


def _best_service_of_each(columns: Columns, rows: Rows, scores: Floats, wanted: Wanted) -> tuple[Rows, Floats]:
    """Each partner by the service that helps with the most items, then by the one that fits best."""
    partners, categories = columns.column("partner")[rows], columns.column("categories")[rows]
    helps = sum((categories & item != 0).astype(int) for item in wanted.items)
    order = np.lexsort((-scores, -np.asarray(helps), partners))
    first = order[np.append(True, np.diff(partners[order]) != 0)] if len(order) else order
    return rows[first], scores[first]


def _at_least_the_best(scores: Floats, most: int) -> Rows:
    """The best so many, and whoever ties with the last of them."""
    if len(scores) <= most:
        return np.arange(len(scores))
    least = np.partition(scores, len(scores) - most)[len(scores) - most]
    return np.flatnonzero(scores >= least)
