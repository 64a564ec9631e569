"""Emails to those who work here: written in the transaction that they tell of, sent until a mail server takes them.

One that was taken just before a crash goes out once more, under the same Message-ID.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import aiosmtplib

from services.intake.approving import approval_link
from services.intake.mailing import mail_server, send_email, write_email
from services.intake.pages.languages import Words
from services.intake.raising import status_link
from services.intake.settings import IntakeSettings
from services.intake.store import letters
from services.intake.store.letters import DueLetter
from services.runtime.database import Pool
from services.runtime.logs import get_logger

_AT_ONCE = 20

_log = get_logger(__name__)


async def send_due(pool: Pool, settings: IntakeSettings) -> int:
    """Sends what waits; returns how many went. Mail that is down only delays them."""
    async with pool.acquire() as connection, connection.transaction():
        due = await letters.claim_letters(connection, _AT_ONCE)
    if not due:
        return 0
    sent = 0
    try:
        async with mail_server(settings.smtp_url) as server:
            for one in due:
                async with pool.acquire() as connection:
                    if not await letters.hold_letter(connection, one.letter_id, one.attempts):
                        continue
                await send_email(server, _to_email(one, settings))
                async with pool.acquire() as connection:
                    await letters.drop_letter(connection, one.letter_id)
                sent += 1
    except (aiosmtplib.SMTPException, OSError) as error:
        # Not an error of the loop: what is still here comes due again.
        _log.warning("letters wait for the mail server", waiting=len(due) - sent, error=type(error).__name__)
    return sent


def _to_email(letter: DueLetter, settings: IntakeSettings) -> EmailMessage:
    words = Words(letter.language)
    facts = {name: _say(words, name, value, letter) for name, value in letter.facts.items()}
    link = f"{settings.public_url}{_path_to(letter, settings)}"
    text = words(f"letter.{letter.what}_text", name=letter.name, link=link, **facts)
    email = write_email(settings.email_from, letter.email, words(f"letter.{letter.what}_subject", **facts), text)
    email["Message-ID"] = f"<{letter.letter_id}@switchboard>"
    return email


def _say(words: Words, name: str, value: str, letter: DueLetter) -> str:
    if not name.endswith("_at"):
        return value
    return words.moment(datetime.fromisoformat(value), letter.time_zone, datetime.now(UTC))


def _path_to(letter: DueLetter, settings: IntakeSettings) -> str:
    match letter:
        case DueLetter(what="welcome"):
            return "/sign-in"
        case DueLetter(what="application_accepted" | "application_refused" | "contact_removed"):
            return "/join"
        case DueLetter(what="application", about=UUID() as application_id):
            return f"/applications/{application_id}"
        case DueLetter(what="need_raised", about=UUID() as raised_id):
            return f"/raised-needs/{raised_id}"
        case DueLetter(what="need_sent_back" | "approval_expired", about=UUID() as need_id):
            return f"/needs/{need_id}"
        case DueLetter(what="approval_asked", about=UUID() as need_id, person_id=UUID() as person_id):
            link = approval_link(need_id, person_id, datetime.fromisoformat(letter.facts["expires_at"]))
            return f"/approve/{settings.signing_keys.sign(link)}"
        case DueLetter(what="raised", about=UUID() as raised_id):
            status = status_link(raised_id, datetime.fromisoformat(letter.facts["raised_at"]))
            return f"/raised/{settings.signing_keys.sign(status)}"
    raise ValueError(f"{letter.what} leads nowhere")
