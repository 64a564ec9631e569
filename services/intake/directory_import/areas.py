"""Where a service is given: counties, states, ZIP codes, miles around a place, or a guess that says so."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from services.intake.directory_import.places import Whereabouts, name_of_place, postal, read_state, zips_in
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row
from services.intake.directory_import.words import fold, split_list

Area = dict[str, Any]
"""As `PUT /v1/partners` takes it."""

GUESSED_MILES = 10
_MOST_ZIPS = 2000
_NATION = re.compile(r"nation(?:wide|al)?|(?:the )?(?:united states|usa?)(?: of america)?|anywhere")
_STATEWIDE = re.compile(r"state-?wide|(?:all|entire|whole) (?:of )?(?:the )?(?:state|counties)|todo el estado")
_MILES = re.compile(r"(?:within\s+)?(\d{1,3})\s*(?:mi|miles?)\b(?: radius)?(?:\s+(?:of|from|around)\b.*)?")
_AND = re.compile(r",|\band\b|&|\by\b")


def read_areas(texts: Iterable[str], places: Sequence[Whereabouts], state: str | None, row: Row) -> list[Area]:
    """The areas that texts name, or else a guess around the places; empty where there is none.

    `state` is where a county is that does not say so. What is guessed or not understood is noted on the row.
    """
    areas: list[Area] = []
    for text in texts:
        for part in split_list(text):
            found = _read_part(part, places, state, row)
            if not found:
                row.note(Reason.AREA_NOT_UNDERSTOOD, part[:60])
            areas += found
    areas = _join(areas)
    if areas:
        return areas
    zip_codes = dict.fromkeys(place.zip_code for place in places if place.zip_code)
    if zip_codes:
        row.note(Reason.AREA_GUESSED, f"{GUESSED_MILES} miles around {', '.join(map(str, zip_codes))}")
    return [{"kind": "radius", "zip_code": zip_code, "miles": GUESSED_MILES} for zip_code in zip_codes]


def _read_part(part: str, places: Sequence[Whereabouts], state: str | None, row: Row) -> list[Area]:
    whole = _read_one(part, places, state, row)
    if whole or not _AND.search(part):
        return whole
    # "Broward, Palm Beach and Lee Counties", or "Kings County, New York" where that was not one.
    pieces = [_read_one(piece.strip(), places, state, row) for piece in _AND.split(part) if piece.strip()]
    return [area for piece in pieces for area in piece] if all(pieces) else []


def _read_one(part: str, places: Sequence[Whereabouts], state: str | None, row: Row) -> list[Area]:
    folded = fold(part)
    real, unreal = zips_in(part)
    if miles := _MILES.fullmatch(folded):
        centres = real[:1] or [place.zip_code for place in places if place.zip_code][:1]
        return [{"kind": "radius", "zip_code": centre, "miles": int(miles[1])} for centre in centres]
    if real or unreal:
        if unreal:
            row.note(Reason.NO_SUCH_ZIP, ", ".join(unreal)[:60])
        return [{"kind": "zip_codes", "zip_codes": real}] if real else []
    if _NATION.fullmatch(folded):
        return [{"kind": "nation"}]
    if _STATEWIDE.fullmatch(folded):
        return [{"kind": "state", "state": state}] if state else []
    return _read_named(part, state)


def _read_named(part: str, state: str | None) -> list[Area]:
    county, said = _split_state(part)
    if not county:
        return [{"kind": "state", "state": said}]
    for one in [said] if said else [state] if state else sorted(postal().states):
        if known := postal().counties.get(one, {}).get(name_of_place(county)):
            return [{"kind": "county", "county": known, "state": one}]
        if zip_codes := postal().cities.get((one, name_of_place(county))) if said or state else None:
            return [{"kind": "zip_codes", "zip_codes": list(zip_codes)}]
    return []


def _split_state(part: str) -> tuple[str, str | None]:
    """("Kings County", "NY") of "Kings County, New York"; ("", "FL") of "State: FL" or "Florida (statewide)"."""
    bare = re.sub(r"\(?state-?wide\)?|^state(?: of)?:?\s", "", part, flags=re.IGNORECASE).strip(" ,-")
    if "county" not in bare.casefold() and (state := read_state(bare)):
        return "", state
    words = bare.replace(",", " ").split()
    for count in (1, 2, 3):
        if len(words) > count and (state := read_state(" ".join(words[-count:]))):
            return " ".join(words[:-count]), state
    return bare, None


def _join(areas: Sequence[Area]) -> list[Area]:
    """Each once: a state for all its counties, and one list for all ZIP codes."""
    joined: list[Area] = []
    zip_codes: list[str] = []
    for area in areas:
        if area["kind"] == "zip_codes":
            zip_codes += [one for one in area["zip_codes"] if one not in zip_codes]
        elif area not in joined:
            joined.append(area)
    starts = range(0, len(zip_codes), _MOST_ZIPS)
    joined += [{"kind": "zip_codes", "zip_codes": zip_codes[start : start + _MOST_ZIPS]} for start in starts]
    return _without_covered([_state_of_all_counties(joined, area) for area in joined])


def _state_of_all_counties(areas: Sequence[Area], area: Area) -> Area:
    if area["kind"] != "county":
        return area
    named = {name_of_place(one["county"]) for one in areas if one.get("county") and one["state"] == area["state"]}
    return widen([area])[0] if named >= postal().counties[area["state"]].keys() else area


def widen(areas: Sequence[Area]) -> list[Area]:
    """The whole state in place of each of its counties."""
    wide = ({"kind": "state", "state": one["state"]} if one["kind"] == "county" else one for one in areas)
    return _without_covered(list(wide))


def _without_covered(areas: Sequence[Area]) -> list[Area]:
    """Each once, and no county of a state that is there whole."""
    whole = {area["state"] for area in areas if area["kind"] == "state"}
    left: list[Area] = []
    for area in areas:
        if area not in left and not (area["kind"] == "county" and area["state"] in whole):
            left.append(area)
    return left
