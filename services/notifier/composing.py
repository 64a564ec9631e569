"""From words to an email: its headers, and the same words twice, as plain text and as a page."""

from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from uuid import UUID

from services.notifier.email import Letter
from services.notifier.mime import encode_words, write_email, write_mailbox
from services.notifier.rendering import Reader, Words


class Composer:
    """Makes emails from one sender, written as `Name <address>`."""

    def __init__(self, email_from: str) -> None:
        name, self._address = parseaddr(email_from)
        self._sender = write_mailbox(name, self._address)

    def compose(self, parcel_id: UUID, address: str, reader: Reader, words: Words) -> Letter:
        """The email of one parcel. Raises ValueError for an address that cannot stand in a header."""
        # The same for every attempt: a receiver that sees it twice can tell.
        identity = f"<{parcel_id}@{self._address.partition('@')[2]}>"
        headers = {
            "From": self._sender,
            "To": write_mailbox(reader.name, address),
            "Subject": encode_words(words.subject),
            "Date": format_datetime(datetime.now(UTC)),
            "Message-ID": identity,
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<mailto:{self._address}?subject=stop>",
            "Content-Language": reader.language,
        }
        content = write_email(headers, words.plain, words.html, boundary=parcel_id.hex)
        return Letter(self._address, address, identity, content)
