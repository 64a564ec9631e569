"""Which help a service gives, by plain words in English and Spanish: one table, to be read and mended by anybody."""

from collections.abc import Mapping, Sequence

from schemas.taxonomy import Category
from services.intake.directory_import.words import compile_words, fold

_WORDS: Mapping[Category, Sequence[str]] = {
    Category.FOOD: (
        r"food(?! stamps?)",
        *(r"pantr(?:y|ies)", r"grocer\w+", "meals?", "soup kitchen", "hunger"),
        *("comidas?", "alimentos?", "alimentacion", "despensas?", "comedor(?:es)?"),
    ),
    Category.BEDS: ("beds?", "mattress(?:es)?", "bedding", "cribs?", "bunks?", "camas?", r"colch\w+", "cunas?"),
    Category.FURNITURE: ("furniture", "furnishings?", "household goods", "muebles"),
    Category.CLOTHING: (r"cloth(?:es|ing)", "coats?", "shoes", "thrift", "ropa", "abrigos?", "zapatos"),
    Category.HYGIENE: ("hygiene", r"toiletr\w+", "showers?", "soap", "higiene", "duchas?", "jabon"),
    Category.BABY: (
        *("diapers?", "bab(?:y|ies)", "infant (?:formula|supplies)", "strollers?", "car seats?"),
        *("panales", "bebes?", "formula infantil"),
    ),
    Category.SCHOOL_SUPPLIES: ("school supplies", "backpacks?", "utiles(?: escolares)?", "mochilas?"),
    Category.RENT: (
        *("rent", "rental assistance", "evictions?", "security deposits?", "homeless(?:ness)? prevention"),
        *("mortgage assistance", "renta", "alquiler", "desalojos?"),
    ),
    Category.UTILITIES: (
        *("utilit(?:y|ies)", r"(?:electric\w*|water|gas|power) bills?", "energy assistance", "liheap", "heating"),
        *("calefaccion", "servicios publicos", "facturas? de luz"),
    ),
    Category.TRANSPORT: (r"transport\w*", "rides?", "bus pass(?:es)?", "gas (?:cards?|vouchers?)", "pasajes?"),
    Category.CHILDCARE: (
        *("child ?care", "day ?care", "preschools?", "head start"),
        *("cuidado (?:infantil|de ninos)", "guarderias?"),
    ),
    Category.TUTORING: (r"tutor\w*", "homework", "literacy", "tareas"),
    Category.AFTER_SCHOOL: (
        *("after ?-?school", "out of school time", "21st century community learning", "21st cclc"),
        *("despues de (?:la escuela|clases)", "extraescolar(?:es)?"),
    ),
    Category.SHELTER: (
        *(r"(?<!animal )shelters?", "(?:emergency|transitional|temporary) housing", "refugios?", "albergues?"),
    ),
    Category.SAFETY: (
        *("(?:domestic|family|dating|intimate partner) violence", "sexual (?:assault|violence|abuse)"),
        *("human trafficking", "(?:child|elder) abuse", "crime victims?", "victims? (?:of|services)", "violencia"),
    ),
    Category.HEALTH: (
        *(r"health\w*", "medical", "dental", "dentists?", "doctors?", "eyeglasses", "vaccin\\w+", "substance abuse"),
        *("salud", "medic[oa]s?", "dentistas?", "clinicas?"),
    ),
    Category.LEGAL: (
        *(r"legal\w*", "law", "lawyers?", "attorneys?", "immigration", r"expun\w+", r"taxpayer clinics?"),
        *(r"abogad\w+", r"juridic\w+", "inmigracion"),
    ),
}
_PATTERNS = {category: compile_words(words) for category, words in _WORDS.items()}


def find_categories(text: str) -> tuple[Category, ...]:
    """The categories whose words stand in a text, in the taxonomy's order."""
    folded = fold(text)
    return tuple(category for category, pattern in _PATTERNS.items() if pattern.search(folded))


def speaks_of_law(name: str) -> bool:
    """Whether it gives legal help. What else it names (rent, food stamps, violence) is then what the help is about."""
    return _PATTERNS[Category.LEGAL].search(fold(name)) is not None
