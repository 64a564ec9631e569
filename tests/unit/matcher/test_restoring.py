"""A need whose database was lost is what its events, and the answers that left none, say of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis.stateful import invariant, rule

from schemas.event import NeedEvent
from schemas.outcomes import ClaimAwarded, ReferralAnswered
from services.matcher.domain import commands
from services.matcher.domain.deciding import decide
from services.matcher.domain.restoring import SILENT, Heard, Said, restore
from services.matcher.domain.state import Need, OfferStatus
from tests.unit.matcher.situation import BEDDING, BEDS, PARTNERS, POLICY, Situation, given
from tests.unit.matcher.test_any_order import AnyOrder


@dataclass
class Remembered(Situation):
    """A situation that keeps what its topics would hold."""

    said: list[Said] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def when(self, command: commands.Command) -> list[NeedEvent]:
        self.now += timedelta(milliseconds=1)
        if isinstance(command, SILENT):
            self.heard.append(Heard(self.now, len(self.heard) + 1, command))
        before = self.need.version
        events = super().when(command)
        self.said += [Said(self.now, before + step, event) for step, event in enumerate(events, start=1)]
        return events


def remembered(situation: Situation) -> Remembered:
    first = [Said(situation.now, step, event) for step, event in enumerate(situation.events, start=1)]
    return Remembered(**vars(situation), said=first)


def without_silent_moments(need: Need) -> Need:
    # When to look for more partners is told to nobody; who restores a need looks at its next chance.
    return replace(need, look_again_at=None)


def restored(backup: Need, situation: Remembered) -> Need:
    need, version = restore(backup, situation.said, situation.heard, POLICY)
    assert restore(need, situation.said, situation.heard, POLICY)[0] == need, "a second time changed something"
    for one in situation.heard:
        if isinstance(one.command, commands.Change) and one.version > version and one.at > situation.said[-1].at:
            need = decide(need, one.command, one.at, POLICY).need
    return without_silent_moments(need)


class AnyBackup(AnyOrder):
    """Random commands, and a backup at a random time."""

    def __init__(self) -> None:
        super().__init__()
        self.situation: Remembered = remembered(self.situation)
        # As it was opened, before anybody was asked.
        self.backup = replace(self.situation.need, version=0, wave=0, offers=())

    @rule()
    def back_up(self) -> None:
        self.backup = self.situation.need

    @invariant()
    def the_backup_can_be_brought_up(self) -> None:
        assert restored(self.backup, self.situation) == without_silent_moments(self.situation.need)


TestAnyBackup = AnyBackup.TestCase
TestAnyBackup.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)


class AnyReferral(AnyBackup):
    """The same of a need that a partner referred: a no to it is told, which must not be lost or come twice."""

    def __init__(self) -> None:
        super().__init__()
        self.situation = remembered(given(BEDS, BEDDING, partners=8, referred_by=PARTNERS[9]))
        self.backup = replace(self.situation.need, version=0, wave=0, offers=())

    @invariant()
    def whoever_refers_hears_each_answer_once(self) -> None:
        told = [(e.offer_id, e.answer) for e in self.situation.events if isinstance(e, ReferralAnswered)]
        assert len(set(told)) == len(told)
        yes = {e.offer_id for e in self.situation.events if isinstance(e, ClaimAwarded)}
        no = {offer.offer_id for offer in self.situation.need.offers_in(OfferStatus.DECLINED)}
        assert {offer_id for offer_id, _ in told} >= yes | no


TestAnyReferral = AnyReferral.TestCase
TestAnyReferral.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
