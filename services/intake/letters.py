"""Emails to those who work here: written in the transaction that they tell of, sent until a mail server takes them.

One that was taken just before a crash goes out once more, under the same Message-ID.
"""

from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib

from services.intake.mailing import mail_server, send_email, write_email
from services.intake.pages.languages import Words
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


def _path_to(letter: DueLetter, _settings: IntakeSettings) -> str:
    match letter.what:
        case "welcome":
            return "/sign-in"
    raise ValueError(f"{letter.what} leads nowhere")
