"""Every category has a place in the taxonomies of others, by codes and names that are theirs and free to use."""

import re
from itertools import chain

from schemas.taxonomy import CATEGORY_LABELS, ITEM_KINDS, Category
from schemas.taxonomy_mappings import GRAVITY_CODES, OPEN_ELIGIBILITY_NAMES

# The categories of the code system; it has codes for other ends as well.
GRAVITY = {
    "sdoh-category-unspecified",
    "food-insecurity",
    "housing-instability",
    "homelessness",
    "inadequate-housing",
    "transportation-insecurity",
    "financial-insecurity",
    "material-hardship",
    "educational-attainment",
    "employment-status",
    "veteran-status",
    "stress",
    "social-connection",
    "intimate-partner-violence",
    "elder-abuse",
    "personal-health-literacy",
    "health-insurance-coverage-status",
    "medical-cost-burden",
    "digital-literacy",
    "digital-access",
    "utility-insecurity",
}


def test_every_category_is_mapped_and_has_words_and_items() -> None:
    for by_category in (GRAVITY_CODES, OPEN_ELIGIBILITY_NAMES, CATEGORY_LABELS):
        assert set(by_category) == set(Category)
    assert {kind.category for kind in ITEM_KINDS.values()} == set(Category)


def test_codes_are_categories_of_the_code_system() -> None:
    assert set(GRAVITY_CODES.values()) <= GRAVITY


def test_names_are_names_and_none_is_a_code_of_a_licensed_taxonomy() -> None:
    names = list(chain.from_iterable(OPEN_ELIGIBILITY_NAMES.values()))
    assert all(OPEN_ELIGIBILITY_NAMES.values())
    for name in (*names, *GRAVITY_CODES.values()):
        assert not re.search(r"[A-Z]{2}-?\d", name)
    assert all(re.fullmatch(r"[A-Z][A-Za-z&]*( [A-Za-z&]+)*", name) for name in names)
