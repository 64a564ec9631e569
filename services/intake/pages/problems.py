"""What can be wrong with a visit, each with the page that says so kindly."""

from typing import ClassVar


class PageProblem(Exception):
    """Shown as `gone.html` with the texts `gone.<name>_title` and `gone.<name>`."""

    status: ClassVar[int]
    text: ClassVar[str]


class NotHere(PageProblem):
    """There is no such page for this person; also what a stranger sees."""

    status, text = 404, "missing"


class TooOld(PageProblem):
    """The link was good once."""

    status, text = 410, "expired"


class NotYet(PageProblem):
    """What it is about has not reached us yet; the page looks again by itself."""

    status, text = 202, "not_yet"


class StaleForm(PageProblem):
    """The form is not one of ours, or its cookie is gone."""

    status, text = 403, "stale"


class OutOfOrder(PageProblem):
    """A part that we stand on is away."""

    status, text = 503, "busy"


class SignInNeeded(Exception):
    """Nobody is signed in."""
