"""People with a browser and a phone: they open links, send forms, and answer texts, as anyone would."""

import asyncio
import base64
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any, Self
from uuid import UUID

import httpx

_OFFER_LINK = re.compile(r"https?://\S+/o/([A-Za-z0-9_-]{90,})")
_SIGN_IN_LINK = re.compile(r"https?://\S+/sign-in/\S+")
_TRIES, _BETWEEN_S = 120, 0.25
_LOOKS_AFTER_S = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0)


def link_in(text: str) -> str | None:
    """The address of an offer's page in a message."""
    found = _OFFER_LINK.search(text)
    return found[0] if found else None


def ids_in(link: str) -> tuple[UUID, UUID]:
    """(need, offer) that a link is about: it says so openly, signed but not hidden."""
    token = link.rpartition("/")[2]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return UUID(bytes=raw[5:21]), UUID(bytes=raw[21:37])


def open_client(timeout: float, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """A client with connections of its own. Where hundreds share one, its keeper spends its time on who is next."""
    return httpx.AsyncClient(verify=_trust(), headers=headers, timeout=timeout, follow_redirects=True)


@cache
def _trust() -> ssl.SSLContext:
    # A tenth of a second to make, and the same for everybody.
    return ssl.create_default_context()


class _Forms(HTMLParser):
    """The forms of a page: their action, and the fields with what they hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "input" and self.forms and "name" in given:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen:
                self.forms[-1][1][given["name"]] = given.get("value", "")


@dataclass(frozen=True)
class Page:
    """A page that somebody looks at."""

    url: httpx.URL
    forms: list[tuple[str, dict[str, str]]]
    html: str

    def form(self, ending: str) -> tuple[httpx.URL, dict[str, str]] | None:
        """The form whose address ends so, with its fields as they are."""
        for action, fields in self.forms:
            target = self.url.join(action) if action else self.url
            if target.path.endswith(ending):
                return target, dict(fields)
        return None


class Person:
    """Somebody with a browser of their own."""

    def __init__(self) -> None:
        self._browser = open_client(timeout=20)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.aclose()

    async def open(self, url: str) -> Page:
        """Opens a page."""
        answer = await self._browser.get(url)
        return _page(answer)

    async def send(self, url: str, ending: str, changes: dict[str, str] | None = None) -> bool:
        """Opens a page and sends its form that ends so. Looks again for a while when the form is not there yet."""
        for pause in _LOOKS_AFTER_S:
            await asyncio.sleep(pause)
            page = await self.open(url)
            if page.form(ending) is not None:
                return await self.press(page, ending, changes)
        return False

    async def press(self, page: Page, ending: str, changes: dict[str, str] | None = None) -> bool:
        """Sends the form that ends so of a page that was opened before. False where the page has none."""
        found = page.form(ending)
        if found is None:
            return False
        target, fields = found
        answer = await self._browser.post(target, data=fields | (changes or {}))
        return answer.is_success

    async def lines(self, url: str, ending: str) -> dict[str, int]:
        """The quantities that a page's form proposes, by field."""
        found = (await self.open(url)).form(ending)
        return {name: int(value) for name, value in (found[1] if found else {}).items() if name.startswith("line-")}


def _page(answer: httpx.Response) -> Page:
    reader = _Forms()
    if "html" in answer.headers.get("content-type", ""):
        reader.feed(answer.text)
    return Page(answer.url, reader.forms, answer.text)


async def sign_in_link(public_url: str, sinks_url: str, email: str) -> str | None:
    """Asks for a link to sign in with, and reads it in the mail. None when it did not come."""
    async with Person() as coordinator, open_client(timeout=20) as client:
        await coordinator.send(f"{public_url}/sign-in", "/sign-in", {"email": email})
        for _ in range(_TRIES):
            answer = await client.get(f"{sinks_url}/api/emails", params={"to": email})
            for message in reversed(answer.json()["messages"]):
                if found := _SIGN_IN_LINK.search(message["text"]):
                    return found[0]
            await asyncio.sleep(_BETWEEN_S)
    return None


async def text(sinks_url: str, client: httpx.AsyncClient, sender: str, body: str) -> None:
    """Somebody texts us."""
    answer = await client.post(f"{sinks_url}/api/texts/reply", json={"from": sender, "body": body})
    answer.raise_for_status()


Message = dict[str, Any]
"""A message as the sinks' stream gives it."""
