"""What goes over the wire is read back by Python's own parser, whatever stands in a name."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.addresses import Address
from schemas.event import OfferTerms
from schemas.examples import EXAMPLES
from schemas.offers import OfferMade
from schemas.outcomes import ClaimAwarded
from schemas.vocabulary import MessagePurpose, RecipientKind
from services.notifier.composing import Composer
from services.notifier.reader import Reader
from services.notifier.rendering import Renderer, Words

RENDERER = Renderer()
DESK = "Kings Helps <desk@example.org>"
COMPOSER = Composer("Switchboard <switchboard@example.org>", DESK)
MESSAGE_ID = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0042")
LINK = "https://switchboard.example.org/o/token"
MADE = next(one for one in EXAMPLES if isinstance(one, OfferMade))
AWARDED = next(one for one in EXAMPLES if isinstance(one, ClaimAwarded))
COORDINATOR = Address(name="Robin", email="robin@example.org", reference="482913", site_name="Lincoln Elementary")
HOSTILE = (
    "Ada\r\nBcc: everyone@example.org",
    "Ada\n\n<script>alert(1)</script>",
    "Ada\x00\x0b\x0c\x1c\x85\u2028\u2029Lovelace",
    "\u202egnirts desrever\u2066",
    "👩‍👧‍👦 Ada 🎈" * 40,
    "Ada" * 3500,
    "سارة " * 2000,
    '=HYPERLINK("http://evil.example","click")',
    "+1-1;@SUM(1)",
    "<b>Ada</b> & <img src=x onerror=alert(1)>",
    "{{ link }} {% for x in y %} [[ style ]]",
    "=?utf-8?q?=0D=0ABcc:_all=40example.org?=",
    '"; DROP TABLE messages; -- \\" \\',
    " ",
    "\ud800",
)
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Unsubscribe",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]


def write(words: Words, reader: Reader) -> EmailMessage:
    letter = COMPOSER.compose(MESSAGE_ID, "ada@church.example.org", reader, words)
    assert max(map(len, letter.content.split(b"\r\n"))) <= 78
    assert letter.content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", letter.content)
    read = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert not read.defects
    return read


def reader(**changes: object) -> Reader:
    return Reader(
        **{  # type: ignore[arg-type]
            "kind": RecipientKind.PARTNER,
            "name": "Ada",
            "language": "en",
            "time_zone": "America/New_York",
            "partner_name": "Second Street",
            "link": LINK,
        }
        | changes
    )


def part(read: EmailMessage, kind: str) -> str:
    body = read.get_body((kind,))
    assert isinstance(body, EmailMessage)
    content: str = body.get_content()
    return content.replace("\r\n", "\n").removesuffix("\n")


@settings(deadline=None, max_examples=60)
@given(name=NAMES, partner=NAMES, place=NAMES, language=st.sampled_from(("en", "es")))
def test_no_name_makes_a_header_a_line_or_markup(name: str, partner: str, place: str, language: str) -> None:
    terms = OfferTerms.model_construct(**dict(MADE.terms) | {"place": place})
    event = MADE.model_copy(update={"terms": terms})
    hostile = reader(name=name, partner_name=partner, language=language)
    words = RENDERER.render(MessagePurpose.OFFER, event, hostile)
    read = write(words, hostile)
    assert read.keys() == HEADERS
    assert read["To"].addresses[0].addr_spec == "ada@church.example.org"
    assert len(read["To"].addresses) == 1
    assert read["Subject"] == words.subject
    for said in (words.subject, words.text):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", said)
    calm = RENDERER.render(MessagePurpose.OFFER, MADE, reader(language=language))
    assert re.findall("</?[a-z]+", words.html) == re.findall("</?[a-z]+", calm.html)
    assert words.plain.count("\n") == calm.plain.count("\n")
    assert part(read, "plain") == words.plain.removesuffix("\n")
    assert part(read, "html") == words.html


@settings(deadline=None, max_examples=60)
@given(subject=st.one_of(NAMES, st.text(alphabet="a b=?_", min_size=60, max_size=400)))
def test_every_subject_comes_back_as_it_was_but_for_what_no_header_holds(subject: str) -> None:
    one_line = " ".join(re.sub("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", " ", subject).split())
    read = write(Words("en", one_line, "plain", "<p>page</p>", "text"), reader())
    assert read["Subject"] == one_line


def test_headers_say_that_a_machine_wrote_and_where_a_person_reads() -> None:
    read = write(RENDERER.render(MessagePurpose.OFFER, MADE, reader()), reader())
    assert read["Message-ID"] == f"<{MESSAGE_ID}@example.org>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert read["Reply-To"] == DESK
    assert read["List-Unsubscribe"] == "<mailto:desk@example.org?subject=stop>"
    assert "List-Unsubscribe-Post" not in read
    assert read["Content-Language"] == "en"


def test_who_can_choose_stops_at_one_touch_of_the_mail_program() -> None:
    chooser = reader(preferences="https://switchboard.example.org/c/" + "t" * 80)
    words = RENDERER.render(MessagePurpose.OFFER, MADE, chooser)
    letter = COMPOSER.compose(MESSAGE_ID, "ada@church.example.org", chooser, words)
    read = message_from_bytes(letter.content, policy=policy.default)
    assert read["List-Unsubscribe"] == f"<{chooser.preferences}/stop>, <mailto:desk@example.org?subject=stop>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Change how you hear from us:\n{chooser.preferences}\n" in words.plain
    assert f'href="{chooser.preferences}"' in words.html


@pytest.mark.parametrize(
    ("kind", "event", "purpose", "expected"),
    [
        (RecipientKind.PARTNER, AWARDED, MessagePurpose.CLAIM_AWARDED, "robin@example.org"),
        # A coordinator, or a family, is who reads it: an answer goes to the desk, not back to them.
        (RecipientKind.COORDINATOR, AWARDED, MessagePurpose.CLAIM_AWARDED, "desk@example.org"),
    ],
)
def test_an_answer_reaches_whom_the_message_names(
    kind: RecipientKind, event: ClaimAwarded, purpose: MessagePurpose, expected: str
) -> None:
    who = reader(kind=kind, coordinator=COORDINATOR)
    read = write(RENDERER.render(purpose, event, who), who)
    assert read["Reply-To"].addresses[0].addr_spec == expected


def test_without_a_desk_answers_go_to_the_sender() -> None:
    letter = Composer("us@example.org").compose(
        MESSAGE_ID, "ada@example.org", reader(), Words("en", "s", "p", "h", "t")
    )
    read = message_from_bytes(letter.content, policy=policy.default)
    assert (read["Reply-To"], read["From"]) == ("us@example.org", "us@example.org")


@pytest.mark.parametrize(
    "address", ["ada@exämple.org", "ada", "a@b.org>\r\nBcc: c@d.org", "a b@c.org", "", "a@b.org, c"]
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        COMPOSER.compose(MESSAGE_ID, address, reader(), Words("en", "s", "p", "h", "t"))


def test_words_in_another_language_than_the_readers_say_which() -> None:
    french = reader(language="fr")
    assert write(RENDERER.render(MessagePurpose.OFFER, MADE, french), french)["Content-Language"] == "en"
