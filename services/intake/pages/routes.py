"""All pages, as one router."""

from fastapi import APIRouter, Depends

from services.intake.pages import (
    addresses,
    applications,
    approvals,
    approving,
    board,
    calls,
    changing,
    consents,
    contacts,
    danger,
    directory,
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
    our,
    our_referrals,
    people,
    phoned,
    raised_needs,
    raised_status,
    raising,
    sign_in,
    site_links,
    sites,
    undelivered,
)
from services.intake.pages.foreign_forms import refuse_foreign_forms


def pages_router() -> APIRouter:
    """The pages. They need `app.state.desk`, and the folder `static_folder` mounted at `/static`."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_foreign_forms)])
    for pages in (
        sign_in,
        board,
        needs,
        danger,
        one_need,
        changing,
        phoned,
        calls,
        matching,
        households,
        families_of_needs,
        consents,
        disclosures,
        gaps,
        directory,
        offers,
        identity,
        families,
        contacts,
        addresses,
        our,
        our_referrals,
        people,
        site_links,
        sites,
        raising,
        raised_needs,
        raised_status,
        approvals,
        approving,
        undelivered,
        imports,
        joining,
        applications,
    ):
        router.include_router(pages.router)
    return router
