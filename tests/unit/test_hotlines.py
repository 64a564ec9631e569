"""The numbers that the page for danger shows."""

import re
from pathlib import Path

import phonenumbers
import pytest
import zipcodes

from services.intake.pages import danger
from services.intake.pages.danger import hotlines

TEMPLATE = Path(danger.__file__).parent / "templates" / "danger.html"
NOT_STATES = {"AA", "AE", "AP", "AS", "FM", "GU", "MH", "MP", "PW", "VI"}
"""Military posts and islands that are not on the list."""


@pytest.mark.parametrize("code", hotlines().states)
def test_each_states_line_is_a_real_number_of_the_country(code: str) -> None:
    line = hotlines().states[code]
    assert line.name
    if line.phone is not None:
        number = phonenumbers.parse(line.phone)
        assert phonenumbers.is_valid_number(number)
        toll_free = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.TOLL_FREE
        assert toll_free or phonenumbers.region_code_for_number(number) in {"US", "PR"}


def test_every_state_is_there_once() -> None:
    known = {row["state"] for row in zipcodes.list_all()}  # type: ignore[no-untyped-call]
    assert set(hotlines().states) == known - NOT_STATES
    assert len(hotlines().states) == 52
    lines = [line.phone for line in hotlines().states.values() if line.phone]
    assert len(set(lines)) == len(lines)


def test_the_countrys_lines_are_real_numbers() -> None:
    linked = set(re.findall(r'"(?:tel|sms):([+\d]+)"', TEMPLATE.read_text()))
    assert linked == {"911", "988", "+18004224453", "+18007997233"}
    for phone in linked:
        number = phonenumbers.parse(phone, "US")
        short = phonenumbers.is_valid_short_number_for_region(number, "US")
        assert short if len(phone) == 3 else phonenumbers.is_valid_number(number)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="phone number"):
        danger._read_line({"name": "Nowhere", "line": "1-800-CALL"})  # noqa: SLF001 - what reads each line
