"""All pages, as one router."""

from fastapi import APIRouter, Depends

from services.intake.pages import (
    addresses,
    changing,
    consents,
    contacts,
    danger,
    disclosures,
    families,
    families_of_needs,
    gaps,
    households,
    identity,
    matching,
    needs,
    offers,
    one_need,
    people,
    phoned,
    sign_in,
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
        contacts,
        addresses,
        people,
        sites,
    ):
        router.include_router(pages.router)
    return router
