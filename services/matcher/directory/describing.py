"""What there is to say of the partners that were found."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.matcher.directory.checks import Codes, Sought
from services.matcher.directory.rows import Services, pick
from services.matcher.directory.table import Table
from services.matcher.directory.weighing import Weighed
from services.matcher.domain.eligible import Eligible, Reasons

Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Services that may be asked, what is open of each, how good they are, and where each partner's best one is."""

    services: Services
    codes: Codes
    weighed: Weighed
    ones: Positions


def describe(candidates: Candidates, positions: Positions, sought: Sought, table: Table) -> list[Eligible]:
    """What there is to say of those at these positions, best first."""
    weighed, numbers = candidates.weighed, candidates.services.numbers.take(positions)
    rows = pick(candidates.services.rows, positions)
    categories, codes = rows["categories"].tolist(), candidates.codes.take(positions).tolist()
    items = {bits: tuple([item for kind, item in sought.items if bits & kind]) for bits in set(categories)}
    doubts = {code: sought.leaves_open(code) for code in set(codes)}
    found = [
        Eligible(
            partner_id,
            service_id,
            items[bits],
            None if math.isnan(miles) else miles,
            Reasons(near, fair, likely, language, fit, doubts[code]),
            score,
        )
        for partner_id, service_id, bits, code, miles, near, fair, likely, language, fit, score in zip(
            table.partners.ids_of(rows["partner"]),
            table.service_ids(numbers),
            categories,
            codes,
            *(part.take(positions).tolist() for part in weighed),
            strict=True,
        )
    ]
    found.sort(key=lambda one: (-one.score, one.partner_id.int))
    return found
