"""What messages say and how they look: our files, and over them a county's own, which hold just what differs."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, TemplateSyntaxError, meta
from markupsafe import escape
from pydantic import ValidationError

from services.notifier.branding import Brand

LANGUAGES = ("en", "es")
_OURS = resources.files(__package__).joinpath("templates")
_BRAND = "brand.toml"
_FILES = {_BRAND, *(f"{language}.toml" for language in LANGUAGES)}
_EVERYWHERE = {"network", "name"}
"""What each message knows."""
_SENSITIVE, _DISCREET, _WORDS = "sensitive", "discreet", "words"


class BadWording(ValueError):
    """A county's file cannot be used. Names the file and the key."""


@dataclass(frozen=True)
class Wording:
    """By language all that is said, and the brand."""

    catalogues: Mapping[str, Mapping[str, Any]]
    brand: Brand

    @classmethod
    def load(cls, folder: Path | str | None = None) -> Self:
        """Ours, with what `folder` holds laid over it. Raises BadWording."""
        theirs = _read_folder(Path(folder)) if folder else {}
        catalogues = {}
        for language in LANGUAGES:
            name = f"{language}.toml"
            ours = read_ours(name)
            catalogues[language] = _lay_over(ours, theirs.get(name, {}), name)
            _check_facts(ours, theirs.get(name, {}), name)
        brand = _lay_over(read_ours(_BRAND), theirs.get(_BRAND, {}), _BRAND)
        try:
            return cls(catalogues, Brand.model_validate(brand))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"] if part != "constrained-str")
            raise BadWording(f"{_BRAND}: {key}: {first['msg'].removeprefix('Value error, ')}") from error


def read_ours(name: str) -> dict[str, Any]:
    """One of our own files of words."""
    return tomllib.loads(_OURS.joinpath(name).read_text(encoding="utf-8"))


def read_layout(name: str) -> str:
    """One of our own files of the layout."""
    return _OURS.joinpath(name).read_text(encoding="utf-8")


def _read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    if not folder.is_dir():
        raise BadWording(f"{folder} is not a folder")
    found = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name not in _FILES:
            raise BadWording(f"{path.name}: nothing reads a file of this name; there are {', '.join(sorted(_FILES))}")
        try:
            found[path.name] = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadWording(f"{path.name}: {error}") from error
    return found


def _lay_over(ours: Mapping[str, Any], theirs: Mapping[str, Any], where: str) -> dict[str, Any]:
    merged = dict(ours)
    for key, value in theirs.items():
        place = f"{where}: {key}" if where in _FILES else f"{where}.{key}"
        if key not in ours:
            raise BadWording(f"{place}: there is no such entry; here are {', '.join(ours)}")
        if type(value) is not type(ours[key]):
            raise BadWording(f"{place}: this has to be {'text in quotes' if isinstance(ours[key], str) else 'a table'}")
        merged[key] = _lay_over(ours[key], value, place) if isinstance(value, dict) else value
    return merged


def _check_facts(ours: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> None:
    """A county's words speak of what ours speak of in the same message; nothing else may be there when it is sent."""
    for place, text in _texts(theirs, ()):
        unknown = _facts_in(text, f"{name}: {'.'.join(place)}") - _facts_known(ours, place)
        if unknown:
            known = ", ".join(sorted(_facts_known(ours, place)))
            raise BadWording(f"{name}: {'.'.join(place)}: {min(unknown)} is not known here; there are {known}")


def _facts_known(ours: Mapping[str, Any], place: tuple[str, ...]) -> set[str]:
    # What is said quietly says no more than ours does, in the same field.
    quietly = _SENSITIVE in place or _DISCREET in place
    around: Any = ours
    for key in place if quietly else place[:2]:
        around = around[key]
    return (set() if quietly or place[0] == _WORDS else _EVERYWHERE) | {
        fact for _, text in _texts(around, ()) for fact in _facts_in(text, ".".join(place))
    }


def _texts(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:  # noqa: ANN401 - text or tables
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*place, key))
    else:
        yield place, value


def _facts_in(text: str, place: str) -> set[str]:
    try:
        # Escaped as it will stand in the page.
        return meta.find_undeclared_variables(Environment(autoescape=True).parse(str(escape(text))))
    except TemplateSyntaxError as error:
        raise BadWording(f"{place}: {error.message}") from error
