"""Refuses forms that another site made a browser send: each form carries the mark that its cookie carries."""

import secrets

from fastapi import Request

from services.intake.pages.cookies import Cookie
from services.intake.pages.problems import StaleForm

FIELD = "form_mark"


def form_mark(request: Request) -> str:
    """The mark of this browser's forms; a new one for a browser that has none."""
    return request.cookies.get(Cookie.FORM_MARK) or secrets.token_urlsafe(24)


async def refuse_foreign_forms(request: Request) -> None:
    """Raises StaleForm when what is sent was not made on a page that we gave to this browser."""
    if request.method != "POST":
        return
    carried = (await request.form()).get(FIELD)
    expected = request.cookies.get(Cookie.FORM_MARK)
    ours = isinstance(carried, str) and expected is not None and secrets.compare_digest(carried, expected)
    if not ours or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise StaleForm
