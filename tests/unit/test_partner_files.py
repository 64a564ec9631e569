"""What a spreadsheet of partners says of them."""

from pathlib import Path

from switchboard.partners import read_file

HEAD = "partner,kind,categories,area,conflicts\n"


def test_a_conflict_in_one_line_of_a_partner_holds_for_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / "partners.csv"
    file.write_text(
        HEAD
        + "Homes,business,furniture,nation,\n"
        + "Homes,business,beds,nation,landlord; employer\n"
        + "Homes,business,food,nation,landlord\n"
        + "Pantry,nonprofit,food,nation,\n"
    )
    read = read_file(file)
    assert read.refused == []
    assert {record["name"]: record["conflicts"] for record, _ in read.records} == {
        "Homes": ["landlord", "employer"],
        "Pantry": [],
    }


def test_a_conflict_that_there_is_none_of_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "partners.csv"
    file.write_text(HEAD + "Homes,business,beds,nation,dragon\n")
    [refused] = read_file(file).refused
    assert refused.line == 2
    assert refused.why.startswith("conflicts.0: Input should be 'landlord' or 'employer'")


def test_what_is_wrong_with_a_service_is_named_with_the_line_of_the_service(tmp_path: Path) -> None:
    file = tmp_path / "partners.csv"
    file.write_text(
        "partner,kind,categories,area,min_age,max_age\n"
        "Pantry,nonprofit,food,zips 11201;11200,,\n"
        "Homes,business,beds,county Kings NY,,\n"
        "Pantry,nonprofit,beds,nation,9,5\n"
    )
    assert [(one.line, one.why.partition(":")[0]) for one in read_file(file).refused] == [
        (2, "services.0.area.zip_codes.zip_codes.1"),
        (3, "services.0.area.county"),
        (4, "services.1.max_age"),
    ]
