"""What a second import of a directory changes about partners that people changed here since."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.intake.directory_import.keeping import keep_entered
from services.intake.directory_import.partners import Partner
from services.intake.directory_import.reasons import Reason
from tests.unit.directory_import.sources import read, refusals, write_csv

ROW = {
    "Agency": "Canary Pantry, Inc.",
    "Services": "Food",
    "Areas": "Kings County NY",
    "Email": "ada@pantry.example.org",
}
PROGRAMME = {"seats": 12, "begins": "2026-09-01", "ends": "2027-06-30"}
Record = dict[str, Any]


def directory(folder: Path, *rows: dict[str, str]) -> list[Partner]:
    return read(write_csv(folder / "list.csv", rows)).partners


def again(folder: Path, known: Record, row: dict[str, str]) -> Record:
    [kept] = keep_entered(directory(folder, row), {known["partner_id"]: known})
    return kept.record


@pytest.fixture
def first(tmp_path: Path) -> Record:
    [partner] = directory(tmp_path, ROW)
    return partner.record


def by_hand(name: str = "Bo", **changes: Any) -> Record:
    return {"contact_id": str(uuid4()), "name": name, "email": f"{name}@pantry.example.org", **changes}


def with_service(record: Record, **changes: Any) -> Record:
    [service] = record["services"]
    return {**record, "services": [{**service, **changes}]}


def test_what_was_decided_here_stays(tmp_path: Path, first: Record) -> None:
    decided = {"status": "active", "sensitive_needs": True, "messages_per_week": 2}
    assert again(tmp_path, first | decided, ROW) == first | decided


def test_limits_and_programmes_of_a_service_stay(tmp_path: Path, first: Record) -> None:
    known = with_service(first, claims_per_week=3, claims_at_once=1, programme=PROGRAMME, languages=["es"])
    assert again(tmp_path, known, ROW) == known


def test_what_the_directory_says_of_a_service_replaces_what_was_there(tmp_path: Path, first: Record) -> None:
    known = with_service(first, languages=["es"], claims_per_week=3)
    [service] = again(tmp_path, known, ROW | {"Languages": "Haitian Creole"})["services"]
    assert (service["languages"], service["claims_per_week"]) == (["ht"], 3)


def test_ages_are_those_of_one_of_the_two(tmp_path: Path, first: Record) -> None:
    known = with_service(first, min_age=30, max_age=None)
    [service] = again(tmp_path, known, ROW | {"Max age": "12"})["services"]
    assert (service.get("min_age"), service["max_age"]) == (None, 12)


def test_a_condition_that_a_person_entered_is_not_lost_to_another(tmp_path: Path, first: Record) -> None:
    known = with_service(first, conditions=["worship"])
    [service] = again(tmp_path, known, ROW | {"What to bring": "Photo ID"})["services"]
    assert service["conditions"] == ["worship", "shows_id"]


def test_what_was_guessed_gives_way_to_what_was_entered(tmp_path: Path) -> None:
    row = {"Agency": "Canary Row Pantry", "Services": "Help", "Zip": "11215"}
    [partner] = directory(tmp_path, row)
    county = {"kind": "county", "county": "Kings County", "state": "NY"}
    known = with_service(partner.record | {"kind": "church"}, area=county, categories=["clothing"])
    assert again(tmp_path, known, row) == known


def test_a_service_entered_by_hand_stays_and_one_that_left_the_directory_goes(tmp_path: Path, first: Record) -> None:
    entered = {"service_id": str(uuid4()), "categories": ["beds"], "area": {"kind": "nation"}}
    known = first | {"services": [*first["services"], entered]}
    kept = again(tmp_path, known, ROW | {"Services": "Clothing"})
    assert [one["categories"] for one in kept["services"]] == [["clothing"], ["beds"]]


def test_contacts_stay_where_the_directory_has_none(tmp_path: Path, first: Record) -> None:
    known = first | {"contacts": [by_hand()]}
    assert again(tmp_path, known, ROW | {"Email": ""})["contacts"] == known["contacts"]


def test_contacts_entered_by_hand_stay_first_and_those_that_left_the_directory_go(
    tmp_path: Path, first: Record
) -> None:
    known = first | {"contacts": [by_hand(), *first["contacts"]]}
    contacts = again(tmp_path, known, ROW | {"Email": "cy@pantry.example.org"})["contacts"]
    assert [one["email"] for one in contacts] == ["Bo@pantry.example.org", "cy@pantry.example.org"]


def test_a_contact_keeps_what_the_directory_does_not_say_of_it(tmp_path: Path, first: Record) -> None:
    entered = {"language": "es", "channels": ["text"], "name": "Ada Volunteer", "urgent_at_night": True}
    known = first | {"contacts": [{**first["contacts"][0], **entered}]}
    [contact] = again(tmp_path, known, ROW | {"Phone": "718 555 0141"})["contacts"]
    assert {name: contact[name] for name in entered} == entered
    assert contact["phone"] == "+17185550141"


def test_the_same_email_entered_by_hand_is_the_same_contact(tmp_path: Path, first: Record) -> None:
    known = first | {"contacts": [by_hand("Ada", email="Ada@pantry.example.org")]}
    [contact] = again(tmp_path, known, ROW | {"Contact name": "Ada Volunteer"})["contacts"]
    assert (contact["contact_id"], contact["name"]) == (known["contacts"][0]["contact_id"], "Ada Volunteer")


def test_more_contacts_than_fit_are_said(tmp_path: Path, first: Record) -> None:
    known = first | {"contacts": [by_hand(f"Bo{number}") for number in range(20)]}
    [partner] = keep_entered(directory(tmp_path, ROW), {first["partner_id"]: known})
    assert partner.record["contacts"] == known["contacts"]
    assert partner.row.has_gap(Reason.TOO_MANY_CONTACTS)


def test_what_is_no_record_together_is_refused_alone(tmp_path: Path, first: Record) -> None:
    services = [{"service_id": str(uuid4()), "categories": ["beds"], "area": {"kind": "nation"}} for _ in range(500)]
    reading = read(write_csv(tmp_path / "list.csv", [ROW, ROW | {"Agency": "Bo's, Inc."}]))
    kept = keep_entered(reading.partners, {first["partner_id"]: first | {"services": services}})
    assert [one.record["name"] for one in kept] == ["Bo's, Inc."]
    assert [*refusals(reading)] == ["list.csv, line 2"]
