"""From a template to an answer, in the reader's language."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import phonenumbers
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS
from services.intake.pages.cookies import Cookie, put_cookie
from services.intake.pages.foreign_forms import form_mark
from services.intake.pages.languages import LANGUAGES, Words, choose_language

_A_YEAR_S = 365 * 24 * 3600


def words_for(request: Request, own_language: str | None = None) -> Words:
    """The language of this answer. `own_language` is the reader's, where we know who reads."""
    chosen = choose_language(
        request.query_params.get("language"),
        request.cookies.get(Cookie.LANGUAGE),
        own_language,
        request.headers.get("accept-language", ""),
    )
    return Words(chosen)


def show(
    request: Request, template: str, *, status_code: int = 200, own_language: str | None = None, **values: object
) -> HTMLResponse:
    """The page. Also remembers a language that was just chosen, and marks the page's forms as ours."""
    words = words_for(request, own_language)
    mark = form_mark(request)
    other_language = next(code for code in LANGUAGES if code != words.language)
    html = (
        _environment()
        .get_template(template)
        .render(
            **values,
            t=words,
            item_words=lambda code, quantity: ITEM_KINDS[code].label(quantity, words.language),
            item_kinds=ITEM_KINDS,
            item_name=lambda kind: kind.labels[words.language][1],
            category_name=lambda category: CATEGORY_LABELS[category][words.language],
            phone_words=write_phone,
            other_language=other_language,
            here=request.url.path,
            here_in_full=f"{request.url.path}?{request.url.query}",
            in_other_language=f"{request.url.path}?{request.url.include_query_params(language=other_language).query}",
            form_mark=mark,
            now=datetime.now(UTC),
        )
    )
    answer = HTMLResponse(html, status_code)
    if request.cookies.get(Cookie.FORM_MARK) != mark:
        put_cookie(request, answer, Cookie.FORM_MARK, mark)
    if request.query_params.get("language") == words.language:
        put_cookie(request, answer, Cookie.LANGUAGE, words.language, seconds=_A_YEAR_S)
    return answer


def write_phone(phone: str) -> str:
    """A number as people read it."""
    number = phonenumbers.parse(phone)
    kind = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(number, kind.NATIONAL if number.country_code == 1 else kind.INTERNATIONAL))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
