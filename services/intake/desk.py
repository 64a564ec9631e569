"""What every request stands on: the database, the seal, the link keys, the settings, whom to ask, what is watched."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from schemas.links import LinkKeys
from services.intake.matching import Matcher
from services.intake.sealing import Seal
from services.intake.settings import IntakeSettings
from services.intake.watching import Watch
from services.runtime.database import Pool


@dataclass(frozen=True)
class Desk:
    """Made once at start, found through the request."""

    pool: Pool
    seal: Seal
    link_keys: LinkKeys
    settings: IntakeSettings
    matcher: Matcher
    watch: Watch


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk of the app that serves this request."""
    desk: Desk = connection.app.state.desk
    return desk
