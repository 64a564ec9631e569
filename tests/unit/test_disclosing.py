"""No path of commands tells who a family is without an award, a live written consent that covers, and a code."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.vocabulary import ConsentKind, IdentityRecord, PartnerKind
from services.intake.domain.consent import Consent, Purpose, SignedHow
from services.intake.domain.disclosing import Asking, Told, Withheld, decide
from services.intake.domain.disclosure_log import BEGINNING, Entry, Look, LookPurpose, Who, chain, verify

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OURS, OTHERS = uuid4(), uuid4()
ADA, BOB = uuid4(), uuid4()
RECORDS = st.frozensets(st.sampled_from(IdentityRecord), min_size=1)


def written(**changes: object) -> Consent:
    consent = Consent(
        consent_id=uuid4(),
        kind=ConsentKind.WRITTEN,
        purpose=Purpose.ARRANGE_HELP,
        records=frozenset(IdentityRecord),
        partner_ids=frozenset({OURS}),
        partner_kinds=frozenset(),
        excluded_kinds=frozenset(),
        taken_by="person:1",
        since=NOW - timedelta(days=1),
        until=NOW + timedelta(days=1),
        signed_how=SignedHow.ON_PAPER,
        signed_on=date(2026, 11, 24),
    )
    return replace(consent, **changes)  # type: ignore[arg-type] # fields of a consent


ASKING = Asking(
    contact_id=ADA,
    partner_id=OURS,
    partner_kind=PartnerKind.CHURCH,
    claimant=ADA,
    holds_award=True,
    sensitive=False,
    code_good_until=NOW + timedelta(minutes=5),
    may_visit=True,
)


def test_all_that_was_signed_is_told_to_who_fulfils_everything() -> None:
    told = decide(ASKING, [written()], NOW)
    assert isinstance(told, Told)
    assert told.records == frozenset(IdentityRecord)


@pytest.mark.parametrize(
    ("asking", "consent", "why"),
    [
        (replace(ASKING, holds_award=False), written(), Withheld.NOT_AWARDED),
        (replace(ASKING, claimant=BOB), written(), Withheld.NOT_THE_CLAIMANT),
        (replace(ASKING, claimant=None), written(), Withheld.NOT_THE_CLAIMANT),
        (replace(ASKING, code_good_until=None), written(), Withheld.CODE_NEEDED),
        (replace(ASKING, code_good_until=NOW), written(), Withheld.CODE_NEEDED),
        (ASKING, written(kind=ConsentKind.SPOKEN), Withheld.BY_COORDINATOR),
        (ASKING, written(partner_ids=frozenset({OTHERS})), Withheld.BY_COORDINATOR),
        (ASKING, written(excluded_kinds=frozenset({PartnerKind.CHURCH})), Withheld.BY_COORDINATOR),
        (ASKING, written(until=NOW), Withheld.BY_COORDINATOR),
        (ASKING, written(since=NOW + timedelta(seconds=1)), Withheld.BY_COORDINATOR),
        (ASKING, written(withdrawn_at=NOW - timedelta(seconds=1)), Withheld.BY_COORDINATOR),
    ],
)
def test_one_thing_missing_and_nothing_is_told(asking: Asking, consent: Consent, why: Withheld) -> None:
    assert decide(asking, [consent], NOW) is why


@given(sensitive=st.booleans(), may_visit=st.booleans(), records=RECORDS)
def test_an_address_is_for_a_visit_and_never_in_a_sensitive_need(
    sensitive: bool, may_visit: bool, records: frozenset[IdentityRecord]
) -> None:
    asking = replace(ASKING, sensitive=sensitive, may_visit=may_visit)
    told = decide(asking, [written(records=records)], NOW)
    assert isinstance(told, Told)
    expected = records if may_visit and not sensitive else records - {IdentityRecord.ADDRESS}
    assert told.records == expected


class Handover(RuleBasedStateMachine):
    """Anybody may do anything at any time; what is known of it is kept apart from the rule, in plain words."""

    @initialize()
    def begin(self) -> None:
        self.now, self.asking = NOW, replace(ASKING, claimant=None, holds_award=False, code_good_until=None)
        self.consents: list[Consent] = []
        self.signed: dict[UUID, tuple[frozenset[IdentityRecord], datetime, bool]] = {}
        self.code_until, self.awarded = NOW, False

    @rule(records=RECORDS, days=st.integers(1, 3), covers=st.booleans())
    def sign(self, records: frozenset[IdentityRecord], days: int, covers: bool) -> None:
        until = self.now + timedelta(days=days)
        to = frozenset({OURS if covers else OTHERS})
        consent = written(records=records, partner_ids=to, since=self.now, until=until)
        self.consents.append(consent)
        self.signed[consent.consent_id] = (records, until, covers)

    @rule()
    def take_back(self) -> None:
        self.consents = [replace(one, withdrawn_at=self.now) for one in self.consents]
        self.signed.clear()
        self.asking = replace(self.asking, code_good_until=None)
        self.code_until = self.now

    @rule()
    def award(self) -> None:
        self.asking, self.awarded = replace(self.asking, claimant=ADA, holds_award=True), True

    @rule()
    def hand_back(self) -> None:
        self.asking, self.awarded = replace(self.asking, holds_award=False), False

    @rule()
    def enter_code(self) -> None:
        self.code_until = self.now + timedelta(minutes=15)
        self.asking = replace(self.asking, code_good_until=self.code_until)

    @rule(minutes=st.sampled_from([1, 15, 60 * 24, 60 * 48]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(may_visit=st.booleans())
    def plan_or_refuse_a_visit(self, may_visit: bool) -> None:
        self.asking = replace(self.asking, may_visit=may_visit)

    @invariant()
    def nothing_is_told_but_what_was_signed(self) -> None:
        if not hasattr(self, "asking"):
            return
        told = decide(self.asking, self.consents, self.now)
        live = [records for records, until, covers in self.signed.values() if covers and self.now < until]
        allowed: frozenset[IdentityRecord] = frozenset().union(*live)
        if not self.asking.may_visit:
            allowed -= {IdentityRecord.ADDRESS}
        if self.awarded and live and self.now < self.code_until:
            assert isinstance(told, Told)
            assert told.records == allowed
        else:
            assert isinstance(told, Withheld)


TestHandover = Handover.TestCase
TestHandover.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def log(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for sequence in range(1, length + 1):
        look = Look(
            at=NOW + timedelta(minutes=sequence),
            need_id=uuid4(),
            who=Who.COORDINATOR,
            who_id=ADA,
            partner_id=None,
            records=frozenset({IdentityRecord.NAME}),
            purpose=LookPurpose.COORDINATION,
            consent_id=None,
        )
        entries.append(chain(look, sequence, entries[-1].hash if entries else BEGINNING))
    return entries


@given(st.integers(0, 12))
def test_a_log_as_it_was_written_is_whole(length: int) -> None:
    entries = log(length)
    verdict = verify(entries)
    assert (verdict.entries, verdict.broken_at) == (length, None)
    assert verdict.head == (entries[-1].hash if entries else BEGINNING)


@given(st.integers(1, 12), st.data())
def test_an_entry_changed_taken_out_or_moved_is_seen(length: int, data: st.DataObject) -> None:
    entries = log(length)
    place = data.draw(st.integers(0, length - 1))
    attack = data.draw(st.sampled_from(["change", "rewrite", "take out", "swap"]))
    attacked = list(entries)
    forged = replace(entries[place].look, who_id=BOB)
    match attack:
        case "change":
            attacked[place] = replace(entries[place], look=forged)
        case "rewrite":
            attacked[place] = chain(forged, place + 1, entries[place].previous)
        case "take out":
            del attacked[place]
        case "swap":
            attacked[place], attacked[-1] = attacked[-1], attacked[place]
    verdict = verify(attacked)
    # What only touches the newest entry shows in the head, which is why that is kept elsewhere.
    unseen = verdict.broken_at is None and verdict.head == entries[-1].hash
    assert not unseen or attacked == entries
