"""Whatever stands in the cells: each row makes a part of a partner that intake takes, or says why it does not."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.directory_import.recognising import Reading
from services.intake.domain.partner import ListedPartner
from tests.unit.directory_import.sources import ORGANIZATION, SERVICE, read, write_csv, write_package

SAID = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *(
                "",
                "Food",
                "11215",
                "Kings County, NY",
                "statewide",
                "State: FL",
                "5-12",
                "999",
                "-1",
                "200%",
                "Mon-Fri 9-5",
            ),
            *(
                "ada@example.org; bo@example.org",
                "main: 718-555-0141",
                "Veterans",
                "English, ASL",
                "true",
                "ID",
                "Pantry",
            ),
        ]
    ),
)
COLUMNS = (
    "Agency",
    "Services",
    "Counties served",
    "Zip",
    "Ages",
    "Email",
    "Phone",
    "Hours",
    "Languages",
    "Income limit",
)
FIELDS = (
    "name",
    "description",
    "areas",
    "terms",
    "minimum_age",
    "maximum_age",
    "income_limit",
    "veteran",
    "email",
    "status",
)


def check(reading: Reading) -> None:
    used = {row for partner in reading.partners for row in partner.service_rows}
    services = [row for row in reading.rows if row.file != "organizations.csv"]
    assert {row for row in services if not row.refusal} == used
    assert all(row.refusal.detail.isprintable() for row in reading.rows if row.refusal)
    for partner in reading.partners:
        ListedPartner.model_validate(partner.record)
    assert len({partner.record["partner_id"] for partner in reading.partners}) == len(reading.partners)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, SAID)), min_size=1, max_size=6))
def test_of_a_spreadsheet(rows: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        reading = read(write_csv(Path(folder) / "list.csv", [dict.fromkeys(COLUMNS, "first"), *rows]))
    assert len(reading.rows) == 1 + sum(any(cell.strip() for cell in row.values()) for row in rows)
    check(reading)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, SAID)), min_size=1, max_size=6))
def test_of_a_package(said: list[dict[str, str]]) -> None:
    services = [SERVICE | {"id": str(number)} | one for number, one in enumerate(said)]
    with TemporaryDirectory() as folder:
        reading = read(write_package(Path(folder), organizations=[ORGANIZATION], services=services))
    assert len(reading.rows) == 1 + len(services)
    check(reading)
