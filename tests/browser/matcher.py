"""A real matcher's route and index behind a running intake, in this process."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from schemas.partners import NationArea, PartnerRecorded, Service
from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind
from services.intake import partners
from services.intake.matching import Matcher
from services.matcher.api import internal_routes
from services.matcher.directory.index import IndexedDirectory
from services.matcher.policy import load_policy
from tests.browser.intake import RunningIntake

KEY = "key-of-the-matcher"


@dataclass
class Town:
    """Intake, and what its matcher knows."""

    intake: RunningIntake
    directory: IndexedDirectory

    async def add_partner(self, name: str, *categories: Category, **changes: Any) -> PartnerRecorded:
        """Recorded with intake, and heard of by the matcher."""
        service = Service(
            service_id=uuid4(),
            categories=categories or (Category.BEDS,),
            area=changes.pop("area", NationArea()),
            zip_code="11215",
            languages=("en", "es"),
            conditions=changes.pop("conditions", ()),
            fits=changes.pop("fits", ()),
        )
        record = PartnerRecorded(
            partner_id=uuid4(), name=name, kind=PartnerKind.NONPROFIT, services=(service,), **changes
        )
        await partners.record_partners(self.intake.desk.pool, self.intake.desk.seal, [record])
        self.directory.apply(record)
        return record


def with_matcher(intake: RunningIntake) -> Town:
    """Puts one behind intake."""
    directory = IndexedDirectory(load_policy().ranking)
    app = Starlette(routes=internal_routes(directory, frozenset, lambda: True, SecretStr(KEY)))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    intake.app.state.desk = replace(intake.desk, matcher=Matcher(client, "http://matcher", KEY))
    return Town(intake, directory)
