"""What a message's words may speak of: its event and its reader, as people say it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_datetime
from babel.lists import format_list
from jinja2 import Template

from schemas import handovers, offers, outcomes
from schemas.addresses import Address
from schemas.event import Event, Item, LineQuantity
from schemas.offers import OfferEvent
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import Arrival, RecipientKind, ReferralAnswer
from services.notifier.domain.one_line import keep_in_line
from services.notifier.reader import Reader

_OUR_COUNTRY_CODE = 1
_LOCALES = {"en": "en_US", "es": "es_US"}
Compile: TypeAlias = Callable[[str], Template]

# Many messages of a burst name the same moments.
_format = lru_cache(maxsize=4096)(format_datetime)


class Facts:
    """Collects the facts of messages in one language, whose catalogue says how they read."""

    def __init__(self, catalogue: Mapping[str, Any], language: str, network: str, compile_text: Compile) -> None:
        self._words, self._formats = catalogue["words"], catalogue["formats"]
        self._language, self._locale = language, Locale.parse(_LOCALES[language])
        self._network, self._compile = network, compile_text

    def collect(self, event: Event, reader: Reader) -> dict[str, str]:
        """By name, what the words of this message may have in them; each is one line."""
        facts = {
            "network": self._network,
            "name": reader.name,
            "partner": reader.partner_name,
            "link": reader.link,
            "preferences": reader.preferences,
            "code": reader.code,
            "visitor": reader.visitor,
        }
        if reader.coordinator is not None:
            facts |= self._about_coordinator(reader.coordinator)
        zone = ZoneInfo(reader.time_zone)
        if isinstance(event, OfferEvent):
            facts |= self._about_offer(event, zone)
        if isinstance(event, outcomes.HelpEnded):
            facts |= self._about_help(event)
        facts |= self._about_event(event, reader, zone)
        return {name: keep_in_line(fact) for name, fact in facts.items()}

    def _about_coordinator(self, coordinator: Address) -> dict[str, str]:
        return {
            "coordinator_name": coordinator.name,
            "site": coordinator.site_name,
            "reference": coordinator.reference,
            "coordinator_phone": self._word("phone", phone=_to_dial(coordinator.phone)) if coordinator.phone else "",
            "coordinator_email": self._word("email", email=coordinator.email) if coordinator.email else "",
        }

    def _about_offer(self, event: OfferEvent, zone: ZoneInfo) -> dict[str, str]:
        terms = event.terms
        return {
            "items": self._list(terms.items),
            "place": terms.place,
            "distance": self._count("away", terms.distance_miles) if terms.distance_miles else "",
            "number": str(terms.number),
            "needed_by": self._say(terms.needed_by, zone, "day"),
            "needed_by_short": self._say(terms.needed_by, zone, "day_short"),
            "respond_by": self._moment(terms.respond_by, zone),
        }

    def _about_event(self, event: Event, reader: Reader, zone: ZoneInfo) -> dict[str, str]:
        match event:
            case offers.OfferReminded(due=due):
                return {"due": self._moment(due, zone)}
            case outcomes.ClaimAwarded(awarded=awarded, contact_by=by, terms=terms):
                return {"awarded": self._list(_of_lines(terms.items, awarded)), "contact_by": self._moment(by, zone)}
            case outcomes.ClaimLapsed(returned=returned, terms=terms, reason=reason):
                facts = {"returned": self._list(_of_lines(terms.items, returned))}
                if reader.kind is RecipientKind.PARTNER:
                    facts["lapsed_words"] = self._word(reason, partner=reader.partner_name)
                return facts
            case outcomes.ReferralAnswered(answer=answer, terms=terms):
                # Who is enrolled asked for a programme, which a sensitive answer does not say.
                taken_on = answer is ReferralAnswer.ENROLLED and (terms.programme is None or terms.sensitive)
                return {
                    "answered_by": reader.answered_by or self._word("somebody"),
                    "answer_words": self._word("taken_on" if taken_on else answer),
                }
            case outcomes.ConfirmationRequested(delivered=delivered):
                return {"delivered": self._list(delivered)}
            case handovers.VisitPlanned(begins=begins, ends=ends):
                return {"begins": self._moment(begins, zone), "ends": self._time(ends, zone)}
            case handovers.VisitRefused(begins=begins):
                return {"begins": self._moment(begins, zone)}
            case outcomes.NeedStuck(cause=cause):
                return {"stuck_words": self._word(cause)}
            case outcomes.NeedFulfilled(met=met):
                return self._outcome("fulfilled", met, ())
            case outcomes.NeedPartlyFulfilled(met=met, unmet=unmet):
                return self._outcome("partly", met, unmet)
            case outcomes.NeedUnmet(unmet=unmet):
                return self._outcome("unmet", (), unmet)
        return {}

    def _about_help(self, event: outcomes.HelpEnded) -> dict[str, str]:
        rest = "all_met" if event.all_met else "rest_missing" if event.arrival is Arrival.ARRIVED else None
        return {
            "delivered": self._list(_of_lines(event.terms.items, event.delivered)),
            "arrival_words": self._word(event.arrival),
            "rest_words": self._word(rest) if rest else "",
        }

    def _outcome(self, word: str, met: Sequence[Item], unmet: Sequence[Item]) -> dict[str, str]:
        return {
            "outcome_words": self._word(word),
            "met_words": self._word("met", met=self._list(met)) if met else "",
            "unmet_words": self._word("still_missing", unmet=self._list(unmet)) if unmet else "",
        }

    def _word(self, key: str, **facts: str) -> str:
        return fill(self._compile(self._words[key]), facts)

    def _count(self, key: str, number: int) -> str:
        """The form that this language has for so many."""
        forms = self._words[key]
        form = self._compile(forms.get(self._locale.plural_form(number), forms["other"]))
        return fill(form, {"number": str(number)})

    def _list(self, items: Iterable[Item]) -> str:
        labels = [ITEM_KINDS[item.code].label(item.quantity, self._language) for item in items]
        words: str = format_list(labels, locale=self._locale)
        return words

    def _moment(self, moment: datetime, zone: ZoneInfo) -> str:
        return f"{self._say(moment, zone, 'day_short')}, {self._time(moment, zone)}"

    def _time(self, moment: datetime, zone: ZoneInfo) -> str:
        # "10 a.m." would end a sentence twice; and "10" stays beside its "AM".
        time = self._say(moment, zone, "time" if moment.minute else "full_hour")
        return time.replace(".", "").replace(" ", "\u00a0")

    def _say(self, moment: datetime, zone: ZoneInfo, how: str) -> str:
        local = moment.astimezone(zone).replace(tzinfo=None)
        words: str = _format(local, self._formats[how], locale=self._locale)
        return words


def fill(template: Template, facts: Mapping[str, object]) -> str:
    """The template with these facts alone. `Template.render` copies Jinja's globals each time, which costs more."""
    return "".join(template.root_render_func(template.new_context(dict(facts), shared=True)))


@lru_cache(maxsize=1024)
def _to_dial(phone: str) -> str:
    """As people there write it: "(718) 555-0100"."""
    number = phonenumbers.parse(phone)
    near = number.country_code == _OUR_COUNTRY_CODE
    how = phonenumbers.PhoneNumberFormat.NATIONAL if near else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    written: str = phonenumbers.format_number(number, how)
    return written


def _of_lines(items: Iterable[Item], lines: Iterable[LineQuantity]) -> list[Item]:
    quantities = {one.line: one.quantity for one in lines}
    return [item.model_copy(update={"quantity": quantities[item.line]}) for item in items if item.line in quantities]
