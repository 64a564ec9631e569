"""From a message and its reader to words: one catalogue a language, one layout for all."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from jinja2 import DictLoader, Environment, StrictUndefined, Template

from schemas import handovers, offers, outcomes
from schemas.addresses import Address
from schemas.event import Event, Item, LineQuantity
from schemas.offers import OfferEvent
from schemas.taxonomy import ITEM_KINDS
from schemas.vocabulary import MessagePurpose, RecipientKind, ReferralAnswer, RefusalReason

LANGUAGES = ("en", "es")
"""What some read instead of the usual words."""

_REFUSALS_WITH_WORDS = {RefusalReason.NO_SEAT_LEFT, RefusalReason.NOT_WHOLE}

Compile: TypeAlias = Callable[[str], Template]


@dataclass(frozen=True)
class Reader:
    """Who reads it. `coordinator` is who hands over, where the message names one."""

    kind: RecipientKind
    name: str
    language: str
    time_zone: str
    partner_name: str
    link: str
    coordinator: Address | None = None
    code: str = ""
    """What a partner's person enters to prove that their address is theirs."""
    visitor: str = ""
    """The first name of the person who would come to the family."""
    answered_by: str = ""
    """The name of the partner whose offer the message is about."""
    preferences: str = ""
    """Where a partner's person says how and when to be written to; `/stop` behind it ends it by one POST (RFC 8058)."""

    @property
    def withheld(self) -> bool:
        """Whether others may read along, so that nothing says what it is about."""
        return self.coordinator is not None and self.coordinator.discreet


@dataclass(frozen=True)
class Words:
    """A message in words, for either channel."""

    subject: str
    plain: str
    html: str
    text: str


class Renderer:
    """Holds the catalogues; makes words."""

    def __init__(self) -> None:
        folder = resources.files(__package__).joinpath("templates")
        self.catalogues: Mapping[str, dict[str, Any]] = {
            language: tomllib.loads(folder.joinpath(f"{language}.toml").read_text()) for language in LANGUAGES
        }
        layouts = {name: folder.joinpath(name).read_text() for name in ("layout.html", "layout.txt")}
        plain = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        # Compiling a text costs more than filling it in, and there are few texts.
        self._compile: Compile = lru_cache(maxsize=None)(plain.from_string)
        self._layout_plain = Environment(loader=DictLoader(layouts), autoescape=False)  # noqa: S701 - plain text
        self._layout_html = Environment(loader=DictLoader(layouts), autoescape=True)

    def render(self, purpose: MessagePurpose, event: Event, reader: Reader) -> Words:
        """The words of one message. A language without a catalogue reads English."""
        language = reader.language if reader.language in self.catalogues else "en"
        catalogue = self.catalogues[language]
        entry = catalogue[purpose][reader.kind]
        if isinstance(event, outcomes.ClaimRefused) and event.reason in _REFUSALS_WITH_WORDS:
            entry = entry | entry[event.reason]
        if _is_sensitive(event):
            entry = entry | catalogue["sensitive"].get(purpose, {}).get(reader.kind, {})
        if reader.withheld:
            entry = entry | entry["discreet"]
        facts = _Facts(self._compile, catalogue, language, event, reader).collect()
        filled = {name: self._compile(text).render(facts) for name, text in entry.items() if isinstance(text, str)}
        shared = catalogue["shared"]
        footer = shared["family_footer"] if reader.kind is RecipientKind.FAMILY else shared["footer"]
        subject = _one_line(filled["subject"])
        page = {
            "language": language,
            "subject": subject,
            "greeting": self._compile(shared["greeting"]).render(facts),
            "paragraphs": [part.strip() for part in filled["body"].split("\n\n") if part.strip()],
            "button": filled["button"],
            "link": reader.link,
            "footer": self._compile(footer).render(facts) if reader.kind is not RecipientKind.COORDINATOR else "",
        }
        return Words(
            subject=subject,
            plain=self._layout_plain.get_template("layout.txt").render(page),
            html=self._layout_html.get_template("layout.html").render(page),
            text=_one_line(filled["text"]),
        )


def _is_sensitive(event: Event) -> bool:
    match event:
        case OfferEvent(terms=terms):
            return terms.sensitive
        case outcomes.ConfirmationRequested(sensitive=sensitive, delivered=delivered):
            # Yesterday's matcher does not say so: then the items do.
            return sensitive or any(item.category.sensitive for item in delivered)
    return False


def _one_line(text: str) -> str:
    # A line break in a name must not begin a header of its own.
    return " ".join(text.split())


class _Facts:
    """What a catalogue may speak of, for one message."""

    def __init__(
        self, compile_text: Compile, catalogue: dict[str, Any], language: str, event: Event, reader: Reader
    ) -> None:
        self._compile, self._catalogue, self._language = compile_text, catalogue, language
        self._event, self._reader = event, reader

    def collect(self) -> dict[str, str]:
        reader = self._reader
        facts = {
            "name": reader.name,
            "partner": reader.partner_name,
            "link": reader.link,
            "code": reader.code,
            "visitor": reader.visitor,
        }
        if reader.coordinator is not None:
            facts |= self._about_coordinator(reader.coordinator)
        if isinstance(self._event, OfferEvent):
            facts |= self._about_offer(self._event)
        return facts | self._about_event()

    def _about_coordinator(self, coordinator: Address) -> dict[str, str]:
        return {
            "coordinator_name": coordinator.name,
            "site": coordinator.site_name,
            "reference": coordinator.reference,
            "coordinator_phone": self._word("phone", phone=coordinator.phone) if coordinator.phone else "",
            "coordinator_email": self._word("email", email=coordinator.email) if coordinator.email else "",
        }

    def _about_offer(self, event: OfferEvent) -> dict[str, str]:
        terms = event.terms
        miles = terms.distance_miles
        return {
            "items": self._list(terms.items),
            "place": terms.place,
            "distance": self._word("away", miles=str(miles)) if miles else "",
            "number": str(terms.number),
            "needed_by": self._day(terms.needed_by),
            "needed_by_short": self._day(terms.needed_by),
            "respond_by": self._moment(terms.respond_by),
        }

    def _about_event(self) -> dict[str, str]:
        match self._event:
            case offers.OfferReminded(due=due):
                return {"due": self._moment(due), "due_short": self._moment(due)}
            case outcomes.ClaimAwarded(awarded=awarded, contact_by=by, terms=terms):
                moment = self._moment(by)
                return {
                    "awarded": self._list(_of_lines(terms.items, awarded)),
                    "contact_by": moment,
                    "contact_by_short": moment,
                }
            case outcomes.ClaimLapsed(returned=returned, terms=terms, reason=reason):
                facts = {"returned": self._list(_of_lines(terms.items, returned))}
                if self._reader.kind is RecipientKind.PARTNER:
                    facts["lapsed_words"] = self._word(reason, partner=self._reader.partner_name)
                return facts
            case outcomes.ReferralAnswered(answer=answer, terms=terms):
                # Who is enrolled asked for a programme, which a sensitive answer does not say.
                taken_on = answer is ReferralAnswer.ENROLLED and (terms.programme is None or terms.sensitive)
                return {
                    "answered_by": self._reader.answered_by or self._word("somebody"),
                    "answer_words": self._word("taken_on" if taken_on else answer),
                }
            case outcomes.ConfirmationRequested(delivered=delivered):
                return {"delivered": self._list(delivered)}
            case handovers.VisitPlanned(begins=begins, ends=ends):
                return {"begins": self._moment(begins), "ends": self._time(ends)}
            case handovers.VisitRefused(begins=begins):
                return {"begins": self._moment(begins)}
            case outcomes.NeedStuck(cause=cause):
                return {"stuck_words": self._word(cause)}
            case outcomes.NeedFulfilled(met=met):
                return self._outcome("fulfilled", met, ())
            case outcomes.NeedPartlyFulfilled(met=met, unmet=unmet):
                return self._outcome("partly", met, unmet)
            case outcomes.NeedUnmet(unmet=unmet):
                return self._outcome("unmet", (), unmet)
        return {}

    def _outcome(self, word: str, met: Sequence[Item], unmet: Sequence[Item]) -> dict[str, str]:
        return {
            "outcome_words": self._word(word),
            "met_words": self._word("met", met=self._list(met)) if met else "",
            "unmet_words": self._word("still_missing", unmet=self._list(unmet)) if unmet else "",
        }

    def _word(self, key: str, **facts: str) -> str:
        return self._compile(self._catalogue["words"][key]).render(facts)

    def _list(self, items: Iterable[Item]) -> str:
        labels = [ITEM_KINDS[item.code].label(item.quantity, self._language) for item in items]
        if len(labels) == 1:
            return labels[0]
        return f"{', '.join(labels[:-1])} {self._catalogue['shared']['and']} {labels[-1]}"

    def _day(self, moment: datetime) -> str:
        return format_date(
            self._local(moment), "EEEE, MMMM d" if self._language == "en" else "EEEE d 'de' MMMM", self._language
        )

    def _moment(self, moment: datetime) -> str:
        pattern = "EEE, MMM d, h:mm a" if self._language == "en" else "EEE d MMM, h:mm a"
        return format_datetime(self._local(moment), pattern, locale=self._language)

    def _time(self, moment: datetime) -> str:
        return format_datetime(self._local(moment), "h:mm a", locale=self._language)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self._reader.time_zone)).replace(tzinfo=None)


def _of_lines(items: Iterable[Item], lines: Iterable[LineQuantity]) -> list[Item]:
    quantities = {one.line: one.quantity for one in lines}
    return [item.model_copy(update={"quantity": quantities[item.line]}) for item in items if item.line in quantities]
