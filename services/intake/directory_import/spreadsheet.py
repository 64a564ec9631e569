"""A plain spreadsheet as a tree: a row is a service, with its organization."""

from collections.abc import Mapping

from services.intake.directory_import.columns import guess_columns
from services.intake.directory_import.errors import UnreadableSource
from services.intake.directory_import.nodes import Node
from services.intake.directory_import.rows import ColumnUse
from services.intake.directory_import.tables import Table
from services.intake.directory_import.words import fold

_OF_THE_ORGANIZATION = ("legal_status",)
_OF_THE_PLACE = ("address", "city", "state", "postal_code")


def read_spreadsheet(table: Table) -> tuple[list[Node], list[ColumnUse]]:
    """The organizations of a spreadsheet, and what its columns were taken for.

    Raises UnreadableSource where no column names an organization.
    """
    guessed = guess_columns(table.columns)
    if "organization" not in guessed.values():
        raise UnreadableSource(f"{table.file} has no column that names an organization; see docs/importing.md")
    organizations: dict[str, Node] = {}
    for line in table.good:
        said = _gather(line.cells, guessed)
        name = said.pop("organization", "")
        own_id = said.pop("organization_id", "")
        key = own_id or fold(name)
        service = Node(line.row, _name_fields(said))
        if place := {name: said[name] for name in _OF_THE_PLACE if said.get(name)}:
            service.add("location", Node(line.row, place))
        if key not in organizations:
            own = {one: said[one] for one in _OF_THE_ORGANIZATION if one in said}
            organizations[key] = Node(line.row, {"id": own_id, "name": name, **own})
        organizations[key].add("service", service)
    uses = [ColumnUse(table.file, column, guessed.get(column, "")) for column in table.columns]
    return list(organizations.values()), uses


def _gather(cells: Mapping[str, str], guessed: Mapping[str, str]) -> dict[str, str]:
    """Cells by meaning; those of several columns with one meaning stand one below the other."""
    said: dict[str, str] = {}
    for column, meaning in guessed.items():
        if cell := cells.get(column, ""):
            said[meaning] = f"{said[meaning]}\n{cell}" if meaning in said else cell
    return said


def _name_fields(said: Mapping[str, str]) -> dict[str, str]:
    fields = {name: value for name, value in said.items() if name not in _OF_THE_PLACE}
    other = {"service": "name", "service_id": "id", "categories": "terms"}
    return {other.get(name, name): value for name, value in fields.items()}
