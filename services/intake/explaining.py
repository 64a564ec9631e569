"""Why these partners, and why not the others: the matcher's numbers as sentences, in the reader's language."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from babel import Locale
from babel.lists import format_list

from schemas.matching import Match, NearMiss
from schemas.needs import NeedTerms
from schemas.offers import OfferReasons
from schemas.partners import PartnerRecorded, Service
from schemas.vocabulary import Condition, EligibilityRule, Fit
from services.intake.matching import Matching
from services.intake.pages.languages import Words

FEWEST_TOLD = 5
"""Of a sensitive need, fewer than these are not told by rule: who knows the place could tell which partner it is."""
_DID_LITTLE, _DID_MUCH = 0.75, 0.5
"""Of the part `fairness`: a third of what it can do in a week; all of it."""
_CLOSE = 0.5
"""Of the part `proximity`: as far as the matcher's policy calls half way."""
_OFTEN, _SELDOM = 0.7, 0.3
"""Of the chance of a yes."""


CAN_BE_CHANGED = frozenset(EligibilityRule) - {
    EligibilityRule.STATUS,
    EligibilityRule.CATEGORY,
    EligibilityRule.CONSENT,
    EligibilityRule.SENSITIVE,
    EligibilityRule.CONFLICT,
}
"""By a coordinator, a call, or a family that sees it otherwise: the other rules are somebody's last word."""


@dataclass(frozen=True)
class Cause:
    """How many partners a rule leaves out, in words: "30 do not do this kind of help"."""

    rule: EligibilityRule
    count: int
    words: str


@dataclass(frozen=True)
class Named:
    """A partner that may be asked, and one sentence on why. `service` is None where its record has changed since."""

    match: Match
    partner: PartnerRecorded
    service: Service | None
    because: str

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What it asks of whom it helps."""
        return self.service.conditions if self.service else ()


@dataclass(frozen=True)
class Suggestion:
    """What could be changed, or whom to call, so that somebody more could help."""

    words: str
    partner: PartnerRecorded
    phone: str | None
    """E.164, of the first contact that has one."""


class Explanation:
    """One answer of the matcher, in one language."""

    def __init__(self, matching: Matching, words: Words) -> None:
        self._tally = matching.answer.tally
        self._why_not = matching.answer.why_not
        self._words = words
        self.is_sensitive = matching.terms.is_sensitive
        self.causes = _tell_causes(self._tally.left_out, words, sensitive=self.is_sensitive)
        self.best = [
            _name(match, record, matching.terms, words)
            for match in matching.answer.best
            if (record := matching.partners.get(match.partner_id)) is not None
        ]

        self.suggestions = [
            _suggest(miss, record, words)
            for miss in sorted(matching.answer.near_misses, key=lambda miss: -miss.partners)
            if miss.rule in CAN_BE_CHANGED and (record := matching.partners.get(miss.nearest)) is not None
        ]

    @property
    def head(self) -> str:
        """How many are there, and how many can help."""
        near, eligible = self._tally.near, self._tally.eligible
        if not near:
            return self._words("matching.near_none")
        return f"{_count(self._words, 'near', near)}: {_count(self._words, 'can_help', eligible)}"

    @property
    def how_many(self) -> str:
        """How many can help, as a sentence by itself."""
        return _count(self._words, "could", self._tally.eligible)

    @property
    def why_not_picked(self) -> str | None:
        """Why the partner that was to be explained besides would not be asked; None where it would be, or none was."""
        fits = any(not rules for rules in self._why_not.values())
        return None if fits or not self._why_not else explain_not_asked(self._why_not, self._words)

    @property
    def summary(self) -> str:
        """The same with what leaves out the others, in one sentence."""
        causes = ", ".join(cause.words for cause in self.causes)
        return f"{self.head}; {causes}" if causes else self.head

    @property
    def conditions(self) -> list[str]:
        """What those that would be asked ask for themselves, and how many of them: "1 of them asks to see an ID"."""
        counted = Counter(condition for one in self.best for condition in one.conditions)
        return [
            self._words("matching.of_them", count=count, words=_inflect(self._words, "condition", condition, count))
            for condition, count in counted.most_common()
        ]


def explain_not_asked(why_not: Mapping[UUID, Sequence[EligibilityRule]], words: Words) -> str:
    """Why a partner was not asked: what leaves out the service of it that comes closest."""
    if not why_not:
        return words("matching.not_known")
    rules = min(why_not.values(), key=len)
    if not rules:
        return words("matching.can_help")
    return _begin(", ".join(words(f"left_out_one.{rule}") for rule in rules))


def explain_asked(facts: Mapping[str, Any], words: Words) -> str:
    """Why a partner was asked: from the facts of the offer, in the need's history."""
    told: list[str] = []
    # An older entry has none.
    if "reasons" in facts:
        reasons = OfferReasons.model_validate(facts["reasons"])
        told += [words("matching.close")] if reasons.proximity >= _CLOSE else []
        told += [*_tell_numbers(reasons, words), *([words("matching.speaks_one")] if reasons.language == 1 else [])]
    return words("matching.was_asked_because", because=", ".join(told)) if told else words("matching.was_asked")


def _tell_reasons(
    reasons: OfferReasons, miles: int | None, service: Service | None, terms: NeedTerms, words: Words
) -> str:
    facts = [
        *_tell_distance(miles, words),
        *_tell_numbers(reasons, words),
        *_tell_languages(reasons, service, terms, words),
        *_tell_fits(service, terms, words),
        *(words(f"condition_one.{condition}") for condition in (service.conditions if service else ())),
    ]
    told = ", ".join(facts) or words("matching.nothing_known")
    if reasons.to_be_confirmed:
        doubts = ", ".join(words(f"to_confirm.{rule}") for rule in reasons.to_be_confirmed)
        told += f"; {words('matching.to_confirm', what=doubts)}"
    return _begin(told)


def _name(match: Match, partner: PartnerRecorded, terms: NeedTerms, words: Words) -> Named:
    service = next((one for one in partner.services if one.service_id == match.service_id), None)
    return Named(match, partner, service, _tell_reasons(match.reasons, match.distance_miles, service, terms, words))


def _suggest(miss: NearMiss, partner: PartnerRecorded, words: Words) -> Suggestion:
    what = words(f"nearly.{miss.rule}")
    how_many = _count(words, "more", miss.partners)
    nearest = ", ".join([partner.name, *_tell_distance(miss.distance_miles, words)])
    phone = next((contact.phone for contact in partner.contacts if contact.phone), None)
    return Suggestion(f"{what} {words('matching.nearest', how_many=how_many, nearest=nearest)}", partner, phone)


def _tell_causes(left_out: dict[EligibilityRule, int], words: Words, *, sensitive: bool) -> list[Cause]:
    fewest = FEWEST_TOLD if sensitive else 1
    order = list(EligibilityRule)
    told = sorted(left_out.items(), key=lambda one: (-one[1], order.index(one[0])))
    return [
        Cause(rule, count, f"{count} {_inflect(words, 'left_out', rule, count)}")
        for rule, count in told
        if count >= fewest
    ]


def _tell_distance(miles: int | None, words: Words) -> Collection[str]:
    return [] if miles is None else [_count(words, "miles", miles)]


def _tell_numbers(reasons: OfferReasons, words: Words) -> list[str]:
    told = []
    if reasons.fairness >= _DID_LITTLE:
        told.append(words("matching.did_little"))
    elif reasons.fairness <= _DID_MUCH:
        told.append(words("matching.did_much"))
    if reasons.yes_chance >= _OFTEN:
        told.append(words("matching.often_yes"))
    elif reasons.yes_chance <= _SELDOM:
        told.append(words("matching.seldom_yes"))
    return told


def _tell_languages(reasons: OfferReasons, service: Service | None, terms: NeedTerms, words: Words) -> list[str]:
    names = Locale(words.language).languages
    shared = [names.get(code, code) for code in terms.languages if service and code in service.languages]
    if shared:
        return [words("matching.speaks", languages=format_list(shared, locale=words.language))]
    return [] if reasons.language else [words("matching.speaks_none")]


def _tell_fits(service: Service | None, terms: NeedTerms, words: Words) -> list[str]:
    met: list[Fit] = [fit for fit in terms.preferences if service and fit in service.fits]
    if not met:
        return []
    names = [words(f"preference.{fit}") for fit in met]
    # They stand in a list elsewhere, each with a capital letter.
    in_a_sentence = [name[0].lower() + name[1:] for name in names]
    return [words("matching.fits", what=format_list(in_a_sentence, locale=words.language))]


def _count(words: Words, text: str, count: int) -> str:
    form = {0: "none", 1: "one"}.get(count, "many")
    return words(f"matching.{text}_{form}", count=count)


def _begin(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _inflect(words: Words, section: str, code: str, count: int) -> str:
    return words(f"{section}_one.{code}" if count == 1 else f"{section}.{code}")
