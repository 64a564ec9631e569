"""A need whose database was lost is what its events, and the answers that left none, say of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import settings
from hypothesis.stateful import invariant, rule

from schemas.event import NeedEvent
from services.matcher.domain import commands
from services.matcher.domain.deciding import decide
from services.matcher.domain.restoring import SILENT, Heard, Said, restore
from services.matcher.domain.state import Need
from tests.unit.matcher.situation import POLICY, Situation
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
