"""Mail that tells of mail: delivery status notifications (RFC 3464), complaints (RFC 5965). No address is read."""

import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from uuid import UUID

from schemas.vocabulary import DeliveryProblem, Fate
from services.intake.domain.receipts import Report, find_code, read_mail_failure

_OURS = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@", re.IGNORECASE)
_NO_COMPLAINT = {"not-spam"}
_BY_CLASS = {"2": "delivered", "4": "delayed", "5": "failed"}
"""What an action must be that is missing or unknown, by the first digit of the status."""


class NoMail(ValueError):
    """These bytes are no email."""


def read_report(raw: bytes) -> Report | None:
    """What a mail says of a message of ours; None for any other mail. Raises NoMail."""
    try:
        mail = message_from_bytes(raw)
        if not mail.keys():
            raise NoMail("there are no headers")
        parts = list(mail.walk())
        told = max((fate for part in parts for fate in _fates(part)), key=lambda one: one[0].strength, default=None)
        message_id = _find_message(mail, parts) if told else None
    except NoMail:
        raise
    except Exception as error:  # the parser keeps no list of what a hostile mail makes it raise
        raise NoMail(type(error).__name__) from error
    return Report(message_id, *told) if told and message_id else None


def parse_message_id(text: str) -> UUID | None:
    """Our id in a Message-ID of ours."""
    found = _OURS.search(text)
    return UUID(found[1]) if found else None


def _fates(part: Message) -> Iterator[tuple[Fate, DeliveryProblem | None]]:
    match part.get_content_type():
        case "message/delivery-status":
            for block in _blocks(part):
                if (fate := _fate_of(block)) is not None:
                    yield fate
        case "message/feedback-report":
            kinds = {_field(block, "Feedback-Type").casefold() for block in _blocks(part)} - {""}
            if kinds and not kinds <= _NO_COMPLAINT:
                yield Fate.COMPLAINED, DeliveryProblem.COMPLAINED


def _fate_of(recipient: Message) -> tuple[Fate, DeliveryProblem | None] | None:
    action = _field(recipient, "Action").casefold()
    code = find_code(_field(recipient, "Status")) or find_code(_field(recipient, "Diagnostic-Code"))
    if action not in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        action = _BY_CLASS.get((code or "")[:1], "")
    match action:
        case "failed":
            return read_mail_failure(code)
        case "delayed":
            return Fate.DELAYED, read_mail_failure(code or "4.4.0")[1]
        case "delivered":
            return Fate.DELIVERED, None
    # Handed to a server that reports no more, or to a list: nobody knows.
    return None


def _find_message(mail: Message, parts: list[Message]) -> UUID | None:
    """In what was returned first; then in the envelope's id; then in what the mail says that it answers."""
    returned = [header for part in parts if part is not mail for header in _returned_headers(part)]
    envelopes = [
        _field(block, "Original-Envelope-Id")
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for block in _blocks(part)
    ]
    answered = [_field(mail, name) for name in ("In-Reply-To", "References", "X-Original-Message-ID")]
    for text in (*returned, *(f"{one}@" for one in envelopes), *answered):
        if (message_id := parse_message_id(text)) is not None:
            return message_id
    return None


def _returned_headers(part: Message) -> list[str]:
    # Some servers change the Message-ID, and keep ours beside it.
    names = ("Message-ID", "X-Original-Message-ID", "Original-Message-ID")
    if part.get_content_type() == "text/rfc822-headers":
        part = message_from_string(_decode(part))
    return [_field(part, name) for name in names]


def _decode(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a machine-readable part."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _field(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip()
