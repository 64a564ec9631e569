"""What the columns of a spreadsheet mean, guessed from their names."""

from collections.abc import Mapping, Sequence

from services.intake.directory_import.words import compile_words, fold

_WORDS: Mapping[str, Sequence[str]] = {
    # In this order: the first meaning that a name fits and no other column has.
    "organization_id": ("(?:organization|organisation|agency|provider) (?:id|uuid|number)",),
    "service_id": ("(?:service|program|site) (?:id|uuid|number)", "id", "uuid"),
    "email": (".*e-?mail.*", "correo.*"),
    "phone": (".*(?:phone|telephone|tel|cell|mobile)s?(?: (?:number|no|#))?s?", "tel[ee]fono.*", "call"),
    "contact_name": ("contact(?: (?:person|name))?", "(?:primary |main )?contact name", "contacto"),
    "organization": (
        "(?:organization|organisation|agency|provider|partner|company|nonprofit|charity|church)(?: name)?",
        *("organizacion", "agencia", "nombre(?: de la organizacion)?"),
    ),
    "service": ("(?:service|program|programme|project|resource)(?: name| title)?", "programa", "servicio"),
    "description": (
        "(?:service |program |programme )?descri.*",
        "about",
        "details",
        "summary",
        "notes?",
        "descripcion",
    ),
    "categories": (
        "(?:service |resource |type of |primary )?(?:categor(?:y|ies)|services?|types?|help|assistance|needs?)(?: .*)?",
        *(
            "services? (?:offered|provided|type)s?",
            "taxonom.*",
            "what (?:they|we) (?:do|offer|provide)",
            "categorias?",
            "servicios(?: .*)?",
            "ayuda",
        ),
    ),
    "eligibility_description": ("eligib.*", "requirements?", "who (?:qualifies|can .*)", "elegibilidad", "requisitos"),
    "only_for": ("(?:population|target population|clients?)(?: served)?", "serves", "for whom"),
    "income_limit": (".*income.*", ".*(?:fpl|poverty).*"),
    "minimum_age": ("min(?:imum)? ?age", "age (?:min|from)", "ages? from", "youngest.*"),
    "maximum_age": ("max(?:imum)? ?age", "age (?:max|to)", "ages? to", "oldest.*"),
    "ages": ("ages?(?: (?:group|range|served|limit)s?)?", "edades?"),
    "languages": (".*languages?.*", "idiomas?"),
    "areas": (
        *("(?:service |coverage |geographic )?areas?(?: served)?", "count(?:y|ies)(?: served)?", "coverage"),
        *("(?:zips?|zip codes?) (?:served|covered)", "region(?:s| served)?", "(?:area|condados?).*", "serving"),
    ),
    "postal_code": ("zips?(?: ?codes?)?", "post(?:al)? ?code", "codigo postal"),
    "state": ("state|st|estado",),
    "city": ("city|town|ciudad",),
    "address": ("(?:street |physical |mailing )?address.*", "location", "street", "direccion"),
    "hours": (".*hours.*", "schedule", "when open", "days?(?: open| and times?)?", "horas?|horario"),
    "documents": ("(?:required )?documents?.*", "(?:what to )?bring.*", "documentos.*"),
    "handover": ("delivery|pick[ -]?up.*|how (?:to get|provided).*|delivery method|entrega",),
    "legal_status": ("(?:legal|tax) status|organization type|type of organization|sector",),
    "status": ("status",),
}
_PATTERNS = {meaning: compile_words(words) for meaning, words in _WORDS.items()}
_SEVERAL = ("description", "eligibility_description", "areas", "phone", "email", "languages")
"""Meanings that several columns may have: what they say is put together."""
_HEAD_HAS_AT_LEAST = 2


def guess_columns(columns: Sequence[str]) -> dict[str, str]:
    """Each column's meaning by its name; columns that mean nothing here are left out."""
    guessed: dict[str, str] = {}
    for column in columns:
        name = fold(column.replace("_", " ").rstrip(" :*?"))
        free = (one for one in _PATTERNS if one in _SEVERAL or one not in guessed.values())
        meaning = next((one for one in free if _PATTERNS[one].fullmatch(name)), None)
        if meaning:
            guessed[column] = meaning
    if "organization" not in guessed.values():
        _take_for_organization(columns, guessed)
    return guessed


def _take_for_organization(columns: Sequence[str], guessed: dict[str, str]) -> None:
    """A column called no more than "Name" is the organization's, or else the service's is."""
    names = [column for column in columns if fold(column) in {"name", "nombre", "title"}]
    named = names or [column for column, meaning in guessed.items() if meaning == "service"]
    if named:
        guessed[named[0]] = "organization"


def is_head(cells: Sequence[str]) -> bool:
    """Whether a line looks like the names of columns."""
    guessed = guess_columns([cell for cell in cells if cell.strip()])
    return len(guessed) >= _HEAD_HAS_AT_LEAST and "organization" in guessed.values()
