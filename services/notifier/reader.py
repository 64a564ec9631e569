"""Who reads a message."""

from dataclasses import dataclass

from schemas.addresses import Address
from schemas.vocabulary import RecipientKind


@dataclass(frozen=True)
class Reader:
    """Who reads it. `coordinator` is who hands over, where the message names one."""

    kind: RecipientKind
    name: str
    language: str
    time_zone: str
    partner_name: str
    link: str
    coordinator: Address | None = None
    code: str = ""
    """What a partner's person enters to prove that their address is theirs."""
    visitor: str = ""
    """The first name of the person who would come to the family."""
    answered_by: str = ""
    """The name of the partner whose offer the message is about."""
    preferences: str = ""
    """Where a partner's person says how and when to be written to; `/stop` behind it ends it by one POST (RFC 8058)."""

    @property
    def withheld(self) -> bool:
        """Whether others may read along, so that nothing says what it is about."""
        return self.coordinator is not None and self.coordinator.discreet
