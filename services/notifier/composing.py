"""From words to an email: its headers, and the same words twice, as plain text and as a page."""

from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from uuid import UUID

from services.notifier.rendering import Reader, Words


class Composer:
    """Makes emails from one sender, written as `Name <address>`."""

    def __init__(self, email_from: str) -> None:
        name, self._address = parseaddr(email_from)
        self._sender = Mailbox(name, addr_spec=self._address)

    def compose(self, message_id: UUID, address: str, reader: Reader, words: Words) -> EmailMessage:
        """The email of one message. Raises ValueError for an address that cannot stand in a header."""
        email = EmailMessage()
        email["From"] = self._sender
        email["To"] = Mailbox(" ".join(reader.name.split()), addr_spec=address)
        email["Subject"] = words.subject
        email["Date"] = format_datetime(datetime.now(UTC))
        # The same for every attempt: a receiver that sees it twice can tell.
        email["Message-ID"] = f"<{message_id}@{self._address.partition('@')[2]}>"
        email["Auto-Submitted"] = "auto-generated"
        email["List-Unsubscribe"] = f"<mailto:{self._address}?subject=stop>"
        email["Content-Language"] = reader.language
        email.set_content(words.plain)
        email.add_alternative(words.html, subtype="html")
        return email
