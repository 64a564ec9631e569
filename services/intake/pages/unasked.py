"""Families that could not be asked whether help arrived: what a history tells of them."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from schemas.vocabulary import MessagePurpose, RecipientKind
from services.intake.store.families import NOT_DELIVERED
from services.intake.store.needs import HistoryEntry

_ASKED = "outcomes.confirmation_requested"
_SILENT = ("outcomes.need_stuck", "family_silent")


def asks_family(entry: HistoryEntry) -> bool:
    """Whether this is what became of a message that asks a family whether help arrived."""
    to_family = entry.facts.get("recipient") == RecipientKind.FAMILY
    return to_family and entry.facts.get("purpose") == MessagePurpose.CONFIRMATION


def without_unasked(history: Sequence[HistoryEntry]) -> Iterator[HistoryEntry]:
    """Leaves out that a family was asked where the question never reached it, and the silence that follows.

    That it is the coordinator's turn is told once, however often it is tried.
    """
    unasked = False
    for number, entry in enumerate(history):
        if entry.what == _ASKED and _fate(history[number + 1 :]) in NOT_DELIVERED:
            continue
        if entry.what.startswith("responses.family_"):
            unasked = False
        elif asks_family(entry):
            known, unasked = unasked, entry.what in NOT_DELIVERED
            if known and unasked:
                continue
        elif unasked and (entry.what, entry.facts.get("cause")) == _SILENT:
            continue
        yield entry


def _fate(later: Sequence[HistoryEntry]) -> str | None:
    asked_once = takewhile(lambda entry: entry.what != _ASKED, later)
    fates = [entry.what for entry in asked_once if asks_family(entry)]
    return fates[-1] if fates else None
