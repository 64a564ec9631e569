"""Partners of a directory, as `PUT /v1/partners` takes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from schemas.vocabulary import PartnerKind, PartnerStatus
from services.intake.directory_import.areas import widen
from services.intake.directory_import.kinds import find_kind
from services.intake.directory_import.nodes import Node
from services.intake.directory_import.places import most_common_state, whereabouts_of, zone_of
from services.intake.directory_import.reaching import Reach, make_contacts, reach_of
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row
from services.intake.directory_import.services import Json, Surroundings, TakenService, service_key, take_service
from services.intake.directory_import.words import fold
from services.intake.domain.partner import ListedPartner

_MOST_SERVICES = 500
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Partner:
    """A partner's record, the row that it comes from, and the row of each of its services."""

    record: Json
    row: Row
    service_rows: list[Row]


def partner_id_from_name(name: str) -> UUID:
    """The id of a partner whose source gives it none: the same however it is spelt in large letters and spaces."""
    return uuid5(NAMESPACE_URL, f"switchboard/partner/{fold(name)}")


def partner_id_of(node: Node, name: str) -> UUID:
    """Two directories may both count from 1: the name stands beside an id that is not unique in the world."""
    key = node.says("id")
    try:
        return uuid5(NAMESPACE_URL, f"switchboard/directory/{UUID(key)}")
    except ValueError:
        return uuid5(NAMESPACE_URL, f"switchboard/directory/{key}/{fold(name)}") if key else partner_id_from_name(name)


def take_organizations(organizations: Iterable[Node], status: PartnerStatus, today: date) -> list[Partner]:
    """The partners that a directory's organizations make; what is left out is noted on the rows."""
    organizations = list(organizations)
    every = [one for node in organizations for one in (node, *node.below("service"))]
    state = most_common_state(whereabouts_of(location for node in every for location in node.locations()))
    taken = [_take_organization(one, state, status, today) for one in organizations]
    return each_once([checked for one in taken if one and (checked := check_partner(one))])


def each_once(partners: Iterable[Partner]) -> list[Partner]:
    """The first of each partner; the rows of the others are refused."""
    first: dict[str, Partner] = {}
    for one in partners:
        known = first.setdefault(one.record["partner_id"], one)
        for row in (one.row, *one.service_rows) if known is not one else ():
            row.refuse(Reason.PARTNER_TWICE, f"first in {known.row.file}, {known.row.place}")
    return list(first.values())


def _take_organization(node: Node, state: str | None, status: PartnerStatus, today: date) -> Partner | None:
    name = " ".join("".join(one for one in node.says("name") if one.isprintable() or one.isspace()).split())
    listed = node.below("service")
    if not name or node.row.refusal:
        reason = Reason.ORGANIZATION_REFUSED if name else Reason.NO_NAME
        for row in (node.row, *(one.row for one in listed)):
            row.refuse(reason)
        return None
    if len(name) > _LONGEST_NAME:
        node.row.note(Reason.NAME_CUT, of=str(_LONGEST_NAME))
    partner_id = partner_id_of(node, name)
    taken = _take_services(listed, Surroundings(partner_id, node, whereabouts_of(node.locations()), state, today))
    if not taken:
        if all(one.row is not node.row for one in listed):
            node.row.refuse(Reason.NO_SERVICE, f"it has {len(listed)}")
        return None
    if node.row.refusal:
        # In a spreadsheet it has no row of its own: what is said of it belongs to one that is taken.
        node.row = taken[0].row
    services = [(record, one.row) for one in taken for record in one.records()]
    record = {
        "partner_id": str(partner_id),
        "name": name[:_LONGEST_NAME].strip(),
        "kind": str(_find_kind(node, name)),
        "status": str(status),
        "services": [record for record, _ in services],
        "contacts": _find_contacts(node, partner_id, name),
    }
    return Partner(record, node.row, [row for _, row in services])


def _find_kind(node: Node, name: str) -> PartnerKind:
    kind = find_kind(name, node.says("legal_status"))
    if kind is None:
        node.row.note(Reason.KIND_GUESSED, "taken for a nonprofit")
    return kind or PartnerKind.NONPROFIT


def _take_services(services: Sequence[Node], around: Surroundings) -> list[TakenService]:
    first: dict[str, Row] = {}
    taken = []
    for service in (one for one in services if not one.row.refusal):
        key = service_key(service)
        if key in first:
            service.row.refuse(Reason.SERVICE_TWICE, f"first in {first[key].file}, {first[key].place}")
        elif found := take_service(service, around):
            first[key] = service.row
            taken.append(found)
    return _within_bounds(taken)


def _within_bounds(taken: list[TakenService]) -> list[TakenService]:
    """At most 500 areas: those with most counties are widened to their states, then the last services are left out."""
    while sum(len(one.areas) for one in taken) > _MOST_SERVICES:
        counties = [sum(area["kind"] == "county" for area in one.areas) for one in taken]
        place = counties.index(max(counties))
        if counties[place] > 1:
            taken[place] = replace(taken[place], areas=widen(taken[place].areas))
            taken[place].row.note(Reason.AREA_WIDENED, f"{counties[place]} counties", of=str(_MOST_SERVICES))
        else:
            taken.pop().row.refuse(Reason.TOO_MANY_SERVICES, of=str(_MOST_SERVICES))
    return taken


def _find_contacts(node: Node, partner_id: UUID, name: str) -> list[dict[str, Any]]:
    reaches: list[Reach] = reach_of(node, name)
    for service in node.below("service"):
        if not service.row.refusal:
            reaches += reach_of(service, name)
    nodes = [node, *node.below("service")]
    zips = [one.zip_code for one in whereabouts_of(place for one in nodes for place in one.locations()) if one.zip_code]
    return make_contacts(reaches, partner_id, zone_of(zips[0]) if zips else None, node)


def check_partner(partner: Partner) -> Partner | None:
    """The partner as intake would take it: without services that it would refuse. None where nothing is left."""
    try:
        ListedPartner.model_validate(partner.record)
    except ValidationError as error:
        left = _without_wrong(partner, error)
        return check_partner(left) if left else None
    return partner


def _without_wrong(partner: Partner, error: ValidationError) -> Partner | None:
    whole = False
    for one in error.errors(include_url=False, include_input=False):
        rows, path = [partner.row, *partner.service_rows], list(one["loc"])
        if path[0] == "services" and len(path) > 1 and isinstance(path[1], int):
            rows, path = [partner.service_rows[path[1]]], path[2:]
        else:
            whole = True
        field = ".".join(part for part in path if isinstance(part, str))
        for row in rows:
            row.refuse(Reason.FIELD, one["msg"].removeprefix("Value error, "), of=field)
    services = list(zip(partner.record["services"], partner.service_rows, strict=False))
    kept = [(service, row) for service, row in services if not row.refusal]
    record = {**partner.record, "services": [service for service, _ in kept]}
    return Partner(record, partner.row, [row for _, row in kept]) if kept and not whole else None
