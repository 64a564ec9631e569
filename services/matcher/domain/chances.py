"""How likely it is that somebody who was asked says yes, and how likely it has to be."""

from collections.abc import Iterable
from datetime import datetime

from schemas.taxonomy import Category
from services.matcher.domain.state import Need, OfferStatus
from services.matcher.policy import AskingPolicy, UrgencyPolicy


class Chances:
    """By kind of help, the chance that at least one of those who are asked for it says yes.

    Answers are taken to be independent: each who is asked leaves the silence of the others as it is.
    """

    def __init__(self, need: Need) -> None:
        self._silence = dict.fromkeys({item.category for item in need.open_items}, 1.0)
        for offer in need.offers_in(OfferStatus.OPEN):
            self.ask({item.category for item in offer.terms.items}, offer.yes_chance)

    def ask(self, categories: Iterable[Category], yes_chance: float) -> None:
        """Somebody more is asked for these kinds of help."""
        for category in self._silence.keys() & set(categories):
            self._silence[category] *= 1 - yes_chance

    def of(self, category: Category) -> float:
        """The chance for one kind of help; certain for what is not needed."""
        return 1 - self._silence.get(category, 0.0)

    def below(self, target: float) -> set[Category]:
        """The kinds of help for which more have to be asked; at a target of 1, everybody is."""
        return {category for category, silence in self._silence.items() if silence > 1 - target}


def hurries(need: Need, now: datetime, pace: UrgencyPolicy) -> bool:
    """Whether so little time is left that distance counts less, and more are asked."""
    return need.deadline - now <= pace.hurry_within


def left_in_all(need: Need, now: datetime, pace: UrgencyPolicy) -> int:
    """How many more may be asked for this need: twice as many in all when time is short."""
    in_all = pace.ask_in_all * (2 if hurries(need, now, pace) else 1)
    return max(0, in_all - len(list(need.asked)))


def left_to_ask(need: Need, now: datetime, pace: UrgencyPolicy) -> int:
    """How many more may be asked at the same time as those who are."""
    at_once = pace.ask_at_most - len(list(need.offers_in(OfferStatus.OPEN)))
    return max(0, min(at_once, left_in_all(need, now, pace)))


def target_chance(need: Need, now: datetime, pace: UrgencyPolicy, asking: AskingPolicy) -> float:
    """How likely a yes has to be before nobody more is asked."""
    if hurries(need, now, pace):
        return max(pace.ask_until_chance, asking.ask_until_chance_in_a_hurry)
    return pace.ask_until_chance
