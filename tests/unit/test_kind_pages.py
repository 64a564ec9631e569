"""Where another language is looked for, when a form's own address is all that the browser knows."""

import httpx
import pytest
from fastapi import FastAPI

from services.intake.pages.page_route import add_kind_pages
from services.intake.pages.routes import add_pages


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/our/services/pause", "/our/services"),
        ("/our/contacts/turns", "/our/contacts"),
        ("/sign-out", "/"),
    ],
)
async def test_a_forms_own_address_leads_to_the_page_it_stands_on(form: str, page: str) -> None:
    app = FastAPI()
    add_pages(app)
    add_kind_pages(app)
    headers = {"accept": "text/html"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake", headers=headers) as one:
        answer = await one.get(f"{form}?language=es")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?language=es")
