"""Reports of mail servers as they come: each says what we make of it, and none can break us."""

import random
from pathlib import Path
from uuid import UUID

import pytest

from schemas.vocabulary import DeliveryProblem, Fate
from services.intake.domain.mail_reports import NoMail, parse_message_id, read_report
from services.intake.domain.receipts import Report, read_mail_failure, read_text_status

FOLDER = Path(__file__).parents[1] / "mail_reports"
MESSAGE = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0007")


@pytest.mark.parametrize(
    ("name", "fate", "problem"),
    [
        ("postfix_no_such_user", Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
        ("postfix_delayed", Fate.DELAYED, DeliveryProblem.NOT_REACHED),
        ("postfix_delivered", Fate.DELIVERED, None),
        ("exchange_no_such_user", Fate.BOUNCED, DeliveryProblem.ADDRESS_REFUSED),
        ("gmail_full_mailbox", Fate.BOUNCED_FOR_NOW, DeliveryProblem.MAILBOX_FULL),
        ("rfc3464_appendix_e1", Fate.BOUNCED_FOR_NOW, DeliveryProblem.PROVIDER_REFUSED),
        ("rfc3464_appendix_e2", Fate.BOUNCED_FOR_NOW, DeliveryProblem.PROVIDER_REFUSED),
        ("rfc5965_complaint", Fate.COMPLAINED, DeliveryProblem.COMPLAINED),
    ],
)
def test_a_report_says_what_became_of_our_message(name: str, fate: Fate, problem: DeliveryProblem | None) -> None:
    assert read_report(mail(name)) == Report(MESSAGE, fate, problem)


@pytest.mark.parametrize("name", ["out_of_office", "rfc6430_not_spam"])
def test_mail_that_is_no_report_says_nothing(name: str) -> None:
    assert read_report(mail(name)) is None


def test_a_report_of_another_message_says_nothing_of_ours() -> None:
    assert read_report(mail("postfix_no_such_user").replace(str(MESSAGE).encode(), b"20261124.ABC")) is None


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\x00\xff\xfe", b"no header at all\n\nbody"])
def test_what_is_no_mail_is_refused(raw: bytes) -> None:
    with pytest.raises(NoMail):
        read_report(raw)


def test_hostile_mail_is_read_or_refused_and_nothing_else() -> None:
    nested = b"Content-Type: message/rfc822\n\n" * 5_000
    lists = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(1_000))
    headers = b"Subject: " + b"a" * 100_000 + b"\n" + b"X: \xff\xfe\n" * 2_000 + b"\nbody"
    for raw in (nested, lists, headers):
        try:
            assert read_report(raw) is None
        except NoMail:
            continue


def test_a_report_that_was_damaged_on_its_way_is_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(3464)  # noqa: S311 - not a secret
    for path in sorted(FOLDER.glob("*.eml")):
        whole = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 20)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                report = read_report(bytes(damaged[: chance.randrange(1, len(damaged))]))
            except NoMail:
                continue
            assert report is None or isinstance(report.message_id, UUID)


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        ("5.1.1", Fate.BOUNCED),
        ("5.1.10", Fate.BOUNCED),
        ("5.2.1", Fate.BOUNCED),
        ("5.4.1", Fate.BOUNCED),
        ("4.1.1", Fate.BOUNCED_FOR_NOW),
        ("5.1.8", Fate.BOUNCED_FOR_NOW),
        ("5.2.2", Fate.BOUNCED_FOR_NOW),
        ("5.7.1", Fate.BOUNCED_FOR_NOW),
        ("4.4.7", Fate.BOUNCED_FOR_NOW),
        (None, Fate.BOUNCED_FOR_NOW),
    ],
)
def test_only_a_dead_address_is_for_good(code: str | None, fate: Fate) -> None:
    assert read_mail_failure(code)[0] is fate


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        ("delivered", "", Fate.DELIVERED),
        ("undelivered", "30003", Fate.BOUNCED_FOR_NOW),
        ("undelivered", "30005", Fate.BOUNCED),
        ("undelivered", "30006", Fate.BOUNCED),
        ("failed", "30008", Fate.BOUNCED_FOR_NOW),
        ("failed", "21610", Fate.BOUNCED_FOR_NOW),
        ("failed", "99999", Fate.BOUNCED_FOR_NOW),
        ("sent", "", None),
        ("", "", None),
    ],
)
def test_a_texts_status_says_what_became_of_it(status: str, code: str, fate: Fate | None) -> None:
    report = read_text_status(MESSAGE, status, code)
    assert (report.fate if report else None) is fate


@pytest.mark.parametrize("text", [f"<{MESSAGE}@example.org>", f" {MESSAGE}@x", f"<{str(MESSAGE).upper()}@example.org>"])
def test_our_id_is_found_in_a_message_id(text: str) -> None:
    assert parse_message_id(text) == MESSAGE


def mail(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()
