"""What is written by hand is read back by the library as it was meant, whatever stands in it."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.mime import encode_words, write_email, write_mailbox

WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=300)


def read(raw: bytes) -> EmailMessage:
    email = message_from_bytes(raw, policy=policy.default)
    assert isinstance(email, EmailMessage)
    return email


def one_line(text: str) -> str:
    return " ".join("".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in text).split())


@given(subject=WORDS, name=WORDS, plain=WORDS, html=WORDS)
def test_an_email_is_read_as_it_was_written(subject: str, name: str, plain: str, html: str) -> None:
    headers = {"To": write_mailbox(name, "ada@church.example.org"), "Subject": encode_words(subject)}
    raw = write_email(headers, plain, html, "b" * 32)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    email = read(raw)
    assert set(email.keys()) == {"To", "Subject", "MIME-Version", "Content-Type"}
    assert [address.addr_spec for address in email["To"].addresses] == ["ada@church.example.org"]
    parts = [part.get_payload(decode=True).decode() for part in email.iter_parts()]  # type: ignore[union-attr]
    assert [" ".join(part.split()) for part in parts] == [" ".join(text.split()) for text in (plain, html)]


@given(text=WORDS)
def test_words_in_a_header_are_one_line_of_the_same_words(text: str) -> None:
    email = read(f"Subject: {encode_words(text)}\r\n\r\n".encode())
    assert one_line(email["Subject"]) == one_line(text)


@pytest.mark.parametrize("address", ["ada@exämple.org", "a, b@example.org", "a@b>\r\nBcc: <c@d", "", "a@", "<a@b>"])
def test_an_address_that_would_be_read_as_another_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no mail server"):
        write_mailbox("Ada", address)


def test_a_header_that_would_begin_another_is_refused() -> None:
    with pytest.raises(ValueError, match="another"):
        write_email({"Subject": "x\r\nBcc: y@example.org"}, "", "", "b")
