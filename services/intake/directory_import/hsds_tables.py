"""A folder of CSV files as a tree: HSDS's packages of versions 1 to 3, and what is like them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from services.intake.directory_import.nodes import Node
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import ColumnUse, Row
from services.intake.directory_import.tables import Table

ROOTS = ("organization", "service")
"""Without these two there is no package."""

_TABLES: Mapping[str, str] = {
    "organizations": "organization",
    "services": "service",
    "locations": "location",
    "services_at_location": "service_at_location",
    "service_at_locations": "service_at_location",
    "services_at_locations": "service_at_location",
    "addresses": "address",
    "physical_addresses": "address",
    "physical_address": "address",
    "phones": "phone",
    "contacts": "contact",
    "languages": "language",
    "schedules": "schedule",
    "regular_schedules": "schedule",
    "regular_schedule": "schedule",
    "service_areas": "service_area",
    "required_documents": "required_document",
    "eligibilities": "eligibility",
    "attributes": "attribute",
    "service_taxonomies": "attribute",
    "service_taxonomy": "attribute",
    "taxonomy_terms": "taxonomy_term",
    # Of versions 1 and 2, where a taxonomy's terms stand in it.
    "taxonomy": "taxonomy_term",
}
_USED: Mapping[str, frozenset[str]] = {
    "organization": frozenset({"id", "name", "description", "email", "legal_status", "phones"}),
    "service": frozenset(
        {
            *("id", "organization_id", "name", "description", "status", "email", "eligibility_description"),
            *("minimum_age", "maximum_age", "areas", "terms", "income_limit", "veteran", "application_process"),
        }
    ),
    "location": frozenset({"id", "organization_id", "name", "address", "phones", "location_type", "type"}),
    "service_at_location": frozenset({"id", "service_id", "location_id"}),
    "address": frozenset({"location_id", "address_1", "city", "state_province", "postal_code"}),
    "phone": frozenset(
        {
            *("number", "type", "location_id", "service_id", "organization_id", "contact_id"),
            "service_at_location_id",
        }
    ),
    "contact": frozenset(
        {"id", "name", "email", "organization_id", "service_id", "service_at_location_id", "location_id"}
    ),
    "language": frozenset({"service_id", "location_id", "name", "code", "language"}),
    "schedule": frozenset(
        {
            *("service_id", "location_id", "service_at_location_id", "freq", "interval", "byday", "weekday"),
            *("opens_at", "closes_at", "valid_to", "until", "description"),
        }
    ),
    "service_area": frozenset({"service_id", "service_at_location_id", "name", "service_area", "extent"}),
    "required_document": frozenset({"service_id", "document"}),
    "eligibility": frozenset({"service_id", "eligibility", "minimum_age", "maximum_age"}),
    "attribute": frozenset({"link_id", "service_id", "taxonomy_term_id", "taxonomy_id"}),
    "taxonomy_term": frozenset({"id", "name", "term"}),
}
_PARENTS: Mapping[str, Mapping[str, str]] = {
    "location": {"organization_id": "organization"},
    "service_at_location": {"service_id": "service"},
    "address": {"location_id": "location"},
    "contact": {
        "service_at_location_id": "service_at_location",
        "service_id": "service",
        "location_id": "location",
        "organization_id": "organization",
    },
    "phone": {
        "contact_id": "contact",
        "service_at_location_id": "service_at_location",
        "service_id": "service",
        "location_id": "location",
        "organization_id": "organization",
    },
    "language": {"service_id": "service", "location_id": "location", "phone_id": "phone"},
    "schedule": {
        "service_at_location_id": "service_at_location",
        "service_id": "service",
        "location_id": "location",
    },
    "service_area": {"service_at_location_id": "service_at_location", "service_id": "service"},
    "required_document": {"service_id": "service"},
    "eligibility": {"service_id": "service"},
}
_OTHER_NAMES: Mapping[str, str] = {
    "uuid": "id",
    "min_age": "minimum_age",
    "max_age": "maximum_age",
    "problem_codes": "terms",
    "require_veteran": "veteran",
    "additional_information": "eligibility_description",
    "days_of_week": "weekday",
    "physical_address": "address",
}


def table_of(file: str) -> str | None:
    """Which of HSDS's tables a file holds, by its name; None for one that is not read."""
    name = PurePath(file).stem.casefold()
    return _TABLES.get(name, name if name in _USED else None)


def uses_of(tables: Mapping[str, Table]) -> Iterator[ColumnUse]:
    """What the columns of a package's tables, by HSDS's names, are taken for."""
    for name, table in tables.items():
        for column in table.columns:
            meaning = _name_of(column, name)
            yield ColumnUse(table.file, column, meaning if meaning in _USED[name] else "")


def read_package(tables: Mapping[str, Table]) -> list[Node]:
    """The organizations of a package, each with all below it. Rows that belong to nothing are refused."""
    nodes = {name: [_read_node(line.row, line.cells, name) for line in table.good] for name, table in tables.items()}
    known = {name: _by_id(nodes.get(name, ())) for name in (*_USED,)}
    terms = known["taxonomy_term"]
    for service in nodes.get("service", ()):
        _hang(service, "service", {"organization_id": "organization"}, known)
    for name, parents in _PARENTS.items():
        for node in nodes.get(name, ()):
            _hang(node, name, parents, known)
    for given_at in nodes.get("service_at_location", ()):
        _join_location(given_at, known["location"])
    for location in nodes.get("location", ()):
        if not location.row.owners:
            location.row.refuse(Reason.BELONGS_NOWHERE, "neither an organization nor a service names it")
    for attribute in nodes.get("attribute", ()):
        term = terms.get(attribute.says("taxonomy_term_id", "taxonomy_id"))
        attribute.fields["name"] = term.says("name", "term") if term else ""
        _hang_attribute(attribute, known)
    return nodes.get("organization", [])


def _read_node(row: Row, cells: Mapping[str, str], table: str) -> Node:
    return Node(row, {_name_of(column, table): cell for column, cell in cells.items()})


def _name_of(column: str, table: str) -> str:
    """A column by HSDS's name: `organization_uuid` is `id` among organizations, and elsewhere `organization_id`."""
    name = column.casefold().replace(" ", "_")
    bare = name.removeprefix(f"{table}_") if name not in _USED[table] else name
    bare = _OTHER_NAMES.get(bare, bare)
    return f"{bare.removesuffix('_uuid')}_id" if bare.endswith("_uuid") else bare


def _by_id(nodes: Sequence[Node]) -> dict[str, Node]:
    known: dict[str, Node] = {}
    for node in nodes:
        key = node.says("id")
        if key and key in known:
            node.row.refuse(Reason.ID_TWICE, f"{key}, first in {known[key].row.place}")
        elif key:
            known[key] = node
    return known


def _hang(node: Node, part: str, parents: Mapping[str, str], known: Mapping[str, Mapping[str, Node]]) -> None:
    named = {column: node.says(column) for column in parents if node.says(column)}
    above = [known[parents[column]].get(key) for column, key in named.items()]
    found = [parent for parent in above if parent is not None]
    # A location may be named by services alone, in a table of its own.
    if not found and not node.row.refusal and part != "location":
        said = ", ".join(f"{column} {key}" for column, key in named.items()) or f"no {' or '.join(parents)}"
        node.row.refuse(Reason.BELONGS_NOWHERE, said)
    for parent in found if not node.row.refusal else ():
        parent.add(part, node)
        if part != "service":
            node.row.owners.append(parent.row)


def _hang_attribute(attribute: Node, known: Mapping[str, Mapping[str, Node]]) -> None:
    """An attribute may be of anything; those of services say what they are."""
    key = attribute.says("service_id", "link_id")
    found = [nodes[key] for nodes in known.values() if key in nodes]
    if not found:
        attribute.row.refuse(Reason.BELONGS_NOWHERE, f"link_id {key}")
    for node in found:
        node.add("attribute", attribute)
        attribute.row.owners.append(node.row)


def _join_location(given_at: Node, locations: Mapping[str, Node]) -> None:
    location = locations.get(given_at.says("location_id"))
    if location is None:
        given_at.row.refuse(Reason.BELONGS_NOWHERE, f"location_id {given_at.says('location_id')}")
        return
    given_at.add("location", location)
    location.row.owners.append(given_at.row)
