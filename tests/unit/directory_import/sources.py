"""Small directories, written by hand."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from schemas.vocabulary import PartnerStatus
from services.intake.directory_import.recognising import Reading, read_source
from services.intake.directory_import.report import say, say_reason
from services.intake.pages.languages import Words

WORDS = Words("en")

TODAY = date(2026, 11, 25)
Cells = Mapping[str, str]


def write_csv(path: Path, rows: Sequence[Cells]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_package(folder: Path, **tables: Sequence[Cells]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    return folder


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


def read(path: Path) -> Reading:
    return read_source(path, PartnerStatus.PAUSED, TODAY)


def refusals(reading: Reading) -> dict[str, str]:
    return {f"{row.file}, {row.place}": say(row.refusal, WORDS) for row in reading.rows if row.refusal}


def gaps(reading: Reading) -> dict[str, list[str]]:
    return {
        f"{row.file}, {row.place}": [say_reason(gap, WORDS) for gap in row.gaps] for row in reading.rows if row.gaps
    }


def services(reading: Reading) -> list[dict[str, Any]]:
    return [service for partner in reading.partners for service in partner.record["services"]]


ORGANIZATION = {"id": "7f0e8b1c-0000-4000-8000-000000000001", "name": "Canary Row Food Bank"}
SERVICE = {
    "id": "7f0e8b1c-0000-4000-8000-000000000002",
    "organization_id": ORGANIZATION["id"],
    "name": "Pantry",
    "status": "active",
}
LOCATION = {"id": "7f0e8b1c-0000-4000-8000-000000000003", "name": "Front door"}
ADDRESS = {
    "id": "7f0e8b1c-0000-4000-8000-000000000004",
    "location_id": LOCATION["id"],
    "address_1": "1 Canary Row",
    "city": "Brooklyn",
    "state_province": "NY",
    "postal_code": "11215",
}
