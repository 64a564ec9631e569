"""Which door each route stands behind. A route that has none keeps intake from starting."""

from collections.abc import Iterator
from enum import StrEnum, auto

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.intake.api import mail, texts
from services.intake.api.callers import Calling
from services.intake.pages.visitors import (
    approver,
    at_site,
    entered,
    invited,
    of_address,
    of_contact,
    of_family,
    raiser,
    sign_in_as_administrator,
    sign_in_as_coordinator,
    sign_in_as_leader,
    sign_in_as_officer,
    sign_in_as_partner,
    signed_in,
)


class Door(StrEnum):
    """Who gets through. What they may see behind it, ownership decides, in the same place that lets them in."""

    ANYBODY = auto()
    KEY = auto()
    """An API key with the scope that the route names; a key of one site sees that site.

    A partner's own opens the routes that let it in by name (`partners_too`), and sees there what it referred.
    """
    ENTERED = auto()
    """Whoever is signed in, from here or from a partner."""
    SIGNED_IN = auto()
    """Whoever works here."""
    PARTNER = auto()
    """A partner's contact who is signed in: sees what that partner was asked and holds, and no family."""
    COORDINATOR = auto()
    """Sees the own site."""
    OFFICER = auto()
    LEADER = auto()
    """A supervisor sees the own site; an administrator, all."""
    ADMINISTRATOR = auto()
    OFFER_LINK = auto()
    FAMILY_LINK = auto()
    CONTACT_LINK = auto()
    """Sees the own preferences, and nobody else's address."""
    ADDRESS_LINK = auto()
    """Says that the address the link came to is theirs."""
    SITE_LINK = auto()
    """Raises a need, and sees nothing."""
    APPROVAL_LINK = auto()
    """Decides about one need, and sees no family."""
    RAISED_LINK = auto()
    """Sees how far one need has come, and no family."""
    PROVIDER = auto()
    """The texting provider by its signature, the mail relay by our secret."""


_OPEN = {
    "/sign-in": "asks for an address, and says the same whether it is known",
    "/sign-in/sent": "says where to look",
    "/sign-in/{token}": "the token is the key: good once, for a quarter of an hour",
    "/join": "an organization asks to join; a person decides, and nothing is asked of it before",
    "/join/sent": "says what happens next",
    "/sign-out": "ends what the cookie names, or nothing",
}
"""Routes that everybody may call, and why."""
_OF_PROVIDERS = {texts.PATH, texts.STATUS_PATH, mail.PATH}
_GUARDS = {
    sign_in_as_partner: Door.PARTNER,
    sign_in_as_coordinator: Door.COORDINATOR,
    sign_in_as_officer: Door.OFFICER,
    sign_in_as_leader: Door.LEADER,
    sign_in_as_administrator: Door.ADMINISTRATOR,
    invited: Door.OFFER_LINK,
    of_family: Door.FAMILY_LINK,
    of_contact: Door.CONTACT_LINK,
    of_address: Door.ADDRESS_LINK,
    at_site: Door.SITE_LINK,
    approver: Door.APPROVAL_LINK,
    raiser: Door.RAISED_LINK,
}


class NoDoor(TypeError):
    """A route that nothing guards."""


def door_of(route: APIRoute) -> Door:
    """The door of a route. Raises NoDoor."""
    guards = list(_calls(route.dependant))
    if any(isinstance(guard, Calling) for guard in guards):
        return Door.KEY
    for guard, door in _GUARDS.items():
        if guard in guards:
            return door
    if signed_in in guards:
        return Door.SIGNED_IN
    if entered in guards:
        return Door.ENTERED
    if route.path in _OF_PROVIDERS:
        return Door.PROVIDER
    if route.path in _OPEN:
        return Door.ANYBODY
    raise NoDoor(f"{route.path} stands behind no door: see services/intake/doors.py")


def guarded_routes(app: FastAPI) -> list[tuple[APIRoute, Door]]:
    """Every route of the app but health, figures and what lies below `/static`. Raises NoDoor where one has none."""
    return [(route, door_of(route)) for route in app.routes if isinstance(route, APIRoute)]


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
