"""From a message and its reader to words: one catalogue a language, one layout for all.

The layout is filled twice: with an entry's words when that entry is first used, with the facts for each message. So the
style sheet is inlined once, and a message costs four small templates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from schemas import outcomes
from schemas.event import Event
from schemas.offers import OfferEvent, OfferMade
from schemas.vocabulary import MessagePurpose, RecipientKind, RefusalReason
from services.notifier.domain.segments import segments, to_gsm
from services.notifier.facts import Compile, Facts, fill
from services.notifier.reader import Reader
from services.notifier.wording import Wording, read_layout

_REFUSALS_WITH_WORDS = {RefusalReason.NO_SEAT_LEFT, RefusalReason.NOT_WHOLE}
_FOOTERS = {RecipientKind.PARTNER: "footer", RecipientKind.FAMILY: "family_footer"}
_NOTHING_BEHIND_IT = "\u034f\u00a0" * 90
"""After the words that a list of emails shows, so that it shows none of those that follow."""
SEVERAL = "offers"
"""The words of offers that go out as one."""
_SEGMENTS = 2
"""What a text that lists several offers may cost; a longer one says how many they are."""


@dataclass(frozen=True)
class Words:
    """A message in words, for either channel, and the language that they are in."""

    language: str
    subject: str
    plain: str
    html: str
    text: str


@dataclass(frozen=True)
class _Form:
    """An entry with holes where its facts go."""

    subject: Template
    plain: Template
    html: Template
    text: Template


@dataclass(frozen=True)
class _Entry:
    """Which words of a catalogue are meant."""

    language: str
    purpose: str
    recipient: RecipientKind
    refusal: RefusalReason | None
    sensitive: bool
    withheld: bool


class Renderer:
    """Holds the catalogues; makes words."""

    def __init__(self, wording: Wording | None = None) -> None:
        wording = wording or Wording.load()
        self.catalogues, self._brand = wording.catalogues, wording.brand
        plain = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        html = Environment(undefined=StrictUndefined, autoescape=True)
        # Compiling a text costs more than filling it in, and there are few texts.
        self._compile: Compile = lru_cache(maxsize=None)(plain.from_string)
        self._compile_html: Compile = html.from_string
        self._form = lru_cache(maxsize=None)(self._make_form)
        self._facts = {
            language: Facts(catalogue, language, self._brand.name, self._compile)
            for language, catalogue in self.catalogues.items()
        }
        self._layouts = {name: _make_layout(name, wording) for name in ("layout.txt", "layout.html")}

    def render(self, purpose: MessagePurpose, event: Event, reader: Reader) -> Words:
        """The words of one message. A language without a catalogue reads English."""
        language = reader.language if reader.language in self.catalogues else "en"
        refusal = event.reason if isinstance(event, outcomes.ClaimRefused) else None
        entry = _Entry(
            language,
            purpose,
            reader.kind,
            refusal if refusal in _REFUSALS_WITH_WORDS else None,
            _is_sensitive(event),
            reader.withheld,
        )
        return self._fill(entry, self._facts[language].collect(event, reader))

    def render_offers(self, offers: Sequence[tuple[OfferMade, Reader]]) -> Words:
        """The words of several offers to one person in one message. Of sensitive ones the text says only how many."""
        first, reader = offers[0]
        language = reader.language if reader.language in self.catalogues else "en"
        words = self.catalogues[language][SEVERAL][reader.kind]
        listed: list[dict[str, str]] = []
        short: list[str] = []
        for event, each in offers:
            facts = self._facts[language].collect(event, each)
            said = words["sensitive" if _is_sensitive(event) else "plain"]
            listed.append({"words": self._compile(said["line"]).render(facts), "link": each.link})
            short += [self._compile(said["short"]).render(facts)] if "short" in said else []
        about = {"count": str(len(offers)), "offers": listed, "listed": "; ".join(short)}
        filled = self._fill(
            _Entry(language, SEVERAL, reader.kind, None, sensitive=False, withheld=False),
            {**self._facts[language].collect(first, reader), **about},
        )
        if len(short) == len(offers) and segments(filled.text).count <= _SEGMENTS:
            return filled
        counted = self._compile(words["text_counted"]).render(about | {"link": reader.link})
        return replace(filled, text=to_gsm(" ".join(counted.split())))

    def _fill(self, entry: _Entry, facts: Mapping[str, object]) -> Words:
        form = self._form(entry)
        return Words(
            entry.language,
            " ".join(fill(form.subject, facts).split()),
            fill(form.plain, facts),
            fill(form.html, facts),
            to_gsm(" ".join(fill(form.text, facts).split())),
        )

    def _make_form(self, entry: _Entry) -> _Form:
        words, shared = self._find_words(entry), self.catalogues[entry.language]["shared"]
        paragraphs = [part.strip() for part in words["body"].split("\n\n") if part.strip()]
        # A phone that is locked shows how an email begins.
        hidden = entry.sensitive or entry.withheld
        page = {
            "language": entry.language,
            "subject": words["subject"],
            "preheader": shared["quiet_preheader"] if hidden else paragraphs[0],
            "filler": _NOTHING_BEHIND_IT if hidden else "",
            "greeting": shared["greeting"],
            "paragraphs": paragraphs,
            "button": words["button"],
            "several": entry.purpose == SEVERAL,
            "footer": shared[_FOOTERS.get(entry.recipient, "coordinator_footer")],
            "change": shared["change"],
            "address": self._brand.address,
        }
        return _Form(
            self._compile(words["subject"]),
            self._compile(self._layouts["layout.txt"].render(page)),
            self._compile_html(
                self._layouts["layout.html"].render(page | {"paragraphs": [_break_lines(part) for part in paragraphs]})
            ),
            self._compile(words["text"]),
        )

    def _find_words(self, entry: _Entry) -> Mapping[str, Any]:
        catalogue = self.catalogues[entry.language]
        words: dict[str, Any] = catalogue[entry.purpose][entry.recipient]
        if entry.refusal:
            words = words | words[entry.refusal]
        if entry.sensitive:
            words = words | catalogue["sensitive"].get(entry.purpose, {}).get(entry.recipient, {})
        return words | words["discreet"] if entry.withheld else words


def _break_lines(paragraph: str) -> Markup:
    return Markup("<br>\n").join(paragraph.split("\n"))


def _make_layout(name: str, wording: Wording) -> Template:
    """With brackets for an entry's words, so that the braces of its facts stay for later."""
    brackets = Environment(
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        undefined=StrictUndefined,
        autoescape=name.endswith(".html"),
        keep_trailing_newline=True,
    )
    source = read_layout(name)
    if name.endswith(".html"):
        style = brackets.from_string(read_layout("style.css")).render(wording.brand.model_dump())
        inliner = CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)
        source = inliner.inline(source.replace("[[ style ]]", style))
    return brackets.from_string(source)


def _is_sensitive(event: Event) -> bool:
    match event:
        case OfferEvent(terms=terms):
            return terms.sensitive
        case outcomes.ConfirmationRequested(sensitive=sensitive, delivered=delivered):
            # Yesterday's matcher does not say so: then the items do.
            return sensitive or any(item.category.sensitive for item in delivered)
    return False
