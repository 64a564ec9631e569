"""`/webhooks/mail`: where a relay, or a provider of mail, hands over what became of an email."""

import hmac
from enum import StrEnum, auto
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from schemas.vocabulary import Channel, DeliveryProblem, Fate
from services.intake.api.problems import ApiProblem
from services.intake.desk import Desk, desk_of
from services.intake.domain.mail_reports import NoMail, parse_message_id, read_report
from services.intake.domain.receipts import Report, read_mail_failure
from services.intake.receipts import take_report

router = APIRouter(include_in_schema=False)

PATH = "/webhooks/mail"
LARGEST_MAIL = 256 * 1024
"""Bytes: a report returns at most the email that it is about, and ours are small."""


class MailEventKind(StrEnum):
    """What providers' webhooks speak of."""

    DELIVERED = auto()
    DEFERRED = auto()
    BOUNCED = auto()
    COMPLAINED = auto()


def _parse(value: object) -> UUID:
    message_id = parse_message_id(f"{value}@")
    if message_id is None:
        raise ValueError("this is not the Message-ID of an email of ours")
    return message_id


class MailEvent(BaseModel):
    """The one form of a report in JSON; `docs/receipts.md` says how providers' own are brought into it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message_id: Annotated[UUID, BeforeValidator(_parse)]
    """The Message-ID, or its part before the @."""
    event: MailEventKind
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    """The enhanced status code (RFC 3463) of a bounce or delay. Without one a bounce is for good."""


@router.post(PATH)
async def take_mail(request: Request) -> dict[str, bool]:
    """Takes a report, as the mail that it came as or as JSON. Says whether it told anything new of our emails."""
    desk = desk_of(request)
    _check_secret(desk, request.headers.get("authorization", ""))
    body = await request.body()
    as_json = request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"
    report = _read_event(body) if as_json else _read_mail(body)
    return {"taken": report is not None and await take_report(desk.pool, Channel.EMAIL, report)}


def _check_secret(desk: Desk, sent: str) -> None:
    secret = desk.settings.mail_webhook_secret
    if secret is None:
        raise ApiProblem(
            HTTPStatus.SERVICE_UNAVAILABLE, "Nothing is taken here: intake's setting MAIL_WEBHOOK_SECRET is missing."
        )
    if not hmac.compare_digest(f"Bearer {secret.get_secret_value()}".encode(), sent.encode()):
        raise ApiProblem(HTTPStatus.UNAUTHORIZED, "Send the secret: `Authorization: Bearer <MAIL_WEBHOOK_SECRET>`.")


def _read_mail(body: bytes) -> Report | None:
    try:
        return read_report(body)
    except NoMail as error:
        raise ApiProblem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "Send the report as the whole mail that came (message/rfc822), or as JSON."
        ) from error


def _read_event(body: bytes) -> Report:
    try:
        event = MailEvent.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    match event.event:
        case MailEventKind.DELIVERED:
            return Report(event.message_id, Fate.DELIVERED)
        case MailEventKind.DEFERRED:
            return Report(event.message_id, Fate.DELAYED, read_mail_failure(event.code or "4.4.0")[1])
        case MailEventKind.COMPLAINED:
            return Report(event.message_id, Fate.COMPLAINED, DeliveryProblem.COMPLAINED)
        case MailEventKind.BOUNCED:
            return Report(event.message_id, *read_mail_failure(event.code or "5.1.1"))
