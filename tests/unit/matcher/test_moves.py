"""The tables of moves know every move that is made, and none that never is."""

import random
from collections.abc import Callable
from enum import StrEnum

import pytest

from schemas.vocabulary import Answerer, DeclineReason, ReleaseReason
from services.matcher.domain import commands
from services.matcher.domain.moves import NEED_MOVES, OFFER_MOVES, ImpossibleMove
from services.matcher.domain.state import OfferStatus
from services.matcher.domain.turn import Turn
from tests.unit.matcher.situation import BEDDING, BEDS, PARTNERS, POLICY, Situation, given, terms

SEED, WALKS, STEPS = 20261126, 1500, 30


def random_command(chance: random.Random, situation: Situation) -> commands.Command:
    offer_id = chance.choice(situation.need.offers).offer_id
    quantities = {chance.randint(1, 3): chance.randint(0, 4) for _ in range(chance.randint(0, 2))}
    beds = BEDS.model_copy(update={"quantity": chance.randint(1, 4)})
    made: list[Callable[[], commands.Command]] = [
        lambda: commands.Accept(offer_id, None, quantities),
        lambda: commands.Accept(offer_id, None, {}),
        lambda: commands.Decline(offer_id, DeclineReason.OTHER),
        lambda: commands.ReportContact(offer_id),
        lambda: commands.ReportCompletion(offer_id, quantities),
        lambda: commands.Undo(offer_id),
        lambda: commands.Release(offer_id, ReleaseReason.NOT_A_FIT),
        lambda: commands.Confirm(Answerer.FAMILY),
        lambda: commands.Dispute(Answerer.FAMILY),
        lambda: commands.LosePartner(chance.choice(PARTNERS[:8])),
        lambda: commands.Change(terms(beds)),
        lambda: commands.Cancel() if chance.random() < 0.1 else commands.Tick(),
    ]
    return chance.choice(made)()


def moves_of(situation: Situation, command: commands.Command) -> set[tuple[StrEnum, StrEnum]]:
    """Puts the command; returns which statuses changed, and into which."""
    before = situation.need
    situation.when(command)
    old = {offer.offer_id: offer.status for offer in before.offers}
    pairs: list[tuple[StrEnum, StrEnum]] = [(before.status, situation.need.status)]
    pairs += [(old[one.offer_id], one.status) for one in situation.need.offers if one.offer_id in old]
    return {(one, other) for one, other in pairs if one is not other}


def test_every_move_of_the_tables_happens_and_no_other() -> None:
    chance, seen = random.Random(SEED), set[tuple[StrEnum, StrEnum]]()  # noqa: S311 - by seed on purpose
    for _ in range(WALKS):
        situation = given(BEDS, BEDDING, partners=8)
        for _ in range(STEPS):
            if chance.random() < 0.2 and (due := situation.need.next_due) is not None:
                situation.now = max(due, situation.now)
                seen |= moves_of(situation, commands.Tick())
            else:
                seen |= moves_of(situation, random_command(chance, situation))
    assert seen == OFFER_MOVES.keys() | NEED_MOVES.keys()


def test_a_move_that_no_table_knows_is_an_error() -> None:
    situation = given()
    turn = Turn(situation.need, situation.now, POLICY)
    with pytest.raises(ImpossibleMove, match="from open to completed"):
        turn.move(situation.first_open(), OfferStatus.COMPLETED)
