"""The same household twice: what a household is known by, and how little of that is told."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.family import Family
from services.intake.domain.households import Mark, MarkKind, Shown, marks_of, what_to_show
from services.intake.domain.spelling import address_words, name_words
from services.intake.sealing import KeyRing, Seal

WORD = st.text("abcdefghijklmnopqrstuvwxyzáéíóúñüçèâöłđøşžğ", min_size=2, max_size=8)
GAPS = st.sampled_from([" ", ", ", "  ", ". ", " - ", "-", "; ", "\t", ".,"])
PHONES = st.integers(2_010_000_000, 9_899_999_999).map(lambda number: f"+1{number}")
STREETS = {"street": "st", "avenue": "ave", "boulevard": "blvd", "road": "rd", "lane": "ln", "court": "ct"}
DIRECTIONS = {"north": "n", "south": "s", "east": "e", "west": "w", "northwest": "nw"}
FLATS = ("apartment ", "apt ", "Apt. ", "APT ", "#", "unit ", "Apto. ", "No. ", "")


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and the same name as somebody else writes it."""
    words = draw(st.lists(WORD, min_size=1, max_size=4))
    again = [draw(st.sampled_from([word, word.upper(), word.title(), plain(word)])) for word in words]
    gap = draw(GAPS)
    return " ".join(words), gap.join(draw(st.permutations(again))) + draw(st.sampled_from(["", ".", " ", ","]))


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str]:
    """An address, and the same one in short, with or without its town."""
    house, flat = draw(st.integers(1, 99_999)), draw(st.integers(1, 999))
    letter = draw(st.sampled_from(["", "A", "b"]))
    long_direction, short_direction = draw(st.sampled_from(list(DIRECTIONS.items())))
    long_street, short_street = draw(st.sampled_from(list(STREETS.items())))
    name = draw(WORD.filter(lambda word: address_words(word) == (plain(word),)))
    town = draw(st.sampled_from(["", ", Brooklyn, NY 11201", ", Saint Paul, MN 55101-1234", ", San José CA"]))
    written = f"{house} {long_direction} {name} {long_street} apartment {flat}{letter}"
    marker = draw(st.sampled_from(FLATS))
    short = f"{house} {short_direction}. {name.upper()} {short_street}., {marker}{flat}{letter.lower()}{town}"
    return written, short


def plain(text: str) -> str:
    return text.translate(str.maketrans("áéíóúñüçèâöłđøşžğ", "aeiounuceaoldoszg"))


@given(spellings())
def test_a_name_is_the_same_in_any_order_case_accents_and_punctuation(spelt: tuple[str, str]) -> None:
    assert name_words(spelt[0]) == name_words(spelt[1])


@given(addresses())
def test_an_address_is_the_same_in_short_and_without_its_town(spelt: tuple[str, str]) -> None:
    assert address_words(spelt[0]) == address_words(spelt[1])


@given(st.text(max_size=120))
def test_what_was_folded_once_stays_as_it_is(text: str) -> None:
    for fold in (name_words, address_words):
        once = fold(text)
        assert fold(" ".join(once)) == once


@given(
    st.lists(
        st.sampled_from(["12", "5th", "11201", "4B", "st", "avenue", "north", "apt", "b", "ny", "no", "112011234"])
    )
)
def test_an_address_that_was_folded_stays_as_it_is(words: list[str]) -> None:
    once = address_words(" ".join(words))
    assert address_words(" ".join(once)) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("García López, Ana", "Ana Garcia Lopez"),
        ("The O\u2019Brien family", "O'Brien"),
        ("Đặng Thị Hoa", "Hoa, Dang Thi"),
        ("Familia de la Cruz", "Cruz"),
        ("Anne-Marie Łuczak", "LUCZAK Anne Marie"),
        ("Maria G. Canary", "Canary, Maria"),
    ],
)
def test_names_as_people_write_them(one: str, other: str) -> None:
    assert name_words(one) == name_words(other) != ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 North Main Street, Apt. 4B, Brooklyn, NY 11201", "12 n main st #4-b"),
        ("45-12 34th Avenue, Unit 2", "4512 34 Ave 2, Queens NY 11101-1234"),
        ("200 Park Ave South", "200 Park Avenue S., New York"),
        ("Avenida Luna 123, Apartamento 4", "avda. Luna 123 Apto 4"),
        ("12 Oak Ave, St. Paul, MN", "12 Oak Avenue"),
        ("9 Saint Marks Place", "9 St. Marks Pl, New York"),
    ],
)
def test_addresses_as_people_write_them(one: str, other: str) -> None:
    assert address_words(one) == address_words(other) != ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 North Main Street", "12 South Main Street"),
        ("12 Main Street Apt 4", "12 Main Street Apt 5"),
        ("12 Main Street", "12 Main Avenue"),
        ("12 Main Street", "13 Main Street"),
        ("12 Main Street Apt B", "12 Main Street Apt C"),
    ],
)
def test_addresses_that_differ_stay_different(one: str, other: str) -> None:
    assert address_words(one) != address_words(other)


def test_a_sibling_is_found_by_phone_or_by_address_and_one_shared_name() -> None:
    mother = Family(name="Ana García López", phone="718 555 0142", address="12 Main Street, Apt 4")
    assert shared(mother, Family(name="School says: Lopez", phone="+17185550142")) == {MarkKind.PHONE}
    father = Family(name="José García", phone="718 555 0143", address="12 main st #4, Brooklyn")
    assert shared(mother, father) == {MarkKind.ADDRESS_AND_NAME}
    neighbour = Family(name="Kim Park", address="12 Main Street, Apt 4")
    assert shared(mother, neighbour) == set()
    namesake = Family(name="Ana García López", address="90 Main Street")
    assert shared(mother, namesake) == set()


def test_a_birth_year_counts_beside_a_whole_name_alone() -> None:
    ana = Family(name="Ana García", birth_year=1985)
    assert shared(ana, Family(name="Garcia, Ana", birth_year=1985)) == {MarkKind.NAME_AND_BIRTH_YEAR}
    assert shared(ana, Family(name="Garcia, Ana", birth_year=1986)) == set()
    assert marks_of(Family(name="Ana", birth_year=1985)) == marks_of(Family(name="Ana García")) == frozenset()


def test_an_email_is_the_same_in_any_case() -> None:
    assert shared(Family(name="A", email="Ana@example.org"), Family(name="B", email="ana@EXAMPLE.org")) == {
        MarkKind.EMAIL
    }


@given(PHONES, PHONES)
def test_two_phones_share_a_mark_only_if_they_are_the_same(one: str, other: str) -> None:
    families = Family(name="Ana García", phone=one), Family(name="Ana García", phone=other)
    assert bool(shared(*families)) is (one == other)


@given(st.text(min_size=1, max_size=120).filter(lambda name: name.strip()))
def test_a_family_with_nothing_but_a_name_has_no_marks(name: str) -> None:
    assert marks_of(Family(name=name)) == frozenset()


@given(st.text(max_size=300), st.integers(1900, 2100))
def test_no_mark_is_made_of_a_year_or_an_address_alone(address: str, year: int) -> None:
    assert marks_of(Family(name="Ana", birth_year=year)) == frozenset()
    assert marks_of(Family(name="A. family", address=address, birth_year=year)) == frozenset()


@given(WORD, WORD, PHONES, st.integers(1900, 2100))
def test_a_mark_is_hashed_under_the_key_and_its_kind(name: str, other: str, phone: str, year: int) -> None:
    family = Family(name=f"{name}q {other}x", phone=phone, email="a@example.org", address="12 Main St", birth_year=year)
    marks = marks_of(family)
    hashes = {seal_with(b"k").hash_mark(mark.kind, mark.text) for mark in marks}
    assert len(hashes) == len(marks) >= len(MarkKind)
    assert not hashes & {seal_with(b"l").hash_mark(mark.kind, mark.text) for mark in marks}
    assert seal_with(b"k").hash_phone(phone) not in hashes
    assert {len(one) for one in hashes} == {32}


def test_of_another_sites_need_nothing_is_shown_but_that_it_may_exist() -> None:
    ours, theirs = uuid4(), uuid4()
    assert what_to_show(ours, ours) is Shown.NEED
    assert what_to_show(theirs, ours) is Shown.THAT_ONE_MAY_EXIST
    assert what_to_show(theirs, None) is Shown.NEED


def seal_with(lookup_key: bytes) -> Seal:
    return Seal(KeyRing({"k1": bytes(32)}), lookup_key * 32)


def shared(one: Family, other: Family) -> set[MarkKind]:
    common: frozenset[Mark] = marks_of(one) & marks_of(other)
    assert all(re.search(r"\S", mark.text) for mark in common)
    return {mark.kind for mark in common}
