"""Spreadsheets with any columns, as offices keep them."""

from pathlib import Path

import pytest

from services.intake.directory_import.columns import guess_columns
from services.intake.directory_import.errors import UnreadableSource
from tests.unit.directory_import.sources import gaps, read, refusals, services, write_csv

ROW = {"Agency name": "Canary Row Pantry", "Services offered": "Food pantry", "Zip": "11215"}


def test_columns_are_guessed_from_their_names() -> None:
    assert guess_columns(
        [
            "Organization",
            "Program",
            "Counties served",
            "Ages",
            "Phone",
            "E-mail address",
            "Zip Code",
            "Who qualifies?",
            "Fax",
        ]
    ) == {
        "Organization": "organization",
        "Program": "service",
        "Counties served": "areas",
        "Ages": "ages",
        "Phone": "phone",
        "E-mail address": "email",
        "Zip Code": "postal_code",
        "Who qualifies?": "eligibility_description",
    }
    assert guess_columns(["Organization Name", "Service Name", "Service Description", "Type"]) == {
        "Organization Name": "organization",
        "Service Name": "service",
        "Service Description": "description",
        "Type": "categories",
    }
    assert guess_columns(["Nombre", "Correo electrónico", "Teléfono", "Servicios"]) == {
        "Nombre": "organization",
        "Correo electrónico": "email",
        "Teléfono": "phone",
        "Servicios": "categories",
    }
    assert guess_columns(["Name", "Type of help"]) == {"Name": "organization", "Type of help": "categories"}


def test_a_row_becomes_a_partner_and_what_is_said_in_words_is_read(tmp_path: Path) -> None:
    row = ROW | {
        "Counties served": "Kings County; Queens County",
        "State": "New York",
        "Ages": "5-12",
        "Phone": "main: (718) 555-0141, fax: (718) 555-0142",
        "Email": "ada@pantry.example.org",
        "Languages spoken": "English, Español, Haitian Creole, ASL, Klingonish",
        "Hours": "Mon-Wed 9am-5pm; Sat 10-2",
        "Population served": "Veterans; pregnant women",
        "Income limit": "185% FPL",
        "What to bring": "ID and proof of address",
        "Delivery": "Pick-up only",
    }
    reading = read(write_csv(tmp_path / "list.csv", [row]))
    assert refusals(reading) == {}
    kings, queens = services(reading)
    assert [one["area"]["county"] for one in (kings, queens)] == ["Kings County", "Queens County"]
    assert kings["service_id"] != queens["service_id"]
    assert {name: kings[name] for name in ("categories", "min_age", "max_age", "income_limit", "only_for", "fits")} == {
        "categories": ["food"],
        "min_age": 5,
        "max_age": 12,
        "income_limit": 185,
        "only_for": ["veteran", "pregnant"],
        "fits": ["sign_language"],
    }
    assert (kings["languages"], kings["handover"], kings["conditions"]) == (
        ["en", "es", "ht"],
        ["pick_up"],
        ["shows_id", "residence"],
    )
    assert [(one["weekday"], one["opens"], one["closes"]) for one in kings["hours"]] == [
        *((day, "09:00", "17:00") for day in (0, 1, 2)),
        (5, "10:00", "14:00"),
    ]
    [contact] = reading.partners[0].record["contacts"]
    assert (contact["phone"], contact["time_zone"]) == ("+17185550141", "America/New_York")
    assert set(gaps(reading)["list.csv, line 2"]) == {
        "kind of organization not understood",
        "language not understood",
        "several phones: a contact keeps one, the main number first",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Agency name": "Neighbours", "Services offered": "Bingo"}, "no category: looked at 'Bingo'"),
        ({"Agency name": ""}, "no name of an organization"),
        ({"Zip": ""}, "no area: no area and no address with a ZIP code"),
        ({"Zip": "00000"}, "no area: no area and no address with a ZIP code"),
        ({"Status": "closed"}, "not active: closed"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    reading = read(write_csv(tmp_path / "list.csv", [ROW | changes, ROW | {"Agency name": "Other Pantry"}]))
    assert refusals(reading) == {"list.csv, line 2": said}
    assert len(reading.partners) == 1


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({}, "area guessed"),
        ({"Ages": "grown-ups"}, "ages not understood"),
        ({"Ages": "30-20"}, "ages not understood"),
        ({"Income": "$30,000"}, "income limit not understood"),
        ({"Hours": "ask Ada"}, "hours not understood"),
        ({"Population served": "Friends of Ada"}, "whom it is for is not understood"),
        ({"Email": "ada at pantry"}, "email not understood"),
        ({"Phone": "12"}, "phone not understood"),
        ({"Counties served": "Atlantis County"}, "area not understood"),
        ({"Email": ""}, "no email: nobody can be written to before one is entered"),
        ({"Zip": "2139"}, "ZIP code without its leading zero"),
        ({"Eligibility": "x" * 2001}, "eligibility text cut at 2,000 characters"),
    ],
)
def test_what_is_not_understood_is_a_gap(tmp_path: Path, changes: dict[str, str], gap: str) -> None:
    reading = read(write_csv(tmp_path / "list.csv", [ROW | changes]))
    assert gap in gaps(reading)["list.csv, line 2"]
    assert len(reading.partners) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["Agency", "Services", "Zip"], ["Peña Pantry", "Food", "11215"]]
    path = tmp_path / "list.csv"
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert [one.record["name"] for one in read(path).partners] == ["Peña Pantry"]


def test_lines_above_the_head_are_refused_and_what_follows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Community resources 2026\n\nAgency,Services,Zip\nPantry,Food,11215\n")
    reading = read(path)
    assert refusals(reading) == {"list.csv, line 1": "stands above the names of the columns"}
    assert len(reading.partners) == 1


def test_quotes_that_do_not_match_cost_their_line_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('Agency,Services,Zip\nOne,Food,11215\nTwo,"Food,11215\nThree,Food,11215\nFour,"Food" bank,11215\n')
    reading = read(path)
    assert refusals(reading) == {
        "list.csv, line 3": "its quotes do not match",
        "list.csv, line 5": "its quotes do not match",
    }
    assert [one.record["name"] for one in reading.partners] == ["One", "Three"]


def test_cells_that_moved_are_refused_and_a_short_line_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Agency,Services,Zip,Ages\nOne,Food,11215,,moved\nTwo,Food,11215\n")
    reading = read(path)
    assert refusals(reading) == {"list.csv, line 2": "its cells have moved: cell 5 has no column: 'moved'"}
    assert "the line ends early" in gaps(reading)["list.csv, line 3"]


def test_a_row_that_stands_twice_is_refused(tmp_path: Path) -> None:
    reading = read(write_csv(tmp_path / "list.csv", [ROW, ROW]))
    assert refusals(reading) == {"list.csv, line 3": "the same service stands twice: first in list.csv, line 2"}


def test_a_spreadsheet_without_organizations_or_rows_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no column that names an organization"):
        read(write_csv(tmp_path / "list.csv", [{"Colour": "red", "Shape": "round"}]))
    (tmp_path / "empty.csv").write_text("Agency,Services,Zip\n")
    with pytest.raises(UnreadableSource, match="has no partners in it"):
        read(tmp_path / "empty.csv")


def test_a_state_that_only_the_rest_of_the_directory_tells_is_a_gap(tmp_path: Path) -> None:
    here = ROW | {"Zip": "33602", "Counties served": "Hillsborough"}
    there = ROW | {"Agency name": "City of Tampa", "Zip": "", "Counties served": "Pinellas; St. Petersburg"}
    reading = read(write_csv(tmp_path / "list.csv", [here, there]))
    assert {one["area"]["kind"] for one in services(reading)} == {"county", "zip_codes"}
    assert "state guessed from the rest of the directory" in gaps(reading)["list.csv, line 3"]


def test_what_a_cell_holds_cannot_move_the_cursor(tmp_path: Path) -> None:
    row = ROW | {"Agency name": "Neighbours", "Services offered": "Bingo\x1b[2J\nlist.csv, line 9: fine"}
    [said] = refusals(read(write_csv(tmp_path / "list.csv", [row]))).values()
    assert said.isprintable()


def test_what_is_missing_of_an_organization_is_said_though_its_first_row_is_refused(tmp_path: Path) -> None:
    bingo = ROW | {"Agency name": "Neighbours", "Services offered": "Bingo"}
    reading = read(write_csv(tmp_path / "list.csv", [bingo, bingo | {"Services offered": "Food"}]))
    assert list(refusals(reading)) == ["list.csv, line 2"]
    assert "kind of organization not understood" in gaps(reading)["list.csv, line 3"]


def ids(folder: Path, *rows: dict[str, str]) -> list[str]:
    return [one.record["partner_id"] for one in read(write_csv(folder / "list.csv", rows)).partners]


def test_an_agency_is_known_by_its_id_whatever_it_is_called_now(tmp_path: Path) -> None:
    row = ROW | {"Agency ID": "7f0e8b1c-0000-4000-8000-000000000001"}
    renamed = row | {"Agency name": "Canary Row Food Bank"}
    assert ids(tmp_path, row) == ids(tmp_path, renamed)
    assert ids(tmp_path, row) != ids(tmp_path, ROW)


def test_ids_that_only_count_are_those_of_one_directory_alone(tmp_path: Path) -> None:
    one, other = ROW | {"Agency ID": "1"}, ROW | {"Agency ID": "1", "Agency name": "Another"}
    assert ids(tmp_path, one) != ids(tmp_path, other)


@pytest.mark.parametrize("name", ["CANARY ROW PANTRY", " Canary  Row Pantry "])
def test_a_name_is_the_same_however_it_is_spelt(tmp_path: Path, name: str) -> None:
    assert ids(tmp_path, ROW) == ids(tmp_path, ROW | {"Agency name": name})


def test_a_name_in_our_own_spreadsheet_is_the_same_however_it_is_spelt(tmp_path: Path) -> None:
    row = {"partner": "Bed  Bank", "kind": "nonprofit", "categories": "beds", "area": "nation"}
    assert ids(tmp_path, row) == ids(tmp_path, row | {"partner": "bed bank"})
