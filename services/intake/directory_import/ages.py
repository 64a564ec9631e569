"""Ages and incomes as directories write them."""

import re

_OLDEST = 130
_MOST_PERCENT = 10_000
_NUMBER = re.compile(r"\d{1,4}(?:\.0+)?")
_RANGE = re.compile(r"(\d{1,3})\s*(?:-|\u2013|to|through|a)\s*(\d{1,4})")
_FROM = re.compile(r"(\d{1,3})\s*(?:\+|(?:years )?(?:and|or) (?:over|older|up|above)|y mayores)")
_UP_TO = re.compile(r"(under|below|up to|hasta|menores de)\s*(\d{1,3})")
_BELOW = ("under", "below", "menores de")
_FOR_ALL = re.compile(r"all(?: ages)?|any(?: age)?|todas(?: las edades)?|no (?:limit|restriction|age)s?.*")
_PERCENT = re.compile(r"(\d{1,5})(?:\.0+)?\s*%?(?:\s*(?:of\s*)?(?:the\s*)?(?:fpl|fpg|federal poverty.*|poverty.*))?")

Ages = tuple[int | None, int | None]


def read_ages(least: str, most: str, together: str) -> Ages:
    """The youngest and the oldest, from two cells or from one with both; 200 and 999 are no limit.

    Raises ValueError with what is not understood, or contradicts itself.
    """
    ages = (_read_age(least), _read_age(most)) if least or most or not together else _read_range(together)
    low, high = ages[0] or None, ages[1]
    if high is not None and high > _OLDEST:
        high = None
    if low is not None and (low > _OLDEST or (high is not None and high < low)):
        raise ValueError(f"from {low} to {high}" if high is not None else f"from {low}")
    return low, high


def _read_age(text: str) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(text[:60])
    return int(float(text))


def _read_range(text: str) -> Ages:
    folded = re.sub(r"\b(?:ages?|years?(?: old)?|yrs?|edades?|anos)\b:?", "", text.casefold()).strip()
    if _FOR_ALL.fullmatch(folded):
        return None, None
    if found := _RANGE.fullmatch(folded):
        return int(found[1]), int(found[2])
    if found := _FROM.fullmatch(folded):
        return int(found[1]), None
    if found := _UP_TO.fullmatch(folded):
        return None, int(found[2]) - (1 if found[1] in _BELOW else 0)
    raise ValueError(text[:60])


def read_income(text: str) -> int | None:
    """A limit in percent of the poverty guideline. Raises ValueError with what is not understood, such as dollars."""
    if not text:
        return None
    found = _PERCENT.fullmatch(text.strip().casefold())
    if not found or not 0 < int(found[1]) <= _MOST_PERCENT:
        raise ValueError(text[:60])
    return int(found[1])
