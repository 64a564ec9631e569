"""Offers and outcomes come by two topics: whichever is heard first, a need stands where it stands."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.event import NeedEvent
from schemas.examples import EXAMPLES
from schemas.offers import OfferExpired, OfferMade, OfferWithdrawn
from schemas.outcomes import ClaimAwarded, ClaimLapsed, ConfirmationRequested, NeedFulfilled, NeedStuck, NeedUnmet
from schemas.topics import topic_of
from schemas.vocabulary import StuckCause
from services.intake.domain.progress import NeedProgress, Progress, advance

NEED_ID = uuid4()
BEGINNING = Progress(NeedProgress.OPEN, None, None, 0, 0)
Happening = type[NeedEvent] | StuckCause
STORIES: dict[str, tuple[list[Happening], NeedProgress, StuckCause | None]] = {
    "asked": ([OfferMade, OfferMade], NeedProgress.ASKING, None),
    "one of two takes it": ([OfferMade, OfferMade, ClaimAwarded, OfferWithdrawn], NeedProgress.CLAIMED, None),
    "it lapses and others are asked": (
        [OfferMade, ClaimAwarded, OfferWithdrawn, ClaimLapsed, OfferMade],
        NeedProgress.ASKING,
        None,
    ),
    "nobody is left": ([OfferMade, OfferExpired, StuckCause.NOBODY_LEFT], NeedProgress.ASKING, StuckCause.NOBODY_LEFT),
    "somebody new is found": ([OfferMade, OfferExpired, StuckCause.NOBODY_LEFT, OfferMade], NeedProgress.ASKING, None),
    "the family is asked": ([OfferMade, ClaimAwarded, ConfirmationRequested], NeedProgress.CONFIRMING, None),
    "the family says no, others are asked": (
        [OfferMade, ClaimAwarded, ConfirmationRequested, StuckCause.FAMILY_DISPUTED, OfferMade],
        NeedProgress.ASKING,
        None,
    ),
    "the family says no, nobody is asked": (
        [OfferMade, ClaimAwarded, ConfirmationRequested, StuckCause.FAMILY_DISPUTED],
        NeedProgress.CONFIRMING,
        StuckCause.FAMILY_DISPUTED,
    ),
    "it arrived": ([OfferMade, ClaimAwarded, ConfirmationRequested, NeedFulfilled], NeedProgress.FULFILLED, None),
    "it did not": ([OfferMade, OfferWithdrawn, NeedUnmet], NeedProgress.UNMET, None),
}


def tell(story: Sequence[Happening]) -> list[tuple[NeedEvent, int]]:
    """The story's events with the versions that the matcher gives them."""
    told = []
    for version, one in enumerate(story, start=1):
        kind = NeedStuck if isinstance(one, StuckCause) else one
        event = next(example for example in EXAMPLES if type(example) is kind)
        assert isinstance(event, NeedEvent)
        changes = {"cause": one} if isinstance(one, StuckCause) else {}
        told.append((event.model_copy(update={"need_id": NEED_ID, **changes}), version))
    return told


@pytest.mark.parametrize("name", STORIES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_in_any_order_of_the_two_topics_and_told_twice(name: str, data: st.DataObject) -> None:
    story, status, stuck = STORIES[name]
    by_topic: dict[str, list[tuple[NeedEvent, int]]] = {}
    for event, version in tell(story):
        by_topic.setdefault(topic_of(event).name, []).append((event, version))
    progress, heard = BEGINNING, []
    while any(by_topic.values()):
        topic = data.draw(st.sampled_from(sorted(name for name, events in by_topic.items() if events)))
        heard.append(by_topic[topic].pop(0))
        progress = advance(progress, *heard[-1])
        progress = advance(progress, *data.draw(st.sampled_from(heard)))
    assert (progress.status, progress.stuck) == (status, stuck)
