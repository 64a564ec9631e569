"""Languages by name (English, Spanish or their own) or code, as ISO codes."""

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from services.intake.directory_import.words import fold

_SEPARATORS = re.compile(r"[;,|/\n]+|\band\b|\by\b")
_CODE = re.compile(r"[a-z]{2,3}")
_SIGN = frozenset({"asl", "sign language", "american sign language", "lenguaje de senas", "ase"})
_OTHER_NAMES = {"mandarin": "zh", "cantonese": "yue", "creole": "ht", "haitian creole": "ht", "farsi": "fa"}


def read_languages(text: str) -> tuple[list[str], bool, list[str]]:
    """The codes of a list, whether it has sign language, and what in it is no language."""
    codes, signs, unknown = [], False, []
    for part in (fold(one) for one in _SEPARATORS.split(text)):
        if part in _SIGN:
            signs = True
        elif part and (code := _find_code(part)):
            codes.append(code)
        elif part:
            unknown.append(part)
    return list(dict.fromkeys(codes)), signs, unknown


def _find_code(part: str) -> str | None:
    name = re.sub(r"\s*\(.*\)$", "", part)
    if code := _names().get(name):
        return code
    tag = re.split(r"[-_]", name)[0]
    code = get_global("language_aliases").get(tag, tag)
    return code if _CODE.fullmatch(code) and code in Locale("en").languages else None


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("en", "es"):
        for code, name in Locale(language).languages.items():
            if _CODE.fullmatch(code):
                names.setdefault(fold(name), code)
    for code in ("en", "es", "fr", "pt", "ht", "zh", "ar", "ru", "vi", "ko"):
        names.setdefault(fold(Locale(code).display_name), code)
    return names | _OTHER_NAMES
