"""The few cookies there are. None is for anybody but this server."""

from enum import StrEnum

from fastapi import Request, Response

from services.intake.desk import desk_of


class Cookie(StrEnum):
    """By name: who is signed in, whose forms are ours, the language chosen, the page wanted, the code entered."""

    SESSION = "session"
    FORM_MARK = "form_mark"
    LANGUAGE = "language"
    WANTED = "wanted"
    OPENING = "opening"


def put_cookie(request: Request, answer: Response, cookie: Cookie, value: str, *, seconds: int | None = None) -> None:
    """Sets it, out of reach of scripts and of other sites' forms; for the browser's session unless `seconds`."""
    answer.set_cookie(cookie, value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_https(request))


def drop_cookie(request: Request, answer: Response, cookie: Cookie) -> None:
    """Takes it back."""
    answer.delete_cookie(cookie, path="/", httponly=True, samesite="lax", secure=is_https(request))


def is_https(request: Request) -> bool:
    """Whether people reach us by https only."""
    return desk_of(request).settings.public_url.startswith("https:")
