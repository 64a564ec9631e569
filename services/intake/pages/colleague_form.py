"""The forms of a partner's contacts: one of them, and who takes turns."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from uuid import UUID

from schemas.partners import Contact, PartnerRecorded
from schemas.vocabulary import Channel, ContactRole
from services.intake.domain.contacts import address_of
from services.intake.domain.editing import Fields
from services.intake.domain.partner import EnteredContact
from services.intake.domain.reaching import read_email, read_phone
from services.intake.pages.contact_form import WAYS
from services.intake.pages.edited import Typed
from services.intake.pages.languages import LANGUAGES, Words
from services.intake.pages.need_form import BadForm
from services.intake.pages.rendering import write_phone

ABOUT = ("everything", *ContactRole)
"""What a contact may be written to about."""
THEIRS = ("ways", "language")
"""What a contact who has chosen for themselves says alone."""
_USUAL_DAYS = "7"
_MOST_DAYS = 366
_MOST_DIGITS = 3


def new_contact(by: Contact, partner_id: UUID, key: str) -> Contact:
    """Somebody of whom nothing is known yet, who lives and speaks as their colleague does.

    The key is what the form carries, so that sending it twice is harmless. It does not choose who they are: else they
    could be made somebody who is, or was, a contact, with what was given to that one.
    """
    made_of = b"".join((partner_id.bytes, by.contact_id.bytes, key.encode()))
    # Of version 4: another would say that an import made it.
    contact_id = UUID(bytes=sha256(made_of).digest()[:16], version=4)
    # A name of a blank form: it is not taken without one.
    return Contact(contact_id=contact_id, name="-", language=by.language, time_zone=by.time_zone, confirmed=False)


def fields_of(contact: Contact, *, is_new: bool = False, chose: bool = False) -> Fields:
    """The form as the record fills it in."""
    about = contact.roles[0] if len(contact.roles) == 1 else "everything"
    ways = next((name for name, channels in WAYS.items() if channels == contact.channels), None)
    fields: dict[str, tuple[str, ...]] = {
        "name": () if is_new else (contact.name,),
        "email": _text(contact.email),
        "phone": _text(write_phone(contact.phone) if contact.phone else None),
        "about": (about,),
        "ways": _text(ways),
        "language": (contact.language,),
    }
    return {name: values for name, values in fields.items() if not (chose and name in THEIRS)}


def understand(contact: Contact, typed: Typed, words: Words) -> Contact:
    """The contact that was meant. Raises BadForm."""
    problems: dict[str, str] = {}
    email = _read(typed, "email", read_email, words, problems)
    phone = _read(typed, "phone", read_phone, words, problems)
    channels = WAYS.get(typed.one("ways")) if "ways" in typed.fields else contact.channels
    language = typed.one("language") if "language" in typed.fields else contact.language
    about = typed.one("about")
    if channels is None and (contact.channels or not contact.confirmed):
        problems["ways"] = words("problem.reason")
    there = {Channel.EMAIL: email, Channel.TEXT: phone}
    for channel in channels or ():
        name = "email" if channel is Channel.EMAIL else "phone"
        # One whose new phone waits for its yes has texts chosen, and no phone yet.
        if there[channel] is None and not (contact.confirmed and (channel, None) in _chosen(contact)):
            problems.setdefault(name, words(f"colleague.needs_{name}"))
    if language not in LANGUAGES and language != contact.language:
        problems["language"] = words("problem.reason")
    if about not in ABOUT:
        problems["about"] = words("problem.reason")
    try:
        name = EnteredContact.model_validate({"contact_id": contact.contact_id, "name": typed.one("name")}).name
    except ValueError:
        name, problems["name"] = contact.name, words("colleague.bad_name")
    if problems:
        raise BadForm(problems)
    same = about == fields_of(contact)["about"][0]
    roles = contact.roles if same else () if about == "everything" else (ContactRole(about),)
    said = {"name": name, "email": email, "phone": phone, "channels": channels or (), "language": language}
    return contact.model_copy(update={**said, "roles": roles})


def say(name: str, values: tuple[str, ...], words: Words) -> tuple[str, str]:
    """A field's label, and what it says, in words; what none of ours is, as it was sent."""
    match name:
        case "about":
            said = [words(f"colleague_about.{one}") if one in ABOUT else one for one in values]
        case "ways":
            said = [words(f"contact_ways.{one}") if one in WAYS else one for one in values]
        case "language":
            said = [LANGUAGES.get(one, one) for one in values]
        case _:
            said = list(values)
    return words(f"colleague.{name}"), ", ".join(said)


def fields_of_turns(record: PartnerRecorded) -> Fields:
    """Who takes turns, whose is the first, since when, and for how many days."""
    turns = record.on_call
    return {
        "turns": tuple(map(str, turns.contact_ids)) if turns else (),
        "first": (str(turns.contact_ids[0]),) if turns else (),
        "since": (turns.since.isoformat(),) if turns else (),
        "days": (str(turns.days) if turns else _USUAL_DAYS,),
    }


def understand_turns(record: PartnerRecorded, typed: Typed, today: date, words: Words) -> tuple[list[UUID], date, int]:
    """Who takes turns, whoever begins first of them, since when (or today), for how many days. Raises BadForm."""
    problems: dict[str, str] = {}
    before = record.on_call.contact_ids if record.on_call else ()
    chosen = typed.many("turns")
    order = [one for one in before if str(one) in chosen]
    order += [
        one.contact_id for one in record.contacts if str(one.contact_id) in chosen and one.contact_id not in order
    ]
    first = next((number for number, one in enumerate(order) if str(one) == typed.one("first")), 0)
    days = typed.one("days")
    if not (days.isascii() and days.isdigit() and len(days) <= _MOST_DIGITS and 1 <= int(days) <= _MOST_DAYS):
        problems["days"], days = words("turns.bad_days", most=_MOST_DAYS), _USUAL_DAYS
    try:
        since = date.fromisoformat(typed.one("since")) if typed.one("since") else today
    except ValueError:
        since, problems["since"] = today, words("turns.bad_day")
    if problems and order:
        raise BadForm(problems)
    return order[first:] + order[:first], since, int(days)


def say_turns(record: PartnerRecorded, name: str, values: tuple[str, ...], words: Words) -> tuple[str, str]:
    """A field's label, and what it says, in words."""
    names = {str(one.contact_id): one.name for one in record.contacts}
    said = [names.get(one, "") for one in values] if name in {"turns", "first"} else list(values)
    return words(f"turns.{name}"), ", ".join(filter(None, said)) or words("turns.nobody")


def _chosen(contact: Contact) -> set[tuple[Channel, str | None]]:
    return {(channel, address_of(contact, channel)) for channel in contact.channels}


def _read(typed: Typed, name: str, read: Callable[[str], str], words: Words, problems: dict[str, str]) -> str | None:
    text = typed.one(name)
    try:
        return read(text) if text else None
    except ValueError:
        problems[name] = words(f"problem.{name}")
        return None


def _text(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
