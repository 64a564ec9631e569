"""What people entered and decided here since the last import: a directory changes what it speaks of, no more."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from schemas.vocabulary import PartnerStatus
from services.intake.directory_import.partners import Partner, check_partner
from services.intake.directory_import.reaching import MOST_CONTACTS
from services.intake.directory_import.reasons import Reason
from services.intake.directory_import.rows import Row
from services.intake.directory_import.services import Json
from services.intake.domain.partner import EnteredPartner

_DECIDED_HERE = frozenset(EnteredPartner.model_fields) - {"name", "kind", "services", "contacts"}
"""What a directory knows nothing of: whether a partner is asked, how often, and what the network decided about it."""
_ADDED_TO = ("conditions", "fits")
"""A directory names some of these, never all: what it is silent about must not become a promise."""
_AGES = ("min_age", "max_age")
"""One rule: half of it from here and half from there would be neither."""
_UUID_VERSION_OF_IMPORTS = 5


def keep_entered(partners: Sequence[Partner], known: Mapping[str, Json]) -> list[Partner]:
    """The partners with what was entered here about those that are known (by id, as `GET /v1/partners` has them).

    Where both together are no record that intake takes, it is refused.
    """
    kept = [_keep(one, known.get(one.record["partner_id"], {})) for one in partners]
    return [whole for one in kept if (whole := check_partner(one))]


def _keep(partner: Partner, known: Json) -> Partner:
    decided = {name: known[name] for name in _DECIDED_HERE if name in known}
    if known and partner.row.has_gap(Reason.KIND_GUESSED):
        decided["kind"] = known["kind"]
    services, rows = _keep_services(partner, known.get("services", []))
    contacts = _keep_contacts(partner, known.get("contacts", []))
    return Partner({**partner.record, **decided, "services": services, "contacts": contacts}, partner.row, rows)


def _keep_services(partner: Partner, known: Sequence[Json]) -> tuple[list[Json], list[Row]]:
    before = {one["service_id"]: one for one in known}
    pairs = zip(partner.record["services"], partner.service_rows, strict=True)
    services = [_keep_service(given, before.get(given["service_id"], {}), row) for given, row in pairs]
    by_hand = [one for one in known if not _is_of_an_import(one["service_id"])]
    return services + by_hand, [*partner.service_rows, *(partner.row for _ in by_hand)]


def _keep_service(given: Json, known: Json, row: Row) -> Json:
    if not known:
        return given
    guessed = {"area": row.has_gap(Reason.AREA_GUESSED), "categories": row.has_gap(Reason.CATEGORY_GUESSED)}
    said = {name: value for name, value in given.items() if not guessed.get(name)}
    said |= {name: list(dict.fromkeys([*known[name], *said[name]])) for name in _ADDED_TO if name in said}
    silent_about_ages = not said.keys() & set(_AGES)
    return {name: value for name, value in known.items() if silent_about_ages or name not in _AGES} | said


def _keep_contacts(partner: Partner, known: Sequence[Json]) -> list[Json]:
    """Contacts in the order that they have here, which is whom messages go to first; new ones after them."""
    given: list[Json] = partner.record["contacts"]
    if not given:
        return list(known)
    updates = {one["contact_id"]: _keep_contact(new, one, partner) for new in given if (one := _same(new, known))}
    here = [
        updates.get(one["contact_id"], one)
        for one in known
        if one["contact_id"] in updates or not _is_of_an_import(one["contact_id"])
    ]
    contacts = here + [new for new in given if not _same(new, known)]
    if len(contacts) > MOST_CONTACTS:
        partner.row.note(
            Reason.TOO_MANY_CONTACTS, f"{len(contacts) - MOST_CONTACTS} are left out", of=str(MOST_CONTACTS)
        )
    return contacts[:MOST_CONTACTS]


def _same(given: Json, known: Sequence[Json]) -> Json | None:
    """The known contact with this email, or else with this id."""
    by_email = [one for one in known if given.get("email") and _email_of(one) == _email_of(given)]
    by_id = [one for one in known if one["contact_id"] == given["contact_id"]]
    return next(iter([*by_email, *by_id]), None)


def _email_of(contact: Json) -> str:
    return (contact.get("email") or "").casefold()


def _keep_contact(given: Json, known: Json, partner: Partner) -> Json:
    """A directory does not choose channels, and one without a person's name has only the organization's."""
    entered = {"contact_id", "channels"} | ({"name"} if given["name"] == partner.record["name"] else set())
    return {**known, **{name: value for name, value in given.items() if name not in entered}}


def _is_of_an_import(key: str) -> bool:
    """Ids that imports make say in themselves that they were made of a name."""
    return UUID(key).version == _UUID_VERSION_OF_IMPORTS


def made_active(record: Json) -> Json:
    """Not who was suspended: that was the network's to decide, whatever the partners of a directory agree to."""
    suspended = record.get("status") == PartnerStatus.SUSPENDED
    return {**record, "status": PartnerStatus.SUSPENDED if suspended else PartnerStatus.ACTIVE}
