"""A need's history, told in the reader's words, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from babel.lists import format_list

from schemas.needs import NeedTerms
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import AnswerChannel, Answerer, DeliveryProblem, RefusalReason
from services.intake.pages.languages import Words
from services.intake.pages.unasked import asks_family, without_unasked
from services.intake.store.families import NOT_DELIVERED
from services.intake.store.needs import HistoryEntry

_TOLD_TOGETHER = {"offers.made", "offers.withdrawn", "offers.expired"}
_MESSAGE_PROBLEMS = {"deliveries.bounced", "deliveries.failed", "deliveries.unknown"}
_UNASKED = {DeliveryProblem.OPTED_OUT: "history.family_without_address", DeliveryProblem.NO_ADDRESS: None}
"""Who has no address said stop, or is not known since a failure: the page says so, and sends nobody to ask them."""
_REFUSALS_WITH_WORDS = {RefusalReason.NO_SEAT_LEFT, RefusalReason.NOT_WHOLE}
_FAMILY_ANSWERS = {"responses.family_confirmed", "responses.family_disputed"}


@dataclass(frozen=True)
class Told:
    """One line of the timeline."""

    at: datetime
    text: str


def tell(history: Sequence[HistoryEntry], terms: NeedTerms, partners: Mapping[UUID, str], words: Words) -> list[Told]:
    """The timeline. `partners` are names by id; one that is gone is "a partner"."""
    teller = _Teller(terms, partners, words)
    told = (
        Told(group[-1].at, text)
        for group in _groups(without_unasked(history))
        if (text := teller.put_in_words(group)) is not None
    )
    return list(told)[::-1]


def partner_ids(history: Sequence[HistoryEntry], terms: NeedTerms) -> list[UUID]:
    """Whose names the timeline needs."""
    referred_by = [terms.referred_by] if terms.referred_by else []
    return [*referred_by, *_partners_in(history)]


def _partners_in(history: Sequence[HistoryEntry]) -> list[UUID]:
    return [UUID(entry.facts["partner_id"]) for entry in history if "partner_id" in entry.facts]


def name_partners(ids: Iterable[UUID], partners: Mapping[UUID, str], words: Words) -> str:
    """Their names in a row, each once; one that is gone is "a partner". Empty for nobody."""
    names = [partners.get(partner_id) or words("history.somebody") for partner_id in dict.fromkeys(ids)]
    return format_list(names, locale=words.language) if names else ""


def _groups(history: Iterable[HistoryEntry]) -> Iterator[list[HistoryEntry]]:
    for what, entries in groupby(history, key=lambda entry: entry.what):
        group = list(entries)
        if what in _TOLD_TOGETHER:
            yield group
        else:
            yield from ([entry] for entry in group)


@dataclass(frozen=True)
class _Teller:
    terms: NeedTerms
    partners: Mapping[UUID, str]
    words: Words

    def put_in_words(self, group: Sequence[HistoryEntry]) -> str | None:
        """None for what a coordinator need not read."""
        entry = group[-1]
        if entry.what.startswith("deliveries."):
            return self._tell_of_message(entry)
        return self.words(
            self._key_of(entry),
            partner=name_partners(_partners_in(group) or self._referrer, self.partners, self.words),
            items=self._name_items(entry.facts.get("awarded") or entry.facts.get("met") or []),
            why=self._explain(entry),
        )

    @property
    def _referrer(self) -> list[UUID]:
        return [self.terms.referred_by] if self.terms.referred_by else []

    def _key_of(self, entry: HistoryEntry) -> str:
        what, facts = entry.what.partition(".")[2], entry.facts
        if entry.what in _FAMILY_ANSWERS and facts["by"] == Answerer.COORDINATOR:
            return f"said_for_family.{what}"
        if entry.what == "responses.completed" and facts.get("shortfalls"):
            return "history.completed_in_part" if self._some_of(facts["lines"]) else "history.not_handed_over"
        if facts.get("channel") == AnswerChannel.PHONE:
            return f"by_phone.{what}"
        if what == "opened" and self._referrer:
            return "history.referred"
        if what == "claim_refused" and facts["reason"] in _REFUSALS_WITH_WORDS:
            return f"history.{facts['reason']}"
        return f"history.{what}"

    @staticmethod
    def _some_of(lines: Sequence[Mapping[str, int]]) -> bool:
        return any(line["quantity"] for line in lines)

    def _tell_of_message(self, entry: HistoryEntry) -> str | None:
        recipient = str(entry.facts["recipient"])
        if asks_family(entry) and entry.what in NOT_DELIVERED:
            key = _UNASKED.get(entry.facts["problem"], "history.family_not_reached")
            return self.words(key) if key else None
        if entry.what in _MESSAGE_PROBLEMS:
            return self.words("history.message_failed", who=self.words(f"recipient.{recipient}"))
        return None

    def _explain(self, entry: HistoryEntry) -> str:
        if entry.what.startswith("approvals."):
            return str(entry.facts.get("by", ""))
        if entry.what == "outcomes.referral_answered":
            referrer = name_partners([UUID(entry.facts["referred_by"])], self.partners, self.words)
            return self.words(f"referral.{entry.facts['answer']}", partner=referrer)
        if entry.what == "responses.not_reached":
            return str(entry.facts["attempt"])
        if entry.what == "responses.scheduled":
            day = self.words.day(date.fromisoformat(entry.facts["day"]))
            return f"{day}, {self.words('part_of_day.' + entry.facts['part'])}"
        if entry.facts.get("shortfalls"):
            causes = [(self._name_items([one]), f"shortfall.{one['cause']}") for one in entry.facts["shortfalls"]]
            missing = [f"{items} ({self.words(cause)})" for items, cause in causes]
            return format_list(missing, locale=self.words.language)
        section = {"outcomes.need_stuck": "stuck", "outcomes.need_unmet": "unmet"}.get(entry.what)
        return self.words(f"{section}.{entry.facts['cause']}") if section else ""

    def _name_items(self, lines: Sequence[Mapping[str, int]]) -> str:
        codes = {item.line: item.code for item in self.terms.items}
        names = [
            ITEM_KINDS[codes[line["line"]]].label(line["quantity"], self.words.language)
            for line in lines
            if line["line"] in codes
        ]
        return format_list(names, locale=self.words.language) if names else ""
