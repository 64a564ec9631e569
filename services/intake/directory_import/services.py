"""One service of a directory, as `PUT /v1/partners` takes it: once for each of its areas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from schemas.taxonomy import Category
from schemas.vocabulary import Circumstance, Condition, Fit, HandoverWay
from services.intake.directory_import.ages import read_ages, read_income
from services.intake.directory_import.areas import Area, read_areas
from services.intake.directory_import.categories import find_categories, speaks_of_law
from services.intake.directory_import.hours import read_hours, read_schedule
from services.intake.directory_import.kinds import find_handover, read_only_for, read_yes
from services.intake.directory_import.languages import read_languages
from services.intake.directory_import.nodes import Node
from services.intake.directory_import.places import Whereabouts, most_common_state, whereabouts_of
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row
from services.intake.directory_import.words import compile_words, fold, split_list

Json = dict[str, Any]

_CLOSED = frozenset({"inactive", "defunct", "temporarily closed", "closed"})
_LONGEST_TEXT = 2000
_MOST_HOURS = 28
_MOST_LANGUAGES = 20
_DOCUMENTS = (
    (Condition.SHOWS_ID, compile_words(("photo ?id", "ids?", "identification", "driver'?s? licen[cs]e", "passport"))),
    (Condition.RESIDENCE, compile_words(("proof of (?:address|residen\\w+)", "utility bill", "lease", "residency"))),
)


@dataclass(frozen=True)
class Surroundings:
    """What holds where a service does not say otherwise."""

    partner_id: UUID
    organization: Node
    places: Sequence[Whereabouts]
    """Where the organization is."""
    state: str | None
    """Where most of the directory is."""
    today: date


def service_key(service: Node) -> str:
    """What tells a service from the others of its organization: its id, or else all that it says."""
    places = (below.says(*below.fields) for below in service.locations())
    said = (service.says(name) for name in ("name", "terms", "areas", "ages", "only_for"))
    return service.says("id") or fold(" ".join([*said, *places]))


@dataclass(frozen=True)
class TakenService:
    """A service that can be recorded, once for each of its areas."""

    row: Row
    base: UUID
    facts: Json
    areas: Sequence[Area]

    def records(self) -> list[Json]:
        """As `PUT /v1/partners` takes them. An area's id stays, whatever other areas come and go."""
        ids = (uuid5(self.base, _name_area(area)) for area in self.areas)
        return [
            {"service_id": str(service_id), **self.facts, "area": area}
            for service_id, area in zip(ids, self.areas, strict=True)
        ]


def _name_area(area: Area) -> str:
    match area:
        case {"county": county, "state": state}:
            return fold(f"{county} {state}")
        case {"zip_code": one} | {"state": one} | {"zip_codes": [one, *_]}:
            return str(one)
    return str(area["kind"])


def take_service(service: Node, around: Surroundings) -> TakenService | None:
    """The service, or None, with its row refused, where it cannot be taken."""
    if fold(service.says("status")) in _CLOSED:
        service.row.refuse(Reason.NOT_ACTIVE, service.says("status"))
        return None
    categories = _find_categories(service, around.organization)
    if not categories:
        service.row.refuse(Reason.NO_CATEGORY, f"looked at {_looked_at(service) or 'nothing: it says nothing'}")
        return None
    places = whereabouts_of(service.locations())
    areas = _find_areas(service, places, around)
    if not areas:
        looked = "; ".join(_area_texts(service)) or "no area and no address with a ZIP code"
        service.row.refuse(Reason.NO_AREA, looked[:120])
        return None
    facts = {"categories": [str(one) for one in categories], **_read_facts(service, around.today)}
    zip_codes = {place.zip_code for place in _known(places) or around.places if place.zip_code}
    if len(zip_codes) == 1:
        facts["zip_code"] = zip_codes.pop()
    return TakenService(service.row, uuid5(around.partner_id, service_key(service)), facts, areas)


def _find_categories(service: Node, organization: Node) -> Sequence[Category]:
    """By its terms and name, else by its description, else by its organization's name: the first that tells."""
    if speaks_of_law(f"{service.says('name')} {organization.says('name')}"):
        return (Category.LEGAL,)
    terms = "; ".join([service.says("terms"), *(one.says("name") for one in service.below("attribute"))])
    if found := find_categories(f"{terms} ; {service.says('name')}") or find_categories(service.says("description")):
        return found
    found = find_categories(organization.says("name")) or find_categories(organization.says("description"))
    if found:
        service.row.note(Reason.CATEGORY_GUESSED, ", ".join(found))
    return found


def _looked_at(service: Node) -> str:
    terms = [one.says("name") for one in service.below("attribute")]
    said = [service.says("name"), service.says("terms"), *terms, service.says("description")]
    return "; ".join(repr(one[:60]) for one in said if one)


def _area_texts(service: Node) -> list[str]:
    named = [one.says("name", "service_area", "extent") for one in service.everywhere("service_area")]
    return [text for text in (service.says("areas"), *named) if text]


def _find_areas(service: Node, places: Sequence[Whereabouts], around: Surroundings) -> list[Area]:
    own_state = most_common_state(places) or most_common_state(around.places)
    state = own_state or around.state
    areas = read_areas(_area_texts(service), _known(places) or around.places, state, service.row)
    if not own_state and any(area.get("state") == state for area in areas):
        service.row.note(Reason.STATE_GUESSED, str(state))
    return areas


def _known(places: Sequence[Whereabouts]) -> list[Whereabouts]:
    return [place for place in places if place.zip_code]


def _read_facts(service: Node, today: date) -> Json:
    languages, signs = _read_languages(service)
    facts: Json = {"languages": languages, "fits": [str(Fit.SIGN_LANGUAGE)] if signs else []}
    facts |= _read_limits(service)
    facts["only_for"] = [str(one) for one in _read_only_for(service)]
    facts["handover"] = [str(one) for one in _read_handover(service)]
    facts["hours"] = _read_hours(service, today)
    documents = [text for text in (service.says("documents"), *_documents(service)) if text]
    asked = fold("; ".join(documents))
    facts["conditions"] = [str(condition) for condition, words in _DOCUMENTS if words.search(asked)]
    if text := _eligibility_text(service, documents):
        facts["eligibility_text"] = text
    return {name: value for name, value in facts.items() if value not in (None, [])}


def _documents(service: Node) -> list[str]:
    return [one.says("document") for one in service.below("required_document")]


def _read_limits(service: Node) -> Json:
    limits: Json = {}
    said = [service, *service.below("eligibility")]
    youngest, oldest = (
        next((one.says(name) for one in said if one.says(name)), "") for name in ("minimum_age", "maximum_age")
    )
    try:
        limits["min_age"], limits["max_age"] = read_ages(youngest, oldest, service.says("ages"))
    except ValueError as error:
        service.row.note(Reason.AGES, str(error))
    try:
        limits["income_limit"] = read_income(service.says("income_limit"))
    except ValueError as error:
        service.row.note(Reason.INCOME_LIMIT, str(error))
    return limits


def _read_only_for(service: Node) -> Sequence[Circumstance]:
    found: tuple[Circumstance, ...] = ()
    try:
        if service.says("veteran") and read_yes(service.says("veteran")):
            found = (Circumstance.VETERAN,)
        elif service.says("only_for"):
            found = read_only_for(service.says("only_for"))
    except ValueError as error:
        service.row.note(Reason.ONLY_FOR, str(error)[:60])
    return found


def _read_handover(service: Node) -> Sequence[HandoverWay]:
    if said := service.says("handover"):
        found = find_handover(said)
        if not found:
            service.row.note(Reason.HANDOVER, said[:60])
        return found
    kinds = {fold(location.says("location_type", "type")) for location in service.locations()}
    return (HandoverWay.REMOTE,) if kinds == {"virtual"} else ()


def _read_languages(service: Node) -> tuple[list[str], bool]:
    said = [one.says("code", "name", "language") for one in service.everywhere("language")]
    codes, signs, unknown = read_languages("; ".join([service.says("languages"), *said]))
    if unknown:
        service.row.note(Reason.LANGUAGE, ", ".join(unknown)[:60])
    if len(codes) > _MOST_LANGUAGES:
        service.row.note(Reason.TOO_MANY_LANGUAGES, ", ".join(codes[_MOST_LANGUAGES:]))
    return codes[:_MOST_LANGUAGES], signs


def _read_hours(service: Node, today: date) -> list[Json]:
    found = []
    for schedule in service.everywhere("schedule"):
        try:
            found += read_schedule(schedule, today)
        except ValueError as error:
            schedule.row.note(Reason.HOURS, str(error))
    try:
        found += [hours for part in split_list(service.says("hours")) for hours in read_hours(part)]
    except ValueError as error:
        service.row.note(Reason.HOURS, str(error))
    once = sorted(set(found))
    if len(once) > _MOST_HOURS:
        service.row.note(Reason.TOO_MANY_HOURS, f"{len(once)} openings in a week")
    return [
        {"weekday": day, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
        for day, opens, closes in once[:_MOST_HOURS]
    ]


def _eligibility_text(service: Node, documents: Sequence[str]) -> str:
    eligibility = [one.says("eligibility") for one in service.below("eligibility")]
    said = [service.says("eligibility_description"), *eligibility, service.says("application_process")]
    said += [f"Bring: {', '.join(documents)}"] if documents else []
    text = "\n".join(
        " ".join("".join(one for one in part if one.isprintable() or one.isspace()).split()) for part in said if part
    )
    if len(text) > _LONGEST_TEXT:
        service.row.note(Reason.TEXT_CUT, of=f"{_LONGEST_TEXT:,}")
    return text[:_LONGEST_TEXT].strip()
