"""What a provider's report says of a message, in our own few words: by its codes, never by its prose."""

import re
from dataclasses import dataclass
from uuid import UUID

from schemas.vocabulary import DeliveryProblem, Fate

_TWILIO = {
    "30003": (Fate.BOUNCED_FOR_NOW, DeliveryProblem.NOT_REACHED),
    "30004": (Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
    "30005": (Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
    "30006": (Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
    # START opens it again, so that the number itself is not to be blamed.
    "21610": (Fate.BOUNCED_FOR_NOW, DeliveryProblem.OPTED_OUT),
}
"""Twilio's error codes that say more than that it did not arrive: phone off, blocked, unknown, landline, said STOP."""
_TWILIO_NEVER = {"undelivered", "failed"}
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_ADDRESS = {"2.1", "4.1", "4.4"}
"""A mailbox that is closed; what Exchange and Postfix say where others say 1.1 and 1.2 (RFC 3463)."""
_SENDERS_ADDRESS = {"1.7", "1.8"}
_BY_SUBJECT = {"1": DeliveryProblem.ADDRESS_REFUSED, "4": DeliveryProblem.NOT_REACHED}


@dataclass(frozen=True)
class Report:
    """What became of one message."""

    message_id: UUID
    fate: Fate
    problem: DeliveryProblem | None = None


def read_text_status(message_id: UUID, status: str, error_code: str) -> Report | None:
    """A texting provider's status; None while it is only under way."""
    if status == "delivered":
        return Report(message_id, Fate.DELIVERED)
    if status not in _TWILIO_NEVER:
        return None
    unknown = (Fate.BOUNCED_FOR_NOW, DeliveryProblem.PROVIDER_REFUSED)
    return Report(message_id, *_TWILIO.get(error_code, unknown))


def find_code(text: str) -> str | None:
    """The first enhanced status code (RFC 3463) in a text, such as 5.1.1."""
    found = _ENHANCED.search(text)
    return found[0] if found else None


def read_mail_failure(code: str | None) -> tuple[Fate, DeliveryProblem]:
    """What a failure means that has this enhanced status code. Only a dead address is one for good."""
    kind, _, detail = (code or "5.0.0").partition(".")
    subject = detail.partition(".")[0]
    if detail == "2.2":
        return Fate.BOUNCED_FOR_NOW, DeliveryProblem.MAILBOX_FULL
    if detail in _SENDERS_ADDRESS:
        return Fate.BOUNCED_FOR_NOW, DeliveryProblem.PROVIDER_REFUSED
    if kind == "5" and (subject == "1" or detail in _NO_SUCH_ADDRESS):
        return Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED
    return Fate.BOUNCED_FOR_NOW, _BY_SUBJECT.get(subject, DeliveryProblem.PROVIDER_REFUSED)
