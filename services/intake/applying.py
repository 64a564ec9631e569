"""Organizations that ask to join: each waits until the network's administrator has looked at it.

Until then it is no partner: it stands on no topic, and is asked nothing.
"""

from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.partners import Contact, Name, PartnerRecorded, RadiusArea, Service
from schemas.taxonomy import Category
from schemas.vocabulary import Channel, LanguageCode, PartnerKind
from services.intake import partners
from services.intake.domain.need import NotPossible
from services.intake.domain.reaching import Email, Phone, Zip
from services.intake.sealing import Seal
from services.intake.staff import NotYours
from services.intake.store import applications, staff
from services.intake.store.applications import ApplicationRow, Decision
from services.intake.store.letters import Letter, add_letters
from services.intake.store.people import Person, Role
from services.intake.store.staff import Change
from services.runtime.database import Pool

MOST_LETTERS_OF_REASON = 500


class EnteredApplication(BaseModel):
    """What an organization says of itself."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True)

    name: Name
    kind: PartnerKind
    categories: tuple[Category, ...] = Field(min_length=1, max_length=32)
    zip_code: Zip
    miles: int = Field(ge=0, le=100)
    languages: tuple[LanguageCode, ...] = Field(default=(), max_length=20)
    about: str = Field(default="", max_length=1000)
    contact_name: Name
    email: Email
    phone: Phone | None = None
    language: Literal["en", "es"] = "en"

    @field_validator("categories", "languages")
    @classmethod
    def _each_once(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(named))


async def apply(pool: Pool, entered: EnteredApplication, key: str) -> None:
    """Keeps it until it is decided, and tells the administrators. The same key again changes nothing."""
    application_id = uuid5(NAMESPACE_URL, f"switchboard/application/{key}")
    async with pool.acquire() as connection, connection.transaction():
        if not await applications.add_application(connection, application_id, entered.model_dump(mode="json")):
            return
        await add_letters(
            connection,
            [
                Letter("application", one.person_id, about=application_id, facts={"organization": entered.name})
                for one in await staff.list_people(connection, None)
                if one.role is Role.ADMINISTRATOR and not one.paused
            ],
        )


async def read_application(pool: Pool, application_id: UUID) -> tuple[ApplicationRow, EnteredApplication]:
    """One, with what it says. Raises NotYours for none."""
    async with pool.acquire() as connection:
        row = await applications.read_application(connection, application_id)
    if row is None:
        raise NotYours
    return row, EnteredApplication.model_validate(row.entered)


async def accept(pool: Pool, seal: Seal, application_id: UUID, by: Person) -> None:
    """Makes it a partner, which can be asked from now on. One that was decided stays as it is. Raises NotYours."""
    _, entered = await read_application(pool, application_id)
    async with pool.acquire() as connection, connection.transaction():
        if await applications.decide(connection, application_id, Decision("accepted", by.person_id, None)):
            await partners.record_with(connection, seal, [_to_partner(application_id, entered)], {})
            await staff.note(connection, Change(by.person_id, "application_accepted", entered.name))
            await add_letters(connection, [_letter("accepted", entered)])


async def refuse(pool: Pool, application_id: UUID, by: Person, reason: str) -> None:
    """Says no, with a reason that stands here. Raises NotYours, or NotPossible for a reason that says nothing."""
    _, entered = await read_application(pool, application_id)
    if not 1 <= len(reason) <= MOST_LETTERS_OF_REASON:
        raise NotPossible("reason", "say in a few words why")
    async with pool.acquire() as connection, connection.transaction():
        if await applications.decide(connection, application_id, Decision("refused", by.person_id, reason)):
            await staff.note(connection, Change(by.person_id, "application_refused", entered.name))
            await add_letters(connection, [_letter("refused", entered)])


def _letter(became: str, entered: EnteredApplication) -> Letter:
    to = (entered.email, entered.contact_name, entered.language)
    return Letter(f"application_{became}", to=to, facts={"organization": entered.name})


def _to_partner(application_id: UUID, entered: EnteredApplication) -> PartnerRecorded:
    # The one place where somebody who joined becomes a contact: that the address is theirs is confirmed from here on.
    contact = Contact(
        contact_id=uuid5(application_id, "contact"),
        name=entered.contact_name,
        email=entered.email,
        phone=entered.phone,
        language=entered.language,
        channels=(Channel.EMAIL,),
    )
    service = Service(
        service_id=uuid5(application_id, "service"),
        categories=entered.categories,
        area=RadiusArea(zip_code=entered.zip_code, miles=entered.miles),
        zip_code=entered.zip_code,
        languages=entered.languages,
    )
    return PartnerRecorded(
        partner_id=application_id, name=entered.name, kind=entered.kind, services=(service,), contacts=(contact,)
    )
