"""The page of how a need lives says what the matcher does."""

from switchboard.life_of_a_need import PAGE, write_page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == write_page(), "run: python -m switchboard.life_of_a_need"
