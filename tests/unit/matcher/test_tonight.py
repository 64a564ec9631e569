"""What cannot wait until tomorrow: somebody is told in half an hour when nobody has said yes, and asking goes on."""

from datetime import timedelta

from schemas.event import NeedEvent
from schemas.outcomes import NeedStuck
from schemas.vocabulary import DeclineReason, ReleaseReason, StuckCause, Urgency
from services.matcher.domain import commands
from services.matcher.domain.state import OfferStatus
from tests.unit.matcher.situation import POLICY, Situation, given, terms

PACE = POLICY.urgency[Urgency.TONIGHT]
ALERT_AFTER = PACE.alert_after or timedelta()
A_MOMENT = timedelta(seconds=1)


def tonight(partners: int = 12) -> Situation:
    return given(partners=partners, days=0.4, urgency=Urgency.TONIGHT)


def alerts(events: list[NeedEvent]) -> list[NeedEvent]:
    return [event for event in events if isinstance(event, NeedStuck) and event.cause is StuckCause.NOBODY_YET]


def test_when_nobody_has_said_yes_somebody_is_told_once_and_others_are_asked_on() -> None:
    situation = tonight()
    assert alerts(situation.pass_time(ALERT_AFTER - A_MOMENT)) == []
    assert len(alerts(situation.pass_time(2 * A_MOMENT))) == 1
    assert situation.need.stuck is StuckCause.NOBODY_YET
    assert situation.offers(OfferStatus.OPEN)
    assert alerts(situation.pass_time(2 * ALERT_AFTER)) == []


def test_nobody_is_told_where_somebody_said_yes_until_that_one_steps_back() -> None:
    situation = tonight()
    offer = situation.first_open()
    situation.accept(offer, l1=1)
    situation.when(commands.ReportContact(offer.offer_id))
    assert alerts(situation.pass_time(ALERT_AFTER + A_MOMENT)) == []
    happened = situation.when(commands.Release(offer.offer_id, ReleaseReason.NO_LONGER_ABLE))
    assert alerts(happened + situation.pass_time(A_MOMENT))


def test_a_yes_ends_the_alarm() -> None:
    situation = tonight()
    situation.pass_time(ALERT_AFTER + A_MOMENT)
    situation.accept(situation.first_open(), l1=1)
    assert situation.need.stuck is None


def test_that_nobody_is_left_is_said_besides() -> None:
    situation = tonight(partners=1)
    situation.when(commands.Decline(situation.first_open().offer_id, DeclineReason.NO_CAPACITY))
    assert situation.need.stuck is StuckCause.NOBODY_LEFT
    assert alerts(situation.pass_time(ALERT_AFTER))


def test_what_becomes_urgent_is_told_of_from_then_on_and_what_no_longer_is_is_not() -> None:
    situation = given()
    situation.pass_time(timedelta(hours=2))
    situation.when(commands.Change(terms(urgency=Urgency.TONIGHT)))
    assert situation.need.alert_at == situation.now + ALERT_AFTER
    situation.when(commands.Change(terms(urgency=Urgency.ROUTINE)))
    assert situation.need.alert_at is None
