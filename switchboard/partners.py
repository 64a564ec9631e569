"""`switchboard partners import FILE`: a spreadsheet or JSON of partners into the directory, all or nothing.

The spreadsheet has one row for each service of a partner, as in `partners_example.csv`; JSON is a list of records as
`PUT /v1/partners` takes them, each with a `partner_id` or a name to make one from.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.intake.domain.partner import ListedPartner
from switchboard.errors import SwitchboardError

NEEDED = ("partner", "kind", "categories", "area")
KNOWN = (
    *NEEDED,
    *("partner_id", "zip", "languages", "min_age", "max_age", "claims_per_week", "messages_per_week", "conflicts"),
    *("contact_name", "contact_email", "contact_phone", "contact_language", "channels"),
)


@dataclass(frozen=True)
class Refused:
    """A line that was not taken, and why."""

    line: int
    why: str


@dataclass(frozen=True)
class Read:
    """Whole records, each with the lines it was made from, and the lines that are wrong."""

    records: list[tuple[dict[str, Any], list[int]]]
    refused: list[Refused]


def import_partners(path: Path, url: str, key: str, tell: Callable[[str], None]) -> None:
    """Records all partners of a file. Raises SwitchboardError, with nothing taken, if a line is wrong."""
    read = read_file(path)
    if not read.records and not read.refused:
        raise SwitchboardError(f"{path.name} has no partners in it")
    _stop_at(read.refused, path, tell)
    answer = _send(url, key, [record for record, _ in read.records])
    if answer.is_success:
        taken = answer.json()
        tell(f"{path.name}: {len(read.records)} partners taken, {taken['new']} new and {taken['replaced']} replaced")
        return
    document = answer.json()
    _stop_at([_locate(error, read) for error in document.get("errors", [])], path, tell)
    raise SwitchboardError(f"nothing was taken: {document['detail']}")


def _stop_at(refused: Sequence[Refused], path: Path, tell: Callable[[str], None]) -> None:
    for one in refused:
        tell(f"line {one.line}: {one.why}")
    if refused:
        lines = len({one.line for one in refused})
        raise SwitchboardError(f"nothing was taken: {lines} of {path.name}'s lines must be mended first (see above)")


def _send(url: str, key: str, records: list[dict[str, Any]]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = httpx.put(f"{url}/v1/partners", json={"partners": records}, headers=headers, timeout=120)
    except httpx.ConnectError as error:
        raise SwitchboardError(f"{url} cannot be reached; nothing was taken") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SwitchboardError(f"{url} did not answer ({error}); importing again is safe") from error
    if not answer.headers.get("content-type", "").startswith(("application/json", "application/problem+json")):
        raise SwitchboardError(f"{url} answered {answer.status_code}, and not as Switchboard does; is it the portal's?")
    return answer


def _locate(error: dict[str, str], read: Read) -> Refused:
    match error["field"].split("."):
        case ["partners", position, *field] if field:
            return Refused(_line_of(field, read.records[int(position)][1]), f"{'.'.join(field)}: {error['message']}")
    return Refused(1, f"{error['field']}: {error['message']}")


def _line_of(place: Sequence[str], lines: list[int]) -> int:
    """A spreadsheet has a line for each service; whatever else is wrong is in the first."""
    match place:
        case ["services", number, *_] if number.isdigit() and int(number) < len(lines):
            return lines[int(number)]
    return lines[0]


def read_file(path: Path) -> Read:
    """Reads CSV or JSON. Raises SwitchboardError for a file that is neither."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SwitchboardError(f"{path} cannot be read: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _check(_read_json(text, path) if path.suffix.casefold() == ".json" else _read_csv(text, path))


def _read_json(text: str, path: Path) -> Read:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise SwitchboardError(f"{path.name}, line {error.lineno}: this is not JSON: {error.msg}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SwitchboardError(f"{path.name} must be a list of partners")
    records = []
    for number, row in enumerate(rows, start=1):
        partner_id = row.get("partner_id") or _make_id(str(row.get("name", "")))
        records.append(({**row, "partner_id": str(partner_id)}, [number]))
    return Read(records, [])


def _read_csv(text: str, path: Path) -> Read:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = [name.strip() for name in rows.fieldnames or []]
    if missing := [name for name in NEEDED if name not in columns]:
        raise SwitchboardError(
            f"{path.name} lacks the columns {', '.join(missing)}; see switchboard/partners_example.csv"
        )
    if unknown := [name for name in columns if name not in KNOWN]:
        raise SwitchboardError(f"{path.name} has columns that mean nothing here: {', '.join(unknown)}")
    rows.fieldnames = columns
    partners: dict[str, tuple[dict[str, Any], list[int]]] = {}
    refused = []
    for row in rows:
        cells = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str | None)}
        if not any(cells.values()):
            continue
        try:
            _add_row(partners, cells, rows.line_num)
        except ValueError as error:
            refused.append(Refused(rows.line_num, str(error)))
    return Read(list(partners.values()), refused)


def _add_row(partners: dict[str, tuple[dict[str, Any], list[int]]], cells: dict[str, str], line: int) -> None:
    if empty := [name for name in NEEDED if not cells[name]]:
        raise ValueError(f"{', '.join(empty)} must not be empty")
    partner_id = _read_id(cells.get("partner_id", "")) or str(_make_id(cells["partner"]))
    service = _to_service(cells, partner_id)
    contact = _to_contact(cells, partner_id)
    new = {"partner_id": partner_id, "name": cells["partner"], "kind": cells["kind"]}
    record, lines = partners.setdefault(partner_id, ({**new, "services": [], "contacts": [], "conflicts": []}, []))
    record["services"].append(service)
    if contact is not None and contact not in record["contacts"]:
        record["contacts"].append(contact)
    record["conflicts"] += [one for one in _split(cells.get("conflicts", "")) if one not in record["conflicts"]]
    if cells.get("messages_per_week"):
        record["messages_per_week"] = _whole_number(cells, "messages_per_week")
    lines.append(line)


def _to_service(cells: dict[str, str], partner_id: str) -> dict[str, Any]:
    service: dict[str, Any] = {
        "service_id": str(uuid5(UUID(partner_id), cells["categories"] + cells["area"])),
        "categories": _split(cells["categories"]),
        "area": _to_area(cells["area"]),
        "languages": _split(cells.get("languages", "")),
    }
    if cells.get("zip"):
        service["zip_code"] = cells["zip"]
    for name in ("min_age", "max_age", "claims_per_week"):
        if cells.get(name):
            service[name] = _whole_number(cells, name)
    return service


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


def _to_contact(cells: dict[str, str], partner_id: str) -> dict[str, Any] | None:
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
    return contact | ({"email": email} if email else {}) | ({"phone": phone} if phone else {})


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _whole_number(cells: dict[str, str], name: str) -> int:
    if not cells[name].isdigit():
        raise ValueError(f"{name} {cells[name]!r} must be a whole number")
    return int(cells[name])


def _read_id(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError as error:
        raise ValueError(f"partner_id {text!r} must be a UUID; left out, one is made from the name") from error


def _make_id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"switchboard/partner/{name.casefold()}")


def _check(read: Read) -> Read:
    refused = list(read.refused)
    for record, lines in read.records:
        try:
            ListedPartner.model_validate(record)
        except ValidationError as error:
            refused += [_refuse(one, lines) for one in error.errors(include_url=False)]
    return Read(read.records, sorted(refused, key=lambda one: one.line))


def _refuse(error: ErrorDetails, lines: list[int]) -> Refused:
    place = [str(part) for part in error["loc"]]
    return Refused(_line_of(place, lines), f"{'.'.join(place)}: {error['msg'].removeprefix('Value error, ')}")
