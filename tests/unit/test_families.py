"""How a family is reached safely, and what is told of one that could not be asked."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from schemas.vocabulary import MessagePurpose, RecipientKind
from services.intake.domain.family import ContactHours, Family, PhoneOwner
from services.intake.pages.languages import Words
from services.intake.pages.timeline import tell
from services.intake.sealing import KeyRing, Seal
from services.intake.store.needs import HistoryEntry
from tests.unit.matcher.situation import terms

NEED_ID = UUID("0d3f8a56-6f0b-4a4c-9d53-2f1f4f4f0001")
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ENGLISH = Words("en")


def test_who_says_nothing_is_called_and_written_to_as_before_and_gets_no_voicemail() -> None:
    family = Family(name="A Family")
    assert (family.voicemail, family.phone_of, family.contact_hours) == (False, PhoneOwner.OWN, None)
    assert [Family(name="A", phone_of=owner).read_by_others for owner in PhoneOwner] == [False, True, True]


async def test_how_to_reach_a_family_is_sealed_with_it() -> None:
    seal, need_id = Seal(KeyRing({"k1": os.urandom(32)}), os.urandom(32)), uuid4()
    family = Family(name="A", voicemail=True, phone_of=PhoneOwner.SHARED, contact_hours=ContactHours(start=9, end=17))
    assert await seal.open(await seal.close(family, need_id), need_id) == family
    old = Family.model_validate_json(json.dumps({"name": "A", "language": "es", "channels": ["text"]}))
    assert old.contact_hours is None


class History:
    """What happens to a need, an hour apart."""

    def __init__(self) -> None:
        self.entries: list[HistoryEntry] = []
        self._numbers: Iterator[int] = iter(range(1, 100))

    def add(self, what: str, **facts: object) -> "History":
        number = next(self._numbers)
        at = START + timedelta(hours=number)
        self.entries.append(HistoryEntry(NEED_ID, "test", str(number), number, at, what, facts))
        return self

    def ask(self, attempt: int, became: str, problem: str | None = None) -> "History":
        self.add("outcomes.confirmation_requested", delivered=[], attempt=attempt)
        why = {"problem": problem} if problem else {}
        return self.add(
            f"deliveries.{became}", recipient=RecipientKind.FAMILY, purpose=MessagePurpose.CONFIRMATION, **why
        )

    def told(self) -> list[str]:
        return [one.text for one in tell(self.entries, terms(), {}, ENGLISH)][::-1]


CHOSE_NO_WAY = ENGLISH("history.family_without_address")
NOT_REACHED = ENGLISH("history.family_not_reached")
ASKED = ENGLISH("history.confirmation_requested")
SILENT = ENGLISH("stuck.family_silent")


def test_a_family_that_is_never_asked_is_not_called_asked_or_silent() -> None:
    history = History()
    for attempt in (1, 2, 3):
        history.ask(attempt, "suppressed", "opted_out")
    history.add("outcomes.need_stuck", cause="family_silent")
    assert history.told() == [CHOSE_NO_WAY]


def test_a_family_that_was_asked_and_then_said_stop_was_asked_once() -> None:
    history = History().ask(1, "accepted").ask(2, "suppressed", "opted_out").ask(3, "suppressed", "opted_out")
    assert history.told() == [ASKED, CHOSE_NO_WAY]


def test_a_family_that_was_asked_in_the_end_may_be_silent() -> None:
    history = History().ask(1, "bounced", "address_refused").ask(2, "accepted").ask(3, "accepted")
    history.add("outcomes.need_stuck", cause="family_silent")
    assert history.told() == [NOT_REACHED, ASKED, ASKED, SILENT]


def test_a_second_time_of_asking_is_told_anew() -> None:
    history = History().ask(1, "failed", "deadline_passed").add("responses.family_disputed", by="coordinator")
    history.ask(1, "failed", "deadline_passed").add("responses.family_confirmed", by="coordinator")
    assert history.told() == [
        NOT_REACHED,
        "You said for the family that it did not arrive.",
        NOT_REACHED,
        "You said for the family that it arrived.",
    ]


@pytest.mark.parametrize(("by", "said"), [("family", "The family said"), ("coordinator", "You said for the family")])
def test_the_record_says_who_said_that_it_arrived(by: str, said: str) -> None:
    [told] = History().add("responses.family_confirmed", by=by).told()
    assert told == f"{said} that it arrived."


def test_nobody_is_told_to_ask_a_family_that_said_stop() -> None:
    assert History().ask(1, "suppressed", "no_address").told() == []
