"""Shows messages: as lines for a terminal, or as pages with an index that has each on a phone and on a desk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.vocabulary import MessagePurpose, RecipientKind
from services.notifier.domain.segments import segments
from services.notifier.rendering import Renderer
from services.notifier.wording import LANGUAGES
from switchboard.errors import SwitchboardError
from switchboard.messages.samples import Sample, make_samples

_SENSITIVE = "sensitive"
_IN_THE_DARK = "@media (prefers-color-scheme: dark)"
_SCHEMES = {"light": "@media not all", "dark": "@media all"}
"""A frame takes the browser's scheme: to show both beside each other, each is written as if it were the browser's."""


def find_samples(
    renderer: Renderer,
    language: str | None,
    purpose: MessagePurpose | None = None,
    recipient: RecipientKind | None = None,
    *,
    sensitive: bool = False,
) -> dict[str, list[Sample]]:
    """By language, the samples that are wanted. Raises SwitchboardError where there are none."""
    found = {
        one: [
            sample
            for sample in make_samples(renderer, one)
            if purpose in {None, sample.purpose}
            and recipient in {None, sample.recipient}
            and (not sensitive or _SENSITIVE in sample.case)
        ]
        for one in ([language] if language else LANGUAGES)
    }
    if not any(found.values()):
        raise SwitchboardError("No message is like that.")
    return found


def to_lines(samples: Iterable[Sample]) -> Iterator[str]:
    """Each message: its subject, its email as plain text, its text and what that costs."""
    for sample in samples:
        yield f"=== {sample.title} ==="
        yield f"Subject: {sample.words.subject}"
        yield ""
        yield sample.words.plain.strip("\n")
        yield ""
        yield f"Text ({price(sample.words.text)}): {sample.words.text}"
        yield ""


def price(text: str) -> str:
    """Such as "2 segments, 221 characters"."""
    cost = segments(text)
    alphabet = " of UCS-2" if cost.unicode else ""
    return f"{cost.count} segment{'' if cost.count == 1 else 's'}, {cost.used} characters{alphabet}"


def write_pages(found: Mapping[str, Sequence[Sample]], folder: Path) -> Path:
    """Writes each email as a page of its own, and an index of all. Returns the index's path."""
    for scheme in _SCHEMES:
        (folder / scheme).mkdir(parents=True, exist_ok=True)
    shown = []
    for language, samples in found.items():
        for sample in samples:
            name = f"{language}-{sample.title.replace(' ', '-')}.html"
            (folder / name).write_text(sample.words.html, encoding="utf-8")
            for scheme, instead in _SCHEMES.items():
                (folder / scheme / name).write_text(sample.words.html.replace(_IN_THE_DARK, instead), encoding="utf-8")
            shown.append({"page": name, "language": language, "sample": sample, "price": price(sample.words.text)})
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True
    )
    index = folder / "index.html"
    index.write_text(environment.get_template("index.html").render(shown=shown), encoding="utf-8")
    return index
