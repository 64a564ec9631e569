"""All pages, as one router."""

from fastapi import APIRouter, Depends

from services.intake.pages import (
    applications,
    approvals,
    approving,
    changing,
    consents,
    danger,
    disclosures,
    families,
    families_of_needs,
    gaps,
    households,
    identity,
    imports,
    joining,
    matching,
    needs,
    offers,
    one_need,
    people,
    phoned,
    raised_needs,
    raised_status,
    raising,
    sign_in,
    site_links,
    sites,
)
from services.intake.pages.foreign_forms import refuse_foreign_forms


def pages_router() -> APIRouter:
    """The pages. They need `app.state.desk`, and the folder `static_folder` mounted at `/static`."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_foreign_forms)])
    for pages in (
        sign_in,
        needs,
        danger,
        one_need,
        changing,
        phoned,
        matching,
        households,
        families_of_needs,
        consents,
        disclosures,
        gaps,
        offers,
        identity,
        families,
        people,
        site_links,
        sites,
        raising,
        raised_needs,
        raised_status,
        approvals,
        approving,
        imports,
        joining,
        applications,
    ):
        router.include_router(pages.router)
    return router
