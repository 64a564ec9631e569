"""What in a text may say who a family is."""

import unicodedata
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.domain.asked import never_asked_in
from services.intake.domain.telltales import NO_NAMES, Kind, find_telltales

AREA_CODES = ("718", "212", "787", "303", "415", "972")
STREETS = ("Street", "St", "Ave", "avenue", "Road", "rd", "Lane", "Drive", "BLVD", "Ct", "Place", "Hwy", "Way")
FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
)
AROUND = st.sampled_from(["", "call ", "after 5 pm: ", "llame al ", "size 8, two beds, "])
NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzáéíóúñü"), min_size=3, max_size=12)


def kinds(text: str, name: str = "A Family") -> set[Kind]:
    return {one.kind for one in find_telltales(text, name)}


@given(AROUND, st.sampled_from(AREA_CODES), st.integers(2_000_000, 9_999_999), st.sampled_from(FORMATS), AROUND)
def test_a_phone_number_is_found_however_it_is_written(
    before: str, area: str, rest: int, form: int, after: str
) -> None:
    number = phonenumbers.parse(f"+1{area}{rest}")
    for written in (
        phonenumbers.format_number(number, form),
        f"{area}.{str(rest)[:3]}.{str(rest)[3:]}",
        f"{area} {str(rest)[:3]} {str(rest)[3:]}",
        f"{area}{rest}",
        f"{str(rest)[:3]}-{str(rest)[3:]}",
    ):
        assert kinds(f"{before}{written}, {after}") & {Kind.PHONE, Kind.NUMBER}, written


@given(st.integers(1, 99_999), st.sampled_from(["Hollow", "north oak", "O'Neil", "5th"]), st.sampled_from(STREETS))
def test_a_street_with_its_number_is_found(number: int, street: str, kind: str) -> None:
    assert Kind.ADDRESS in kinds(f"leave it at {number} {street} {kind}, please")


@given(NAMES, st.sampled_from([str.upper, str.lower, str.title]), st.booleans())
def test_a_part_of_the_familys_name_is_found_in_any_case_and_with_or_without_accents(
    name: str, cased: Callable[[str], str], composed: bool
) -> None:
    bare = "".join(one for one in unicodedata.normalize("NFD", name) if not unicodedata.combining(one))
    assume(bare not in NO_NAMES)
    for written in (cased(name), cased(bare), f"{cased(name)}'s", f"{cased(bare)}s"):
        # No number after it: a name may be "Unit" or "Route", and either of these with a number is an address.
        text = unicodedata.normalize("NFC" if composed else "NFD", f"2 beds (9), {written}, please")
        assert kinds(text, f"Xu {name}") == {Kind.NAME}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("for Maria's girl", ["Maria"]),
        ("the Garcías and maria", ["Garcías", "maria"]),
        ("write to maria@example.org", ["maria@example.org"]),
        ("SSN 123-45-6789 or 123 45 6789", ["123-45-6789", "123 45 6789"]),
        ("case A12345, born 2019", ["A12345", "2019"]),
        ("350 5th Ave, Apt 4B", ["350 5th Ave", "Apt 4B"]),
        ("12-B north oak st.", ["12-B north oak st"]),
        ("Calle Luna 12, apto. #3", ["Calle Luna 12", "apto. #3"]),
        ("Ave. Ponce de León núm. 9", ["Ave. Ponce de León núm. 9"]),
        ("PO Box 12", ["PO Box 12"]),
        ("555-0199 after 5 pm", ["555-0199"]),
    ],
)
def test_what_is_found_is_named_as_it_was_written(text: str, found: list[str]) -> None:
    assert [one.text for one in find_telltales(text, "Familia María García")] == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "size 8 shoes, two bunk beds, after 5 pm, ages 6 and 9",
        "boys 10-12, girls 6-8, 3 coats, sizes 4T and 10 1/2",
        "the family has a small van; mother is home 9-5, Mon to Fri between 3:30 and 5:45",
        "twin beds 39 x 75 inches, up to $900",
        "2 bags on the way, 2 kids way too small for these",
        "please drive around, 5 steps to the back door, 3rd floor, no lift",
        "camas para 2 niñas de 6 y 9 años, talla 8, después de las 5",
        "in an apartment. I think 2 will do",
    ],
)
def test_what_a_partner_needs_to_know_is_let_through(text: str) -> None:
    assert find_telltales(text, "The García family, Ana") == ()


@pytest.mark.parametrize(
    "name",
    [
        "immigration_status",
        "immigrationStatus",
        "SSN",
        "social-security number",
        "Place of Birth",
        "birthplace",
        "visa",
    ],
)
def test_what_is_never_asked_is_known_by_any_spelling_and_in_any_place(name: str) -> None:
    assert never_asked_in({"items": [{"code": 1}, {"more": [[{name: {"deep": 1}}]]}]}) == [f"items.1.more.0.0.{name}"]
    assert never_asked_in({f"{name}x": 1, "advisable": 2, "notes": name}) == []
