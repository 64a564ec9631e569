"""Who can be written to for a partner: emails and phones as directories hold them, several in a cell."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from services.intake.directory_import.nodes import Node
from services.intake.directory_import.reasons import Reason
from services.intake.domain.reaching import read_email, read_phone

MOST_CONTACTS = 20
_SEVERAL = re.compile(r"[;,|\n]+|\s+/\s+|\s+or\s+", re.IGNORECASE)
_PHONE = re.compile(
    r"(?:([a-z -]+?):?\s*)?(\+?[\d(][\d().\s-]{5,}\d)(?:\s*(?:x|ext\.?|extension)\s*\d+)?", re.IGNORECASE
)
_LONGEST_PHONE = 80
_NOT_FIRST = ("tdd", "tty", "fax", "toll")
_NEVER = ("tdd", "tty", "fax")


@dataclass(frozen=True)
class Reach:
    """One way to a partner: somebody's name, and an email, a phone, or both."""

    name: str
    email: str | None
    phone: str | None


def read_emails(node: Node) -> list[str]:
    """All emails of a cell; what is none is noted."""
    found = []
    for part in _SEVERAL.split(node.says("email")):
        try:
            if part.strip():
                found.append(read_email(part.strip().removeprefix("mailto:")))
        except ValueError:
            node.row.note(Reason.EMAIL, part.strip()[:60])
    return found


def read_phones(node: Node) -> list[str]:
    """The phones of a thing in E.164, a main number first; teletypes and faxes are left out, what is none is noted."""
    said = [(node, f"{one}") for one in _SEVERAL.split(node.says("phones", "phone", "number")) if one.strip()]
    for below in node.below("phone"):
        said += [(below, f"{below.says('type')}: {one}") for one in _SEVERAL.split(below.says("number")) if one.strip()]
    if len(said) > max(1, len(node.below("phone"))):
        node.row.note(Reason.SEVERAL_PHONES)
    found: list[tuple[bool, str]] = []
    for where, text in said:
        match = _PHONE.fullmatch(text.strip().removeprefix(":").strip()[:_LONGEST_PHONE])
        label = ((match[1] or "") if match else "").casefold()
        if label.startswith(_NEVER):
            continue
        try:
            found.append((label.startswith(_NOT_FIRST), read_phone(match[2] if match else text.strip())))
        except ValueError:
            where.row.note(Reason.PHONE, text.strip()[:60])
    return [phone for _, phone in sorted(found, key=lambda one: one[0])]


def reach_of(node: Node, name: str) -> list[Reach]:
    """The ways to whoever answers for this: its contacts, and its own emails and phones."""
    found = []
    for contact in node.everywhere("contact"):
        emails, phones = read_emails(contact), read_phones(contact)
        person = contact.says("name") or name
        found += [Reach(person, email, phones[0] if phones else None) for email in emails]
        if phones and not emails:
            found.append(Reach(person, None, phones[0]))
    phones = [phone for one in (node, *node.locations()) for phone in read_phones(one)]
    emails = [email for one in (node, *node.locations()) for email in read_emails(one)]
    person = node.says("contact_name") or name
    found += [Reach(person, email, phones[0] if phones else None) for email in emails]
    return found + ([Reach(person, None, phones[0])] if phones and not emails else [])


def make_contacts(reaches: list[Reach], partner_id: UUID, zone: str | None, organization: Node) -> list[dict[str, Any]]:
    """Contacts as `PUT /v1/partners` takes them, each email once; a phone in a directory is called, never texted."""
    with_email: dict[str, Reach] = {}
    for reach in reaches:
        if reach.email:
            with_email.setdefault(reach.email.casefold(), reach)
    chosen = list(with_email.values()) or [reach for reach in reaches if reach.phone][:1]
    if not with_email:
        organization.row.note(Reason.NO_EMAIL)
    if len(chosen) > MOST_CONTACTS:
        organization.row.note(
            Reason.TOO_MANY_CONTACTS, f"{len(chosen) - MOST_CONTACTS} are left out", of=str(MOST_CONTACTS)
        )
    return [_make_contact(reach, partner_id, zone) for reach in chosen[:MOST_CONTACTS]]


def _make_contact(reach: Reach, partner_id: UUID, zone: str | None) -> dict[str, Any]:
    return {
        "contact_id": str(uuid5(partner_id, (reach.email or reach.phone or "").casefold())),
        "name": " ".join(reach.name.split())[:120],
        "channels": ["email"] if reach.email else [],
        **({"email": reach.email} if reach.email else {}),
        **({"phone": reach.phone} if reach.phone else {}),
        **({"time_zone": zone} if zone else {}),
    }
