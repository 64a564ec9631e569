"""The catalogue of metrics says what the services say."""

from switchboard.metrics_page import PAGE, write_page


def test_the_catalogue_is_up_to_date() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m switchboard.metrics_page"


def test_every_metric_says_what_it_means() -> None:
    rows = [line.split("|") for line in write_page().splitlines() if line.startswith("| `")]
    assert len(rows) >= 15
    assert all(row[1].strip().startswith("`switchboard_") and row[4].strip() for row in rows)
