"""From words to an email: its headers, and the same words twice, as plain text and as a page.

The bytes are written here, not by `email.message.EmailMessage`, which takes ten times as long; that reads them back in
the tests, whatever stands in a name.
"""

import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from uuid import UUID

from schemas.vocabulary import RecipientKind
from services.notifier.domain.one_line import keep_in_line
from services.notifier.email import Letter
from services.notifier.reader import Reader
from services.notifier.rendering import Words

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LINE = 66
"""So many characters stand in a line of a header behind its name."""
_ENCODED_WORD = 42
"""Bytes that make a word of 68 characters; RFC 2047 allows 75, a line with its header's name 78."""
_LONGEST_NAME = 120
_INSIDE_A_CHARACTER = range(0b1000_0000, 0b1100_0000)
_NO_ANSWERS_BY_MACHINES = "OOF, AutoReply"
"""To Exchange: no notes of absence. Never All, which keeps bounces away too."""


class Composer:
    """Makes emails from one sender, written as `Name <address>`. Answers go to `reply_to`, where people read them."""

    def __init__(self, email_from: str, reply_to: str = "") -> None:
        name, self._address = parseaddr(email_from)
        self._desk = parseaddr(reply_to)[1] or self._address
        self._domain = _checked(self._address).partition("@")[2]
        self._from = _mailbox(name, self._address)
        self._reply_to = _mailbox(*parseaddr(reply_to)) if reply_to else self._from

    def compose(self, parcel_id: UUID, address: str, reader: Reader, words: Words) -> Letter:
        """The email of one parcel. Raises ValueError for an address that cannot stand in a header."""
        # The same for every attempt: a receiver that sees it twice can tell.
        own_id = f"<{parcel_id}@{self._domain}>"
        headers = [
            f"From: {self._from}",
            f"To: {_mailbox(reader.name, address)}",
            f"Reply-To: {self._answers_to(reader)}",
            f"Subject: {_encode(words.subject)}",
            f"Date: {format_datetime(datetime.now(UTC))}",
            f"Message-ID: {own_id}",
            "Auto-Submitted: auto-generated",
            f"X-Auto-Response-Suppress: {_NO_ANSWERS_BY_MACHINES}",
            *self._ways_out(reader),
            f"Content-Language: {words.language}",
            "MIME-Version: 1.0",
        ]
        content = "\r\n".join(headers).encode("ascii") + _both(parcel_id, words)
        return Letter(self._address, address, own_id, content)

    def _answers_to(self, reader: Reader) -> str:
        """Whoever the message says to turn to; everybody else's own address is theirs alone."""
        named = reader.coordinator if reader.kind is RecipientKind.PARTNER else None
        if named is None or named.email is None or not _ADDRESS.fullmatch(named.email):
            return self._reply_to
        return _mailbox(named.name, named.email)

    def _ways_out(self, reader: Reader) -> list[str]:
        by_mail = f"<mailto:{self._desk}?subject=stop>"
        if not reader.preferences:
            return [f"List-Unsubscribe: {by_mail}"]
        # RFC 8058: the mail program itself posts there, at one touch.
        return [
            f"List-Unsubscribe: <{reader.preferences}/stop>,\r\n {by_mail}",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not an address that email can be sent to")
    return address


def _mailbox(name: str, address: str) -> str:
    shown = name[:_LONGEST_NAME].strip()
    if not shown:
        return f"<{_checked(address)}>"
    quoted = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{quoted if _is_plain(shown) else _to_encoded_words(shown)}\r\n <{_checked(address)}>"


def _encode(text: str) -> str:
    return _fold(text) if _is_plain(text) else _to_encoded_words(text)


def _is_plain(text: str) -> bool:
    # What looks like an encoded word would be read as one; a line can only be folded between words.
    return text.isascii() and text.isprintable() and "=?" not in text and len(max(text.split(" "), key=len)) < _LINE


def _fold(text: str) -> str:
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > _LINE and lines[-1]:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] or len(lines) > 1 else word
    return "\r\n".join(lines)


def _to_encoded_words(text: str) -> str:
    """As RFC 2047 has it: each word by itself is whole characters."""
    content, words, start = keep_in_line(text).encode(), [], 0
    while start < len(content):
        end = start + _ENCODED_WORD
        while end < len(content) and content[end] in _INSIDE_A_CHARACTER:
            end -= 1
        words.append(f"=?utf-8?b?{binascii.b2a_base64(content[start:end], newline=False).decode()}?=")
        start = end
    return "\r\n ".join(words)


def _both(parcel_id: UUID, words: Words) -> bytes:
    # No encoded line can hold it: "=" is written as "=3D" there.
    boundary = f"=_{parcel_id.hex}"
    parts = [
        f"\r\n--{boundary}\r\n"
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
        + _to_quoted_printable(text)
        for kind, text in (("plain", words.plain), ("html", words.html))
    ]
    head = f'\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'
    return head.encode("ascii") + b"".join(parts) + f"\r\n--{boundary}--\r\n".encode("ascii")


def _to_quoted_printable(text: str) -> bytes:
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
    return encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
