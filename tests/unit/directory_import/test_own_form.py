"""What our own spreadsheet and JSON say, where nothing is guessed."""

from pathlib import Path
from typing import Any

import pytest

import switchboard
from services.intake.directory_import.errors import UnreadableSource
from tests.unit.directory_import.sources import gaps, read, refusals, services, write_csv, write_json

ROW = {"partner": "Homes", "kind": "business", "categories": "beds", "area": "nation"}


def test_the_example_is_taken_as_active_partners() -> None:
    reading = read(Path(switchboard.__file__).parent / "partners_example.csv")
    assert (refusals(reading), gaps(reading), reading.ours) == ({}, {}, True)
    assert [(one.record["name"], len(one.record["services"])) for one in reading.partners] == [
        ("Second Street Church", 2),
        ("After School Lincoln", 1),
    ]
    assert not any("status" in one.record for one in reading.partners)


def test_a_conflict_in_one_line_of_a_partner_holds_for_all_of_it(tmp_path: Path) -> None:
    rows = [
        ROW | {"conflicts": ""},
        ROW | {"categories": "food", "conflicts": "landlord; employer"},
        ROW | {"categories": "rent", "conflicts": "landlord"},
        ROW | {"partner": "Pantry", "conflicts": ""},
    ]
    reading = read(write_csv(tmp_path / "partners.csv", rows))
    assert refusals(reading) == {}
    assert {one.record["name"]: one.record["conflicts"] for one in reading.partners} == {
        "Homes": ["landlord", "employer"],
        "Pantry": [],
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"area": "radius 00000 5"}, "services.0.area.radius.zip_code: there is no such ZIP code"),
        ({"area": "somewhere"}, "not as it must be: area 'somewhere' must be one of: radius"),
        ({"categories": "dragons"}, "services.0.categories.0: Input should be"),
        ({"contact_email": "bo"}, "contacts.0.email: this is not an email address"),
        ({"contact_phone": "12"}, "contacts.0.phone: this is not a phone number"),
        ({"min_age": "five"}, "not as it must be: min_age 'five' must be a whole number"),
        ({"partner": ""}, "not as it must be: partner must not be empty"),
        ({"partner_id": "7"}, "not as it must be: partner_id '7' must be a UUID"),
        ({"kind": "dragon"}, "kind: Input should be"),
        ({"status": "asleep"}, "status: Input should be"),
        ({"seats": "12"}, "services.0.programme.begins: Field required"),
        ({"seats": "12", "begins": "soon", "ends": "2027-06-18"}, "services.0.programme.begins: Input should be"),
        ({"seats": "12", "begins": "2027-06-18", "ends": "2026-09-01"}, "services.0.programme: a term ends on"),
        ({"conflicts": "dragon"}, "conflicts.0: Input should be 'landlord' or 'employer'"),
        ({"only_for": "dragons"}, "services.0.only_for.0: Input should be"),
    ],
)
def test_a_wrong_line_is_refused_alone_and_says_why(tmp_path: Path, changes: dict[str, str], says: str) -> None:
    reading = read(write_csv(tmp_path / "partners.csv", [ROW | changes, ROW | {"partner": "Pantry"}]))
    [(place, said)] = refusals(reading).items()
    assert place == "partners.csv, line 2"
    assert said.startswith(says)
    assert [one.record["name"] for one in reading.partners] == ["Pantry"]


def test_a_line_says_all_that_eligibility_has_to_know(tmp_path: Path) -> None:
    row = ROW | {
        "status": "paused",
        "zip": "11215",
        "income_limit": "185",
        "min_household": "2",
        "claims_at_once": "3",
        "only_for": "veteran;woman",
        "handover": "pick_up",
        "conditions": "shows_id",
        "fits": "kosher;halal",
        "eligibility_text": "Families of Canary Row",
    }
    reading = read(write_csv(tmp_path / "partners.csv", [row]))
    [service] = services(reading)
    assert reading.partners[0].record["status"] == "paused"
    assert (service["income_limit"], service["min_household"], service["claims_at_once"]) == (185, 2, 3)
    assert (service["only_for"], service["handover"]) == (["veteran", "woman"], ["pick_up"])
    assert (service["conditions"], service["fits"]) == (["shows_id"], ["kosher", "halal"])
    assert service["eligibility_text"] == "Families of Canary Row"


def test_a_line_with_seats_and_a_term_is_a_programme(tmp_path: Path) -> None:
    row = ROW | {"seats": "20", "begins": "2026-09-01", "ends": "2027-06-18"}
    none = ROW | {"categories": "food", "seats": "", "begins": "", "ends": ""}
    programme, other = services(read(write_csv(tmp_path / "partners.csv", [row, none])))
    assert programme["programme"] == {"seats": "20", "begins": "2026-09-01", "ends": "2027-06-18"}
    assert "programme" not in other


def test_a_line_says_what_a_contact_is_written_to_about_and_whether_to_ask_them_first(tmp_path: Path) -> None:
    ada = ROW | {"contact_email": "ada@example.org", "contact_roles": "requests; follow_through"}
    rows = [
        ada | {"contact_confirmed": "no"},
        ROW | {"partner": "Pantry", "contact_email": "ben@example.org", "contact_roles": "", "contact_confirmed": ""},
        ada | {"partner": "Closet", "contact_confirmed": "maybe"},
        ada | {"partner": "Garden", "contact_roles": "boss", "contact_confirmed": "yes"},
    ]
    reading = read(write_csv(tmp_path / "partners.csv", rows))
    asked, plain = (one.record["contacts"][0] for one in reading.partners)
    assert (asked["roles"], asked["confirmed"]) == (["requests", "follow_through"], False)
    assert not plain.keys() & {"roles", "confirmed"}
    assert len(refusals(reading)) == 2


def test_services_of_one_category_and_area_are_told_apart_and_a_row_twice_is_refused(tmp_path: Path) -> None:
    young, old = ROW | {"max_age": "5"}, ROW | {"max_age": "12"}
    reading = read(write_csv(tmp_path / "partners.csv", [young, old, young]))
    assert refusals(reading) == {"partners.csv, line 4": "the same row stands twice: first in line 2"}
    assert len({one["service_id"] for one in services(reading)}) == 2


def test_a_line_that_contradicts_its_partners_first_line_is_a_gap(tmp_path: Path) -> None:
    reading = read(write_csv(tmp_path / "partners.csv", [ROW, ROW | {"kind": "church", "categories": "food"}]))
    assert gaps(reading) == {"partners.csv, line 3": ["kind is another than in the partner's first row"]}


def test_a_line_that_ends_early_lacks_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "partners.csv"
    path.write_text("partner,kind,categories,area\nHomes,business\n")
    assert refusals(read(path)) == {"partners.csv, line 2": "not as it must be: categories, area must not be empty"}


def test_a_partner_larger_than_a_topic_takes_is_refused(tmp_path: Path) -> None:
    openings = [
        {"weekday": day, "opens": f"{hour:02}:00", "closes": f"{hour:02}:30"} for day in range(7) for hour in range(4)
    ]
    service = {"categories": ["food"], "area": {"kind": "nation"}, "hours": openings}
    ids = (f"7f0e8b1c-0000-4000-8000-{number:012}" for number in range(500))
    large = {"name": "Large", "kind": "nonprofit", "services": [{**service, "service_id": one} for one in ids]}
    reading = read(write_json(tmp_path / "partners.json", [large]))
    [why] = refusals(reading).values()
    assert "these are more than one record holds, 900,000 characters; give fewer services" in why
    assert reading.partners == []


def test_a_column_that_means_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="columns that mean nothing here: colour"):
        read(write_csv(tmp_path / "partners.csv", [ROW | {"colour": "red"}]))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"name": "Other", "kind": "dragon"}, "kind: Input should be"),
        ({"name": "Pantry", "kind": "nonprofit"}, "the same partner stands twice"),
        ({"name": "Other", "kind": "nonprofit", "services": [{"categories": ["food"]}]}, "service_id: Field required"),
        ({"name": "Other", "kind": "nonprofit", "services": "food"}, "services: Input should be"),
        ({"kind": "nonprofit"}, "name: Field required"),
        ("Pantry", "not a partner"),
    ],
)
def test_json_is_taken_an_entry_at_a_time(tmp_path: Path, entry: Any, says: str) -> None:
    good = {"name": "Pantry", "kind": "nonprofit"}
    reading = read(write_json(tmp_path / "partners.json", [good, entry]))
    [(place, said)] = refusals(reading).items()
    assert place == "partners.json, entry 2"
    assert said.startswith(says)
    assert [one.record["name"] for one in reading.partners] == ["Pantry"]


def test_json_that_is_none_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "partners.json").write_text('[\n{"name": }]')
    with pytest.raises(UnreadableSource, match=r"partners\.json, line 2: this is not JSON"):
        read(tmp_path / "partners.json")
