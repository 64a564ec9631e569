"""ZIP codes, cities, counties and states, by the postal data that the matcher compares with."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import zipcodes

from services.intake.directory_import.nodes import Node
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.words import fold

_ZIP = re.compile(r"(?<![\d-])(\d{5})(?:-\d{4})?(?![\d-])")
_ZIP_WITHOUT_ZERO = re.compile(r"\d{4}")
_STATE_BEFORE_ZIP = re.compile(r"\b([A-Z]{2})\.?,?\s+\d{5}\b")
_COUNTY_WORDS = re.compile(r"\b(?:county|counties|parish|borough|census area|municipality)\b|\.")

_STATE_CODES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC PR"
)
_STATE_NAMES = (
    "alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|"
    "indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|"
    "montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|"
    "oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|"
    "west virginia|wisconsin|wyoming|district of columbia|puerto rico"
)
_STATES = dict(zip(_STATE_NAMES.split("|"), _STATE_CODES.split(), strict=True))


@dataclass(frozen=True)
class Postal:
    """What the post knows. Names are as `name_of_place` makes them."""

    states: frozenset[str]
    counties: dict[str, dict[str, str]]
    """By state and name: the county as the postal data writes it."""
    cities: dict[tuple[str, str], tuple[str, ...]]
    """By state and name: its ZIP codes."""
    zones: dict[str, str]
    """By ZIP code: its state and time zone, such as "NY America/New_York"."""


@cache
def postal() -> Postal:
    """All of it, read once."""
    counties: dict[str, dict[str, str]] = {}
    cities: dict[tuple[str, str], dict[str, None]] = {}
    zones = {}
    for row in zipcodes.list_all():  # type: ignore[no-untyped-call]
        zones[row["zip_code"]] = f"{row['state']} {row['timezone']}"
        for city in (row["city"], *row["acceptable_cities"]):
            cities.setdefault((row["state"], name_of_place(city)), {})[row["zip_code"]] = None
        if row["county"]:
            counties.setdefault(row["state"], {}).setdefault(name_of_place(row["county"]), row["county"])
    lists = {key: tuple(found) for key, found in cities.items()}
    return Postal(frozenset(state for state, _ in cities), counties, lists, zones)


def name_of_place(text: str) -> str:
    """The name of a county or city without what goes without saying: "Saint Lucie County" and "St. Lucie" are one."""
    bare = _COUNTY_WORDS.sub("", fold(text))
    return re.sub(r"\bsaint\b", "st", " ".join(bare.split()))


def read_state(text: str) -> str | None:
    """A state by its two letters or its name."""
    folded = fold(text)
    return folded.upper() if folded.upper() in postal().states else _STATES.get(folded)


@dataclass(frozen=True)
class Whereabouts:
    """Where something is, as far as its address says."""

    zip_code: str | None
    state: str | None


def read_address(node: Node) -> Whereabouts:
    """Reads an address or a location. A ZIP code that does not exist, or was mended, is noted on its row."""
    whole = node.says("address", "address_1")
    zip_code = _read_zip(node, node.says("postal_code", "zip_code"), whole)
    found = _STATE_BEFORE_ZIP.search(whole)
    said = node.says("state_province", "state") or (found[1] if found else whole.removeprefix("State:").strip())
    state = postal().zones[zip_code][:2] if zip_code else read_state(said)
    if not zip_code and fold(node.says("location_type", "type")) != "virtual":
        node.row.note(Reason.NO_ZIP, whole[:60])
    return Whereabouts(zip_code, state)


def _read_zip(node: Node, cell: str, whole: str) -> str | None:
    zones = postal().zones
    if _ZIP_WITHOUT_ZERO.fullmatch(cell) and f"0{cell}" in zones:
        node.row.note(Reason.LEADING_ZERO, f"{cell} is read as 0{cell}")
        return f"0{cell}"
    found = _ZIP.findall(cell) or _ZIP.findall(whole)[-1:]
    if found and found[0] in zones:
        return str(found[0])
    if found or cell:
        node.row.note(Reason.NO_SUCH_ZIP, found[0] if found else cell[:20])
    return None


def zips_in(text: str) -> tuple[list[str], list[str]]:
    """The ZIP codes in a text: those that exist, and those that do not."""
    found = list(dict.fromkeys(_ZIP.findall(text)))
    zones = postal().zones
    return [one for one in found if one in zones], [one for one in found if one not in zones]


def zone_of(zip_code: str) -> str:
    """The time zone of a ZIP code that exists."""
    return postal().zones[zip_code][3:]


def whereabouts_of(nodes: Iterable[Node]) -> list[Whereabouts]:
    """Where things are: by their addresses, or by what they say themselves."""
    return [read_address(one) for node in nodes for one in (node.below("address") or [node])]


def most_common_state(found: Iterable[Whereabouts]) -> str | None:
    """The state that most are in; None where none is known."""
    counted = Counter(one.state for one in found if one.state)
    return counted.most_common(1)[0][0] if counted else None
