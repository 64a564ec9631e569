"""Refuses forms that another site made a browser send: each form carries the mark that its cookie carries."""

import secrets

from fastapi import Request
from starlette.exceptions import HTTPException

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
    try:
        form = await request.form()
        _encode(*(value for _, value in form.multi_items() if isinstance(value, str)))
    except (HTTPException, UnicodeEncodeError) as error:
        # No browser makes such a form of a page of ours.
        raise StaleForm from error
    carried, expected = form.get(FIELD), request.cookies.get(Cookie.FORM_MARK)
    ours = isinstance(carried, str) and expected is not None and _are_equal(carried, expected)
    if not ours or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise StaleForm


def _are_equal(one: str, other: str) -> bool:
    # As bytes: of texts it takes ASCII alone.
    return secrets.compare_digest(_encode(one), _encode(other))


def _encode(*texts: str) -> bytes:
    """Raises UnicodeEncodeError for half a character, which a charset that the sender chose may leave."""
    return "".join(texts).encode()
