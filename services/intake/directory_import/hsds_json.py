"""HSDS's JSON as a tree: organizations with their services, services with their organization, or pages of either."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from services.intake.directory_import.nodes import Node
from services.intake.directory_import.partners import partner_id_of
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row
from services.intake.directory_import.words import fold

Json = dict[str, Any]
Key = TypeVar("Key", str, UUID)

_PARTS = {
    "services": "service",
    "locations": "location",
    "service_at_locations": "service_at_location",
    "addresses": "address",
    "physical_addresses": "address",
    "phones": "phone",
    "contacts": "contact",
    "languages": "language",
    "schedules": "schedule",
    "regular_schedules": "schedule",
    "service_areas": "service_area",
    "required_documents": "required_document",
    "eligibility": "eligibility",
    "attributes": "attribute",
    "location": "location",
    "taxonomy_term": "taxonomy_term",
    "taxonomy_terms": "attribute",
}
_OF_A_STUB = frozenset({"id", "name"})
"""What a service's entry says of its organization at the least."""
_PAGES = ("contents", "organizations", "services", "items")


def entries_in(document: object) -> list[object]:
    """The entries of a list, of a page of the API, or the one there is."""
    if isinstance(document, dict) and "name" not in document:
        for key in _PAGES:
            if isinstance(document.get(key), list):
                return list(document[key])
    return list(document) if isinstance(document, list) else [document]


def read_entries(file: str, entries: list[object]) -> tuple[dict[str, Node], list[Row]]:
    """The organizations of a file's entries by their keys, each once, and the rows: organizations and services."""
    organizations: dict[str, Node] = {}
    rows: list[Row] = []
    for number, entry in enumerate(entries, start=1):
        place = f"entry {number}"
        if not isinstance(entry, dict):
            rows.append(Row(file, place))
            rows[-1].refuse(Reason.NO_ENTRY, str(entry)[:60])
        elif isinstance(entry.get("organization"), dict):
            rows += _read_service(file, place, entry, organizations)
        elif "organization_id" in entry:
            rows += _read_service(file, place, {**entry, "organization": _only_id(entry)}, organizations)
        else:
            rows += _read_organization(file, place, entry, organizations)
    return organizations, rows


def join_files(files: Iterable[Mapping[str, Node]]) -> list[Node]:
    """The organizations of several files, each once.

    Files that were not made together may both count from 1, so an id is looked for in other files with its name, and
    without one only where no two organizations have it.
    """
    every = [node for organizations in files for node in organizations.values()]
    joined: dict[UUID, Node] = {}
    for node in every:
        if name := node.says("name"):
            _meet(joined, partner_id_of(node, name), node)
    nameless = [node for node in every if not node.says("name")]
    return [*joined.values(), *(node for node in nameless if not _is_found(node, [*joined.values()]))]


def _is_found(nameless: Node, joined: Sequence[Node]) -> bool:
    """Whether its services were given to the one organization with its id."""
    alike = [node for node in joined if nameless.says("id") and node.says("id") == nameless.says("id")]
    if len(alike) == 1:
        _join(alike[0], nameless)
    for service in nameless.below("service") if len(alike) > 1 else ():
        service.row.refuse(Reason.BELONGS_NOWHERE, f"organization_id {nameless.says('id')} is of {len(alike)} files")
    return bool(alike)


def _only_id(entry: Json) -> Json:
    return {"id": entry["organization_id"], "name": entry.get("organization_name", "")}


def _read_organization(file: str, place: str, entry: Json, organizations: dict[str, Node]) -> Iterator[Row]:
    row = Row(file, place)
    yield row
    own = _read_node({key: value for key, value in entry.items() if key != "services"}, row)
    key = _key_of(entry)
    if key in organizations and not _is_stub(organizations[key]) and not _is_stub(own):
        row.note(Reason.ORGANIZATION_AGAIN, "its first entry counts")
    organization = _meet(organizations, key, own)
    for number, service in enumerate(_dicts(entry.get("services")), start=1):
        below = Row(file, f"{place}, service {number}")
        organization.add("service", _read_node(service, below))
        yield below


def _read_service(file: str, place: str, entry: Json, organizations: dict[str, Node]) -> Iterator[Row]:
    row = Row(file, place)
    yield row
    own = {key: value for key, value in entry.items() if key != "organization"}
    organization = _meet(organizations, _key_of(entry["organization"]), _read_node(entry["organization"], row))
    organization.add("service", _read_node(own, row))


def _meet(organizations: dict[Key, Node], key: Key, node: Node) -> Node:
    """The organization that is known by this key, with what the new one adds to it."""
    known = organizations.setdefault(key, node)
    if known is not node:
        _join(known, node)
    return known


def _join(known: Node, node: Node) -> None:
    """Takes over services; and all that is said, where no more than an id and a name was said before."""
    says_more = _is_stub(known) and not (_is_stub(node) and known.says("name"))
    if says_more:
        known.row = node.row
        known.fields |= {name: value for name, value in node.fields.items() if value}
    for part, below in node.parts.items():
        for one in below if says_more or part == "service" else ():
            known.add(part, one)


def _is_stub(organization: Node) -> bool:
    return organization.fields.keys() <= _OF_A_STUB and organization.parts.keys() <= {"service"}


def _key_of(organization: Json) -> str:
    return str(organization.get("id") or fold(str(organization.get("name"))))


def _read_node(entry: Json, row: Row) -> Node:
    """What an object says. What hangs below it has no row of its own: its gaps are the entry's."""
    node = Node(row)
    for key, value in entry.items():
        if key in _PARTS and isinstance(value, dict | list):
            for below in _dicts(value):
                node.add(_PARTS[key], _read_node(below, row))
        elif isinstance(value, str | int | float):
            node.fields[key] = str(value)
    for term in node.below("taxonomy_term"):
        node.fields.setdefault("name", term.says("name"))
    return node


def _dicts(value: object) -> list[Json]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
