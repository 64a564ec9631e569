"""What an import says of itself, and that nothing in it is dropped in silence."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from services.intake.directory_import.errors import UnreadableSource
from switchboard.directory_import.importing import import_partners
from switchboard.errors import SwitchboardError
from switchboard.local.folders import CHECKOUT
from tests.unit.directory_import.sources import (
    ORGANIZATION,
    SERVICE,
    TODAY,
    gaps,
    read,
    refusals,
    services,
    write_csv,
    write_package,
)

SHARED = CHECKOUT.parent / "shared" / "data"
NEEDS_SHARED = pytest.mark.skipif(not SHARED.is_dir(), reason="the data beside the checkout is not here")
MOVED = "5b5743ff-e9d4-411e-b0a6-4d1fd0502003"
ROW = {"Agency": "Pantry", "Services": "Food", "Zip": "11215"}


def previewed(source: Path, report: Path | None = None) -> tuple[list[str], str]:
    """What is told, and the error, if any."""
    told: list[str] = []
    try:
        import_partners(source, None, told.append, TODAY, report, active=False)
    except SwitchboardError as error:
        return told, str(error)
    return told, ""


def test_a_preview_shows_columns_first_rows_and_sums_and_sends_nothing(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"Agency": "Bingo", "Services": "Bingo"}, ROW | {"Agency": ""}]
    told, error = previewed(write_csv(tmp_path / "list.csv", rows))
    assert "  Services -> categories" in told
    assert "  Pantry: nonprofit, paused, no email" in told
    assert "    food in radius 11215 10; zip_code 11215" in told
    assert "rows in: 3 = 0 taken + 1 taken with gaps + 2 refused" in told
    assert "  1 x no category" in told
    assert "list.csv, line 3: no category: looked at 'Bingo'" in told
    assert told[-1] == "list.csv: nothing was sent"
    assert error == "2 of list.csv's 3 rows were refused (see above)"


def test_of_many_refused_rows_fifty_are_told_and_all_are_written(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    told, _ = previewed(write_csv(tmp_path / "list.csv", [ROW | {"Agency": "", "Zip": "1"}] * 60), report)
    assert sum(line.startswith("list.csv, line") for line in told) == 50
    assert "and 10 more" in told
    with report.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 60


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_a_report_is_no_formula(tmp_path: Path, start: str) -> None:
    report = tmp_path / "report.csv"
    bad = f"{start}HYPERLINK(1)"
    previewed(write_csv(tmp_path / "list.csv", [ROW | {"Ages": bad, "Email": bad}]), report)
    with report.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_a_report_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    _, error = previewed(write_csv(tmp_path / "list.csv", [ROW]), tmp_path / "nowhere" / "report.csv")
    assert error.endswith("report.csv cannot be written: No such file or directory")


def test_the_same_source_gives_the_same_ids_and_another_order_too(tmp_path: Path) -> None:
    rows = [
        ROW | {"Counties": "Kings County; Queens County", "State": "NY"},
        ROW | {"Agency": "Closet", "Services": "Coats"},
    ]
    first, again = (
        read(write_csv(tmp_path / name, several)) for name, several in (("a.csv", rows), ("b.csv", rows[::-1]))
    )
    assert {one.record["partner_id"] for one in first.partners} == {one.record["partner_id"] for one in again.partners}
    assert {one["service_id"] for one in services(first)} == {one["service_id"] for one in services(again)}
    assert len({one["service_id"] for one in services(first)}) == 3


def test_two_directories_that_both_count_from_1_do_not_meet(tmp_path: Path) -> None:
    ids = {
        read(
            write_package(
                tmp_path / name,
                organizations=[{"id": "1", "name": name}],
                services=[SERVICE | {"organization_id": "1", "name": "Food"}],
                service_areas=[{"service_id": SERVICE["id"], "service_area": "Kings County, NY"}],
            )
        )
        .partners[0]
        .record["partner_id"]
        for name in ("one", "other")
    }
    assert len(ids) == 2


def test_more_than_500_areas_of_one_partner_are_widened_to_the_state(tmp_path: Path) -> None:
    counties = "; ".join(f"{name} County, FL" for name in ("Bay", "Lee", "Polk", "Lake", "Leon", "Clay"))
    several = [
        SERVICE | {"id": str(number), "name": "Food", "areas": counties if number else "Bay County, FL"}
        for number in range(90)
    ]
    reading = read(write_package(tmp_path, organizations=[ORGANIZATION], services=several))
    assert refusals(reading) == {}
    assert len(services(reading)) <= 500
    assert {"kind": "state", "state": "FL"} in [one["area"] for one in services(reading)]
    widened = [reasons for place, reasons in gaps(reading).items() if place.startswith("services.csv")]
    assert widened == [["area widened to the state: a partner has 500 services at most"]] * 7


@NEEDS_SHARED
def test_all_of_florida_is_accounted_for() -> None:
    reading = read(SHARED / "florida")
    verdicts = Counter((row.file, str(row.verdict)) for row in reading.rows)
    assert Counter(row.file for row in reading.rows) == {
        "organizations.csv": 20,
        "services.csv": 135,
        "locations.csv": 378,
    }
    assert verdicts["services.csv", "refused"] == 1
    [moved] = [said for place, said in refusals(reading).items() if place.startswith("services.csv")]
    assert moved.startswith("its cells have moved")
    assert len(reading.partners) == 18
    taken = {row for row in reading.rows if row.file == "services.csv" and not row.refusal}
    assert taken == {row for partner in reading.partners for row in partner.service_rows}
    assert {tuple(one["categories"]) for one in services(reading)} == {("legal",)}
    assert not any(one.get("max_age", 0) > 59 for one in services(reading))
    assert {one["income_limit"] for one in services(reading) if "income_limit" in one} <= {
        125,
        150,
        185,
        200,
        250,
        275,
        300,
    }
    assert {one.record["status"] for one in reading.partners} == {"paused"}
    assert MOVED not in str([one.record for one in reading.partners])


@NEEDS_SHARED
def test_florida_again_has_the_same_ids() -> None:
    first, again = read(SHARED / "florida"), read(SHARED / "florida")
    assert [one.record for one in first.partners] == [one.record for one in again.partners]
    ids = [one["service_id"] for one in services(first)]
    assert len(set(ids)) == len(ids)


@NEEDS_SHARED
@pytest.mark.parametrize("folder", ["hsds-3.0", "hsds-3.1"])
def test_a_specification_holds_no_partners_and_says_so(folder: str) -> None:
    with pytest.raises(UnreadableSource, match="no organizations"):
        read(SHARED / folder)
