"""HSDS's JSON as a tree: organizations with their services, services with their organization, or pages of either."""

from collections.abc import Iterator
from typing import Any

from switchboard.directory_import.nodes import Node
from switchboard.directory_import.rows import Row

Json = dict[str, Any]

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
_PAGES = ("contents", "organizations", "services", "items")


def entries_in(document: object) -> list[object]:
    """The entries of a list, of a page of the API, or the one there is."""
    if isinstance(document, dict) and "name" not in document:
        for key in _PAGES:
            if isinstance(document.get(key), list):
                return list(document[key])
    return list(document) if isinstance(document, list) else [document]


def read_entries(file: str, entries: list[object], organizations: dict[str, Node]) -> list[Row]:
    """Adds the organizations of all entries, each once. Returns the rows: organizations and services."""
    rows: list[Row] = []
    for number, entry in enumerate(entries, start=1):
        place = f"entry {number}"
        if not isinstance(entry, dict):
            rows.append(Row(file, place))
            rows[-1].refuse("not an organization or a service", str(entry)[:60])
        elif isinstance(entry.get("organization"), dict):
            rows += _read_service(file, place, entry, organizations)
        elif "organization_id" in entry:
            rows += _read_service(file, place, {**entry, "organization": _only_id(entry)}, organizations)
        else:
            rows += _read_organization(file, place, entry, organizations)
    return rows


def _only_id(entry: Json) -> Json:
    return {"id": entry["organization_id"], "name": entry.get("organization_name", "")}


def _read_organization(file: str, place: str, entry: Json, organizations: dict[str, Node]) -> Iterator[Row]:
    row = Row(file, place)
    yield row
    own = {key: value for key, value in entry.items() if key != "services"}
    key = _key_of(entry)
    if key in organizations:
        row.note("the organization stands several times", "its first entry counts")
    organization = organizations.setdefault(key, _read_node(own, row))
    for number, service in enumerate(_dicts(entry.get("services")), start=1):
        below = Row(file, f"{place}, service {number}")
        organization.add("service", _read_node(service, below))
        yield below


def _read_service(file: str, place: str, entry: Json, organizations: dict[str, Node]) -> Iterator[Row]:
    row = Row(file, place)
    yield row
    own = {key: value for key, value in entry.items() if key != "organization"}
    key = _key_of(entry["organization"])
    if key not in organizations:
        organizations[key] = _read_node(entry["organization"], row)
    organizations[key].add("service", _read_node(own, row))


def _key_of(organization: Json) -> str:
    return str(organization.get("id") or organization.get("name"))


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
