"""HSDS in its versions, as tables and as JSON."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from services.intake.directory_import.recognising import Beside
from tests.unit.directory_import.sources import (
    ADDRESS,
    LOCATION,
    ORGANIZATION,
    SERVICE,
    gaps,
    read,
    refusals,
    services,
    write_json,
    write_package,
)

ADDRESS_SAID = {"service_areas": [{"name": "Kings County, NY"}]}
BELOW = {"service_id": SERVICE["id"]}


def package(folder: Path) -> Path:
    return write_package(
        folder,
        organizations=[ORGANIZATION],
        services=[SERVICE | {"minimum_age": "5", "maximum_age": "999", "eligibility_description": "Anybody nearby"}],
        locations=[LOCATION],
        service_at_location=[{"id": "s1", **BELOW, "location_id": LOCATION["id"]}],
        addresses=[ADDRESS],
        phones=[{"id": "p1", "contact_id": "c1", "number": "(718) 555-0141", "type": "voice"}],
        contacts=[{"id": "c1", **BELOW, "name": "Ada Volunteer", "email": "ada@pantry.example.org"}],
        languages=[{"id": "l1", **BELOW, "name": "Spanish"}, {"id": "l2", **BELOW, "code": "ht"}],
        schedules=[
            {"id": "h1", **BELOW, "freq": "WEEKLY", "byday": "MO,WE", "opens_at": "09:00", "closes_at": "12:30"}
        ],
        service_areas=[{"id": "a1", **BELOW, "name": "Kings County, NY"}],
        required_documents=[{"id": "d1", **BELOW, "document": "Photo ID"}],
        service_capacities=[{"id": "k1", **BELOW, "available": "7"}],
    )


def as_json() -> dict[str, Any]:
    service = {
        **SERVICE,
        "minimum_age": 5,
        "maximum_age": 999,
        "eligibility_description": "Anybody nearby",
        "contacts": [
            {"name": "Ada Volunteer", "email": "ada@pantry.example.org", "phones": [{"number": "(718) 555-0141"}]}
        ],
        "languages": [{"name": "Spanish"}, {"code": "ht"}],
        "schedules": [{"freq": "WEEKLY", "byday": "MO,WE", "opens_at": "09:00", "closes_at": "12:30"}],
        "service_areas": [{"name": "Kings County, NY"}],
        "required_documents": [{"document": "Photo ID"}],
        "service_at_locations": [{"location": {**LOCATION, "addresses": [ADDRESS]}}],
    }
    return {**ORGANIZATION, "services": [service]}


def test_tables_become_a_partner_with_all_that_the_matching_needs(tmp_path: Path) -> None:
    reading = read(package(tmp_path))
    assert refusals(reading) == {}
    assert gaps(reading) == {"organizations.csv, line 2": ["kind of organization not understood"]}
    [partner] = reading.partners
    said = [partner.record[name] for name in ("name", "kind", "status")]
    assert said == ["Canary Row Food Bank", "nonprofit", "paused"]
    [service] = partner.record["services"]
    assert {name: value for name, value in service.items() if name != "service_id"} == {
        "categories": ["food"],
        "area": {"kind": "county", "county": "Kings County", "state": "NY"},
        "languages": ["es", "ht"],
        "min_age": 5,
        "hours": [
            {"weekday": 0, "opens": "09:00", "closes": "12:30"},
            {"weekday": 2, "opens": "09:00", "closes": "12:30"},
        ],
        "conditions": ["shows_id"],
        "eligibility_text": "Anybody nearby\nBring: Photo ID",
        "zip_code": "11215",
    }
    [contact] = partner.record["contacts"]
    assert (contact["email"], contact["phone"], contact["channels"]) == (
        "ada@pantry.example.org",
        "+17185550141",
        ["email"],
    )
    assert reading.beside == [("service_capacities.csv", Beside.NOT_READ)]


@pytest.mark.parametrize("wrap", [lambda one: [one], lambda one: one, lambda one: {"contents": [one]}])
def test_json_says_the_same_as_the_tables(tmp_path: Path, wrap: Any) -> None:
    reading = read(write_json(tmp_path / "directory.json", wrap(as_json())))
    package(tmp_path / "tables")
    assert [one.record for one in reading.partners] == [one.record for one in read(tmp_path / "tables").partners]


def test_services_with_their_organization_inside_make_one_partner(tmp_path: Path) -> None:
    [service] = as_json()["services"]
    inside = [{**service, "organization": ORGANIZATION}, {**service, "id": "2", "organization": ORGANIZATION}]
    reading = read(write_json(tmp_path / "directory.json", inside))
    [partner] = reading.partners
    assert len(partner.record["services"]) == 2
    assert len(reading.rows) == 2


STUB = {"id": ORGANIZATION["id"], "name": ORGANIZATION["name"]}
FULL = ORGANIZATION | {"legal_status": "church", "email": "ada@pantry.example.org", "description": "Kind people"}


@pytest.mark.parametrize("stub_first", [True, False])
@pytest.mark.parametrize("stub", [{"organization": STUB}, {"organization_id": ORGANIZATION["id"]}])
def test_the_whole_organization_counts_wherever_a_stub_of_it_stands(
    tmp_path: Path, stub: dict[str, Any], stub_first: bool
) -> None:
    bare = {**SERVICE, **ADDRESS_SAID}
    del bare["organization_id"]
    entries = [bare | stub, FULL]
    reading = read(write_json(tmp_path / "directory.json", entries if stub_first else entries[::-1]))
    assert refusals(reading) == {}
    [partner] = reading.partners
    assert (partner.record["kind"], [one["email"] for one in partner.record["contacts"]]) == (
        "church",
        ["ada@pantry.example.org"],
    )
    assert "the organization stands several times" not in str(gaps(reading))


def write_files(folder: Path, **files: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for name, entries in files.items():
        write_json(folder / f"{name}.json", entries)
    return folder


def test_files_that_were_not_made_together_may_both_count_from_1(tmp_path: Path) -> None:
    def service(number: str, **organization: str) -> dict[str, Any]:
        return {"id": number, "name": "Pantry", **ADDRESS_SAID, "organization": organization}

    own = {"id": "1", "name": "Canary Pantry"}
    folder = write_files(
        tmp_path / "export",
        first=[own, service("10", id="1", name="CANARY  Pantry")],
        other=[service("10", id="1", name="Bed Bank"), service("11", id="1")],
        third=[{"id": "12", "name": "Pantry", **ADDRESS_SAID, "organization_id": "1"}],
    )
    reading = read(folder)
    assert {one.record["name"]: len(one.record["services"]) for one in reading.partners} == {
        "Canary Pantry": 1,
        "Bed Bank": 2,
    }
    assert refusals(reading) == {"third.json, entry 1": "belongs to nothing here: organization_id 1 is of 2 files"}


def test_services_in_a_file_of_their_own_find_their_organization(tmp_path: Path) -> None:
    services_alone = [{"id": "10", "name": "Pantry", **ADDRESS_SAID, "organization_id": "1"}]
    folder = write_files(tmp_path / "export", a=services_alone, b=[{"id": 1, "name": "Canary Pantry, Inc."}])
    [partner] = read(folder).partners
    assert (partner.record["name"], len(partner.record["services"])) == ("Canary Pantry, Inc.", 1)


def test_a_zip_is_read_as_the_folder_in_it(tmp_path: Path) -> None:
    folder, packed = package(tmp_path / "export"), tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for one in folder.iterdir():
            file.write(one, f"export/{one.name}")
    assert [one.record for one in read(packed).partners] == [one.record for one in read(folder).partners]


def test_version_1_with_its_own_names_and_numbers_for_ids(tmp_path: Path) -> None:
    reading = read(
        write_package(
            tmp_path,
            organizations=[{"id": "1", "name": "Iglesia San Marcos"}],
            services=[{"id": "10", "organization_id": "1", "name": "Ayuda", "status": "active"}],
            locations=[{"id": "20", "organization_id": "1", "name": "Hall"}],
            services_at_location=[{"id": "30", "service_id": "10", "location_id": "20"}],
            physical_addresses=[{"id": "40", "location_id": "20", "address_1": "2 Row", "postal_code": "33157"}],
            regular_schedules=[
                {"id": "50", "service_id": "10", "weekday": "6", "opens_at": "10:00", "closes_at": "12:00"}
            ],
            eligibility=[{"id": "60", "service_id": "10", "eligibility": "adults", "minimum_age": "18"}],
            taxonomy=[{"id": "70", "name": "Ropa y alimentos"}],
            service_taxonomy=[{"id": "80", "service_id": "10", "taxonomy_id": "70"}],
        )
    )
    assert refusals(reading) == {}
    [partner], [service] = reading.partners, services(reading)
    assert partner.record["kind"] == "church"
    assert service["categories"] == ["food", "clothing"]
    assert service["area"] == {"kind": "radius", "zip_code": "33157", "miles": 10}
    assert (service["min_age"], service["hours"][0]["weekday"]) == (18, 5)
    assert gaps(reading)["services.csv, line 2"] == ["area guessed"]


def test_rows_that_belong_to_nothing_and_ids_that_stand_twice_are_refused_and_counted(tmp_path: Path) -> None:
    reading = read(
        write_package(
            tmp_path,
            organizations=[ORGANIZATION, ORGANIZATION | {"name": "Again"}],
            services=[
                SERVICE,
                SERVICE | {"id": "x", "organization_id": "nobody"},
                SERVICE | {"id": "y", "status": "defunct"},
            ],
            locations=[LOCATION | {"organization_id": ORGANIZATION["id"]}, {"id": "lost", "name": "Nowhere"}],
            addresses=[ADDRESS],
            phones=[{"id": "p", "service_id": "y", "number": "718-555-0142"}],
        )
    )
    assert {place: said.split(":")[0] for place, said in refusals(reading).items()} == {
        "organizations.csv, line 3": "its id stands twice",
        "services.csv, line 3": "belongs to nothing here",
        "services.csv, line 4": "not active",
        "locations.csv, line 3": "belongs to nothing here",
        "phones.csv, line 2": "belongs to a row that was refused",
    }
    assert len(reading.rows) == 9


def test_a_broken_datapackage_is_not_even_opened(tmp_path: Path) -> None:
    (package(tmp_path) / "datapackage.json").write_text("{broken")
    assert len(read(tmp_path).partners) == 1


def test_an_organization_without_a_service_is_refused(tmp_path: Path) -> None:
    reading = read(write_json(tmp_path / "directory.json", [{**ORGANIZATION, "description": "Kind people"}]))
    assert refusals(reading) == {"directory.json, entry 1": "no service that could be taken: it has 0"}


def test_attributes_of_services_say_what_they_are_and_those_of_others_are_known(tmp_path: Path) -> None:
    reading = read(
        write_package(
            tmp_path,
            organizations=[ORGANIZATION | {"name": "Neighbours, Inc."}],
            services=[SERVICE | {"name": "Help"}],
            locations=[LOCATION | {"organization_id": ORGANIZATION["id"]}],
            addresses=[ADDRESS],
            attributes=[
                {"id": "1", "link_id": SERVICE["id"], "link_entity": "service", "taxonomy_term_id": "t1"},
                {"id": "2", "link_id": LOCATION["id"], "link_entity": "location", "taxonomy_term_id": "t1"},
                {"id": "3", "link_id": "nothing", "link_entity": "phone", "taxonomy_term_id": "t1"},
            ],
            taxonomy_terms=[{"id": "t1", "name": "Diapers"}],
        )
    )
    assert [one["categories"] for one in services(reading)] == [["baby"]]
    assert refusals(reading) == {"attributes.csv, line 4": "belongs to nothing here: link_id nothing"}
    assert reading.beside == [("taxonomy_terms.csv", Beside.LOOKED_UP)]
