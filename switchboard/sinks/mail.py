"""The SMTP server."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from switchboard.sinks.kept import Box

SIZE_LIMIT = 2**21


class MailHandler:
    """Takes every email there is (aiosmtpd's handler interface)."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Keeps one email."""
        email = message_from_bytes(envelope.content)
        headers = {name: _unfold(value) for name, value in email.items()}
        self._box.add(
            kind="email",
            sender=str(envelope.mail_from),
            to=envelope.rcpt_tos[0],
            subject=headers.get("Subject", ""),
            text=_body(email, "plain"),
            html=_body(email, "html"),
            headers=headers,
        )
        return "250 OK"


def _unfold(value: str) -> str:
    return " ".join(str(make_header(decode_header(value))).split())


def _body(email: Message, kind: str) -> str:
    for part in email.walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == f"text/{kind}" and isinstance(content, bytes):
            return content.decode(part.get_content_charset("utf-8"), errors="replace")
    return ""
