"""Our own spreadsheet, as `partners_example.csv`, and our own JSON, as `PUT /v1/partners` takes it.

The spreadsheet has one row for each service of a partner. Nothing is guessed: what is not as it must be is refused.
"""

from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from services.intake.directory_import.errors import UnreadableSource
from services.intake.directory_import.partners import Partner, check_partner, partner_id_from_name
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import ColumnUse, Row
from services.intake.directory_import.tables import Table
from services.intake.domain.partner import ListedPartner

Cells = dict[str, str]

NEEDED = ("partner", "kind", "categories", "area")
_NUMBERS = (
    *("min_age", "max_age", "min_household", "max_household", "income_limit", "claims_per_week", "claims_at_once"),
)
_PROGRAMME = ("seats", "begins", "ends")
"""All of them, or none."""
_LISTS = ("languages", "only_for", "handover", "conditions", "fits")
_OF_THE_PARTNER = ("partner_id", "status", "messages_per_week", "conflicts")
_OF_THE_CONTACT = (
    *("contact_name", "contact_email", "contact_phone", "contact_language", "channels"),
    *("contact_roles", "contact_confirmed"),
)
_CONFIRMED = {"yes": True, "no": False}
KNOWN = (*NEEDED, "zip", "eligibility_text", *_PROGRAMME, *_NUMBERS, *_LISTS, *_OF_THE_PARTNER, *_OF_THE_CONTACT)


def read_own_table(table: Table) -> tuple[list[Partner], list[ColumnUse]]:
    """The partners of a spreadsheet. Raises UnreadableSource for a column that means nothing."""
    if unknown := [name for name in table.columns if name not in KNOWN]:
        raise UnreadableSource(f"{table.file} has columns that mean nothing here: {', '.join(unknown)}")
    partners: dict[str, Partner] = {}
    first: dict[tuple[str, ...], Row] = {}
    for line in table.good:
        same = first.setdefault(tuple(line.cells.values()), line.row)
        if same is not line.row:
            line.row.refuse(Reason.ROW_TWICE, f"first in {same.place}")
            continue
        try:
            _add_row(partners, line.cells, line.row)
        except ValidationError as error:
            one = error.errors(include_url=False, include_input=False)[0]
            said = one["msg"].removeprefix("Value error, ")
            line.row.refuse(Reason.FIELD, said, of=".".join(map(str, one["loc"])))
        except ValueError as error:
            line.row.refuse(Reason.NOT_VALID, str(error))
    checked = [whole for one in partners.values() if (whole := check_partner(one))]
    return checked, [ColumnUse(table.file, name, name) for name in table.columns]


def read_own_entries(file: str, entries: list[object]) -> tuple[list[Partner], list[Row]]:
    """The partners of JSON, an entry each: it is taken whole or not at all."""
    rows: list[Row] = []
    partners: list[Partner] = []
    for number, entry in enumerate(entries, start=1):
        row = Row(file, f"entry {number}")
        rows.append(row)
        if not isinstance(entry, dict):
            row.refuse(Reason.NO_PARTNER, str(entry)[:60])
            continue
        partner_id = entry.get("partner_id") or partner_id_from_name(str(entry.get("name", "")))
        services = entry.get("services")
        of_services = [row] * len(services) if isinstance(services, list) else []
        record = {"services": [], **entry, "partner_id": str(partner_id)}
        if checked := check_partner(Partner(record, row, of_services)):
            partners.append(checked)
    return partners, rows


def _add_row(partners: dict[str, Partner], cells: Cells, row: Row) -> None:
    if empty := [name for name in NEEDED if not cells[name]]:
        raise ValueError(f"{', '.join(empty)} must not be empty")
    partner_id = _read_id(cells.get("partner_id", "")) or str(partner_id_from_name(cells["partner"]))
    service, contact = _to_service(cells, partner_id), _to_contact(cells, partner_id)
    conflicts = _split(cells.get("conflicts", ""))
    new = {"partner_id": partner_id, "name": cells["partner"], "kind": cells["kind"]}
    new |= {"status": cells["status"]} if cells.get("status") else {}
    alone: dict[str, Any] = {
        **new,
        "services": [service],
        "contacts": [contact] if contact else [],
        "conflicts": conflicts,
    }
    if cells.get("messages_per_week"):
        alone["messages_per_week"] = _whole_number(cells, "messages_per_week")
    ListedPartner.model_validate(alone)
    partner = partners.setdefault(partner_id, Partner({**alone, "services": []}, row, []))
    _add_service(partner, service, cells, row)
    _add_to_partner(partner.record, alone, row)


def _add_service(partner: Partner, service: dict[str, Any], cells: Cells, row: Row) -> None:
    """Two services of the same categories and area, as of two ages, are told apart by all that they say."""
    if service["service_id"] in {one["service_id"] for one in partner.record["services"]}:
        service["service_id"] = str(uuid5(UUID(partner.record["partner_id"]), str(sorted(cells.items()))))
    partner.record["services"].append(service)
    partner.service_rows.append(row)


def _add_to_partner(record: dict[str, Any], alone: dict[str, Any], row: Row) -> None:
    for name in ("contacts", "conflicts"):
        record[name] += [one for one in alone[name] if one not in record[name]]
    for name in ("name", "kind", "status"):
        if record.get(name) != alone.get(name):
            row.note(Reason.OTHER_THAN_FIRST, str(alone.get(name)), of=name)
    if "messages_per_week" in alone:
        record["messages_per_week"] = alone["messages_per_week"]


def _to_service(cells: Cells, partner_id: str) -> dict[str, Any]:
    service: dict[str, Any] = {
        "service_id": str(uuid5(UUID(partner_id), cells["categories"] + cells["area"])),
        "categories": _split(cells["categories"]),
        "area": _to_area(cells["area"]),
    }
    service |= {name: _split(cells[name]) for name in _LISTS if cells.get(name)}
    service |= {name: _whole_number(cells, name) for name in _NUMBERS if cells.get(name)}
    service |= {"zip_code": cells["zip"]} if cells.get("zip") else {}
    if any(cells.get(name) for name in _PROGRAMME):
        service["programme"] = {name: cells[name] for name in _PROGRAMME if cells.get(name)}
    return service | ({"eligibility_text": cells["eligibility_text"]} if cells.get("eligibility_text") else {})


def _to_area(text: str) -> dict[str, Any]:
    match text.split():
        case ["nation"]:
            return {"kind": "nation"}
        case ["state", state]:
            return {"kind": "state", "state": state}
        case ["county", *county, state] if county:
            return {"kind": "county", "county": " ".join(county), "state": state}
        case ["zips", *zip_codes] if zip_codes:
            return {"kind": "zip_codes", "zip_codes": _split(" ".join(zip_codes))}
        case ["radius", zip_code, miles]:
            return {"kind": "radius", "zip_code": zip_code, "miles": miles}
    raise ValueError(
        f"area {text!r} must be one of: radius ZIP MILES, zips ZIP;ZIP, county NAME STATE, state STATE, nation"
    )


def _to_contact(cells: Cells, partner_id: str) -> dict[str, Any] | None:
    email, phone = cells.get("contact_email"), cells.get("contact_phone")
    if not email and not phone:
        return None
    channels = _split(cells.get("channels", "")) or (["email"] if email else ["text"])
    contact: dict[str, Any] = {
        "contact_id": str(uuid5(UUID(partner_id), email or phone or "")),
        "name": cells.get("contact_name") or cells["partner"],
        "language": cells.get("contact_language") or "en",
        "channels": channels,
    }
    if cells.get("contact_roles"):
        contact["roles"] = _split(cells["contact_roles"])
    if said := cells.get("contact_confirmed"):
        if said not in _CONFIRMED:
            raise ValueError(f"contact_confirmed {said!r} must be yes or no; no asks them first")
        contact["confirmed"] = _CONFIRMED[said]
    return contact | ({"email": email} if email else {}) | ({"phone": phone} if phone else {})


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _whole_number(cells: Cells, name: str) -> int:
    if not cells[name].isdigit():
        raise ValueError(f"{name} {cells[name]!r} must be a whole number")
    return int(cells[name])


def _read_id(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError as error:
        raise ValueError(f"partner_id {text!r} must be a UUID; left out, one is made from the name") from error
