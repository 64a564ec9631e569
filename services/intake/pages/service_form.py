"""The form of one service of a partner: what it says, and what was typed comes to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time

from pydantic import ValidationError

from schemas.partners import CountyArea, Opening, RadiusArea, Service, StateArea, ZipListArea
from schemas.taxonomy import CATEGORY_LABELS
from schemas.vocabulary import Condition, Fit, HandoverWay
from services.intake.domain.editing import Fields
from services.intake.domain.partner import EnteredService
from services.intake.domain.places import states
from services.intake.domain.reaching import near_counties, near_zip_codes, read_county, read_zip
from services.intake.pages.directory import name_languages
from services.intake.pages.edited import Typed
from services.intake.pages.languages import Words
from services.intake.pages.need_form import BadForm

AREA_KINDS = ("radius", "zip_codes", "county", "state", "nation")
CHOICES: Mapping[str, tuple[type[HandoverWay | Condition | Fit], str]] = {
    "handover": (HandoverWay, "own_handover"),
    "conditions": (Condition, "own_condition"),
    "fits": (Fit, "preference"),
}
"""Closed lists, each with the section of its words."""
NUMBERS = ("min_age", "max_age", "min_household", "max_household")
_WEEK = range(7)
_USUAL_MILES = "10"
_MOST_NAMED = 3
"""Of ZIP codes that do not exist: one that is mistyped is named, a list of something else is not read out."""


def fields_of(service: Service) -> Fields:
    """The form as the record fills it in."""
    return {
        "categories": tuple(service.categories),
        **_area_fields(service),
        "zip_code": _text(service.zip_code),
        "languages": service.languages,
        **{name: tuple(getattr(service, name)) for name in CHOICES},
        **{name: _text(getattr(service, name)) for name in NUMBERS},
        **_hour_fields(service.hours),
    }


def rows_of_hours(fields: Fields) -> list[tuple[int, str]]:
    """The rows of the table of hours: each a day of the week and the end of its fields' names."""
    found = [name.removeprefix("opens-") for name in fields if name.startswith("opens-")]
    return [(int(one.partition("-")[0]), one) for one in sorted(found)]


def understand(service: Service, typed: Typed, words: Words) -> Service:
    """The service that was meant; what is not on the form stays. Raises BadForm."""
    problems: dict[str, str] = {}
    meant = {
        **service.model_dump(),
        "categories": _in_order(service.categories, typed.many("categories")),
        "area": _understand_area(typed, words, problems),
        "zip_code": _understand_zip(typed, "zip_code", words, problems) if typed.one("zip_code") else None,
        "languages": _in_order(service.languages, typed.many("languages")),
        **{name: _in_order(getattr(service, name), typed.many(name)) for name in CHOICES},
        **{name: typed.one(name) or None for name in NUMBERS},
        "hours": _understand_hours(typed, words, problems),
    }
    try:
        entered = EnteredService.model_validate(meant)
    except ValidationError as error:
        names = {"miles" if "miles" in one["loc"] else str(one["loc"][0]) for one in error.errors()}
        # What is wrong with an area or an hour, the form's own fields say already.
        said = {name: words(f"service_problem.{name}") for name in names if name not in {"area", "hours", "zip_code"}}
        raise BadForm(said | problems or {"area": words("service_problem.area")}) from error
    if problems:
        raise BadForm(problems)
    return Service.model_validate(entered.model_dump(exclude={"eligibility_text"}))


def say(name: str, values: tuple[str, ...], words: Words) -> tuple[str, str]:
    """A field's label, and its values, in words; what none of ours is, as it was sent."""
    base, _, row = name.partition("-")
    label = words(f"service_field.{base}")
    if row:
        label = f"{words.weekday(int(row.partition('-')[0]))}, {label}"
    match base:
        case "categories":
            said = [labels[words.language] for one, labels in CATEGORY_LABELS.items() if one in values]
        case "area":
            said = [words(f"area_kind.{one}") if one in AREA_KINDS else one for one in values]
        case "languages":
            said = [name_languages(values, words)]
        case "handover" | "conditions" | "fits":
            kinds, section = CHOICES[base]
            said = [words(f"{section}.{one}") if one in list(kinds) else one for one in values]
        case _:
            said = list(values)
    return label, ", ".join(said)


def _area_fields(service: Service) -> Fields:
    area = service.area
    here = service.zip_code
    return {
        "area": (area.kind,),
        "center": _text(area.zip_code if isinstance(area, RadiusArea) else here),
        "miles": (f"{area.miles:g}",) if isinstance(area, RadiusArea) else (_USUAL_MILES,),
        "zip_codes": (" ".join(area.zip_codes),) if isinstance(area, ZipListArea) else (),
        "county": (area.county,) if isinstance(area, CountyArea) else (),
        "county_state": (area.state,) if isinstance(area, CountyArea) else (),
        "state": (area.state,) if isinstance(area, StateArea) else (),
    }


def _hour_fields(hours: Sequence[Opening]) -> Fields:
    fields: dict[str, tuple[str, ...]] = {}
    for day in _WEEK:
        openings = sorted((one.opens, one.closes) for one in hours if one.weekday == day)
        for number, (opens, closes) in enumerate(openings or [(None, None)]):
            fields[f"opens-{day}-{number}"] = _clock(opens)
            fields[f"closes-{day}-{number}"] = _clock(closes)
    return fields


def _clock(at: time | None) -> tuple[str, ...]:
    return () if at is None else (at.isoformat("minutes"),)


def _text(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)


def _in_order(before: Iterable[str], chosen: Sequence[str]) -> list[str]:
    """What was there stays in its order; what is new comes after it."""
    return list(dict.fromkeys([*(one for one in before if one in chosen), *chosen]))


def _understand_area(typed: Typed, words: Words, problems: dict[str, str]) -> dict[str, object]:
    kind = typed.one("area")
    match kind:
        case "radius":
            zip_code = _understand_zip(typed, "center", words, problems)
            return {"kind": kind, "zip_code": zip_code, "miles": typed.one("miles") or None}
        case "zip_codes":
            return {"kind": kind, "zip_codes": _understand_zip_codes(typed, words, problems)}
        case "county":
            return {"kind": kind, **_understand_county(typed, words, problems)}
        case "state":
            if typed.one("state") not in states():
                problems["state"] = words("service_problem.state")
            return {"kind": kind, "state": typed.one("state")}
        case "nation":
            return {"kind": kind}
    problems["area"] = words("service_problem.area")
    return {"kind": kind}


def _understand_zip(typed: Typed, name: str, words: Words, problems: dict[str, str]) -> str:
    if problem := _problem_of_zip(typed.one(name), words):
        problems[name] = problem
    return typed.one(name)


def _understand_zip_codes(typed: Typed, words: Words, problems: dict[str, str]) -> list[str]:
    zip_codes = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", typed.one("zip_codes")))))
    wrong = [problem for one in zip_codes if (problem := _problem_of_zip(one, words))]
    if wrong or not zip_codes:
        problems["zip_codes"] = " ".join(wrong[:_MOST_NAMED]) or words("service_problem.zip_codes")
    return zip_codes


def _understand_county(typed: Typed, words: Words, problems: dict[str, str]) -> dict[str, str]:
    county, state = typed.one("county"), typed.one("county_state")
    if state not in states():
        problems["county_state"] = words("service_problem.state")
    else:
        try:
            county = read_county(county, state)
        except ValueError:
            near = ", ".join(near_counties(county, state))
            key = "county_near" if near else "county"
            problems["county"] = words(f"service_problem.{key}", state=state, near=near)
    return {"county": county, "state": state}


def _understand_hours(typed: Typed, words: Words, problems: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for day, row in rows_of_hours(typed.fields):
        opens, closes = typed.one(f"opens-{row}"), typed.one(f"closes-{row}")
        if not opens and not closes:
            continue
        try:
            right = time.fromisoformat(opens) < time.fromisoformat(closes)
        except (ValueError, TypeError):
            right = False
        if not right:
            problems[f"opens-{row}"] = words("service_problem.hours")
        found.append({"weekday": day, "opens": opens, "closes": closes})
    return found


def _problem_of_zip(text: str, words: Words) -> str | None:
    try:
        read_zip(text)
    except ValueError:
        near = ", ".join(near_zip_codes(text)) if re.fullmatch(r"[0-9]{5}", text) else ""
        return words("service_problem.zip_near" if near else "service_problem.zip_code", zip_code=text, near=near)
    return None
