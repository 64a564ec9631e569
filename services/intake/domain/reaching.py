"""Phones, email addresses, ZIP codes, counties and time zones as people type them."""

from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated
from zoneinfo import available_timezones

import phonenumbers
import zipcodes
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator


def read_phone(text: str) -> str:
    """A phone number in E.164; ten digits are American. Raises ValueError with what to write instead."""
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("this is not a phone number; write it like (718) 555-0141")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_email(text: str) -> str:
    """An email address in its usual form. Raises ValueError with what to write instead."""
    try:
        # Not every mail server takes more than ASCII before the @; a domain that has more has an ASCII form.
        found = validate_email(text, allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("this is not an email address; write it like name@example.org") from error
    return found.ascii_email or found.normalized


def mask(address: str) -> str:
    """An email or a phone, told in a way that tells a stranger nothing."""
    name, at, place = address.partition("@")
    return f"{name[:1]}…@{place[:1]}…" if at else f"… {address[-2:]}"


def read_zip(text: str) -> str:
    """A ZIP code that exists. Raises ValueError naming near ones."""
    zip_code = text.strip()
    if not (zip_code.isascii() and zip_code.isdigit() and len(zip_code) == len("11201")):
        raise ValueError("a ZIP code has five digits, like 11201")
    if not _is_real(zip_code):
        near = near_zip_codes(zip_code)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise ValueError(f"there is no such ZIP code{hint}")
    return zip_code


def near_zip_codes(zip_code: str) -> list[str]:
    """Some that exist and begin in the same way, for one that does not."""
    alike: list[list[dict[str, str]]] = [zipcodes.similar_to(zip_code[:digits]) for digits in (4, 3)]  # type: ignore[no-untyped-call]
    return sorted({row["zip_code"] for row in alike[0] or alike[1]})[:5]


def read_county(text: str, state: str) -> str:
    """A county of that state, as the postal data has it. Raises ValueError naming near ones."""
    counties = _counties_of(state)
    if not counties:
        raise ValueError("there is no such state; write its two letters, like NY")
    name = " ".join(text.split()).casefold()
    if name in counties:
        return counties[name]
    near = near_counties(text, state)
    hint = f"near it: {', '.join(near)}" if near else "write it in full, like Kings County"
    raise ValueError(f"there is no such county in {state}; {hint}")


@lru_cache(maxsize=1_000)
def near_counties(text: str, state: str) -> list[str]:
    """Counties of the state whose names look like this one."""
    # A directory misspells the same county in hundreds of services, and each look takes milliseconds.
    counties = _counties_of(state)
    return [counties[one] for one in get_close_matches(" ".join(text.split()).casefold(), counties, n=3, cutoff=0.5)]


def read_zone(text: str) -> str:
    """A time zone by its name in the IANA list. Raises ValueError with what to write instead."""
    if text not in _zones():
        raise ValueError("there is no such time zone; write it like America/New_York")
    return text


@cache
def _zones() -> frozenset[str]:
    # The library looks through its files each time: tens of milliseconds, for each of a thousand contacts.
    return frozenset(available_timezones())


@lru_cache(maxsize=1_000)
def _counties_of(state: str) -> dict[str, str]:
    """All counties of a state, by their names in small letters."""
    rows: list[dict[str, str]] = zipcodes.filter_by(state=state)  # type: ignore[no-untyped-call]
    return {row["county"].casefold(): row["county"] for row in rows if row["county"]}


@lru_cache(maxsize=1_000)
def state_of(zip_code: str) -> str | None:
    """The state of a ZIP code, by its two letters; None where there is no such ZIP code."""
    rows: list[dict[str, str]] = zipcodes.matching(zip_code)  # type: ignore[no-untyped-call]
    return rows[0]["state"] if rows else None


@lru_cache(maxsize=50_000)
def _is_real(zip_code: str) -> bool:
    # The package looks through all ZIP codes each time: two milliseconds.
    real: bool = zipcodes.is_real(zip_code)  # type: ignore[no-untyped-call]
    return real


Phone = Annotated[str, AfterValidator(read_phone)]
Email = Annotated[str, AfterValidator(read_email)]
Zip = Annotated[str, AfterValidator(read_zip)]
Zone = Annotated[str, AfterValidator(read_zone)]
