"""The SMTP server."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from switchboard.sinks.kept import Box

SIZE_LIMIT = 2**21


class MailHandler:
    """Takes every email there is (aiosmtpd's handler interface)."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's
        """Keeps one email."""
        email = message_from_bytes(envelope.content, policy=policy.default)
        self._box.add(
            kind="email",
            sender=str(envelope.mail_from),
            to=envelope.rcpt_tos[0],
            subject=str(email["Subject"] or ""),
            text=_body(email, "plain"),
            html=_body(email, "html"),
            headers={name: str(value) for name, value in email.items()},
        )
        return "250 OK"


def _body(email: Any, kind: str) -> str:  # noqa: ANN401 - the email package's own union
    part = email.get_body((kind,)) if isinstance(email, EmailMessage) else None
    return str(part.get_content()) if part is not None else ""
