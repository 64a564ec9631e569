"""What sort of organization a partner is, and whom a service is for alone, by plain words."""

from collections.abc import Sequence

from schemas.vocabulary import Circumstance, HandoverWay, PartnerKind
from services.intake.directory_import.words import compile_words, fold, split_list

_KIND_WORDS: Sequence[tuple[PartnerKind, Sequence[str]]] = (
    (
        PartnerKind.CHURCH,
        (
            *(
                "church(?:es)?",
                r"ministr(?:y|ies)",
                "parish(?:es)?",
                "temple",
                "mosque",
                "masjid",
                "synagogue",
                "chapel",
            ),
            *("cathedral", "congregation", "baptist", "lutheran", "methodist", "presbyterian", "catholic"),
            *("islamic", "jewish", "salvation army", "iglesias?", "parroquia", "st\\.? vincent de paul"),
        ),
    ),
    (
        PartnerKind.NONPROFIT,
        (
            *(r"501 ?\(?c\)?.*", "non-?profit", "foundation", "society", "coalition", "association", r"charit\w+"),
            *("legal (?:aid|services)", "fundacion", "asociacion", "inc"),
        ),
    ),
    (
        PartnerKind.SCHOOL_PROGRAMME,
        ("schools?", "academy", "elementary", "pta", "21st century", "after ?-?school", "cclc", "escuelas?"),
    ),
    (
        PartnerKind.AGENCY,
        (
            *("county", "city of", "town of", "state of", "departments?", "dept", "bureau", "office of", "authority"),
            *("government", "municipal", "public library", "condado", "ciudad de"),
        ),
    ),
    (PartnerKind.BUSINESS, ("llc", "ltd", "corp", "corporation", "company", "stores?", "shop", "for-?profit")),
)
_KINDS = tuple((kind, compile_words(words)) for kind, words in _KIND_WORDS)

_CIRCUMSTANCES: Sequence[tuple[Circumstance, str]] = (
    (Circumstance.VETERAN, r"(?:military )?veterans?(?: only)?|veteranos?"),
    (Circumstance.WOMAN, r"(?:adult )?wom[ae]n(?: only)?|females?|mujer(?:es)?"),
    (Circumstance.MAN, r"(?:adult )?m[ae]n(?: only)?|males?|hombres?"),
    (Circumstance.PREGNANT, r"pregnan(?:t|cy)(?: wom[ae]n)?|embarazadas?"),
    (Circumstance.DISABILITY, r"(?:people|persons|individuals|adults)? ?(?:with )?(?:a )?disabilit(?:y|ies)|disabled"),
    (Circumstance.FOSTER_CARE, r"foster (?:care|youth|children|families|parents)"),
    (Circumstance.KINSHIP_CARE, r"kinship (?:care|caregivers|families)|grandparents raising grandchildren"),
    (Circumstance.SINGLE_PARENT, r"single (?:parents?|mothers?|fathers?)|madres? solteras?"),
    (Circumstance.COLLEGE_STUDENT, r"(?:college|university) students?"),
)
_FOR_ALL = compile_words((r"all|any(?:one|body)?|every(?:one|body)|general (?:public|population)|families|todos",))
_HANDOVERS: Sequence[tuple[HandoverWay, str]] = (
    (HandoverWay.PICK_UP, r"pick(?:ed)?[ -]?up|curbside|drive[ -]?th(?:rough|ru)|recoger"),
    (HandoverWay.DROP_OFF, r"deliver(?:y|ed|s)?|drop(?:ped)?[ -]?off|entrega a domicilio"),
    (HandoverWay.IN_PERSON, r"in[ -]person|on[ -]?site|walk[ -]?in|en persona"),
    (HandoverWay.REMOTE, r"remote|virtual|online|by phone|telephone|telehealth|en linea"),
)
_YES = frozenset({"true", "yes", "y", "1", "x", "si"})
_NO = frozenset({"false", "no", "n", "0"})


def find_kind(*texts: str) -> PartnerKind | None:
    """The kind whose words stand in a text, the texts in their order; None where none does."""
    for text in map(fold, texts):
        for kind, pattern in _KINDS:
            if pattern.search(text):
                return kind
    return None


def read_only_for(text: str) -> tuple[Circumstance, ...]:
    """Whom a list of people names. Raises ValueError where any of it is not plain."""
    found: list[Circumstance] = []
    for part in split_list(fold(text).replace(",", ";")):
        if _FOR_ALL.fullmatch(part):
            return ()
        matching = [one for one, words in _CIRCUMSTANCES if compile_words((words,)).fullmatch(part)]
        if not matching:
            raise ValueError(part)
        found += [one for one in matching if one not in found]
    return tuple(found)


def read_yes(text: str) -> bool:
    """Whether a cell says yes. Raises ValueError where it says neither."""
    if fold(text) in _YES | _NO:
        return fold(text) in _YES
    raise ValueError(text)


def find_handover(text: str) -> tuple[HandoverWay, ...]:
    """The ways that a text names."""
    folded = fold(text)
    return tuple(way for way, words in _HANDOVERS if compile_words((words,)).search(folded))
