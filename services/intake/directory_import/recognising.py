"""What a file or folder is, by looking at what is in it."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum, auto
from pathlib import Path, PurePosixPath

from schemas.vocabulary import PartnerStatus
from services.intake.directory_import import columns, hsds_json, hsds_tables, own, spreadsheet
from services.intake.directory_import.errors import UnreadableSource
from services.intake.directory_import.partners import Partner, each_once, take_organizations
from services.intake.directory_import.rows import ColumnUse, Row, settle
from services.intake.directory_import.tables import decode, read_table

Files = Mapping[str, bytes]

_ZIP = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"\xd0\xcf\x11\xe0", b"\x7fELF", b"MZ")
"""How files begin that people take for a directory, or want us to."""
_LOOKED_AT = 4096
_MOST_BYTES = 512 * 1024 * 1024
_DESCRIBE = ("datapackage.json",)
"""Files about files."""
_LOOKED_UP = ("taxonomy_term",)
"""Tables that say what the words of others are; nobody counts their rows."""


class Form(StrEnum):
    """What a source can be taken for."""

    HSDS_TABLES = auto()
    OWN_TABLE = auto()
    SPREADSHEET = auto()
    OWN_JSON = auto()
    HSDS_JSON = auto()


class Beside(StrEnum):
    """Why the rows of a file are not counted."""

    LOOKED_UP = auto()
    NOT_READ = auto()


@dataclass(frozen=True)
class Reading:
    """What a source was taken for, and all that is in it. `ours` is whether it is in our own form."""

    form: Form
    partners: list[Partner]
    rows: list[Row]
    columns: list[ColumnUse] = field(default_factory=list)
    beside: list[tuple[str, Beside]] = field(default_factory=list)
    """Files whose rows are not counted, and why."""
    ours: bool = False


def read_source(path: Path, status: PartnerStatus, today: date) -> Reading:
    """Reads a file, a folder or a zip. Raises UnreadableSource for one that holds no partners."""
    return _read(path.name, _load(path), status, today)


def read_upload(name: str, raw: bytes, status: PartnerStatus, today: date, most_bytes: int) -> Reading:
    """Reads a file or a zip that somebody sent; a zip may unpack to so many bytes. Raises UnreadableSource."""
    if raw.startswith(_NO_TEXT) or (b"\0" in raw[:_LOOKED_AT] and not raw.startswith((*_UTF_16, _ZIP))):
        raise UnreadableSource(f"{name} is no spreadsheet, JSON or zip: save it as CSV and import that")
    return _read(name, _files_of(name, raw, most_bytes), status, today)


def _read(source: str, files: Files, status: PartnerStatus, today: date) -> Reading:
    tables, documents = _sort(files)
    found = {table: name for name in sorted(tables) if (table := hsds_tables.table_of(name))}
    if all(root in found for root in hsds_tables.ROOTS):
        reading = _read_package(tables, found, documents, status, today)
    elif len(tables) == 1 and not documents:
        [(name, raw)] = tables.items()
        reading = _read_table(name, raw, status, today)
    elif documents and not tables:
        reading = _read_json(documents, status, today)
    else:
        said = "holds no organizations.csv with a services.csv, no JSON and no spreadsheet alone"
        raise UnreadableSource(f"{source} {said}")
    if not reading.rows:
        raise UnreadableSource(f"{source} has no partners in it")
    settle(reading.rows)
    return reading


def _sort(files: Files) -> tuple[Files, Files]:
    """Tables and JSON."""
    documents = {name: raw for name, raw in files.items() if _is_json(name, raw)}
    return {name: raw for name, raw in files.items() if name not in documents}, {
        name: raw for name, raw in documents.items() if name not in _DESCRIBE
    }


def _is_json(name: str, raw: bytes) -> bool:
    return name.casefold().endswith(".json") or raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}


def _load(path: Path) -> Files:
    try:
        if path.is_dir():
            return {
                one.name: one.read_bytes() for one in sorted(path.iterdir()) if one.is_file() and _is_read(one.name)
            }
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}") from error
    return _files_of(path.name, raw, _MOST_BYTES)


def _files_of(name: str, raw: bytes, most_bytes: int) -> Files:
    return _unpack(name, raw, most_bytes) if raw.startswith(_ZIP) else {name: raw}


def _unpack(source: str, raw: bytes, most_bytes: int) -> Files:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if "[Content_Types].xml" in packed.namelist():
                raise UnreadableSource(f"{source} is an Excel or Word file: save it as CSV and import that")
            if sum(one.file_size for one in packed.infolist()) > most_bytes:
                raise UnreadableSource(f"{source} unpacks to more than {most_bytes // 1024**2} MB")
            names = [name for name in packed.namelist() if _is_read(name)]
            if twice := len(names) - len({PurePosixPath(name).name for name in names}):
                raise UnreadableSource(
                    f"{source} holds {twice} files under a name that stands twice: unpack one folder"
                )
            return {PurePosixPath(name).name: packed.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UnreadableSource(f"{source} cannot be unpacked: {error}") from error


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name)
    hidden = parts.name.startswith(".") or "__MACOSX" in parts.parts
    return not hidden and parts.suffix.casefold() in {".csv", ".tsv", ".txt", ".json"}


def _read_package(
    files: Files, found: Mapping[str, str], documents: Files, status: PartnerStatus, today: date
) -> Reading:
    tables = {table: read_table(name, files[name]) for table, name in found.items()}
    organizations = hsds_tables.read_package(tables)
    partners = take_organizations(organizations, status, today)
    counted = {name: table for name, table in tables.items() if name not in _LOOKED_UP}
    rows = [line.row for table in counted.values() for line in table.lines]
    beside = [(tables[name].file, Beside.LOOKED_UP) for name in _LOOKED_UP if name in tables]
    rest = [*documents, *(name for name in files if name not in found.values())]
    beside += [(name, Beside.NOT_READ) for name in rest]
    return Reading(Form.HSDS_TABLES, partners, rows, list(hsds_tables.uses_of(tables)), beside)


def _read_table(name: str, raw: bytes, status: PartnerStatus, today: date) -> Reading:
    table = read_table(name, raw, columns.is_head)
    if not table.columns:
        raise UnreadableSource(f"{name} has no partners in it")
    rows = [line.row for line in table.lines]
    if set(own.NEEDED) <= set(table.columns):
        partners, uses = own.read_own_table(table)
        return Reading(Form.OWN_TABLE, partners, rows, uses, ours=True)
    organizations, uses = spreadsheet.read_spreadsheet(table)
    return Reading(Form.SPREADSHEET, take_organizations(organizations, status, today), rows, uses)


def _read_json(files: Files, status: PartnerStatus, today: date) -> Reading:
    entries = {name: hsds_json.entries_in(_parse(name, raw)) for name, raw in files.items()}
    if any(isinstance(one, dict) and "kind" in one for found in entries.values() for one in found):
        whole = [own.read_own_entries(name, found) for name, found in entries.items()]
        partners = each_once([one for found, _ in whole for one in found])
        return Reading(Form.OWN_JSON, partners, [row for _, rows in whole for row in rows], ours=True)
    read = [hsds_json.read_entries(name, found) for name, found in entries.items()]
    organizations = hsds_json.join_files(found for found, _ in read)
    rows = [row for _, of_file in read for row in of_file]
    return Reading(Form.HSDS_JSON, take_organizations(organizations, status, today), rows)


def _parse(name: str, raw: bytes) -> object:
    try:
        return json.loads(decode(raw))
    except json.JSONDecodeError as error:
        raise UnreadableSource(f"{name}, line {error.lineno}: this is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise UnreadableSource(f"{name} is nested too deep to be a directory") from error
