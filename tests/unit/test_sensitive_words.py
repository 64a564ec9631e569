"""What any message about a sensitive need says, in every language: what it says does not depend on what is asked."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.addresses import Address
from schemas.deliveries import DeliveryEvent
from schemas.event import Item, LineQuantity, NeedEvent
from schemas.examples import EXAMPLES
from schemas.offers import OfferEvent, OfferMade, OfferReminded
from schemas.outcomes import (
    ClaimAwarded,
    ClaimLapsed,
    ConfirmationRequested,
    NeedStuck,
)
from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS
from schemas.vocabulary import LapseReason, MessagePurpose, RecipientKind, ReminderKind, StuckCause
from services.notifier.domain.telling import messages_for
from services.notifier.reader import Reader
from services.notifier.rendering import Renderer, Words
from services.notifier.wording import LANGUAGES

RENDERER = Renderer()
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
LINK = "https://switchboard.example.org/o/token"
CASES = [
    (purpose, recipient)
    for purpose in MessagePurpose
    if purpose is not MessagePurpose.CONTACT_CONFIRMATION  # it is about no need
    for recipient in RecipientKind
    if recipient in RENDERER.catalogues["en"][purpose]
]
OUTSIDERS = {RecipientKind.PARTNER, RecipientKind.FAMILY}
NO_INVITATION = {MessagePurpose.VISIT_PLANNED, MessagePurpose.VISIT_REFUSED, MessagePurpose.CONSENT_ENDED}
"""No visit is ever planned in a sensitive need (tests/integration/test_identity.py); the last one forbids it."""
# Two needs that have nothing in common.
SHELTER = (Item(line=1, code="shelter.night", quantity=3), Item(line=2, code="bed.twin", quantity=2))
LAWYER = (Item(line=1, code="legal.consultation", quantity=1), Item(line=2, code="rent.dollars", quantity=800))
HOME = {"place": "Kings County, NY"}
ELSEWHERE = {"place": "Brooklyn, NY 11201", "distance_miles": 4}
LATER = {"needed_by": NOW + timedelta(days=9), "respond_by": NOW + timedelta(days=7)}


def like(kind: type[NeedEvent], items: tuple[Item, ...], **terms: Any) -> Iterator[NeedEvent]:
    """The event of that kind about these items; one for each reason or cause where there are several."""
    example = next(one for one in EXAMPLES if type(one) is kind)
    lines = tuple(LineQuantity(line=item.line, quantity=item.quantity) for item in items)
    said: dict[str, Any] = {"awarded": lines, "returned": lines}
    said |= dict.fromkeys(("delivered", "open_items", "met", "unmet"), items)
    changes = {name: value for name, value in said.items() if name in kind.model_fields}
    if isinstance(example, OfferEvent):
        changes["terms"] = example.terms.model_copy(
            update={"items": items, "sensitive": True, "distance_miles": None} | terms
        )
    elif "sensitive" in kind.model_fields:
        changes["sensitive"] = True
    if issubclass(kind, DeliveryEvent):
        unasked = {"recipient": RecipientKind.FAMILY, "purpose": MessagePurpose.CONFIRMATION, "partner_id": None}
        yield example.model_copy(update=unasked)
        yield example.model_copy(update={"purpose": MessagePurpose.CONSENT_ENDED})
    elif kind is ClaimLapsed:
        yield from (example.model_copy(update=changes | {"reason": reason}) for reason in LapseReason)
    elif kind is OfferReminded:
        due = terms.get("respond_by", NOW)
        yield from (example.model_copy(update=changes | {"kind": kind, "due": due}) for kind in ReminderKind)
    elif kind is NeedStuck:
        yield from (example.model_copy(update=changes | {"cause": cause}) for cause in StuckCause)
    elif kind is ClaimAwarded:
        yield example.model_copy(update=changes | {"contact_by": terms.get("respond_by", NOW)})
    else:
        yield example.model_copy(update=changes)


KINDS = tuple(type(example) for example in EXAMPLES if isinstance(example, NeedEvent))


def said(
    purpose: MessagePurpose, recipient: RecipientKind, language: str, items: tuple[Item, ...], **terms: Any
) -> list[Words]:
    """All that this recipient reads for this purpose."""
    events = [event for kind in KINDS for event in like(kind, items, **terms)]
    words = [
        RENDERER.render(purpose, event, reader(recipient, language))
        for event in events
        for draft in messages_for(event, NOW)
        if (draft.purpose, draft.recipient) == (purpose, recipient)
    ]
    assert words, "nothing causes this message: this test does not see it"
    return words


def reader(recipient: RecipientKind, language: str) -> Reader:
    coordinator = Address(
        name="Robin Reyes", email="robin@example.org", reference="482913", site_name="Lincoln Elementary"
    )
    return Reader(recipient, "Ada", language, "America/New_York", "Second Street", LINK, coordinator)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("purpose", "recipient"), CASES)
class TestEveryMessage:
    """By purpose, recipient and language."""

    def test_subjects_and_texts_are_the_same_whatever_is_asked_wherever_and_by_when(
        self, purpose: MessagePurpose, recipient: RecipientKind, language: str
    ) -> None:
        one = said(purpose, recipient, language, SHELTER, **HOME)
        other = said(purpose, recipient, language, LAWYER, **ELSEWHERE | {"needed_by": LATER["needed_by"]})
        assert [(words.subject, words.text) for words in one] == [(words.subject, words.text) for words in other]

    def test_emails_to_partners_and_families_say_nothing_of_it_and_no_more_of_the_place_than_the_county(
        self, purpose: MessagePurpose, recipient: RecipientKind, language: str
    ) -> None:
        one = said(purpose, recipient, language, SHELTER, **HOME)
        other = said(purpose, recipient, language, LAWYER, **HOME | {"needed_by": LATER["needed_by"]})
        if recipient in OUTSIDERS:
            assert one == other
        if purpose is not MessagePurpose.OFFER:
            assert not any("Kings County" in words.plain + words.html for words in one)

    def test_texts_to_partners_name_no_time_and_a_link_where_there_is_something_to_do(
        self, purpose: MessagePurpose, recipient: RecipientKind, language: str
    ) -> None:
        one = said(purpose, recipient, language, SHELTER, **HOME)
        later = said(purpose, recipient, language, SHELTER, **HOME, **LATER)
        if recipient is RecipientKind.PARTNER:
            assert [words.text for words in one] == [words.text for words in later]
            to_do = bool(RENDERER.catalogues[language][purpose][recipient]["button"])
            assert {LINK in words.text for words in one} == {to_do}

    def test_no_item_category_or_place_is_named(
        self, purpose: MessagePurpose, recipient: RecipientKind, language: str
    ) -> None:
        labels = {label for kind in ITEM_KINDS.values() for label in kind.labels[language]}
        names = labels | {labels_by_language[language] for labels_by_language in CATEGORY_LABELS.values()}
        for words in said(purpose, recipient, language, SHELTER, **ELSEWHERE):
            shown = f"{words.subject} {words.text}".replace(LINK, "")
            assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", shown, re.IGNORECASE)]
            assert not re.search(r"\b\d{5}\b|Brooklyn|Kings", shown)

    def test_nobody_is_invited_to_visit(self, purpose: MessagePurpose, recipient: RecipientKind, language: str) -> None:
        forbidden = {"en": "Please do not visit the family", "es": "Por favor no visite a la familia"}[language]
        for words in said(purpose, recipient, language, LAWYER, **HOME):
            rest = f"{words.subject} {words.plain} {words.text}".replace(forbidden, "")
            if recipient in OUTSIDERS and purpose not in NO_INVITATION:
                assert not re.search(r"visit|home|door|address|casa|hogar|puerta|direcci", rest, re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_award_of_a_sensitive_need_sends_to_the_coordinator_alone_and_names_no_school(language: str) -> None:
    [words] = said(MessagePurpose.CLAIM_AWARDED, RecipientKind.PARTNER, language, SHELTER, **HOME)
    alone = {"en": "and with nobody else. The coordinator arranges", "es": "y con nadie más. La coordinación organiza"}
    for body in (words.plain, words.html):
        assert alone[language] in body
        assert "Robin Reyes" in body
        assert "482913" in body
        assert "Lincoln" not in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_sensitive_is_still_told(language: str) -> None:
    example = next(one for one in EXAMPLES if isinstance(one, OfferMade))
    words = RENDERER.render(MessagePurpose.OFFER, example, reader(RecipientKind.PARTNER, language))
    for shown in (words.subject, words.text, words.plain):
        assert ITEM_KINDS["bed.twin"].label(2, language) in shown
        assert "Brooklyn" in shown


def test_a_question_of_yesterdays_matcher_is_known_by_what_was_delivered() -> None:
    [today] = like(ConfirmationRequested, SHELTER)
    yesterday = ConfirmationRequested.model_validate(today.model_dump(exclude={"sensitive"}))
    assert not yesterday.sensitive
    family = reader(RecipientKind.FAMILY, "en")
    assert RENDERER.render(MessagePurpose.CONFIRMATION, yesterday, family) == RENDERER.render(
        MessagePurpose.CONFIRMATION, today, family
    )


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_claim_that_ended_says_why(language: str, *, sensitive: bool) -> None:
    silence = {"en": "We had not heard", "es": "No hab[ií]amos sabido de usted|No supimos"}[language]
    others = {"en": "asking someone else", "es": "preguntamos a otra persona"}[language]
    stop = {"en": "Please do not get in touch. Thank you.", "es": "Por favor no se comunique. Gracias."}[language]
    for event in like(ClaimLapsed, SHELTER, **HOME, **({} if sensitive else {"sensitive": False})):
        assert isinstance(event, ClaimLapsed)
        told = {draft.recipient for draft in messages_for(event, NOW)}
        if event.reason in {LapseReason.RELEASED, LapseReason.UNDONE, LapseReason.NOT_DELIVERED}:
            assert told == {RecipientKind.COORDINATOR}
            continue
        words = RENDERER.render(MessagePurpose.CLAIM_LAPSED, event, reader(RecipientKind.PARTNER, language))
        for shown in (words.plain, words.text):
            closed = event.reason is LapseReason.NEED_CLOSED
            not_heard = event.reason in {LapseReason.NOT_CONTACTED, LapseReason.NOT_COMPLETED}
            assert (stop in shown) is closed
            assert (others in shown) is not closed
            assert bool(re.search(silence, shown)) is not_heard
            assert ("no longer needed" in shown or "Ya no hace falta" in shown) is closed
        closed_too = event.reason is LapseReason.NEED_CLOSED
        assert told == ({RecipientKind.PARTNER} if closed_too else {RecipientKind.PARTNER, RecipientKind.COORDINATOR})
