"""Things are found by the words that people use, in English and Spanish, begun and mistyped."""

import pytest

from schemas.taxonomy import ITEM_KINDS, Category
from services.intake.domain.finding import MOST_FOUND, find_categories, find_things
from services.intake.domain.thing_words import THING_WORDS


def codes(text: str) -> list[str]:
    return [kind.code for kind in find_things(text).kinds]


def test_every_thing_has_other_words() -> None:
    assert set(THING_WORDS) == set(ITEM_KINDS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bed", "bed.twin"),
        ("cama", "bed.twin"),
        ("Colchón", "bed.twin"),
        ("colchon", "bed.twin"),
        ("litera para los niños", "bed.bunk"),
        ("luz", "utilities.dollars"),
        ("electric bill", "utilities.dollars"),
        ("rent", "rent.dollars"),
        ("renta", "rent.dollars"),
        ("alquiler", "rent.dollars"),
        ("diap", "baby.diapers"),
        ("panales", "baby.diapers"),
        ("matress", "bed.twin"),
        ("zapatos", "clothing.shoes"),
        ("winter coat", "clothing.coat"),
        ("abogado", "legal.consultation"),
        ("a place to sleep tonight", "shelter.night"),
        ("autobús", "transport.pass"),
    ],
)
def test_a_word_that_people_use_finds_the_thing(text: str, code: str) -> None:
    assert code in codes(text)[:2], codes(text)


@pytest.mark.parametrize("code", ITEM_KINDS)
def test_each_thing_is_found_first_by_its_own_name_in_each_language(code: str) -> None:
    for one, many in ITEM_KINDS[code].labels.values():
        assert codes(one)[0] == code
        assert codes(many)[0] == code


def test_how_many_is_read_from_the_words() -> None:
    assert find_things("2 camas").quantity == 2
    assert find_things("$400 rent").quantity == 400
    assert find_things("bed").quantity is None


@pytest.mark.parametrize("text", ["", "   ", "12", "xyzzy", "the for de", "🙂", "x" * 5000])
def test_what_is_no_word_of_ours_finds_nothing(text: str) -> None:
    assert codes(text) == []


def test_no_more_is_shown_than_fits_a_phone() -> None:
    assert len(codes("ropa cama comida")) <= MOST_FOUND


def test_words_of_a_thing_find_its_kind_of_help() -> None:
    assert find_categories("colchón") == {Category.BEDS}
    assert find_categories("ropa de invierno") == {Category.CLOTHING}
    assert find_categories("Second Street Church") == frozenset()
