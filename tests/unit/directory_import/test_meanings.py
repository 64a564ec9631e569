"""What words mean: categories, areas, ages, languages, hours."""

from datetime import date, time

import pytest

from schemas.taxonomy import Category
from schemas.vocabulary import PartnerKind
from services.intake.directory_import.ages import read_ages, read_income
from services.intake.directory_import.areas import read_areas
from services.intake.directory_import.categories import find_categories
from services.intake.directory_import.hours import read_hours, read_schedule
from services.intake.directory_import.kinds import find_kind
from services.intake.directory_import.languages import read_languages
from services.intake.directory_import.nodes import Node
from services.intake.directory_import.places import Whereabouts, postal
from services.intake.directory_import.rows import Row

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Food pantry and diapers", {Category.FOOD, Category.BABY}),
        ("Help with food stamps", set()),
        ("Despensa y útiles escolares", {Category.FOOD, Category.SCHOOL_SUPPLIES}),
        ("Pañales", {Category.BABY}),
        ("Animal shelter", set()),
        ("Emergency shelter", {Category.SHELTER}),
        ("Mattresses, sofas, furniture", {Category.BEDS, Category.FURNITURE}),
        ("After-school care and tutoring", {Category.AFTER_SCHOOL, Category.TUTORING}),
        ("Rental assistance, utility bills; LIHEAP", {Category.RENT, Category.UTILITIES}),
        ("Bedford Street", set()),
    ],
)
def test_categories(text: str, found: set[Category]) -> None:
    assert set(find_categories(text)) == found


@pytest.mark.parametrize("category", Category)
def test_every_category_has_a_word_in_english_and_spanish(category: Category) -> None:
    words = {
        Category.FOOD: ("food", "comida"),
        Category.BEDS: ("beds", "camas"),
        Category.FURNITURE: ("furniture", "muebles"),
        Category.CLOTHING: ("clothing", "ropa"),
        Category.HYGIENE: ("toiletries", "higiene"),
        Category.BABY: ("diapers", "pañales"),
        Category.SCHOOL_SUPPLIES: ("backpacks", "mochilas"),
        Category.RENT: ("rent", "renta"),
        Category.UTILITIES: ("utilities", "calefacción"),
        Category.TRANSPORT: ("rides", "transporte"),
        Category.CHILDCARE: ("child care", "cuidado infantil"),
        Category.TUTORING: ("tutoring", "tutoría"),
        Category.AFTER_SCHOOL: ("after-school", "después de la escuela"),
        Category.SHELTER: ("shelter", "refugio"),
        Category.SAFETY: ("domestic violence", "violencia"),
        Category.HEALTH: ("health", "salud"),
        Category.LEGAL: ("legal aid", "abogados"),
    }
    assert all(category in find_categories(word) for word in words[category])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("First Baptist Church of Orange County", PartnerKind.CHURCH),
        ("Legal Aid Society of Palm Beach County, Inc.", PartnerKind.NONPROFIT),
        ("Lincoln Elementary PTA", PartnerKind.SCHOOL_PROGRAMME),
        ("Orange County Department of Health", PartnerKind.AGENCY),
        ("Bedding World LLC", PartnerKind.BUSINESS),
        ("Neighbours", None),
    ],
)
def test_kinds(name: str, kind: PartnerKind | None) -> None:
    assert find_kind(name) == kind


def county(name: str, state: str = "FL") -> dict[str, str]:
    return {"kind": "county", "county": name, "state": state}


HOME = [Whereabouts("33157", "FL")]
ALL_OF_FLORIDA = "; ".join(name for name in postal().counties["FL"].values())


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Broward County; Collier County", [county("Broward County"), county("Collier County")]),
        (
            "Broward, Palm Beach and Lee Counties",
            [county(f"{name} County") for name in ("Broward", "Palm Beach", "Lee")],
        ),
        ("Saint Lucie", [county("St. Lucie County")]),
        ("Kings County, New York", [county("Kings County", "NY")]),
        ("Kings County NY", [county("Kings County", "NY")]),
        ("State: FL", [{"kind": "state", "state": "FL"}]),
        ("Florida (statewide)", [{"kind": "state", "state": "FL"}]),
        ("Statewide", [{"kind": "state", "state": "FL"}]),
        (ALL_OF_FLORIDA, [{"kind": "state", "state": "FL"}]),
        ("Nationwide", [{"kind": "nation"}]),
        ("11201, 11215", [{"kind": "zip_codes", "zip_codes": ["11201", "11215"]}]),
        ("within 15 miles", [{"kind": "radius", "zip_code": "33157", "miles": 15}]),
        ("5 miles of 11215", [{"kind": "radius", "zip_code": "11215", "miles": 5}]),
        ("Key West", [{"kind": "zip_codes", "zip_codes": ["33040", "33041", "33045"]}]),
        ("Monticello", [{"kind": "zip_codes", "zip_codes": ["32344", "32345"]}]),
        ("", [{"kind": "radius", "zip_code": "33157", "miles": 10}]),
    ],
)
def test_areas(text: str, areas: list[dict[str, object]]) -> None:
    assert read_areas([text], HOME, "FL", Row("f", "line 1")) == areas


@pytest.mark.parametrize(
    ("cells", "ages"),
    [
        (("18", "200", ""), (18, None)),
        (("0", "999", ""), (None, None)),
        (("60", "", ""), (60, None)),
        (("", "", "5-12"), (5, 12)),
        (("", "", "Ages 5 to 12 years"), (5, 12)),
        (("", "", "60+"), (60, None)),
        (("", "", "18 and over"), (18, None)),
        (("", "", "under 18"), (None, 17)),
        (("", "", "All ages"), (None, None)),
        (("18.0", "", ""), (18, None)),
    ],
)
def test_ages(cells: tuple[str, str, str], ages: tuple[int | None, int | None]) -> None:
    assert read_ages(*cells) == ages


def test_ages_and_incomes_that_are_none_are_refused() -> None:
    for cells in (("http://example.org", "", ""), ("20", "10", ""), ("-3", "", "")):
        with pytest.raises(ValueError, match=r".+"):
            read_ages(*cells)
    with pytest.raises(ValueError, match=r".+"):
        read_income("$30,000")
    assert [read_income(text) for text in ("", "200", "185%", "130% of the federal poverty level")] == [
        None,
        200,
        185,
        130,
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("English; Español and Chinese", ["en", "es", "zh"]),
        ("eng, pt-BR", ["en", "pt"]),
        ("Haitian Creole", ["ht"]),
        ("inglés y francés", ["en", "fr"]),
        ("Mandarin, Cantonese", ["zh", "yue"]),
    ],
)
def test_languages(text: str, codes: list[str]) -> None:
    assert read_languages(text) == (codes, False, [])


def test_sign_language_is_a_fit_and_what_is_no_language_is_said() -> None:
    assert read_languages("Elvish, ASL") == ([], True, ["elvish"])


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Mon-Fri 9am-5pm", [(day, time(9), time(17)) for day in range(5)]),
        ("Saturdays 10:00 - 14:30", [(5, time(10), time(14, 30))]),
        ("M-F 2pm-6pm", [(day, time(14), time(18)) for day in range(5)]),
        ("Monday through Friday, 9:00 AM - 5:00 PM", [(day, time(9), time(17)) for day in range(5)]),
        ("24/7", [(day, time(0), time(23, 59)) for day in range(7)]),
        ("Tue & Thu 9-5", [(1, time(9), time(17)), (3, time(9), time(17))]),
        ("Sat-Mon 12pm to 1pm", [(5, time(12), time(13)), (6, time(12), time(13)), (0, time(12), time(13))]),
    ],
)
def test_hours_in_words(text: str, hours: list[tuple[int, time, time]]) -> None:
    assert read_hours(text) == hours


@pytest.mark.parametrize(
    "fields",
    [
        {"freq": "MONTHLY", "byday": "1MO", "opens_at": "09:00", "closes_at": "10:00"},
        {"byday": "MO", "opens_at": "22:00", "closes_at": "02:00"},
        {"byday": "MO", "opens_at": "09:00", "closes_at": "10:00", "valid_to": "2020-01-01"},
        {"byday": "MO", "opens_at": "nine", "closes_at": "10:00"},
        {"byday": "MO", "opens_at": "29:00", "closes_at": "30:00"},
        {"description": "by appointment"},
    ],
)
def test_schedules_that_are_not_weekly_hours_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_schedule(Node(Row("f", "line 1"), fields), TODAY)
