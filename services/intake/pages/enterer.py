"""Who enters a need by the form: somebody at a site, or a partner that refers a family of its own."""

from dataclasses import dataclass
from uuid import UUID

from schemas.vocabulary import ConsentKind
from services.intake.needs import Entry
from services.intake.store.people import Person


@dataclass(frozen=True)
class Enterer:
    """What differs between the two. All else of the form is the same for both."""

    form: str
    """The form's address; what it asks for while it is written stands below."""
    needs: str
    """Below it stands, by its id, what came of a need."""
    directory: str
    """Where to look for whom to refer a family to."""
    caller: str
    """Who took the family's yes down, and whose key makes sending twice harmless."""
    draft_of: UUID
    language: str
    time_zone: str
    site_id: UUID | None
    """None where the form asks for the school."""
    referred_by: UUID | None
    """The partner that refers the family. It is not told of other partners what a coordinator is told."""
    consents: tuple[ConsentKind, ...]
    """What the family may be asked to agree to here."""
    person: Person | None = None
    """For the menu and foot of their pages."""

    def entry(self, key: str, raised_id: UUID | None) -> Entry:
        """What intake writes down of who entered a need."""
        if self.person is None:
            return Entry(self.caller, self.site_id, key=key, referred_by=self.referred_by)
        return Entry(self.caller, self.site_id, self.person.person_id, key, raised_id=raised_id)


def at_site(person: Person) -> Enterer:
    """A coordinator, for the own site."""
    return Enterer(
        form="/needs/new",
        needs="/needs",
        directory="/partners",
        caller=f"person:{person.person_id}",
        draft_of=person.person_id,
        language=person.language,
        time_zone=person.time_zone,
        site_id=person.site_id,
        referred_by=None,
        consents=tuple(ConsentKind),
        person=person,
    )
